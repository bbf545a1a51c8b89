/* Entries: what the runtime calls of an instruction set's functions (struct mlprt_path), and in
 * what order they call the ops.
 *
 * An entry is a few parts one after the other, each split over the threads. Over samples, a block
 * of rows goes through all layers before the next one. Over weights, a block of a gradient is
 * summed over the batch and used at once, while it is in the caches; only where the norm of all
 * gradients has to be known first are all of them kept. */
#include "emit.h"

#include "ops/ops.h"

enum {
    /* Rows of a matrix's gradient, slices of PANEL each, that are summed and used before the next
     * ones: enough to use what is loaded of dy several times. */
    MATRIX_BLOCK = 3 * PANEL,
    BIAS_BLOCK = 12 /* panels of a bias's, likewise */
};

/* What is done to the parameters in a part. */
enum { DO_GRADIENT = 1, DO_UPDATE = 2, DO_COPY = 4 };

/* Functions that do one thread's part of the work. */
struct part {
    const char *name, *comment;
    enum phase phase;
    enum section last; /* of PHASE_ROWS: sections behind it are left out */
    unsigned weights;  /* of those over weights: what is done */
};

static const struct part part_evaluate = {
    "evaluate_rows",
    "The forward pass and the loss of each sample: %d rows at a time go through all layers, so "
    "that what they compute stays in the caches.",
    PHASE_ROWS, SECTION_LOSS, 0};
static const struct part part_prepare = {
    "prepare_copies", "What the backward pass keeps of the parameters.", PHASE_PREPARE, 0, DO_COPY};
static const struct part part_backward = {"backward_rows",
                                          "Forward and backward pass, %d rows at a time.",
                                          PHASE_ROWS, SECTION_BACKWARD, 0};
static const struct part part_gradient = {"gradient_weights",
                                          "Weight by weight, the gradients' sums over the batch.",
                                          PHASE_WEIGHTS, 0, DO_GRADIENT};
static const struct part part_norm = {"norm", "What the norm of all gradients is made of.",
                                      PHASE_NORM, 0, 0};
static const struct part part_step = {
    "update_weights",
    "One step of the optimizer: a few rows of a gradient at a time are summed over the batch and "
    "used at once.",
    PHASE_UPDATE, 0, DO_GRADIENT | DO_UPDATE | DO_COPY};
static const struct part part_clipped_step = {"update_weights",
                                              "One step of the optimizer from all gradients.",
                                              PHASE_UPDATE, 0, DO_UPDATE | DO_COPY};

/* "mlprt_share(TOTAL, part, parts)" */
static struct cx *share(struct cbuild *cb, struct cx *total, unsigned behind)
{
    struct cx *part = cx_add(cb, cx_name(cb, CT_INT, "part"), cx_int(cb, behind));
    return cx_call(cb, CT_INT, "mlprt_share", 3, total, part, cx_name(cb, CT_INT, "parts"));
}

/* What there is to share: `count` stretches of `unit` things, `total` things in all. */
struct extent {
    uint32_t count, unit, total;
};

/* Where this thread's share starts; with behind = 1: where it ends. */
static struct cx *bound(struct cbuild *cb, const struct extent *x, unsigned behind)
{
    return cx_mul(cb, share(cb, cx_int(cb, x->count), behind), cx_int(cb, x->unit));
}

/* Declares the end of this thread's share under that name. */
static struct cx *declare_end(struct cbuild *cb, const char *name, const struct extent *x)
{
    struct cx *end = bound(cb, x, 1), *total = cx_int(cb, x->total);
    if ((uint64_t)x->count * x->unit != x->total) {
        end = cb_declare(cb, "const size_t", CT_INT, "all", end);
        end = cx_select(cb, cx_lt(cb, total, end), total, end);
    }
    return cb_declare(cb, "const size_t", CT_INT, name, end);
}

/* Opens a loop from `from` to `end`, `block` at a time: first … last-1. */
static struct emit_range open_blocks(struct cbuild *cb, struct cx *from, struct cx *end,
                                     uint32_t block)
{
    struct cx *size = cx_int(cb, block);
    struct cx *first = cb_for(cb, "first", from, end, block);
    struct cx *last = cb_declare(
        cb, "const size_t", CT_INT, "last",
        cx_select(cb, cx_lt(cb, cx_sub(cb, end, first), size), end, cx_add(cb, first, size)));
    return (struct emit_range){.first = first, .last = last};
}

/* ---- over samples ---- */

/* Has samples first … last-1 put into the rows from `row` on. */
static void emit_load_call(struct emitter *em, struct cx *first, struct cx *last, struct cx *row)
{
    struct cbuild *cb = &em->cb;
    cb_do(cb, cx_call(cb, CT_OTHER, "batch->load", 4, cx_name(cb, CT_OTHER, "batch"), first, last,
                      row));
}

/* The ops over samples up to a section. */
static void emit_row_ops(struct emitter *em, const struct isa *isa, enum section last,
                         const struct emit_range *rows)
{
    for (size_t i = 0; i < em->ir->ops.len; i++) {
        const struct op *op = &em->ir->ops.at[i];
        if (op->phase == PHASE_ROWS && op->section <= last)
            emit_call(em, isa, op, rows);
    }
}

static void emit_rows(struct emitter *em, const struct isa *isa, enum section last)
{
    struct cbuild *cb = &em->cb;
    struct cx *total = emit_batch(cb, CT_INT, "n");
    struct cx *start = cb_declare(cb, "const size_t", CT_INT, "start", share(cb, total, 0));
    struct cx *end = cb_declare(cb, "const size_t", CT_INT, "end", share(cb, total, 1));
    struct emit_range rows = open_blocks(cb, start, end, em->ir->row_block);
    rows.passing = start;
    cb_declare(cb, "const size_t", CT_INT, "n", cx_sub(cb, rows.last, rows.first));
    emit_load_call(em, rows.first, rows.last,
                   ir_at(em->ir, em->ir->input)->passing ? start : rows.first);
    emit_row_ops(em, isa, last, &rows);
    cb_end(cb);
}

/* ---- over weights ---- */

/* Is op what is done to a parameter? */
static bool does(const struct op *op, const struct param *p, unsigned what)
{
    switch (op->phase) {
    case PHASE_PREPARE: return what & DO_COPY && op->in[0] == p->value;
    case PHASE_WEIGHTS: return what & DO_GRADIENT && op->out[0] == p->grad;
    case PHASE_UPDATE: return what & DO_UPDATE && op->in[0] == p->value;
    default: return false;
    }
}

/* The ops that do `what` to a parameter, in that order; returns how many. */
enum { GROUP_MAX = 4 };
static size_t group_of(const struct ir *ir, const struct param *p, unsigned what,
                       const struct op *group[GROUP_MAX])
{
    static const unsigned order[] = {DO_GRADIENT, DO_UPDATE, DO_COPY};
    size_t n = 0;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (size_t i = 0; i < ir->ops.len; i++)
            if (does(&ir->ops.at[i], p, what & order[k]))
                group[n++] = &ir->ops.at[i];
    return n;
}

static struct cx *gradient_at(struct emitter *em, const struct param *p, struct cx *elements)
{
    struct cbuild *cb = &em->cb;
    struct cx *place = cx_namef(cb, CT_INT, "PLACE_%s", ir_at(em->ir, p->grad)->name);
    return cx_add(cb, cx_add(cb, cx_name(cb, CT_REALS, "a"), place), elements);
}

static void emit_group(struct emitter *em, const struct isa *isa, size_t n,
                       const struct op *const *group, const struct emit_range *range)
{
    for (size_t i = 0; i < n; i++)
        emit_call(em, isa, group[i], range);
}

/* A gradient that is used at once stands, block by block, at the start of this thread's share of
 * its tensor; one that is kept stands where it belongs. */
static void emit_slices(struct emitter *em, const struct isa *isa, const struct param *p, size_t n,
                        const struct op *const *group, bool at_once, struct cx *staged)
{
    struct cbuild *cb = &em->cb;
    const struct tensor *t = ir_at(em->ir, p->value);
    const bool matrix = t->depth > 1;
    const struct extent extent = {group[0]->slices, matrix ? PANEL : 1,
                                  matrix ? t->depth : tensor_panels(t)};
    struct cx *row = cx_int(cb, (int64_t)(matrix ? tensor_panels(t) : 1) * PANEL);
    struct cx *panel = cx_int(cb, PANEL);
    struct emit_range range = {0};
    cb_block(cb);
    if (at_once) {
        struct cx *start = cb_declare(cb, "const size_t", CT_INT, "start", bound(cb, &extent, 0));
        struct cx *end = declare_end(cb, "end", &extent);
        struct cx *block =
            cb_declare(cb, arena_printf(cb->arena, "%s *const", cb_real_name(cb)), CT_REALS,
                       "block", gradient_at(em, p, cx_mul(cb, start, row)));
        range = open_blocks(cb, start, end, matrix ? MATRIX_BLOCK : BIAS_BLOCK);
        range.gradient = block;
        range.panel_step = cx_mul(cb, cx_sub(cb, range.last, range.first), panel);
    } else {
        range.first = cb_declare(cb, "const size_t", CT_INT, "first", bound(cb, &extent, 0));
        range.last = declare_end(cb, "last", &extent);
        if (p->grad != NO_TENSOR)
            range.gradient = gradient_at(em, p, cx_mul(cb, range.first, panel));
        range.panel_step = cx_int(cb, (int64_t)t->depth * PANEL);
    }
    range.staged = staged;
    emit_group(em, isa, n, group, &range);
    if (at_once)
        cb_end(cb);
    cb_end(cb);
}

/* What comes in one piece is done by the threads in turn. */
static void emit_whole(struct emitter *em, const struct isa *isa, size_t n,
                       const struct op *const *group, int64_t turn, struct cx *staged)
{
    struct cbuild *cb = &em->cb;
    const struct emit_range all = {.staged = staged};
    cb_if(cb, cx_eq(cb, cx_mod(cb, cx_int(cb, turn), cx_name(cb, CT_INT, "parts")),
                    cx_name(cb, CT_INT, "part")));
    emit_group(em, isa, n, group, &all);
    cb_end(cb);
}

/* What is to be done to all parameters; staged as in struct emit_range. */
static void emit_weights(struct emitter *em, const struct isa *isa, unsigned what,
                         struct cx *staged)
{
    const bool at_once = what & DO_GRADIENT && what & DO_UPDATE;
    int64_t turn = 0;
    for (size_t i = 0; i < em->ir->params.len; i++) {
        const struct param *p = &em->ir->params.at[i];
        const struct op *group[GROUP_MAX];
        const size_t n = group_of(em->ir, p, what, group);
        if (n && group[0]->slices)
            emit_slices(em, isa, p, n, group, at_once && p->grad != NO_TENSOR, staged);
        else if (n)
            emit_whole(em, isa, n, group, turn++, staged);
    }
}

static void emit_norm(struct emitter *em, const struct isa *isa)
{
    struct cbuild *cb = &em->cb;
    for (size_t i = 0; i < em->ir->ops.len; i++) {
        const struct op *op = &em->ir->ops.at[i];
        struct cx *slices = cx_int(cb, op->slices);
        const struct emit_range range = {.first = share(cb, slices, 0),
                                         .last = share(cb, slices, 1)};
        if (op->phase == PHASE_NORM)
            emit_call(em, isa, op, &range);
    }
}

/* ---- parts and entries ----
 *
 * Parts have no attribute of their instruction set, so that no op is inlined into them: gcc has
 * fewer registers for a tile's loop in the middle of so much else. */

static bool has_ops(const struct ir *ir, const struct part *part)
{
    for (size_t i = 0; i < ir->ops.len; i++)
        if (ir->ops.at[i].phase == part->phase &&
            (part->phase != PHASE_ROWS || ir->ops.at[i].section <= part->last))
            return true;
    return false;
}

/* Declares a pointer to elements that a batch has as a member of that type. */
static void declare_pointer(struct emitter *em, const char *name, const char *member)
{
    struct cbuild *cb = &em->cb;
    cb_declare(cb, arena_printf(cb->arena, "%s *", cb_real_name(cb)), CT_REALS, name,
               emit_batch(cb, CT_REALS, member));
}

/* A part over weights, where its function has batch, a, n and fault. */
static void emit_weights_part(struct emitter *em, const struct isa *isa, const struct part *part,
                              struct cx *staged)
{
    if (part->phase == PHASE_NORM || part->phase == PHASE_UPDATE)
        update_emit_constants(&em->cb, em->ir, part->phase);
    if (part->phase == PHASE_NORM)
        emit_norm(em, isa);
    else
        emit_weights(em, isa, part->weights, staged);
}

static void emit_part_body(struct emitter *em, const struct isa *isa, const struct part *part)
{
    struct cbuild *cb = &em->cb;
    declare_pointer(em, "a", "arena");
    if (part->phase == PHASE_ROWS) {
        emit_rows(em, isa, part->last);
        return;
    }
    if (part->weights & DO_GRADIENT)
        cb_declare(cb, "const size_t", CT_INT, "n", emit_batch(cb, CT_INT, "n"));
    if (part->weights & DO_UPDATE)
        declare_pointer(em, "fault", "fault");
    emit_weights_part(em, isa, part, NULL);
}

static void emit_part(struct emitter *em, const struct isa *isa, const struct part *part)
{
    struct cbuild *cb = &em->cb;
    cb->at = (struct span){0, 0};
    cb_comment(cb, part->comment, em->ir->row_block);
    cb_function(cb, "static void", arena_printf(cb->arena, "%s_%s", part->name, isa->name),
                "const struct mlprt_batch *batch, size_t part, size_t parts");
    emit_part_body(em, isa, part);
    cb_end(cb);
    cb_blank(cb);
}

/* An entry: its parts one after the other, each split over the threads. */
static void emit_entry(struct emitter *em, const struct isa *isa, const char *name, size_t count,
                       const struct part *const *parts)
{
    struct cbuild *cb = &em->cb;
    cb_function(cb, "static void", arena_printf(cb->arena, "%s_%s", name, isa->name),
                "const struct mlprt_batch *batch");
    bool empty = true;
    for (size_t i = 0; i < count; i++) {
        if (!has_ops(em->ir, parts[i]))
            continue;
        cb_do(cb, cx_call(cb, CT_OTHER, "mlprt_parallel", 3, emit_batch(cb, CT_INT, "threads"),
                          cx_namef(cb, CT_OTHER, "%s_%s", parts[i]->name, isa->name),
                          cx_name(cb, CT_OTHER, "batch")));
        empty = false;
    }
    if (empty)
        cb_do(cb, cx_cast(cb, CT_OTHER, "void", cx_name(cb, CT_OTHER, "batch")));
    cb_end(cb);
    cb_blank(cb);
}

/* One sample through the layers, in one function: what a caller waits for that has one. */
static void emit_infer(struct emitter *em, const struct isa *isa)
{
    struct cbuild *cb = &em->cb;
    const struct emit_range rows = {.first = cx_int(cb, 0), .passing = cx_int(cb, 0)};
    cb->at = (struct span){0, 0};
    cb_comment(cb, "The outputs of the sample whose inputs stand in the first row.");
    cb_function(cb, em->ir->run ? isa_function(cb->arena, isa, INLINE_ITS_CALLS) : "static void",
                arena_printf(cb->arena, "infer_%s", isa->name), "const struct mlprt_batch *batch");
    declare_pointer(em, "a", "arena");
    cb_declare(cb, "const size_t", CT_INT, "n", cx_int(cb, 1));
    emit_row_ops(em, isa, SECTION_FORWARD, &rows);
    cb_end(cb);
    cb_blank(cb);
}

/* A run of steps on mini-batches that are all there, in one function and one thread: what a step
 * costs beyond its arithmetic is the runtime's, and is paid once. */
static void emit_run(struct emitter *em, const struct isa *isa, size_t count,
                     const struct part *const *update)
{
    struct cbuild *cb = &em->cb;
    struct cx *all = cx_name(cb, CT_OTHER, "run"), *size = cx_int(cb, em->ir->batch);
    struct cx *steps = cx_member(cb, CT_INT, all, "steps");
    cb->at = (struct span){0, 0};
    cb_comment(cb, "Steps on as many mini-batches of %u, from a run's samples.", em->ir->batch);
    cb_function(cb, isa_function(cb->arena, isa, INLINE_ITS_CALLS),
                arena_printf(cb->arena, "run_%s", isa->name), "const struct mlprt_batch *run");
    cb_declare(cb, "struct mlprt_batch", CT_OTHER, "one", cx_name(cb, CT_OTHER, "*run"));
    cb_declare(cb, "const struct mlprt_batch *const", CT_OTHER, "batch",
               cx_name(cb, CT_OTHER, "&one"));
    declare_pointer(em, "a", "arena");
    declare_pointer(em, "fault", "fault");
    cb_declare(cb, "const size_t", CT_INT, "n", size);
    cb_declare(cb, "const size_t", CT_INT, "part", cx_int(cb, 0));
    cb_declare(cb, "const size_t", CT_INT, "parts", cx_int(cb, 1));
    emit_load_call(em, cx_int(cb, 0), cx_mul(cb, steps, size), cx_int(cb, 0));
    struct cx *i = cb_for(cb, "i", cx_int(cb, 0), steps, 1);
    struct cx *row = cb_declare(cb, "const size_t", CT_INT, "row", cx_mul(cb, i, size));
    cb_set(cb, cx_name(cb, CT_OTHER, "one.lr"),
           cx_at(cb, cx_member(cb, CT_OTHER, all, "rates"), i));
    const struct emit_range rows = {
        .first = cx_int(cb, 0), .passing = cx_int(cb, 0), .staged = row};
    emit_row_ops(em, isa, SECTION_BACKWARD, &rows);
    for (size_t k = 0; k < count; k++) {
        cb_block(cb);
        emit_weights_part(em, isa, update[k], row);
        cb_end(cb);
    }
    cb_advance(cb, cx_name(cb, CT_INT, "one.step"), cx_int(cb, 1));
    cb_end(cb);
    cb_end(cb);
    cb_blank(cb);
}

void emit_entries(struct emitter *em, const struct isa *isa)
{
    static const struct part *const evaluate[] = {&part_evaluate};
    static const struct part *const prepare[] = {&part_prepare};
    static const struct part *const backward[] = {&part_backward};
    static const struct part *const gradient[] = {&part_gradient};
    static const struct part *const update[] = {&part_step};
    static const struct part *const clipped[] = {&part_gradient, &part_norm, &part_clipped_step};
    const bool clips = ir_clip_norm(em->ir) > 0;
    const struct part *const parts[] = {&part_evaluate, &part_prepare,
                                        &part_backward, &part_gradient,
                                        &part_norm,     clips ? &part_clipped_step : &part_step};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (has_ops(em->ir, parts[i]))
            emit_part(em, isa, parts[i]);
    emit_entry(em, isa, "evaluate", 1, evaluate);
    emit_infer(em, isa);
    emit_entry(em, isa, "prepare", 1, prepare);
    emit_entry(em, isa, "backward", 1, backward);
    emit_entry(em, isa, "gradient", 1, gradient);
    const struct part *const *step = clips ? clipped : update;
    const size_t step_parts = clips ? sizeof clipped / sizeof *clipped : 1;
    emit_entry(em, isa, "update", step_parts, step);
    if (em->ir->run)
        emit_run(em, isa, step_parts, step);
}
