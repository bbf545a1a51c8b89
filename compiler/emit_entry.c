/* Entries: what the runtime calls of an instruction set's functions (struct mlprt_path), and in
 * what order they call the ops.
 *
 * An entry is a few parts one after the other, each split over the threads, which wait for each
 * other in between. Over samples, a block of rows goes through all layers before the next one; in a
 * training step through those of a stage (op->stage). */
#include "emit.h"

#include "emit_share.h"
#include "ops/ops.h"

/* Functions that do one thread's part of the work. */
struct part {
    const char *name, *comment;
    enum phase phase;
    enum section last; /* of PHASE_ROWS: sections behind it are left out … */
    uint32_t stage;    /* … and, if it is not ALL_STAGES, the other stages */
    unsigned weights;  /* of those over weights: what is done */
};

#define ALL_STAGES UINT32_MAX

static const struct part part_evaluate = {
    .name = "evaluate_rows",
    .comment = "The forward pass and the loss of each sample: %d rows at a time go through all "
               "layers, so that what they compute stays in the caches.",
    .phase = PHASE_ROWS,
    .last = SECTION_LOSS,
    .stage = ALL_STAGES};
static const struct part part_prepare = {.name = "prepare_copies",
                                         .comment =
                                             "What the backward pass keeps of the parameters.",
                                         .phase = PHASE_PREPARE,
                                         .weights = DO_COPY};
static const struct part part_backward = {.name = "backward_rows",
                                          .comment =
                                              "Forward and backward pass, %d rows at a time.",
                                          .phase = PHASE_ROWS,
                                          .last = SECTION_BACKWARD,
                                          .stage = ALL_STAGES};
static const struct part part_gradient = {
    .name = "gradient_weights",
    .comment = "Weight by weight, the gradients' sums over the batch.",
    .phase = PHASE_WEIGHTS,
    .weights = DO_GRADIENT};
static const struct part part_norm = {
    .name = "norm", .comment = "What the norm of all gradients is made of.", .phase = PHASE_NORM};
static const struct part part_step = {
    .name = "update_weights",
    .comment = "One step of the optimizer: a few rows of a gradient at a time are summed over the "
               "batch and used at once.",
    .phase = PHASE_UPDATE,
    .weights = DO_GRADIENT | DO_UPDATE | DO_COPY};
static const struct part part_clipped_step = {.name = "update_weights",
                                              .comment =
                                                  "One step of the optimizer from all gradients.",
                                              .phase = PHASE_UPDATE,
                                              .weights = DO_UPDATE | DO_COPY};

/* ---- over samples ---- */

/* Has samples first … last-1 put into the rows from `row` on. */
static void emit_load_call(struct emitter *em, struct cx *first, struct cx *last, struct cx *row)
{
    struct cbuild *cb = &em->cb;
    cb_do(cb, cx_call(cb, CT_OTHER, "batch->load", 4, cx_name(cb, CT_OTHER, "batch"), first, last,
                      row));
}

static bool in_rows(const struct op *op, enum section last, uint32_t stage)
{
    return op->phase == PHASE_ROWS && op->section <= last &&
           (stage == ALL_STAGES || stage == op->stage);
}

/* Are there ops over samples up to a section, of one stage or of all? */
static bool has_row_ops(const struct ir *ir, enum section last, uint32_t stage)
{
    for (size_t i = 0; i < ir->ops.len; i++)
        if (in_rows(&ir->ops.at[i], last, stage))
            return true;
    return false;
}

/* Does them. */
static void emit_row_ops(struct emitter *em, const struct isa *isa, enum section last,
                         uint32_t stage, const struct emit_range *rows)
{
    for (size_t i = 0; i < em->ir->ops.len; i++) {
        const struct op *op = &em->ir->ops.at[i];
        if (in_rows(op, last, stage))
            emit_call(em, isa, op, rows);
    }
}

/* All rows go through this thread's share of an op's units. */
static void emit_alone(struct emitter *em, const struct isa *isa, const struct op *op)
{
    struct cbuild *cb = &em->cb;
    struct emit_range range = {.first = cx_int(cb, 0), .passing = cx_int(cb, 0)};
    share_declare_panels(em, ir_at(em->ir, op->in[1]), &range);
    cb_declare(cb, "const size_t", CT_INT, "n", emit_batch(cb, CT_INT, "n"));
    emit_call(em, isa, op, &range);
}

/* The op that is a stage of its own, or NULL. */
static const struct op *op_alone(const struct ir *ir, uint32_t stage)
{
    for (size_t i = 0; stage != ALL_STAGES && i < ir->ops.len; i++)
        if (ir->ops.at[i].by_units && in_rows(&ir->ops.at[i], SECTION_BACKWARD, stage))
            return &ir->ops.at[i];
    return NULL;
}

static void emit_rows(struct emitter *em, const struct isa *isa, enum section last, uint32_t stage)
{
    struct cbuild *cb = &em->cb;
    struct cx *start = cb_declare(cb, "const size_t", CT_INT, "start", share_samples(em, 0));
    struct cx *end = cb_declare(cb, "const size_t", CT_INT, "end", share_samples(em, 1));
    struct emit_range rows = share_open_blocks(cb, start, end, em->ir->row_block);
    rows.passing = start;
    if (has_row_ops(em->ir, last, stage))
        cb_declare(cb, "const size_t", CT_INT, "n", cx_sub(cb, rows.last, rows.first));
    if (stage == 0 || stage == ALL_STAGES)
        emit_load_call(em, rows.first, rows.last,
                       ir_at(em->ir, em->ir->input)->passing ? start : rows.first);
    emit_row_ops(em, isa, last, stage, &rows);
    cb_end(cb);
}

/* ---- parts and entries ----
 *
 * Parts have no attribute of their instruction set, so that no op is inlined into them: gcc has
 * fewer registers for a tile's loop in the middle of so much else. */

static bool has_ops(const struct ir *ir, const struct part *part)
{
    if (part->phase == PHASE_ROWS) /* the first stage loads the samples */
        return part->stage == 0 || has_row_ops(ir, part->last, part->stage);
    for (size_t i = 0; i < ir->ops.len; i++)
        if (ir->ops.at[i].phase == part->phase)
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
    const struct op *alone = part->phase == PHASE_ROWS ? op_alone(em->ir, part->stage) : NULL;
    if (part->phase != PHASE_ROWS || has_row_ops(em->ir, part->last, part->stage))
        declare_pointer(em, "a", "arena");
    if (alone) {
        emit_alone(em, isa, alone);
        return;
    }
    if (part->phase == PHASE_ROWS) {
        emit_rows(em, isa, part->last, part->stage);
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
    cb_function(cb, em->ir->series ? isa_function(cb->arena, isa, INLINE_ITS_CALLS) : "static void",
                arena_printf(cb->arena, "infer_%s", isa->name), "const struct mlprt_batch *batch");
    declare_pointer(em, "a", "arena");
    cb_declare(cb, "const size_t", CT_INT, "n", cx_int(cb, 1));
    emit_row_ops(em, isa, SECTION_FORWARD, ALL_STAGES, &rows);
    cb_end(cb);
    cb_blank(cb);
}

/* A series of steps on mini-batches that are all there, in one function and one thread: what a step
 * costs beyond its arithmetic is the runtime's, and is paid once. */
static void emit_series(struct emitter *em, const struct isa *isa, size_t count,
                        const struct part *const *update)
{
    struct cbuild *cb = &em->cb;
    struct cx *all = cx_name(cb, CT_OTHER, "series"), *size = cx_int(cb, em->ir->batch);
    struct cx *steps = cx_member(cb, CT_INT, all, "steps");
    cb->at = (struct span){0, 0};
    cb_comment(cb, "Steps on as many mini-batches of %u, from the samples of a series.",
               em->ir->batch);
    cb_function(cb, isa_function(cb->arena, isa, INLINE_ITS_CALLS),
                arena_printf(cb->arena, "series_%s", isa->name),
                "const struct mlprt_batch *series");
    cb_declare(cb, "struct mlprt_batch", CT_OTHER, "one", cx_name(cb, CT_OTHER, "*series"));
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
    emit_row_ops(em, isa, SECTION_BACKWARD, ALL_STAGES, &rows);
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

/* Stages of the ops over samples. */
static uint32_t stage_count(const struct ir *ir)
{
    uint32_t last = 0;
    for (size_t i = 0; i < ir->ops.len; i++)
        if (ir->ops.at[i].stage > last)
            last = ir->ops.at[i].stage;
    return last + 1;
}

/* "backward_rows" or, of several stages, "backward1_rows", "backward2_units" … */
static struct part *backward_stage(struct emitter *em, uint32_t stage)
{
    struct arena *arena = em->cb.arena;
    struct part *part = ARENA_NEW(arena, struct part);
    const struct op *alone = op_alone(em->ir, stage);
    *part = part_backward;
    part->stage = stage;
    part->name = arena_printf(arena, "backward%u_%s", stage + 1, alone ? "units" : "rows");
    if (alone)
        part->comment = arena_printf(arena,
                                     "%s of all rows: each thread has units of its own, whose "
                                     "weights it alone reads here and updates.",
                                     ir_at(em->ir, alone->out[0])->name);
    else
        part->comment = "The batch's rows, %d at a time, up to the next wait for all threads.";
    return part;
}

/* Emits forward and backward pass: in one part, or stage by stage. */
static void emit_backward(struct emitter *em, const struct isa *isa)
{
    const uint32_t count = stage_count(em->ir);
    const struct part **parts = ARENA_ARRAY(em->cb.arena, const struct part *, count);
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = count > 1 ? backward_stage(em, i) : &part_backward;
        emit_part(em, isa, parts[i]);
    }
    emit_entry(em, isa, "backward", count, parts);
}

void emit_entries(struct emitter *em, const struct isa *isa)
{
    static const struct part *const evaluate[] = {&part_evaluate};
    static const struct part *const prepare[] = {&part_prepare};
    static const struct part *const gradient[] = {&part_gradient};
    static const struct part *const update[] = {&part_step};
    static const struct part *const clipped[] = {&part_gradient, &part_norm, &part_clipped_step};
    const bool clips = ir_clip_norm(em->ir) > 0;
    const struct part *const parts[] = {&part_evaluate, &part_prepare, &part_gradient, &part_norm,
                                        clips ? &part_clipped_step : &part_step};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (has_ops(em->ir, parts[i]))
            emit_part(em, isa, parts[i]);
    emit_entry(em, isa, "evaluate", 1, evaluate);
    emit_infer(em, isa);
    emit_entry(em, isa, "prepare", 1, prepare);
    emit_backward(em, isa);
    emit_entry(em, isa, "gradient", 1, gradient);
    const struct part *const *step = clips ? clipped : update;
    const size_t step_parts = clips ? sizeof clipped / sizeof *clipped : 1;
    emit_entry(em, isa, "update", step_parts, step);
    if (em->ir->series)
        emit_series(em, isa, step_parts, step);
}
