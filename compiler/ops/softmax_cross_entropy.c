/* softmax_cross_entropy: the loss of a class against unnormalised scores.
 *
 *     loss [n], p [n, classes] from z [n, classes], t [n] classes:
 *         m = max z;  e = exp(z − m);  s = Σ e;  p = e / s;  loss = (m + log s) − z[t]
 *     dz [n, classes] = p − onehot(t)
 *
 * Maximum and sum go over the classes in ascending order, one chain. The division by the number of
 * samples is not here: it is applied once, to the finished sums of the gradients. */
#include "ice.h"
#include "ops/ops.h"

static void check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[1])->role == ROLE_LABEL);
    REQUIRE(ir_at(ir, op->out[0])->role == ROLE_LOSS);
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->out[1])->units);
}

static int gradient(struct ir *ir, const struct op *op, int d_out)
{
    (void)d_out;
    return append_loss_gradient(ir, op, OP_SOFTMAX_CROSS_ENTROPY_GRAD, op->out[1]);
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t classes = ir_at(ev->ir, op->in[0])->units;
    for (uint32_t r = 0; r < ev->n; r++) {
        const double *z = ev_at(ev, op->in[0], r, 0);
        double *p = ev_at(ev, op->out[1], r, 0);
        double max = z[0], sum = 0;
        for (uint32_t j = 1; j < classes; j++)
            max = z[j] > max ? z[j] : max;
        for (uint32_t j = 0; j < classes; j++) {
            p[j] = ev_exp(ev, ev_round(ev, z[j] - max));
            sum = ev_round(ev, sum + p[j]);
        }
        for (uint32_t j = 0; j < classes; j++)
            p[j] = ev_round(ev, p[j] / sum);
        const double lse = ev_round(ev, max + ev_log(ev, sum));
        *ev_at(ev, op->out[0], r, 0) = ev_round(ev, lse - z[ev->label[r]]);
    }
}

static struct cx *label_of(struct emit *e, struct cx *r)
{
    return cx_at(e->cb, cx_name(e->cb, CT_LABELS, "label"), r);
}

static void emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    struct cx *zero = cx_int(cb, 0), *classes = emit_units(e, op->in[0]);
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    struct cx *z = emit_row_in(e, "zr", e->in[0], op->in[0], r);
    struct cx *p = emit_row_out(e, "pr", e->out[1], op->out[1], r);

    struct cx *max = cb_local(cb, CT_REAL, "max", cx_at(cb, z, zero));
    struct cx *j = cb_for(cb, "j", cx_int(cb, 1), classes, 1);
    struct cx *zj = emit_load(e, "z", z, j);
    cb_set(cb, max, cx_select(cb, cx_gt(cb, zj, max), zj, max));
    cb_end(cb);

    struct cx *sum = cb_local(cb, CT_REAL, "sum", cx_real(cb, 0));
    j = cb_for(cb, "j", zero, classes, 1);
    cb_set(
        cb, cx_at(cb, p, j),
        cx_call(cb, CT_REAL, cb->f64 ? "exp" : "mlprt_expf", 1, cx_sub(cb, cx_at(cb, z, j), max)));
    cb_set(cb, sum, cx_add(cb, sum, cx_at(cb, p, j)));
    cb_end(cb);

    j = cb_for(cb, "j", zero, classes, 1);
    cb_set(cb, cx_at(cb, p, j), cx_div(cb, cx_at(cb, p, j), sum));
    cb_end(cb);
    struct cx *log = cx_call(cb, CT_REAL, cb->f64 ? "log" : "mlprt_logf", 1, sum);
    cb_set(cb, cx_at(cb, e->out[0], r),
           cx_sub(cb, cx_add(cb, max, log), cx_at(cb, z, label_of(e, r))));
    cb_end(cb);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *z = ir_at(ir, op->in[0])->name;
    return arena_printf(arena, "loss = log Σ exp(%s) − %s[label],  p = softmax(%s)   [n,%u]", z, z,
                        z, ir_at(ir, op->in[0])->units);
}

/* Maximum, subtraction, exp, sum, division: five for each class. */
static uint64_t flops(const struct ir *ir, const struct op *op)
{
    return 5 * (uint64_t)ir_at(ir, op->in[0])->units;
}

const struct op_rule softmax_cross_entropy_rule = {.inputs = 2,
                                                   .outputs = 2,
                                                   .in_names = {"z"},
                                                   .out_names = {"loss", "p"},
                                                   .verb = "forward",
                                                   .needs = NEED_LABEL,
                                                   .check = check,
                                                   .gradient = gradient,
                                                   .eval = eval,
                                                   .emit = emit,
                                                   .formula = formula,
                                                   .flops = flops};

static void grad_check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[1])->role == ROLE_LABEL);
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->out[0])->units);
}

static void grad_eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t classes = ir_at(ev->ir, op->in[0])->units;
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < classes; j++) {
            const double p = *ev_at(ev, op->in[0], r, j);
            *ev_at(ev, op->out[0], r, j) = j == ev->label[r] ? ev_round(ev, p - 1) : p;
        }
}

static void grad_emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    struct cx *p = emit_row_in(e, "pr", e->in[0], op->in[0], r);
    struct cx *dz = emit_row_out(e, "dzr", e->out[0], op->out[0], r);
    struct cx *j = cb_for(cb, "j", cx_int(cb, 0), emit_units(e, op->in[0]), 1);
    cb_set(cb, cx_at(cb, dz, j), cx_at(cb, p, j));
    cb_end(cb);
    cb_set(cb, cx_at(cb, dz, label_of(e, r)),
           cx_sub(cb, cx_at(cb, p, label_of(e, r)), cx_real(cb, 1)));
    cb_end(cb);
}

static const char *grad_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    return arena_printf(arena, "%s = p − onehot(label)", ir_at(ir, op->out[0])->name);
}

const struct op_rule softmax_cross_entropy_grad_rule = {.inputs = 2,
                                                        .outputs = 1,
                                                        .in_names = {"p"},
                                                        .out_names = {"dz"},
                                                        .verb = "backward",
                                                        .needs = NEED_LABEL,
                                                        .check = grad_check,
                                                        .eval = grad_eval,
                                                        .emit = grad_emit,
                                                        .formula = grad_formula,
                                                        .flops = flops_elements};
