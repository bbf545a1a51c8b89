/* schedule: straight-line code or loops for each layer, the layouts that follow, and the order of
 * the phases. It chooses how, never what: every chain of roundings is the op's own. */
#include "pass.h"

#include "ice.h"
#include "ops/ops.h"

#include <string.h>

enum {
    /* Without vectors, a dense layer of at most so many weights comes out as straight-line code:
     * forward, dX and dW are a statement for each weight. With them nothing does: tiles are smaller
     * and faster, with units in the lanes, and what is stored number by number and then read as a
     * vector has to wait. 2-4-1 trains a sixth faster by tiles, at B = 16 twice as fast; on the
     * portable path straight-line code is six times as fast, since tiles compute their padding. */
    STRAIGHT_WEIGHTS = 64,
    /* Element-wise ops of at most so many units are written out too. */
    STRAIGHT_UNITS = 16,
    /* Straight-line statements for one weight: forward, dX, dW. */
    STATEMENTS_PER_WEIGHT = 3,
    /* Steps of so few operations (some microseconds) are taken in series: of so many that what a
     * series costs by itself, half a microsecond, is little; of so few samples that they stay in
     * the nearest cache. */
    SERIES_FLOPS = 1 << 17,
    SERIES_STEPS = 64,
    SERIES_SAMPLES = 512,
    /* The last layer's results stand in columns where so few units would leave half of a vector
     * idle, and turning a block of its inputs stays in the nearest cache. */
    COLUMN_UNITS = PANEL / 2,
    COLUMN_DEPTH = 64,
    /* Threads share whole blocks of such samples: so many at least that sixty would have work. */
    COLUMN_BLOCKS = 64,
    /* Rows that go through all layers before the next ones: a few tiles' worth, so that what they
     * compute stays in the caches. Weights are read once for each block: where these do not stay in
     * a core's own cache, blocks are larger. */
    ROW_BLOCK = 48,
    ROW_BLOCK_LARGE = 128,
    NEAR_CACHE = 1 << 20, /* bytes of it, on machines of today at least */
    /* Sharing units pays where so many times fewer numbers travel between the cores, and so many
     * fewer at least: two more barriers, of which stages side by side share one, take about as
     * long. Of fewer panels most threads would have none. */
    TRAVEL_RATIO = 2,
    TRAVEL_BARRIERS = 40000,
    SHARED_PANELS = 8
};

static bool is_product(const struct op *op)
{
    return op->kind == OP_DENSE || op->kind == OP_DENSE_DX || op->kind == OP_DENSE_DW;
}

/* Element by element over each row: looped, as many units at a time as a vector holds. */
static bool is_elementwise(const struct op *op)
{
    switch (op->kind) {
    case OP_ACT:
    case OP_ACT_GRAD:
    case OP_PRELU:
    case OP_PRELU_DX:
    case OP_LOSS_GRAD:
    case OP_SOFTMAX_CROSS_ENTROPY:
    case OP_SOFTMAX_CROSS_ENTROPY_GRAD: return true;
    default: return false;
    }
}

/* Sums over the batch, column by column. */
static bool is_column_sum(const struct op *op)
{
    return op->kind == OP_DENSE_DB || op->kind == OP_PRELU_DSLOPE;
}

/* Decides for each dense layer, in model order; *straight has an entry for each layer. */
static void choose_layers(struct ir *ir, enum unroll unroll, bool *straight)
{
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        if (op->kind != OP_DENSE)
            continue;
        const struct tensor *w = ir_at(ir, op->in[1]);
        const uint64_t weights = (uint64_t)w->depth * w->units;
        const uint64_t more = weights * STATEMENTS_PER_WEIGHT;
        straight[op->layer] =
            unroll == UNROLL_ALWAYS || (unroll == UNROLL_AUTO && weights <= STRAIGHT_WEIGHTS &&
                                        ir->straight_statements + more <= STRAIGHT_STATEMENTS);
        if (straight[op->layer])
            ir->straight_statements += more;
    }
}

static void choose_forms(struct ir *ir, enum unroll unroll)
{
    bool *straight = ARENA_ARRAY(ir->arena, bool, ir->model->layer_count);
    choose_layers(ir, unroll, straight);
    for (size_t i = 0; i < ir->ops.len; i++) {
        struct op *op = &ir->ops.at[i];
        if (is_product(op))
            op->straight = straight[op->layer];
        else if (op->phase == PHASE_ROWS || is_column_sum(op))
            op->straight = unroll == UNROLL_ALWAYS ||
                           (unroll == UNROLL_AUTO &&
                            ir_at(ir, op->in[0] == NO_TENSOR ? op->out[0] : op->in[0])->units <=
                                STRAIGHT_UNITS);
    }
}

/* The op that computes a tensor. */
static const struct op *maker_of(const struct ir *ir, int tensor)
{
    for (size_t i = 0; i < ir->ops.len; i++)
        for (size_t k = 0; k < OP_OUT_MAX; k++)
            if (ir->ops.at[i].out[k] == tensor)
                return &ir->ops.at[i];
    return NULL;
}

/* Has a mini-batch blocks of samples for many threads, or too little work for a second one? */
static bool has_blocks(const struct ir *ir)
{
    return ir->batch / PANEL >= COLUMN_BLOCKS ||
           flops_of_sample(ir) * ir->batch < 2 * (uint64_t)SERIAL_FLOPS;
}

/* Can a softmax's scores stand in columns, as the layer that computes them? Blocks of samples have
 * to be whole, since a block's lanes are computed beyond the last sample, and the rows of its
 * weights too. Of one class there is nothing to choose. */
static bool fits_columns(const struct ir *ir, const struct op *dense)
{
    if (!dense || dense->kind != OP_DENSE || dense->straight || dense->post_count)
        return false;
    const struct tensor *w = ir_at(ir, dense->in[1]);
    return ir_param_of(ir, dense->in[1])->grad != NO_TENSOR && ir->batch % PANEL == 0 &&
           has_blocks(ir) && w->units > 1 && w->units <= COLUMN_UNITS && w->depth <= COLUMN_DEPTH &&
           w->depth % PANEL == 0;
}

static void choose_columns(struct ir *ir)
{
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *slope = &ir->ops.at[i];
        if (slope->kind != OP_SOFTMAX_CROSS_ENTROPY_GRAD)
            continue;
        const int shares = slope->in[0], scores = maker_of(ir, shares)->in[0];
        const struct op *dense = maker_of(ir, scores);
        if (!fits_columns(ir, dense))
            continue;
        const struct param *w = ir_param_of(ir, dense->in[1]);
        const int ids[] = {scores,  shares,      slope->out[0], w->value,
                           w->grad, w->state[0], w->state[1]};
        for (size_t k = 0; k < sizeof ids / sizeof *ids; k++)
            if (ids[k] != NO_TENSOR)
                ir_at(ir, ids[k])->in_columns = true;
    }
}

/* Looped products, element-wise ops and sums of columns read and write whole panels: rows are
 * padded to them, and nobody reads the padding for a result. The distance between rows is an odd
 * number of cache lines, so that the rows of a block spread over all sets of a cache. */
static uint32_t padded_stride(const struct ir *ir, uint32_t units)
{
    const uint32_t line = ir->f64 ? MEMORY_ALIGN / 8 : MEMORY_ALIGN / 4;
    uint32_t stride = (units + PANEL - 1) / PANEL * PANEL;
    if (stride / line % 2 == 0)
        stride += line;
    REQUIRE(stride - units <= ROW_PADDING_MAX);
    return stride;
}

/* A parameter, its gradient and its state. */
static void lay_params_alike(struct ir *ir)
{
    for (size_t i = 0; i < ir->params.len; i++) {
        const struct param *p = &ir->params.at[i];
        const bool panels = p->grad != NO_TENSOR && ir_at(ir, p->grad)->panel == PANEL;
        const uint32_t panel = panels ? PANEL : ir_at(ir, p->value)->panel;
        ir_at(ir, p->value)->panel = panel;
        if (p->grad != NO_TENSOR)
            ir_at(ir, p->grad)->panel = panel;
        for (size_t k = 0; k < STATE_MAX; k++)
            if (p->state[k] != NO_TENSOR)
                ir_at(ir, p->state[k])->panel = panel;
    }
}

static void lay_columns(struct ir *ir)
{
    for (size_t i = 0; i < ir->tensors.len; i++) {
        struct tensor *t = &ir->tensors.at[i];
        if (!t->in_columns)
            continue;
        t->stride = tensor_per_sample(t) ? t->units : 0;
        t->panel = tensor_per_sample(t) ? 0 : 1;
    }
}

static void choose_layouts(struct ir *ir)
{
    for (size_t i = 0; i < ir->tensors.len; i++) {
        struct tensor *t = &ir->tensors.at[i];
        if (tensor_per_sample(t))
            t->stride = t->units;
        else
            t->panel = t->units;
    }
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        if (op->straight ||
            !(is_product(op) || is_elementwise(op) || is_column_sum(op) || op->kind == OP_PACK))
            continue;
        int ids[OP_TENSORS_MAX];
        const size_t n = op_tensors(op, ids);
        for (size_t k = 0; k < n; k++) {
            struct tensor *t = ir_at(ir, ids[k]);
            if (t->role == ROLE_LOSS)
                continue;             /* one number for each sample */
            if (t->role == ROLE_PACK) /* an odd number of rows: see below */
                t->stride = (ir->batch | 1) * PANEL;
            else if (tensor_per_sample(t))
                t->stride = padded_stride(ir, t->units);
            else
                t->panel = PANEL;
        }
    }
    lay_params_alike(ir);
    lay_columns(ir);
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        if (op->kind == OP_SQUARES)
            ir_at(ir, op->out[0])->panel = ir_at(ir, op->in[0])->panel;
    }
}

/* A looped dense_dx streams Wᵀ: a copy made once a step, unless W is one already. */
static void add_copies(struct ir *ir)
{
    const size_t ops = ir->ops.len;
    for (size_t i = 0; i < ops; i++) {
        struct op dx = ir->ops.at[i];
        if (dx.kind != OP_DENSE_DX || dx.straight || ir_at(ir, dx.in[1])->in_columns)
            continue;
        const struct tensor w = *ir_at(ir, dx.in[1]);
        struct op copy = ir_op(OP_TRANSPOSE, SECTION_BACKWARD, PHASE_PREPARE);
        copy.layer = dx.layer;
        copy.span = dx.span;
        copy.base = w.name;
        copy.in[0] = dx.in[1];
        copy.out[0] = ir_tensor(ir, arena_printf(ir->arena, "%s_t", w.name), ROLE_COPY, w.units,
                                w.depth, w.layer);
        ir->ops.at[i].in[1] = copy.out[0];
        ir_append(ir, copy);
    }
}

/* Parts of a parameter that threads can take: PANEL rows of a matrix, panels of what has one row.
 */
static uint32_t slices_of(const struct tensor *t)
{
    const uint32_t rows = (t->depth + PANEL - 1) / PANEL;
    const uint32_t slices = t->depth > 1 ? rows : tensor_panels(t);
    return t->panel == PANEL && slices > 1 ? slices : 0;
}

/* The parameter that an op over weights is about: as a tensor that is laid out like it. */
static int subject_of(const struct op *op)
{
    switch (op->phase) {
    case PHASE_WEIGHTS: return op->out[0];
    case PHASE_PREPARE:
    case PHASE_UPDATE: return op->in[0];
    default: return NO_TENSOR;
    }
}

/* Straight-line code, and the one row of a product. */
static bool is_whole(const struct ir *ir, const struct op *op)
{
    return op->straight || (op->kind == OP_DENSE_DW && ir_at(ir, op->out[0])->depth == 1);
}

/* Gradient, step and copy of a parameter are sliced alike, so that a slice goes through all three;
 * where the gradient is of one piece, so are they. */
static void choose_slices(struct ir *ir)
{
    bool *whole = ARENA_ARRAY(ir->arena, bool, ir->tensors.len);
    for (size_t i = 0; i < ir->params.len; i++)
        for (size_t k = 0; k < ir->ops.len; k++) {
            const struct param *p = &ir->params.at[i];
            const struct op *op = &ir->ops.at[k];
            if (op->phase == PHASE_WEIGHTS && op->out[0] == p->grad && is_whole(ir, op))
                whole[p->value] = whole[p->grad] = true;
        }
    for (size_t i = 0; i < ir->ops.len; i++) {
        struct op *op = &ir->ops.at[i];
        const int subject = subject_of(op);
        const bool row = op->kind == OP_TRANSPOSE && ir_at(ir, subject)->depth == 1;
        if (subject != NO_TENSOR && !whole[subject] && !row)
            op->slices = slices_of(ir_at(ir, subject));
        else if (op->phase == PHASE_NORM) /* chains down the columns */
            op->slices = tensor_panels(ir_at(ir, op->in[0]));
    }
}

/* The input is packed first of all, as it was put into its rows: they are in the nearest cache
 * then, and have not gone to another thread. */
static void move_input_pack(struct ir *ir)
{
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op pack = ir->ops.at[i];
        if (pack.kind != OP_PACK || pack.in[0] != ir->input)
            continue;
        memmove(&ir->ops.at[1], &ir->ops.at[0], i * sizeof pack);
        ir->ops.at[0] = pack;
    }
}

/* A looped dense_dw streams columns of x: packed on the way, unless a row is hardly more than its
 * columns anyway. */
static void add_packs(struct ir *ir)
{
    const size_t ops = ir->ops.len;
    for (size_t i = 0; i < ops; i++) {
        const struct op dw = ir->ops.at[i];
        if (dw.kind != OP_DENSE_DW || dw.straight)
            continue;
        const struct tensor x = *ir_at(ir, dw.in[0]);
        if (x.units <= PANEL || ir_at(ir, dw.in[1])->in_columns)
            continue;
        struct op pack = ir_op(OP_PACK, SECTION_BACKWARD, PHASE_ROWS);
        pack.layer = dw.layer;
        pack.span = dw.span;
        pack.base = x.name;
        pack.in[0] = dw.in[0];
        pack.out[0] = ir_tensor(ir, arena_printf(ir->arena, "%s_pack", x.name), ROLE_PACK, 1,
                                x.units, x.layer);
        ir->ops.at[i].in[0] = pack.out[0];
        ir_append(ir, pack);
    }
    move_input_pack(ir);
}

/* A step that is over sooner than the runtime has described it is taken in a series of several.
 * What the runtime puts there before a step, or reads behind it, has room for all of them. */
static void choose_series(struct ir *ir)
{
    bool trained = false;
    for (size_t i = 0; i < ir->ops.len; i++)
        trained = trained || ir->ops.at[i].phase == PHASE_UPDATE;
    const uint32_t most = SERIES_SAMPLES / ir->batch;
    if (!trained || most < 2 || flops_of_sample(ir) * ir->batch > SERIES_FLOPS)
        return;
    ir->series = most < SERIES_STEPS ? most : SERIES_STEPS;
    for (size_t i = 0; i < ir->tensors.len; i++) {
        struct tensor *t = &ir->tensors.at[i];
        t->staged = t->role == ROLE_INPUT || t->role == ROLE_TARGET || t->role == ROLE_LOSS;
    }
}

static bool has_copy(const struct ir *ir, int w)
{
    for (size_t i = 0; i < ir->ops.len; i++)
        if (ir->ops.at[i].kind == OP_TRANSPOSE && ir->ops.at[i].in[0] == w)
            return true;
    return false;
}

/* Threads share rows, as a rule: each reads all weights of a layer, most of which the others have
 * just updated. Of few samples and many weights it is less to exchange the samples: what goes into
 * the layer and comes out of it. */
static bool shares_units(const struct ir *ir, const struct op *op)
{
    if (op->kind != OP_DENSE || op->straight || ir->series)
        return false;
    const struct tensor *w = ir_at(ir, op->in[1]);
    const uint64_t weights = (uint64_t)w->depth * w->units;
    const uint64_t samples = (uint64_t)ir->batch * (w->depth + w->units);
    return ir_param_of(ir, op->in[1])->grad != NO_TENSOR && slices_of(w) &&
           tensor_panels(w) >= SHARED_PANELS &&
           !(has_copy(ir, op->in[1]) && w->units % PANEL) && /* it has no padding */
           weights > TRAVEL_RATIO * samples + TRAVEL_BARRIERS;
}

static void choose_units(struct ir *ir)
{
    for (size_t i = 0; i < ir->ops.len; i++) {
        struct op *op = &ir->ops.at[i];
        if (!shares_units(ir, op))
            continue;
        op->by_units = true;
        const struct param *w = ir_param_of(ir, op->in[1]);
        for (size_t k = 0; k < ir->ops.len; k++) {
            const int subject = subject_of(&ir->ops.at[k]);
            if (subject != NO_TENSOR && (subject == w->value || subject == w->grad))
                ir->ops.at[k].by_units = true;
        }
    }
}

/* Numbers the stages of the ops over samples. The first one, which is there in any case, puts the
 * samples into their rows. */
static void choose_stages(struct ir *ir)
{
    uint32_t stage = 0;
    bool alone = false;
    for (size_t i = 0; i < ir->ops.len; i++) {
        struct op *op = &ir->ops.at[i];
        if (op->phase != PHASE_ROWS)
            continue;
        stage += op->by_units || alone;
        op->stage = stage;
        alone = op->by_units;
    }
}

/* Rows that pass: nothing but ops over samples touch them, all in one stage, and the runtime does
 * not read them. */
static void choose_passing(struct ir *ir)
{
    uint32_t *stage = ARENA_ARRAY(ir->arena, uint32_t, ir->tensors.len);
    bool *seen = ARENA_ARRAY(ir->arena, bool, ir->tensors.len);
    seen[ir->input] = true;
    for (size_t i = 0; i < ir->tensors.len; i++) {
        struct tensor *t = &ir->tensors.at[i];
        t->passing =
            (t->role == ROLE_INPUT && !t->staged) || t->role == ROLE_VALUE || t->role == ROLE_MASK;
    }
    ir_at(ir, ir->output)->passing = false;
    for (size_t i = 0; i < ir->ops.len; i++) {
        int ids[OP_TENSORS_MAX];
        const size_t n = op_tensors(&ir->ops.at[i], ids);
        for (size_t k = 0; k < n; k++) {
            if (!seen[ids[k]])
                stage[ids[k]] = ir->ops.at[i].stage;
            seen[ids[k]] = true;
            if (ir->ops.at[i].phase != PHASE_ROWS || ir->ops.at[i].stage != stage[ids[k]])
                ir_at(ir, ids[k])->passing = false;
        }
    }
}

static void choose_row_block(struct ir *ir)
{
    uint64_t weights = 0;
    for (size_t i = 0; i < ir->params.len; i++)
        weights += tensor_bytes(ir, ir_at(ir, ir->params.at[i].value));
    ir->row_block = weights > NEAR_CACHE ? ROW_BLOCK_LARGE : ROW_BLOCK;
}

/* Orders the ops by phase; within one they stay as they are. */
static void order_phases(struct ir *ir)
{
    struct op *sorted = ARENA_ARRAY(ir->arena, struct op, ir->ops.len);
    size_t n = 0;
    for (int phase = PHASE_PREPARE; phase <= PHASE_UPDATE; phase++)
        for (size_t i = 0; i < ir->ops.len; i++)
            if ((int)ir->ops.at[i].phase == phase)
                sorted[n++] = ir->ops.at[i];
    for (size_t i = 0; i < n; i++)
        ir->ops.at[i] = sorted[i];
}

void pass_schedule(struct ir *ir, const struct pass_options *options)
{
    const bool loops = options->unroll == UNROLL_AUTO && options->vectors;
    choose_forms(ir, loops ? UNROLL_NEVER : options->unroll);
    choose_columns(ir);
    add_copies(ir);
    add_packs(ir);
    choose_layouts(ir);
    choose_slices(ir);
    choose_series(ir);
    choose_units(ir);
    choose_stages(ir);
    choose_passing(ir);
    choose_row_block(ir);
    order_phases(ir);
}
