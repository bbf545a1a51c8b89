/* half_squared: half the squared distance to numeric targets.
 *
 *     loss [n] = ½ Σ_j (y − t)²     y, t [n, units]; one chain of fmas, j ascending
 *     dy [n, units] = y − t
 *
 * The division by the number of samples is not here: it is applied once, to the finished sums of
 * the gradients. */
#include "ice.h"
#include "ops/ops.h"

static void check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->in[1])->units);
}

static int gradient(struct ir *ir, const struct op *op, int d_out)
{
    (void)d_out;
    return append_loss_gradient(ir, op, OP_HALF_SQUARED_GRAD, op->in[0]);
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t units = ir_at(ev->ir, op->in[0])->units;
    for (uint32_t r = 0; r < ev->n; r++) {
        double sum = 0;
        for (uint32_t j = 0; j < units; j++) {
            const double d =
                ev_round(ev, *ev_at(ev, op->in[0], r, j) - *ev_at(ev, op->in[1], r, j));
            sum = ev_fma(ev, d, d, sum);
        }
        *ev_at(ev, op->out[0], r, 0) = ev_round(ev, sum / 2);
    }
}

static void emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    struct cx *y = emit_row_in(e, "yr", e->in[0], op->in[0], r);
    struct cx *t = emit_row_in(e, "tr", e->in[1], op->in[1], r);
    struct cx *sum = cb_local(cb, CT_REAL, "sum", cx_real(cb, 0));
    struct cx *j = cb_for(cb, "j", cx_int(cb, 0), emit_units(e, op->in[0]), 1);
    struct cx *d = cb_local(cb, CT_REAL, "d", cx_sub(cb, cx_at(cb, y, j), cx_at(cb, t, j)));
    cb_set(cb, sum, cx_fma(cb, d, d, sum));
    cb_end(cb);
    cb_set(cb, cx_at(cb, e->out[0], r), cx_div(cb, sum, cx_real(cb, 2)));
    cb_end(cb);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    return arena_printf(arena, "loss = ½·Σ (%s − target)²   [n,%u]", ir_at(ir, op->in[0])->name,
                        ir_at(ir, op->in[0])->units);
}

static uint64_t flops(const struct ir *ir, const struct op *op)
{
    return 3 * (uint64_t)ir_at(ir, op->in[0])->units;
}

const struct op_rule half_squared_rule = {.inputs = 2,
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
    const uint32_t units = ir_at(ev->ir, op->in[0])->units;
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < units; j++)
            *ev_at(ev, op->out[0], r, j) =
                ev_round(ev, *ev_at(ev, op->in[0], r, j) - *ev_at(ev, op->in[1], r, j));
}

struct rows {
    struct cx *y, *t, *dy;
};

static void emit_element(struct emit *e, struct cx *j, void *context)
{
    const struct rows *rows = context;
    cb_set(e->cb, cx_at(e->cb, rows->dy, j),
           cx_sub(e->cb, cx_at(e->cb, rows->y, j), cx_at(e->cb, rows->t, j)));
}

static void grad_emit(struct emit *e, const struct op *op)
{
    struct cx *r = cb_for(e->cb, "r", e->first, e->last, 1);
    struct rows rows = {.y = emit_row_in(e, "yr", e->in[0], op->in[0], r),
                        .t = emit_row_in(e, "tr", e->in[1], op->in[1], r),
                        .dy = emit_row_out(e, "dyr", e->out[0], op->out[0], r)};
    emit_columns(e, op->out[0], op->straight, emit_element, &rows);
    cb_end(e->cb);
}

static const char *grad_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    return arena_printf(arena, "%s = %s − target", ir_at(ir, op->out[0])->name,
                        ir_at(ir, op->in[0])->name);
}

const struct op_rule half_squared_grad_rule = {.inputs = 2,
                                               .outputs = 1,
                                               .in_names = {"y", "t"},
                                               .out_names = {"dy"},
                                               .verb = "backward",
                                               .check = check,
                                               .eval = grad_eval,
                                               .emit = grad_emit,
                                               .formula = grad_formula,
                                               .flops = flops_elements};
