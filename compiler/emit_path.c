/* The functions of one instruction set: one for each op, and those that call them (emit_entry.c).
 *
 * An op's function is pure mathematics over the pointers that it gets; where the tensors lie in the
 * arena is known only to its caller. */
#include "emit.h"

#include "cost.h"
#include "lane_math.h"
#include "ops/ops.h"
#include "tile.h"

#include <stdarg.h>
#include <string.h>

static const char *function_name(struct arena *arena, const struct op *op, const struct isa *isa)
{
    return arena_printf(arena, "%s_%s_%s", op->base, op_verb(op), isa->name);
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

/* One op's function being put together: its parameter list as text, the arguments of its call. */
struct signature {
    struct cbuild *cb;
    const struct ir *ir;
    const struct emit_range *range; /* of the call */
    const char *params;             /* NULL: of a call, which needs none */
    struct cx *args[32];
    size_t count;
};

/* The text is wanted of a definition only. */
__attribute__((format(printf, 3, 4))) static void add_param(struct signature *s, struct cx *arg,
                                                            const char *fmt, ...)
{
    s->args[s->count++] = arg;
    if (!s->params)
        return;
    va_list ap;
    va_start(ap, fmt);
    s->params = arena_printf(s->cb->arena, "%s%s%s", s->params, *s->params ? ", " : "",
                             arena_vprintf(s->cb->arena, fmt, ap));
    va_end(ap);
}

/* Does an op make or use a gradient slice by slice? */
static bool slices_gradient(const struct op *op)
{
    return op->slices && (op->phase == PHASE_WEIGHTS || op->phase == PHASE_UPDATE);
}

/* From a tensor's start to what belongs to the first of an op's units: a column of what the op
 * makes of samples or for them, a panel of a parameter, panel rows of a transposed copy. */
static struct cx *at_unit(struct signature *s, const struct op *op, int tensor)
{
    struct cbuild *cb = s->cb;
    const struct tensor *t = ir_at(s->ir, tensor);
    const bool input = tensor == op->in[0] && tensor_per_sample(t);
    if (!op->by_units || !s->range->panel || input)
        return NULL;
    const int64_t step = t->role == ROLE_COPY ? (int64_t)PANEL * PANEL : (int64_t)t->depth * PANEL;
    return cx_mul(cb, s->range->panel, cx_int(cb, step));
}

/* Where an op finds a tensor: one over samples the row of the first of them. */
static struct cx *at_tensor(struct signature *s, const struct op *op, int tensor)
{
    struct cbuild *cb = s->cb;
    const struct tensor *t = ir_at(s->ir, tensor);
    if (t->role == ROLE_GRAD && slices_gradient(op))
        return s->range->gradient;
    struct cx *row = NULL;
    if (s->range->staged && (t->staged || t->role == ROLE_LABEL))
        row = s->range->staged;
    else if (op->phase == PHASE_ROWS && tensor_per_sample(t))
        row = t->passing ? s->range->passing : s->range->first;
    if (t->role == ROLE_LABEL)
        return cx_add(cb, cx_member(cb, CT_LABELS, cx_name(cb, CT_OTHER, "batch"), "label"), row);
    struct cx *at =
        cx_add(cb, cx_name(cb, CT_REALS, "a"), cx_namef(cb, CT_INT, "PLACE_%s", t->name));
    if (t->role == ROLE_MASK)
        at = cx_cast(cb, CT_BYTES, "unsigned char *", at);
    struct cx *unit = at_unit(s, op, tensor);
    if (unit)
        at = cx_add(cb, at, unit);
    return row ? cx_add(cb, at, cx_mul(cb, row, emit_row_step(cb, t))) : at;
}

static struct cx *add_tensor(struct signature *s, const struct op *op, int tensor, const char *name,
                             bool writable)
{
    const bool mask = ir_at(s->ir, tensor)->role == ROLE_MASK;
    struct cx *at = at_tensor(s, op, tensor);
    if (ir_at(s->ir, tensor)->role == ROLE_LABEL) {
        add_param(s, at, "const uint32_t *restrict label");
        return cx_name(s->cb, CT_LABELS, "label");
    }
    add_param(s, at, "%s%s *restrict %s", writable ? "" : "const ",
              mask ? "unsigned char" : cb_real_name(s->cb), name);
    return cx_name(s->cb, mask ? CT_BYTES : CT_REALS, name);
}

static void add_scalars(struct signature *s, const struct op *op)
{
    struct cbuild *cb = s->cb;
    const struct op_rule *rule = op_rule(op->kind);
    const char *names[OP_SCALARS_MAX];
    const size_t count = rule->scalars ? rule->scalars(s->ir, op, names) : 0;
    for (size_t i = 0; i < count; i++)
        add_param(s, cx_name(cb, CT_REAL, names[i]), "%s %s", cb_real_name(cb), names[i]);
}

/* How many samples, from the pointers on, or which slices: those that the caller says. */
static void add_range(struct signature *s, struct emit *e, const struct op *op)
{
    struct cbuild *cb = s->cb;
    if (op->phase == PHASE_ROWS) {
        add_param(s, cx_name(cb, CT_INT, "n"), "size_t n");
        e->first = cx_int(cb, 0);
        e->last = cx_name(cb, CT_INT, "n");
    } else if (op->slices) {
        add_param(s, s->range->first, "size_t first");
        add_param(s, s->range->last, "size_t last");
        e->first = cx_name(cb, CT_INT, "first");
        e->last = cx_name(cb, CT_INT, "last");
    }
}

/* A tensor of as many columns as the layer of an op by units has units. */
static int units_of(const struct op *op)
{
    switch (op->phase) {
    case PHASE_ROWS:
    case PHASE_WEIGHTS: return op->out[0];
    default: return op->in[0];
    }
}

/* How many panels of units, from the pointers on. */
static void add_panels(struct signature *s, struct emit *e, const struct op *op)
{
    struct cbuild *cb = s->cb;
    if (!op->by_units)
        return;
    const uint32_t units = ir_at(s->ir, units_of(op))->units;
    struct cx *all = cx_int(cb, (units + PANEL - 1) / PANEL);
    add_param(s, s->range->panels ? s->range->panels : all, "size_t panels");
    e->panels = cx_name(cb, CT_INT, "panels");
}

/* Where the panels of such a gradient stand, if it has several, and rows. */
static void add_panel_step(struct signature *s, struct emit *e, const struct op *op)
{
    const int grad = op->phase == PHASE_WEIGHTS ? op->out[0] : op->in[1];
    if (!slices_gradient(op) || ir_at(s->ir, grad)->depth == 1 ||
        tensor_panels(ir_at(s->ir, grad)) == 1)
        return;
    add_param(s, s->range->panel_step, "size_t panel_step");
    e->panel_step = cx_name(s->cb, CT_INT, "panel_step");
}

/* Where an update notes what is not finite. */
static void add_fault(struct signature *s, struct emit *e, const struct op *op)
{
    struct cbuild *cb = s->cb;
    if (op->phase != PHASE_UPDATE)
        return;
    const struct param *p = ir_param_of(s->ir, op->in[0]);
    struct cx *block =
        cx_add(cb, cx_mul(cb, cx_name(cb, CT_INT, "part"), cx_int(cb, (int64_t)s->ir->params.len)),
               cx_int(cb, p - s->ir->params.at));
    add_param(s,
              cx_add(cb, cx_name(cb, CT_REALS, "fault"),
                     cx_mul(cb, block, cx_name(cb, CT_INT, "MLPRT_LANES"))),
              "%s *fault", cb_real_name(cb));
    e->fault = cx_name(cb, CT_REALS, "fault");
}

static void add_further(struct signature *s, struct emit *e, const struct op *op)
{
    struct cbuild *cb = s->cb;
    const unsigned needs = needs_of(op);
    if (needs & NEED_TRAINING)
        add_param(s, emit_batch(cb, CT_INT, "training"), "bool training");
    if (needs & NEED_RANDOM) {
        add_param(s, emit_batch(cb, CT_INT, "seed"), "uint64_t seed");
        add_param(s, emit_batch(cb, CT_INT, "step"), "uint32_t step");
        add_param(s, cx_add(cb, emit_batch(cb, CT_INT, "first"), s->range->first), "size_t sample");
    }
    add_scalars(s, op);
    add_range(s, e, op);
    add_panels(s, e, op);
    add_panel_step(s, e, op);
    add_fault(s, e, op);
    if (op->phase == PHASE_WEIGHTS) {
        add_param(s, cx_name(cb, CT_INT, "n"), "size_t n");
        e->n = cx_name(cb, CT_INT, "n");
    }
}

/* Fills in e's parameters of op's function, and s. */
static void make_signature(struct signature *s, struct emit *e, const struct op *op)
{
    const struct op_rule *rule = op_rule(op->kind);
    for (size_t i = 0; i < OP_IN_MAX; i++)
        if (op->in[i] != NO_TENSOR && !written(op, op->in[i]))
            e->in[i] = add_tensor(s, op, op->in[i], rule->in_names[i], false);
    for (size_t i = 0; i < OP_OUT_MAX; i++)
        if (op->out[i] != NO_TENSOR)
            e->out[i] = add_tensor(s, op, op->out[i], rule->out_names[i], true);
    for (size_t i = 0; i < OP_IN_MAX; i++)
        for (size_t k = 0; k < OP_OUT_MAX; k++)
            if (op->in[i] != NO_TENSOR && op->in[i] == op->out[k])
                e->in[i] = e->out[k]; /* updated in place */
    for (size_t i = 0; i < op->post_count; i++)
        if (op->post[i].aux != NO_TENSOR)
            e->aux[i] = add_tensor(s, op, op->post[i].aux,
                                   post_aux_name(s->cb->arena, &op->post[i], i), false);
    add_further(s, e, op);
}

static struct signature new_signature(struct emitter *em, const struct emit_range *range, bool call)
{
    return (struct signature){
        .cb = &em->cb, .ir = em->ir, .range = range, .params = call ? NULL : ""};
}

/* "\nThe same for dense2, dense3 and 4 more": whoever else uses op's function. */
static const char *alike_comment(struct emitter *em, const struct op *op)
{
    enum { NAMES_MAX = 8 };
    struct arena *arena = em->cb.arena;
    const char *text = "";
    size_t count = 0;
    for (uint32_t i = em->index.next[op - em->ir->ops.at]; i < em->ir->ops.len;
         i = em->index.next[i])
        if (count++ < NAMES_MAX)
            text = arena_printf(arena, "%s%s%s", text, *text ? ", " : "\nThe same for ",
                                em->ir->ops.at[i].base);
    return count <= NAMES_MAX ? text
                              : arena_printf(arena, "%s and %zu more", text, count - NAMES_MAX);
}

static void emit_comment(struct emitter *em, const struct op *op)
{
    struct cbuild *cb = &em->cb;
    const struct op_rule *rule = op_rule(op->kind);
    const uint64_t flops = rule->flops(em->ir, op);
    const char *cost =
        flops ? arena_printf(cb->arena, "\n%llu FLOP a sample", (unsigned long long)flops) : "";
    cb_comment(cb, "%s:%u: %s%s%s", em->options->file, emit_line(em, op->span),
               rule->formula(cb->arena, em->ir, op), cost, alike_comment(em, op));
}

static void emit_op(struct emitter *em, const struct isa *isa, const struct op *op,
                    struct tiles *tiles)
{
    struct cbuild *cb = &em->cb;
    struct emit e = {.cb = cb, .ir = em->ir, .isa = isa, .op = op, .tiles = tiles};
    struct cx *zero = cx_int(cb, 0);
    const struct emit_range none = {.first = zero,
                                    .last = zero,
                                    .passing = zero,
                                    .gradient = zero,
                                    .panel_step = zero}; /* no call */
    struct signature s = new_signature(em, &none, false);
    cb->at = op->span;
    make_signature(&s, &e, op);
    emit_comment(em, op);
    cb_function(cb, isa_function(cb->arena, isa, INLINE_AS_IT_LIKES),
                function_name(cb->arena, op, isa), s.params);
    op_rule(op->kind)->emit(&e, op);
    cb_end(cb);
    cb_blank(cb);
}

void emit_call(struct emitter *em, const struct isa *isa, const struct op *op,
               const struct emit_range *range)
{
    struct cbuild *cb = &em->cb;
    struct emit unused = {.cb = cb, .ir = em->ir, .isa = isa, .op = op};
    struct signature s = new_signature(em, range, true);
    cb->at = op->span;
    make_signature(&s, &unused, op);
    struct cx *call = cx_call_array(
        cb, CT_OTHER, function_name(cb->arena, index_first_alike(&em->index, em->ir, op), isa),
        s.count, s.args);
    const bool only_training = op_rule(op->kind)->training_only;
    if (only_training)
        cb_if(cb, emit_batch(cb, CT_INT, "training"));
    cb_do(cb, call);
    if (only_training)
        cb_end(cb);
}

static void emit_usable(struct emitter *em, const struct isa *isa, const char *condition)
{
    struct cbuild *cb = &em->cb;
    cb_function(cb, "static bool", arena_printf(cb->arena, "usable_%s", isa->name), "void");
    cb_return(cb, cx_name(cb, CT_INT, condition));
    cb_end(cb);
    cb_blank(cb);
}

static void add_expected(struct emitter *em, const struct isa *isa, struct cx *path)
{
    struct cbuild *cb = &em->cb;
    const struct ir *ir = em->ir;
    const struct {
        const char *member;
        uint64_t value;
    } expected[] = {{".lanes", isa_vector(isa, ir->f64)->lanes},
                    {".step_slots", cost_step(ir, isa)},
                    {".batch_slots", cost_evaluate(ir, isa)},
                    {".sample_slots", cost_infer(ir, isa)}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        cx_list_add(cb, path, expected[i].member, cx_int(cb, (int64_t)expected[i].value));
}

static void emit_path_struct(struct emitter *em, const struct isa *isa, bool built)
{
    static const char *const entries[] = {"usable",   "evaluate", "infer",  "prepare",
                                          "backward", "gradient", "update", "series"};
    const size_t entry_count = sizeof entries / sizeof *entries - (em->ir->series ? 0 : 1);
    struct cbuild *cb = &em->cb;
    struct cx *path = cx_list(cb, true);
    cx_list_add(cb, path, ".name", cx_string(cb, isa->name));
    for (size_t i = 0; i < (built ? entry_count : 1); i++)
        cx_list_add(cb, path, arena_printf(cb->arena, ".%s", entries[i]),
                    cx_namef(cb, CT_OTHER, "%s_%s", entries[i], isa->name));
    if (built)
        add_expected(em, isa, path);
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
    struct tiles tiles = {0};
    struct cs *ops = NULL, *code = NULL, **here = cb_redirect(cb, &ops);
    for (size_t i = 0; i < em->ir->ops.len; i++)
        if (em->index.alike[i] == i)
            emit_op(em, isa, &em->ir->ops.at[i], &tiles);
    cb_redirect(cb, &code);
    tile_emit_all(cb, isa, &tiles);
    cb_append(cb, ops);
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
