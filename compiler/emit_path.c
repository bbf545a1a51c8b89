/* The functions of one instruction set: one for each op, and the three that call them in order.
 *
 * An op's function is pure mathematics over the pointers that it gets; where the tensors lie in the
 * arena is known only to evaluate, gradient and update. */
#include "emit.h"

#include "kernel.h"
#include "lane_math.h"
#include "ops/ops.h"

enum {
    /* Rows that go through all layers before the next ones: a few tiles' worth, so that what they
     * compute stays in the caches. A multiple of every tile's rows but the last few. */
    ROW_BLOCK = 48
};

static const char *function_name(struct arena *arena, const struct op *op, const struct isa *isa)
{
    const char *verb = op_rule(op->kind)->verb;
    if (!verb)
        verb = op->section == SECTION_BACKWARD ? "backward" : "forward";
    return arena_printf(arena, "%s_%s_%s", op->base, verb, isa->name);
}

/* Parameters beyond the tensors that this op's function takes. */
static unsigned needs_of(const struct op *op)
{
    unsigned needs = op_rule(op->kind)->needs;
    if (op->section == SECTION_BACKWARD)
        needs &= ~(unsigned)NEED_TRAINING; /* it runs in training only */
    return needs;
}

static bool written(const struct op *op, int tensor)
{
    for (size_t i = 0; i < OP_OUT_MAX; i++)
        if (tensor != NO_TENSOR && op->out[i] == tensor)
            return true;
    return false;
}

static struct cx *at_tensor(struct cbuild *cb, const struct ir *ir, int tensor)
{
    const struct tensor *t = ir_at(ir, tensor);
    if (t->role == ROLE_LABEL)
        return cx_member(cb, CT_LABELS, cx_name(cb, CT_OTHER, "batch"), "label");
    struct cx *at =
        cx_add(cb, cx_name(cb, CT_REALS, "a"), cx_namef(cb, CT_INT, "PLACE_%s", t->name));
    return t->role == ROLE_MASK ? cx_cast(cb, CT_BYTES, "unsigned char *", at) : at;
}

/* One op's function being put together: its parameter list as text, the arguments of its call. */
struct signature {
    struct cbuild *cb;
    const struct ir *ir;
    const char *params;
    struct cx *args[32];
    size_t count;
};

static void add_param(struct signature *s, const char *param, struct cx *arg)
{
    s->params = arena_printf(s->cb->arena, "%s%s%s", s->params, *s->params ? ", " : "", param);
    s->args[s->count++] = arg;
}

static struct cx *add_tensor(struct signature *s, int tensor, const char *name, bool writable)
{
    const struct tensor *t = ir_at(s->ir, tensor);
    const bool mask = t->role == ROLE_MASK;
    if (t->role == ROLE_LABEL) {
        add_param(s, "const uint32_t *restrict label", at_tensor(s->cb, s->ir, tensor));
        return cx_name(s->cb, CT_LABELS, "label");
    }
    add_param(s,
              arena_printf(s->cb->arena, "%s%s *restrict %s", writable ? "" : "const ",
                           mask ? "unsigned char" : cb_real_name(s->cb), name),
              at_tensor(s->cb, s->ir, tensor));
    return cx_name(s->cb, mask ? CT_BYTES : CT_REALS, name);
}

static void add_scalars(struct signature *s, const struct op *op)
{
    struct cbuild *cb = s->cb;
    const struct op_rule *rule = op_rule(op->kind);
    const char *names[OP_SCALARS_MAX];
    const size_t count = rule->scalars ? rule->scalars(s->ir, op, names) : 0;
    for (size_t i = 0; i < count; i++)
        add_param(s, arena_printf(cb->arena, "%s %s", cb_real_name(cb), names[i]),
                  cx_name(cb, CT_REAL, names[i]));
}

/* Parts that the op's work can be split into, beside rows; 0: it comes in one piece. */
static uint64_t extent_of(const struct ir *ir, const struct op *op)
{
    const struct op_rule *rule = op_rule(op->kind);
    return rule->extent ? rule->extent(ir, op) : 0;
}

/* "mlprt_share(EXTENT, part, parts)" */
static struct cx *share(struct cbuild *cb, struct cx *extent, struct cx *part)
{
    return cx_call(cb, CT_INT, "mlprt_share", 3, extent, part, cx_name(cb, CT_INT, "parts"));
}

/* Which rows, or which of the op's parts: those of this thread. */
static void add_range(struct signature *s, struct emit *e, const struct op *op)
{
    struct cbuild *cb = s->cb;
    struct cx *first = cx_name(cb, CT_INT, "first"), *last = cx_name(cb, CT_INT, "last");
    struct cx *part = cx_name(cb, CT_INT, "part");
    const uint64_t extent = extent_of(s->ir, op);
    if (op->phase != PHASE_ROWS && !extent)
        return;
    e->first = first;
    e->last = last;
    if (op->phase != PHASE_ROWS) {
        struct cx *total = cx_int(cb, (int64_t)extent);
        first = share(cb, total, part);
        last = share(cb, total, cx_add(cb, part, cx_int(cb, 1)));
    }
    add_param(s, "size_t first", first);
    add_param(s, "size_t last", last);
}

static void add_further(struct signature *s, struct emit *e, const struct op *op)
{
    struct cbuild *cb = s->cb;
    const unsigned needs = needs_of(op);
    if (needs & NEED_TRAINING)
        add_param(s, "bool training", emit_batch(cb, CT_INT, "training"));
    if (needs & NEED_RANDOM) {
        add_param(s, "uint64_t seed", emit_batch(cb, CT_INT, "seed"));
        add_param(s, "uint32_t step", emit_batch(cb, CT_INT, "step"));
    }
    add_scalars(s, op);
    add_range(s, e, op);
    if (op->phase == PHASE_WEIGHTS) {
        add_param(s, "size_t n", cx_name(cb, CT_INT, "n"));
        e->n = cx_name(cb, CT_INT, "n");
    }
}

/* Fills in e's parameters of op's function, and s. */
static void make_signature(struct signature *s, struct emit *e, const struct op *op)
{
    const struct op_rule *rule = op_rule(op->kind);
    for (size_t i = 0; i < OP_IN_MAX; i++)
        if (op->in[i] != NO_TENSOR && !written(op, op->in[i]))
            e->in[i] = add_tensor(s, op->in[i], rule->in_names[i], false);
    for (size_t i = 0; i < OP_OUT_MAX; i++)
        if (op->out[i] != NO_TENSOR)
            e->out[i] = add_tensor(s, op->out[i], rule->out_names[i], true);
    for (size_t i = 0; i < OP_IN_MAX; i++)
        for (size_t k = 0; k < OP_OUT_MAX; k++)
            if (op->in[i] != NO_TENSOR && op->in[i] == op->out[k])
                e->in[i] = e->out[k]; /* updated in place */
    for (size_t i = 0; i < op->post_count; i++)
        if (op->post[i].aux != NO_TENSOR)
            e->aux[i] =
                add_tensor(s, op->post[i].aux, post_aux_name(s->cb->arena, &op->post[i], i), false);
    add_further(s, e, op);
}

static struct signature new_signature(struct emitter *em)
{
    return (struct signature){.cb = &em->cb, .ir = em->ir, .params = ""};
}

static void emit_comment(struct emitter *em, const struct op *op)
{
    struct cbuild *cb = &em->cb;
    const struct op_rule *rule = op_rule(op->kind);
    const uint64_t flops = rule->flops(em->ir, op);
    const char *cost =
        flops ? arena_printf(cb->arena, "\n%llu FLOP a sample", (unsigned long long)flops) : "";
    cb_comment(cb, "%s:%u: %s%s", em->options->file, emit_line(em, op->span),
               rule->formula(cb->arena, em->ir, op), cost);
}

static void emit_op(struct emitter *em, const struct isa *isa, const struct op *op)
{
    struct cbuild *cb = &em->cb;
    struct emit e = {.cb = cb, .ir = em->ir, .isa = isa, .op = op};
    struct signature s = new_signature(em);
    cb->at = op->span;
    make_signature(&s, &e, op);
    emit_comment(em, op);
    cb_function(cb,
                isa->attribute ? arena_printf(cb->arena, "%s\nstatic void", isa->attribute)
                               : "static void",
                function_name(cb->arena, op, isa), s.params);
    op_rule(op->kind)->emit(&e, op);
    cb_end(cb);
    cb_blank(cb);
}

static void emit_call(struct emitter *em, const struct isa *isa, const struct op *op, int64_t turn)
{
    struct cbuild *cb = &em->cb;
    struct emit unused = {.cb = cb, .ir = em->ir, .isa = isa, .op = op};
    struct signature s = new_signature(em);
    cb->at = op->span;
    make_signature(&s, &unused, op);
    struct cx *call =
        cx_call_array(cb, CT_OTHER, function_name(cb->arena, op, isa), s.count, s.args);
    struct cx *only_if = NULL;
    if (needs_of(op) & NEED_RANDOM && op->section == SECTION_FORWARD)
        only_if = emit_batch(cb, CT_INT, "training");
    else if (op->phase != PHASE_ROWS && !extent_of(em->ir, op)) /* one thread's, in turn */
        only_if = cx_eq(cb, cx_mod(cb, cx_int(cb, turn), cx_name(cb, CT_INT, "parts")),
                        cx_name(cb, CT_INT, "part"));
    if (only_if)
        cb_if(cb, only_if);
    cb_do(cb, call);
    if (only_if)
        cb_end(cb);
}

static void emit_calls(struct emitter *em, const struct isa *isa, enum phase phase,
                       enum section last)
{
    int64_t turn = 0;
    for (size_t i = 0; i < em->ir->ops.len; i++) {
        const struct op *op = &em->ir->ops.at[i];
        if (op->phase == phase && op->section <= last)
            emit_call(em, isa, op, turn++);
    }
}

/* ---- entries: what the runtime calls ---- */

/* Functions that do one thread's part of a phase, and the order of an entry's phases. */
struct part {
    const char *name, *comment;
    enum phase phase;
    enum section last; /* sections behind it are left out */
};

static const struct part part_rows = {
    "evaluate_rows",
    "The forward pass and the loss of each sample: %d rows at a time go through all layers, so "
    "that what they compute stays in the caches.",
    PHASE_ROWS, SECTION_LOSS};
static const struct part part_prepare = {"prepare", "What is needed once a step.", PHASE_PREPARE,
                                         SECTION_BACKWARD};
static const struct part part_gradient = {
    "gradient_rows", "Forward and backward pass, %d rows at a time.", PHASE_ROWS, SECTION_BACKWARD};
static const struct part part_weights = {"gradient_weights",
                                         "Weight by weight, the gradients' sums over the batch.",
                                         PHASE_WEIGHTS, SECTION_BACKWARD};
static const struct part part_norm = {"norm", "What the norm of all gradients is made of.",
                                      PHASE_NORM, SECTION_UPDATE};
static const struct part part_update = {"update_weights", "One step of the optimizer.",
                                        PHASE_UPDATE, SECTION_UPDATE};

static bool has_ops(const struct ir *ir, const struct part *part)
{
    for (size_t i = 0; i < ir->ops.len; i++)
        if (ir->ops.at[i].phase == part->phase && ir->ops.at[i].section <= part->last)
            return true;
    return false;
}

/* This thread's rows, block by block. */
static void emit_rows(struct emitter *em, const struct isa *isa, enum section last)
{
    struct cbuild *cb = &em->cb;
    struct cx *n = emit_batch(cb, CT_INT, "n"), *part = cx_name(cb, CT_INT, "part");
    struct cx *end = cb_declare(cb, "const size_t", CT_INT, "end",
                                share(cb, n, cx_add(cb, part, cx_int(cb, 1))));
    struct cx *block = cx_int(cb, ROW_BLOCK);
    struct cx *first = cb_for(cb, "first", share(cb, n, part), end, ROW_BLOCK);
    cb_declare(
        cb, "const size_t", CT_INT, "last",
        cx_select(cb, cx_lt(cb, cx_sub(cb, end, first), block), end, cx_add(cb, first, block)));
    emit_calls(em, isa, PHASE_ROWS, last);
    cb_end(cb);
}

static void emit_part(struct emitter *em, const struct isa *isa, const struct part *part)
{
    struct cbuild *cb = &em->cb;
    if (!has_ops(em->ir, part))
        return;
    cb->at = (struct span){0, 0};
    cb_comment(cb, part->comment, ROW_BLOCK);
    cb_function(cb, "static void", arena_printf(cb->arena, "%s_%s", part->name, isa->name),
                "const struct mlprt_batch *batch, size_t part, size_t parts");
    cb_declare(cb, arena_printf(cb->arena, "%s *", cb_real_name(cb)), CT_REALS, "a",
               cx_member(cb, CT_REALS, cx_name(cb, CT_OTHER, "batch"), "arena"));
    if (part->phase == PHASE_ROWS) {
        emit_rows(em, isa, part->last);
    } else {
        if (part->phase == PHASE_WEIGHTS)
            cb_declare(cb, "const size_t", CT_INT, "n", emit_batch(cb, CT_INT, "n"));
        if (part->phase == PHASE_NORM || part->phase == PHASE_UPDATE)
            update_emit_constants(cb, em->ir, part->phase);
        emit_calls(em, isa, part->phase, part->last);
    }
    cb_end(cb);
    cb_blank(cb);
}

/* An entry: its parts one after the other, each split over the threads. */
static void emit_entry(struct emitter *em, const struct isa *isa, const char *name, size_t count,
                       const struct part *const *parts)
{
    struct cbuild *cb = &em->cb;
    for (size_t i = 0; i < count; i++)
        emit_part(em, isa, parts[i]);
    cb_function(cb, "static void", arena_printf(cb->arena, "%s_%s", name, isa->name),
                "const struct mlprt_batch *batch");
    for (size_t i = 0; i < count; i++)
        if (has_ops(em->ir, parts[i]))
            cb_do(cb, cx_call(cb, CT_OTHER, "mlprt_parallel", 3, emit_batch(cb, CT_INT, "threads"),
                              cx_namef(cb, CT_OTHER, "%s_%s", parts[i]->name, isa->name),
                              cx_name(cb, CT_OTHER, "batch")));
    cb_end(cb);
    cb_blank(cb);
}

static void emit_entries(struct emitter *em, const struct isa *isa)
{
    static const struct part *const evaluate[] = {&part_rows};
    static const struct part *const gradient[] = {&part_prepare, &part_gradient, &part_weights};
    static const struct part *const update[] = {&part_norm, &part_update};
    emit_entry(em, isa, "evaluate", 1, evaluate);
    emit_entry(em, isa, "gradient", 3, gradient);
    emit_entry(em, isa, "update", 2, update);
}

static void emit_usable(struct emitter *em, const struct isa *isa, const char *condition)
{
    struct cbuild *cb = &em->cb;
    cb_function(cb, "static bool", arena_printf(cb->arena, "usable_%s", isa->name), "void");
    cb_return(cb, cx_name(cb, CT_INT, condition));
    cb_end(cb);
    cb_blank(cb);
}

static void emit_path_struct(struct emitter *em, const struct isa *isa, bool built)
{
    static const char *const entries[] = {"usable", "evaluate", "gradient", "update"};
    struct cbuild *cb = &em->cb;
    struct cx *path = cx_list(cb, true);
    cx_list_add(cb, path, ".name", cx_string(cb, isa->name));
    for (size_t i = 0; i < (built ? 4 : 1); i++)
        cx_list_add(cb, path, arena_printf(cb->arena, ".%s", entries[i]),
                    cx_namef(cb, CT_OTHER, "%s_%s", entries[i], isa->name));
    cb_declare(cb, "static const struct mlprt_path", CT_OTHER,
               arena_printf(cb->arena, "path_%s", isa->name), path);
}

void emit_path(struct emitter *em, const struct isa *isa)
{
    struct cbuild *cb = &em->cb;
    if (isa->guard) {
        cb_verbatim(cb, "#if %s", isa->guard);
        cb_blank(cb);
    }
    struct cs *code = NULL, **here = cb_redirect(cb, &code);
    kernel_emit_tiles(cb, em->ir, isa);
    for (size_t i = 0; i < em->ir->ops.len; i++)
        emit_op(em, isa, &em->ir->ops.at[i]);
    cb_redirect(cb, here);
    lane_math_emit(cb, isa, code);
    cb_append(cb, code);
    emit_entries(em, isa);
    emit_usable(em, isa, isa->usable);
    emit_path_struct(em, isa, true);
    if (isa->guard) {
        cb_verbatim(cb, "#else");
        emit_usable(em, isa, "false");
        emit_path_struct(em, isa, false);
        cb_verbatim(cb, "#endif");
    }
    cb_blank(cb);
}
