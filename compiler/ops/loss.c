/* loss and loss_grad: the losses on numbers, for every one of loss.def.
 *
 *     loss       loss [n] = Σ_j term(y, t) / m       y, t [n, m]; one chain, j ascending
 *     loss_grad  dy [n, m] = term'(y, t) / m
 *
 * (half_squared divides its sum by 2, and its slopes by nothing.) The division by the number of
 * samples is not here: it is applied once, to the finished sums of the gradients. */
#include "ops/loss.h"

#include "ice.h"
#include "ops/ops.h"

#define LOSS(name, target, params, formula) extern const struct loss loss_##name;
#include "loss.def"
#undef LOSS

const struct loss *loss_of(enum loss_id id)
{
    static const struct loss *const all[] = {
#define LOSS(name, target, params, formula) &loss_##name,
#include "loss.def"
#undef LOSS
    };
    return all[id];
}

double loss_difference(const struct ir_eval *ev, double y, double t)
{
    return ev_round(ev, y - t);
}

static uint32_t outputs_of(const struct ir *ir, const struct op *op)
{
    return ir_at(ir, op->in[0])->units;
}

static void check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[1])->role == ROLE_TARGET);
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->in[1])->units);
}

static int gradient(struct ir *ir, const struct op *op, int d_out)
{
    (void)d_out;
    return append_loss_gradient(ir, op, OP_LOSS_GRAD, op->in[0]);
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const struct loss *loss = loss_of(op->loss);
    const uint32_t units = outputs_of(ev->ir, op);
    for (uint32_t r = 0; r < ev->n; r++) {
        double sum = 0;
        for (uint32_t j = 0; j < units; j++)
            sum = loss->eval_term(ev, op->attr, *ev_at(ev, op->in[0], r, j),
                                  *ev_at(ev, op->in[1], r, j), sum);
        *ev_at(ev, op->out[0], r, 0) = ev_round(ev, sum / (loss->half ? 2 : units));
    }
}

static void emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct loss *loss = loss_of(op->loss);
    const struct lane scalar = emit_scalar_lane(e, "j");
    const uint32_t units = outputs_of(e->ir, op);
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    struct cx *yr = emit_row_in(e, "yr", e->in[0], op->in[0], r);
    struct cx *tr = emit_row_in(e, "tr", e->in[1], op->in[1], r);
    struct cx *sum = cb_local(cb, CT_REAL, "sum", cx_real(cb, 0));
    struct cx *j = cb_for(cb, "j", cx_int(cb, 0), emit_units(e, op->in[0]), 1);
    struct cx *y = lane_load(&scalar, "y", yr, j), *t = lane_load(&scalar, "t", tr, j);
    cb_set(cb, sum, loss->emit_term(&scalar, op->attr, y, t, sum));
    cb_end(cb);
    cb_set(cb, cx_at(cb, e->out[0], r), cx_div(cb, sum, cx_real(cb, loss->half ? 2 : units)));
    cb_end(cb);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const struct loss *loss = loss_of(op->loss);
    const uint32_t units = outputs_of(ir, op);
    return arena_printf(arena, "loss = Σ %s / %u,  y = %s, t = target   [n,%u]", loss->term_formula,
                        loss->half ? 2 : units, ir_at(ir, op->in[0])->name, units);
}

static uint64_t flops(const struct ir *ir, const struct op *op)
{
    return 3 * (uint64_t)outputs_of(ir, op);
}

const struct op_rule loss_rule = {.inputs = 2,
                                  .outputs = 1,
                                  .in_names = {"y", "t"},
                                  .out_names = {"loss"},
                                  .verb = "forward",
                                  .check = check,
                                  .gradient = gradient,
                                  .eval = eval,
                                  .emit = emit,
                                  .formula = formula,
                                  .flops = flops};

static void grad_eval(struct ir_eval *ev, const struct op *op)
{
    const struct loss *loss = loss_of(op->loss);
    const uint32_t units = outputs_of(ev->ir, op);
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < units; j++) {
            const double slope = loss->eval_slope(ev, op->attr, *ev_at(ev, op->in[0], r, j),
                                                  *ev_at(ev, op->in[1], r, j));
            *ev_at(ev, op->out[0], r, j) = loss->half ? slope : ev_round(ev, slope / units);
        }
}

struct rows {
    struct cx *y, *t, *dy;
};

static void emit_element(struct emit *e, const struct lane *l, struct cx *j, void *context)
{
    const struct loss *loss = loss_of(e->op->loss);
    const struct rows *rows = context;
    const uint32_t units = outputs_of(e->ir, e->op);
    struct cx *y = lane_load(l, "y", rows->y, j), *t = lane_load(l, "t", rows->t, j);
    struct cx *slope = loss->emit_slope(l, e->op->attr, y, t);
    if (!loss->half && units > 1)
        slope = lane_div(l, slope, lane_constant(l, units));
    lane_store(l, rows->dy, j, slope);
}

static void grad_emit(struct emit *e, const struct op *op)
{
    struct cx *r = cb_for(e->cb, "r", e->first, e->last, 1);
    struct rows rows = {.y = emit_row_in(e, "yr", e->in[0], op->in[0], r),
                        .t = emit_row_in(e, "tr", e->in[1], op->in[1], r),
                        .dy = emit_row_out(e, "dyr", e->out[0], op->out[0], r)};
    emit_lanes(e, op->out[0], op->straight, loss_of(op->loss)->calls, emit_element, &rows);
    cb_end(e->cb);
}

static const char *grad_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const struct loss *loss = loss_of(op->loss);
    const char *mean = loss->half ? "" : arena_printf(arena, " / %u", outputs_of(ir, op));
    return arena_printf(arena, "%s = (%s)%s,  y = %s, t = target", ir_at(ir, op->out[0])->name,
                        loss->slope_formula, mean, ir_at(ir, op->in[0])->name);
}

const struct op_rule loss_grad_rule = {.inputs = 2,
                                       .outputs = 1,
                                       .in_names = {"y", "t"},
                                       .out_names = {"dy"},
                                       .verb = "backward",
                                       .check = check,
                                       .eval = grad_eval,
                                       .emit = grad_emit,
                                       .formula = grad_formula,
                                       .flops = flops_elements};
