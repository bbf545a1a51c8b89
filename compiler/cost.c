/* The prediction and its constants.
 *
 * An op takes what its instructions take, one after the other, and the time of the bytes that come
 * from beyond a core's nearest cache. Constants are in slots; two slots are a cycle of a core with
 * two units for multiply-adds. Where no source is named they were fitted to the rows of bench/ on
 * the machine of bench/NOTES.md, and are meant to be within a third. */
#include "cost.h"

#include "ops/activation.h"
#include "ops/loss.h"
#include "ops/ops.h"
#include "tile.h"

/* Products. */
static const double LATENCY = 8;        /* of a multiply-add: 4 cycles, since Skylake and Zen 3 */
static const double TILE = 24;          /* a tile's call, its first loads, its last sums */
static const double STRAIGHT_SUM = 1.5; /* a multiply-add with its load, in a register */
static const double STRAIGHT_DW = 3;    /* … and with a load and a store of the sum in memory */
static const double TURN = 7; /* of rows to columns, a vector: loads, exchanges, a store */

/* The portable path calls fma, with its sums in memory; its slot is the time of a call alone. */
static const double CALLED_SUM = 10;
static const double CALLED_SLOT = 4;

/* Element-wise work, of a vector. */
static const double ARITHMETIC = 4;      /* loads, a few operations, a store */
static const double FUNCTION = 40;       /* exp, tanh …: some 20 operations */
static const double FUNCTION_CHAIN = 90; /* … most of them in a chain, for a vector alone */
static const double LIBRARY = 130;       /* a function of one number in the C library */
static const double RANDOM = 60;   /* per element: a word of Philox for each, without vectors */
static const double DIVISION = 60; /* a square root and two divisions, of adam and rmsprop */

/* Chains over the classes of a sample. */
static const double CHAIN = 8;   /* a maximum and an addition for each class, half overlapped */
static const double SCALAR = 60; /* a function of one number */

/* Around the products. */
static const double CALL = 20;      /* of an op's function, for a block of rows */
static const double BATCH = 250;    /* what the runtime does around a batch or a series of them */
static const double SAMPLE = 12;    /* … and for each sample of it: its loss, its label */
static const double LINE = 200;     /* a cache line of a sample, which stands anywhere in memory */
static const double CONVERSION = 4; /* of a vector of inputs */

/* Bytes a slot that can be read: from a core's own cache, from the one that cores share, and from
 * memory (the rates and the peak that bench/NOTES.md has measured). */
static const double OWN_RATE = 22, SHARED_RATE = 3.6, MEMORY_RATE = 2;
enum { OWN_CACHE = 2 << 20, SHARED_CACHE = 16 << 20 /* bytes of both, there */ };

enum {
    LINE_BYTES = 64,
    STORED_BYTES = 1 /* of an input in the data: IDX of pixels */
};

/* What is being predicted. */
struct cost {
    const struct ir *ir;
    const struct isa *isa;
    uint32_t n;
    unsigned lanes;
    double rows_set, step_set; /* bytes of what is kept: those of all samples, of a step */
};

static double greater(double a, double b)
{
    return a > b ? a : b;
}

/* Instructions for the elements of a row: lanes go to the end of the panel, or to other samples. */
static double vectors(const struct cost *c, const struct op *op, uint32_t units)
{
    if (ir_at(c->ir, op->out[0])->in_columns)
        return (double)units / c->lanes;
    return op->straight ? units : (units + PANEL - 1) / PANEL * PANEL / c->lanes;
}

/* ---- products ---- */

/* One step of the sums of a tile: its multiply-adds, or its loads, which are as many at a time, or
 * the chain where there are too few sums to fill the latency. */
static double tile_step(const struct cost *c, double rows, double vectors)
{
    if (c->lanes == 1)
        return rows * vectors * CALLED_SUM;
    return greater(greater(rows * vectors, rows + vectors), LATENCY);
}

/* All panels of `rows` rows of tiles of that height. */
static double tile_row(const struct cost *c, unsigned rows, uint32_t panels, double depth)
{
    const struct tile_widths widths = tile_widths(c->isa, c->ir->f64, rows, panels);
    double slots = 0;
    for (unsigned width = 1; width <= TILE_VECTORS_MAX; width++) {
        const double count = (double)width * PANEL / c->lanes;
        slots += widths.tiles[width] * (depth * tile_step(c, rows, count) + TILE + rows * count);
    }
    return slots;
}

/* A product of so many rows and panels, cut into tiles as kernel.c does it. */
static double product(const struct cost *c, uint32_t rows, uint32_t panels, double depth)
{
    unsigned heights[TILE_SIZES_MAX];
    const size_t sizes = tile_rows(c->isa, c->ir->f64, heights);
    double slots = 0;
    for (size_t s = 0; s < sizes; s++) {
        slots += rows / heights[s] * tile_row(c, heights[s], panels, depth);
        rows %= heights[s];
    }
    return slots;
}

static double straight_sum(const struct cost *c, double slots)
{
    return c->lanes == 1 ? CALLED_SUM : slots;
}

/* Sums of a layer in columns, side by side for its units, over so many vectors. */
static double columns_sums(const struct cost *c, double vectors, uint32_t units)
{
    return vectors * greater(units * straight_sum(c, 1), LATENCY);
}

/* Its forward pass: blocks of samples, the rest one by one. */
static double columns_forward(const struct cost *c, const struct op *op)
{
    const uint32_t depth = ir_at(c->ir, op->in[0])->units, units = ir_at(c->ir, op->out[0])->units;
    const double whole = c->n / PANEL * PANEL / c->lanes * depth;
    return columns_sums(c, whole + c->n % PANEL * depth, units) + whole * TURN;
}

/* The forward pass and dX: blocks of rows. */
static double rows_product(const struct cost *c, const struct op *op)
{
    const uint32_t depth = ir_at(c->ir, op->in[0])->units, units = ir_at(c->ir, op->out[0])->units;
    const bool columns = ir_at(c->ir, op->in[0])->in_columns;
    const uint32_t panels = (units + PANEL - 1) / PANEL;
    const uint32_t block = columns ? PANEL : c->ir->row_block;
    if (ir_at(c->ir, op->out[0])->in_columns)
        return columns_forward(c, op);
    if (op->straight)
        return c->n *
               greater((double)depth * units * straight_sum(c, STRAIGHT_SUM), LATENCY * depth);
    return c->n / block * product(c, block, panels, depth) +
           product(c, c->n % block, panels, depth);
}

static double dw_product(const struct cost *c, const struct op *op)
{
    const struct tensor *dw = ir_at(c->ir, op->out[0]);
    if (op->straight)
        return c->n *
               greater((double)dw->depth * dw->units * straight_sum(c, STRAIGHT_DW), LATENCY);
    if (dw->in_columns)
        return columns_sums(c, (double)c->n * dw->depth / c->lanes, dw->units);
    return product(c, dw->depth, tensor_panels(dw), c->n);
}

/* ---- the other ops ---- */

/* exp, tanh … of `units` numbers of each sample; vectors that have no functions go one by one. */
static double functions(const struct cost *c, const struct op *op, uint32_t units)
{
    const bool in_lanes = isa_vector(c->isa, c->ir->f64)->functions != NULL;
    if (c->ir->f64 || !in_lanes)
        return (double)c->n * units * LIBRARY;
    return greater(c->n * vectors(c, op, units) * FUNCTION, FUNCTION_CHAIN);
}

static double activation(const struct cost *c, const struct op *op, enum activation_id id)
{
    const uint32_t units = ir_at(c->ir, op->out[0])->units;
    if (activation_of(id)->calls)
        return functions(c, op, units);
    return c->n * vectors(c, op, units) * ARITHMETIC;
}

/* A slope by the activation's output needs no function again. */
static double post(const struct cost *c, const struct op *op, const struct post *p)
{
    if (p->kind == OP_ACT_GRAD && !activation_from_input(p->activation, p->attr))
        return c->n * vectors(c, op, ir_at(c->ir, op->out[0])->units) * ARITHMETIC;
    return activation(c, op, p->activation);
}

static double posts(const struct cost *c, const struct op *op)
{
    const size_t in_tile = tile_posts(op, c->isa);
    double slots = 0;
    for (size_t i = 0; i < op->post_count; i++)
        if (i >= in_tile || op->straight)
            slots += post(c, op, &op->post[i]);
    return slots;
}

/* A loss of numbers, one output after the other. */
static double loss(const struct cost *c, const struct op *op)
{
    const double each = loss_of(op->loss)->calls ? 2 * SCALAR : CHAIN;
    return c->n * (ir_at(c->ir, op->in[0])->units * each + SCALAR);
}

/* The exponentials of the classes, two chains over them, the logarithm of their sum; of few classes
 * for a vector of samples at a time. */
static double softmax(const struct cost *c, const struct op *op)
{
    const uint32_t classes = ir_at(c->ir, op->in[0])->units;
    const bool columns = ir_at(c->ir, op->in[0])->in_columns && c->lanes > 1 && !c->ir->f64;
    if (columns)
        return (c->n + PANEL - 1) / PANEL * (PANEL / c->lanes) *
               ((classes + 1) * FUNCTION + classes * ARITHMETIC);
    if (softmax_has_blocks(c->ir, op, isa_vector(c->isa, c->ir->f64)) && c->n >= PANEL)
        return c->n * ((classes + 1) * FUNCTION / c->lanes + classes * ARITHMETIC);
    return functions(c, op, classes) + c->n * (classes * CHAIN + SCALAR);
}

static double update(const struct cost *c, const struct op *op, double more)
{
    const struct tensor *w = ir_at(c->ir, op->out[0]);
    const double elements = (double)tensor_panels(w) * w->panel * w->depth;
    return elements / (w->panel == PANEL || w->in_columns ? c->lanes : 1) * (ARITHMETIC + more);
}

/* A load and a store of each element, or of each vector. */
static double transpose(const struct cost *c, const struct op *op)
{
    const struct tensor *w = ir_at(c->ir, op->in[0]);
    const bool turned = isa_vector(c->isa, c->ir->f64)->turn.four != NULL;
    return (double)w->depth * w->units * (turned ? TURN / c->lanes : 2);
}

static double elementwise(const struct cost *c, const struct op *op, double slots)
{
    return c->n * vectors(c, op, ir_at(c->ir, op->out[0])->units) * slots;
}

static double op_slots(const struct cost *c, const struct op *op)
{
    switch (op->kind) {
    case OP_DENSE:
    case OP_DENSE_DX: return rows_product(c, op) + posts(c, op);
    case OP_DENSE_DW: return dw_product(c, op);
    case OP_ACT: return activation(c, op, op->activation);
    case OP_ACT_GRAD: return elementwise(c, op, ARITHMETIC);
    case OP_DENSE_DB:
    case OP_PRELU_DSLOPE: return c->n * vectors(c, op, ir_at(c->ir, op->in[0])->units);
    case OP_DROPOUT_MASK: return (double)c->n * ir_at(c->ir, op->out[0])->units * RANDOM;
    case OP_SOFTMAX_CROSS_ENTROPY: return softmax(c, op);
    case OP_LOSS: return loss(c, op);
    case OP_TRANSPOSE: return transpose(c, op);
    case OP_SQUARES:
    case OP_SGD: return update(c, op, 0);
    case OP_ADAM:
    case OP_RMSPROP: return update(c, op, DIVISION);
    default: return elementwise(c, op, ARITHMETIC);
    }
}

/* ---- bytes ---- */

/* Bytes that an op goes through, out of a working set of that size. */
struct traffic {
    double bytes, set;
};

/* Of one step. */
static double tensor_size(const struct cost *c, int tensor)
{
    const struct tensor *t = ir_at(c->ir, tensor);
    return (double)tensor_bytes(c->ir, t) / (t->staged ? c->ir->series : 1);
}

/* What stays from step to step: parameters, copies of them, states. */
static double kept_bytes(const struct cost *c, bool states)
{
    const struct life *lives = ir_lives(c->ir);
    double sum = 0;
    for (size_t i = 0; i < c->ir->tensors.len; i++) {
        const enum tensor_role role = ir_at(c->ir, (int)i)->role;
        if (!life_empty(lives[i]) &&
            (role == ROLE_PARAM || role == ROLE_COPY || (states && role == ROLE_STATE)))
            sum += tensor_size(c, (int)i);
    }
    return sum;
}

/* The sums of a gradient go through the derivatives once for every few slices. */
static struct traffic dw_traffic(const struct cost *c, const struct op *op)
{
    const double x = tensor_size(c, op->in[0]), dy = tensor_size(c, op->in[1]);
    const uint32_t together = op->by_units ? 1 : DW_SLICES;
    const uint32_t times = (op->slices + together - 1) / together;
    return (struct traffic){x + dy * times, x + dy};
}

/* An optimizer reads and writes what it keeps. */
static struct traffic update_traffic(const struct cost *c, const struct op *op)
{
    struct traffic t = {0, c->step_set};
    for (size_t i = 0; i < OP_OUT_MAX && op->out[i] != NO_TENSOR; i++)
        t.bytes += 2 * tensor_size(c, op->out[i]);
    return t;
}

static struct traffic op_traffic(const struct cost *c, const struct op *op)
{
    const uint32_t blocks = (c->n + c->ir->row_block - 1) / c->ir->row_block;
    switch (op->kind) {
    case OP_DENSE:
    case OP_DENSE_DX: return (struct traffic){blocks * tensor_size(c, op->in[1]), c->rows_set};
    case OP_DENSE_DW: return dw_traffic(c, op);
    case OP_SGD:
    case OP_ADAM:
    case OP_RMSPROP: return update_traffic(c, op);
    default: return (struct traffic){0, 0};
    }
}

/* An op's instructions and its bytes: those from a core's own cache come meanwhile, those that it
 * does not hold are waited for. */
static double with_traffic(double slots, const struct traffic *t)
{
    const double rate = t->set <= SHARED_CACHE ? SHARED_RATE : MEMORY_RATE;
    const double far = t->set <= OWN_CACHE ? 0 : 1 - OWN_CACHE / t->set;
    return greater(slots, t->bytes / OWN_RATE) + far * t->bytes / rate;
}

/* ---- all of it ---- */

/* Samples out of the data, wherever they stand there, into rows. */
static double gather(const struct cost *c)
{
    const uint32_t units = ir_at(c->ir, c->ir->input)->units;
    const double lines = (double)units * STORED_BYTES / LINE_BYTES; /* short rows: small sets */
    return c->n * (SAMPLE + lines * LINE + (double)units / c->lanes * CONVERSION);
}

/* Part of an evaluation? Masks are drawn in training only. */
static bool is_evaluated(const struct op *op)
{
    return (op->section == SECTION_FORWARD || op->section == SECTION_LOSS) &&
           !op_rule(op->kind)->training_only;
}

/* Of the sections up to `last`; `around` is what comes with every batch, `call` with every op. */
static uint64_t cost(const struct ir *ir, const struct isa *isa, uint32_t n, enum section last,
                     double around, double call)
{
    struct cost c = {.ir = ir, .isa = isa, .n = n, .lanes = isa_vector(isa, ir->f64)->lanes};
    c.rows_set = kept_bytes(&c, false);
    c.step_set = kept_bytes(&c, true);
    double slots = around + gather(&c);
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        const struct traffic traffic = op_traffic(&c, op);
        if (op->section <= last && (last == SECTION_UPDATE || is_evaluated(op)))
            slots += call + with_traffic(op_slots(&c, op), &traffic);
    }
    return (uint64_t)(c.lanes == 1 ? slots / CALLED_SLOT : slots);
}

uint64_t cost_step(const struct ir *ir, const struct isa *isa)
{
    if (ir->series)
        return cost(ir, isa, ir->batch, SECTION_UPDATE, BATCH / ir->series, 0);
    return cost(ir, isa, ir->batch, SECTION_UPDATE, BATCH, CALL);
}

uint64_t cost_evaluate(const struct ir *ir, const struct isa *isa)
{
    return cost(ir, isa, ir->batch, SECTION_LOSS, BATCH, CALL);
}

uint64_t cost_infer(const struct ir *ir, const struct isa *isa)
{
    return cost(ir, isa, 1, SECTION_FORWARD, 0, ir->series ? 0 : CALL);
}

double cost_share(const struct ir *ir, const struct isa *isa, uint64_t flops, uint64_t slots)
{
    return (double)flops / ((double)slots * 2 * isa_vector(isa, ir->f64)->lanes);
}
