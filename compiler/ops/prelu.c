/* prelu: max(x, 0) + slope·min(x, 0), the slope learned: one for the layer, or one for each unit.
 *
 *     prelu         y  [n, units] = fma(slope, min(x, 0), max(x, 0))
 *     prelu_dx      dx [n, units] = x > 0 ? dy : slope·dy
 *     prelu_dslope  dslope [1 or units] = Σ min(x, 0)·dy over the batch
 *
 * The sum of dslope is one chain of fmas: samples ascending, and for a slope of the whole layer the
 * units of each sample ascending. (He, Zhang, Ren, Sun: Delving deep into rectifiers; 2015.) */
#include "ice.h"
#include "ops/ops.h"

static bool is_shared(const struct ir *ir, int slope)
{
    return ir_at(ir, slope)->units == 1;
}

static void check(const struct ir *ir, const struct op *op)
{
    const uint32_t units = ir_at(ir, op->out[0])->units;
    const int slope = op->in[op->kind == OP_PRELU ? 1 : 2];
    REQUIRE(ir_at(ir, op->in[0])->units == units);
    REQUIRE(ir_at(ir, slope)->units == units || is_shared(ir, slope));
    if (op->kind == OP_PRELU_DX)
        REQUIRE(ir_at(ir, op->in[1])->units == units);
}

static int gradient(struct ir *ir, const struct op *op, int d_out)
{
    const struct param *slope = ir_param_of(ir, op->in[1]);
    struct op dx = *op;
    dx.kind = OP_PRELU_DX;
    dx.section = SECTION_BACKWARD;
    dx.in[0] = d_out;
    dx.in[1] = op->in[0];
    dx.in[2] = op->in[1];
    dx.out[0] = ir_adjoint(ir, op->in[0]);
    ir_append(ir, dx);

    struct op dslope = dx;
    dslope.kind = OP_PRELU_DSLOPE;
    dslope.phase = PHASE_WEIGHTS;
    dslope.in[2] = NO_TENSOR;
    dslope.out[0] = slope->grad;
    ir_append(ir, dslope);
    return dx.out[0];
}

/* The slope of unit j. */
static double ev_slope(const struct ir_eval *ev, int slope, uint32_t j)
{
    return *ev_at(ev, slope, 0, is_shared(ev->ir, slope) ? 0 : j);
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t units = ir_at(ev->ir, op->out[0])->units;
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < units; j++) {
            const double x = *ev_at(ev, op->in[0], r, j);
            *ev_at(ev, op->out[0], r, j) =
                ev_fma(ev, ev_slope(ev, op->in[1], j), 0 < x ? 0 : x, 0 > x ? 0 : x);
        }
}

struct rows {
    struct cx *x, *dy, *out; /* pointers to the row; dy NULL forward */
    struct cx *slope;        /* pointer to the slopes */
    bool shared;
};

static struct cx *slope_at(const struct lane *l, const struct rows *rows, struct cx *j)
{
    if (!rows->shared)
        return lane_load(l, "slope", rows->slope, j);
    return lane_splat(l, cx_at(l->cb, rows->slope, cx_int(l->cb, 0)));
}

static void emit_element(struct emit *e, const struct lane *l, struct cx *j, void *context)
{
    const struct rows *rows = context;
    struct cx *zero = lane_constant(l, 0), *x = lane_load(l, "x", rows->x, j);
    struct cx *y = lane_fma(l, slope_at(l, rows, j), lane_min(l, zero, x), lane_max(l, zero, x));
    (void)e;
    lane_store(l, rows->out, j, y);
}

static void emit(struct emit *e, const struct op *op)
{
    struct cx *r = cb_for(e->cb, "r", e->first, e->last, 1);
    struct rows rows = {.x = emit_row_in(e, "xr", e->in[0], op->in[0], r),
                        .out = emit_row_out(e, "yr", e->out[0], op->out[0], r),
                        .slope = e->in[1],
                        .shared = is_shared(e->ir, op->in[1])};
    emit_lanes(e, op->out[0], op->straight, false, emit_element, &rows);
    cb_end(e->cb);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *x = ir_at(ir, op->in[0])->name;
    return arena_printf(arena, "%s = max(%s, 0) + %s·min(%s, 0)", ir_at(ir, op->out[0])->name, x,
                        ir_at(ir, op->in[1])->name, x);
}

const struct op_rule prelu_rule = {.inputs = 2,
                                   .outputs = 1,
                                   .in_names = {"x", "slope"},
                                   .out_names = {"y"},
                                   .check = check,
                                   .gradient = gradient,
                                   .eval = eval,
                                   .emit = emit,
                                   .formula = formula,
                                   .flops = flops_elements};

static void dx_eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t units = ir_at(ev->ir, op->out[0])->units;
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < units; j++) {
            const double dy = *ev_at(ev, op->in[0], r, j);
            *ev_at(ev, op->out[0], r, j) = *ev_at(ev, op->in[1], r, j) > 0
                                               ? dy
                                               : ev_product(ev, ev_slope(ev, op->in[2], j), dy);
        }
}

static void dx_emit_element(struct emit *e, const struct lane *l, struct cx *j, void *context)
{
    const struct rows *rows = context;
    struct cx *x = lane_load(l, "x", rows->x, j), *dy = lane_load(l, "dy", rows->dy, j);
    struct cx *below = lane_local(l, "below", lane_product(l, slope_at(l, rows, j), dy));
    (void)e;
    lane_store(l, rows->out, j, lane_select_gt(l, x, lane_constant(l, 0), dy, below));
}

static void dx_emit(struct emit *e, const struct op *op)
{
    struct cx *r = cb_for(e->cb, "r", e->first, e->last, 1);
    struct rows rows = {.dy = emit_row_in(e, "dyr", e->in[0], op->in[0], r),
                        .x = emit_row_in(e, "xr", e->in[1], op->in[1], r),
                        .out = emit_row_out(e, "dxr", e->out[0], op->out[0], r),
                        .slope = e->in[2],
                        .shared = is_shared(e->ir, op->in[2])};
    emit_lanes(e, op->out[0], op->straight, false, dx_emit_element, &rows);
    cb_end(e->cb);
}

static const char *dx_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *dy = ir_at(ir, op->in[0])->name;
    return arena_printf(arena, "%s = %s > 0 ? %s : %s·%s", ir_at(ir, op->out[0])->name,
                        ir_at(ir, op->in[1])->name, dy, ir_at(ir, op->in[2])->name, dy);
}

const struct op_rule prelu_dx_rule = {.inputs = 3,
                                      .outputs = 1,
                                      .in_names = {"dy", "x", "slope"},
                                      .out_names = {"dx"},
                                      .verb = "dx",
                                      .check = check,
                                      .eval = dx_eval,
                                      .emit = dx_emit,
                                      .formula = dx_formula,
                                      .flops = flops_elements};

static void dslope_check(const struct ir *ir, const struct op *op)
{
    const uint32_t units = ir_at(ir, op->in[0])->units;
    REQUIRE(ir_at(ir, op->in[1])->units == units);
    REQUIRE(ir_at(ir, op->out[0])->units == units || is_shared(ir, op->out[0]));
}

static void dslope_eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t units = ir_at(ev->ir, op->in[0])->units;
    const bool shared = is_shared(ev->ir, op->out[0]);
    for (uint32_t j = 0; j < (shared ? 1 : units); j++)
        *ev_at(ev, op->out[0], 0, j) = 0;
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < units; j++) {
            const double x = *ev_at(ev, op->in[1], r, j);
            double *sum = ev_at(ev, op->out[0], 0, shared ? 0 : j);
            *sum = ev_fma(ev, 0 < x ? 0 : x, *ev_at(ev, op->in[0], r, j), *sum);
        }
}

/* sum + min(x, 0)·dy */
static struct cx *dslope_term(const struct lane *l, struct cx *const *row, struct cx *j,
                              struct cx *sum)
{
    struct cx *x = lane_load(l, "input", row[1], j);
    return lane_fma(l, lane_min(l, lane_constant(l, 0), x), lane_at(l, row[0], j), sum);
}

/* A shared slope is one chain through samples and units. */
static void dslope_emit_shared(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct lane scalar = {.cb = cb};
    struct cx *zero = cx_int(cb, 0), *row[OP_IN_MAX];
    struct cx *sum = lane_variable(&scalar, "sum", cx_real(cb, 0));
    emit_rows_in(e, op, cb_for(cb, "r", zero, e->n, 1), row);
    struct cx *j = cb_for(cb, "j", zero, emit_units(e, op->in[0]), 1);
    cb_set(cb, sum, dslope_term(&scalar, row, j, sum));
    cb_end(cb);
    cb_end(cb);
    cb_set(cb, cx_at(cb, e->out[0], zero), sum);
}

static void dslope_emit(struct emit *e, const struct op *op)
{
    if (is_shared(e->ir, op->out[0]))
        dslope_emit_shared(e, op);
    else
        emit_column_sums(e, op, dslope_term);
}

static const char *dslope_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    return arena_printf(arena, "%s = Σ min(%s, 0)·%s over the batch", ir_at(ir, op->out[0])->name,
                        ir_at(ir, op->in[1])->name, ir_at(ir, op->in[0])->name);
}

static uint64_t dslope_flops(const struct ir *ir, const struct op *op)
{
    return 2 * (uint64_t)ir_at(ir, op->in[0])->units;
}

const struct op_rule prelu_dslope_rule = {.inputs = 2,
                                          .outputs = 1,
                                          .in_names = {"dy", "x"},
                                          .out_names = {"dslope"},
                                          .verb = "dslope",
                                          .check = dslope_check,
                                          .eval = dslope_eval,
                                          .emit = dslope_emit,
                                          .formula = dslope_formula,
                                          .flops = dslope_flops};
