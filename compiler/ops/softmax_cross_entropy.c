/* softmax_cross_entropy: the loss of a class against unnormalised scores.
 *
 *     loss [n], p [n, classes] from z [n, classes], t [n] classes:
 *         m = max z;  e = exp(z − m);  s = Σ e;  p = e / s;  loss = (m + log s) − z[t]
 *     dz [n, classes] = p − q,  q = onehot(t)
 *
 * With label smoothing σ the target is q = (1 − σ)·onehot(t) + σ/classes, and the loss
 * (1 − σ)·(lse − z[t]) + σ/classes·Σ_j (lse − z[j]) with lse = m + log s: of no part less than 0.
 *
 * Maximum and sums go over the classes in ascending order, one chain. The division by the number of
 * samples is not here: it is applied once, to the finished sums of the gradients. */
#include "ice.h"
#include "ops/ops.h"

static double smoothing_of(const struct op *op)
{
    return op->attr[SOFTMAX_LABEL_SMOOTHING];
}

/* What smoothing gives to every class. */
static double share_of(const struct ir *ir, const struct op *op)
{
    return smoothing_of(op) / ir_at(ir, op->in[0])->units;
}

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
        double loss = ev_round(ev, lse - z[ev->label[r]]);
        if (smoothing_of(op) > 0) {
            const double share = ev_round(ev, share_of(ev->ir, op));
            double all = 0;
            for (uint32_t j = 0; j < classes; j++)
                all = ev_round(ev, all + ev_round(ev, lse - z[j]));
            loss = ev_fma(ev, ev_round(ev, 1 - smoothing_of(op)), loss, ev_product(ev, share, all));
        }
        *ev_at(ev, op->out[0], r, 0) = loss;
    }
}

static struct cx *label_of(struct emit *e, struct cx *r)
{
    return cx_at(e->cb, cx_name(e->cb, CT_LABELS, "label"), r);
}

/* The loss of a row of scores z whose log Σ exp(z) is lse. */
static struct cx *emit_loss(struct emit *e, const struct op *op, struct cx *z, struct cx *lse,
                            struct cx *r)
{
    struct cbuild *cb = e->cb;
    struct cx *own = cx_sub(cb, lse, cx_at(cb, z, label_of(e, r)));
    if (smoothing_of(op) == 0)
        return own;
    struct cx *all = cb_local(cb, CT_REAL, "all", cx_real(cb, 0));
    struct cx *j = cb_for(cb, "j", cx_int(cb, 0), emit_units(e, op->in[0]), 1);
    cb_set(cb, all, cx_add(cb, all, cx_sub(cb, lse, cx_at(cb, z, j))));
    cb_end(cb);
    return cx_fma(cb, cx_real(cb, 1 - smoothing_of(op)), own,
                  cx_mul(cb, cx_real(cb, share_of(e->ir, op)), all));
}

/* A row's scores, what becomes of them, and the number that all of them meet. */
struct row {
    struct cx *z, *p, *number;
};

static void emit_exp(struct emit *e, const struct lane *l, struct cx *j, void *context)
{
    const struct row *row = context;
    struct cx *below = lane_sub(l, lane_at(l, row->z, j), lane_splat(l, row->number));
    (void)e;
    lane_store(l, row->p, j, lane_call(l, LANE_EXP, below));
}

static void emit_share(struct emit *e, const struct lane *l, struct cx *j, void *context)
{
    const struct row *row = context;
    (void)e;
    lane_store(l, row->p, j, lane_div(l, lane_at(l, row->p, j), lane_splat(l, row->number)));
}

/* What stands behind the last class is nothing that slopes and weights should follow. */
static void emit_padding(struct emit *e, const struct op *op, struct cx *p)
{
    struct cbuild *cb = e->cb;
    const struct tensor *t = ir_at(e->ir, op->out[1]);
    if (t->stride == t->units)
        return;
    struct cx *j = cb_for(cb, "j", emit_units(e, op->out[1]), emit_stride(e, op->out[1]), 1);
    cb_set(cb, cx_at(cb, p, j), cx_real(cb, 0));
    cb_end(cb);
}

static void emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct lane scalar = emit_scalar_lane(e, NULL);
    struct cx *zero = cx_int(cb, 0), *classes = emit_units(e, op->in[0]);
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    struct row row = {.z = emit_row_in(e, "zr", e->in[0], op->in[0], r),
                      .p = emit_row_out(e, "pr", e->out[1], op->out[1], r)};

    struct cx *max = cb_local(cb, CT_REAL, "max", cx_at(cb, row.z, zero));
    struct cx *j = cb_for(cb, "j", cx_int(cb, 1), classes, 1);
    struct cx *zj = emit_load(e, "z", row.z, j);
    cb_set(cb, max, cx_select(cb, cx_gt(cb, zj, max), zj, max));
    cb_end(cb);
    row.number = max;
    emit_lanes(e, op->out[1], op->straight, true, emit_exp, &row);

    struct cx *sum = cb_local(cb, CT_REAL, "sum", cx_real(cb, 0));
    j = cb_for(cb, "j", zero, classes, 1);
    cb_set(cb, sum, cx_add(cb, sum, cx_at(cb, row.p, j)));
    cb_end(cb);
    row.number = sum;
    emit_lanes(e, op->out[1], op->straight, false, emit_share, &row);
    emit_padding(e, op, row.p);

    struct cx *log = lane_call(&scalar, LANE_LOG, sum);
    struct cx *lse = cb_local(cb, CT_REAL, "lse", cx_add(cb, max, log));
    cb_set(cb, cx_at(cb, e->out[0], r), emit_loss(e, op, row.z, lse, r));
    cb_end(cb);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *z = ir_at(ir, op->in[0])->name;
    const uint32_t classes = ir_at(ir, op->in[0])->units;
    if (smoothing_of(op) == 0)
        return arena_printf(arena, "loss = log Σ exp(%s) − %s[label],  p = softmax(%s)   [n,%u]", z,
                            z, z, classes);
    return arena_printf(arena,
                        "loss = log Σ exp(%s) − (%g·%s[label] + %g/%u·Σ %s),  p = softmax(%s)   "
                        "[n,%u]",
                        z, 1 - smoothing_of(op), z, smoothing_of(op), classes, z, z, classes);
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
            const double q = share_of(ev->ir, op) + (j == ev->label[r] ? 1 - smoothing_of(op) : 0);
            *ev_at(ev, op->out[0], r, j) = ev_round(ev, p - ev_round(ev, q));
        }
}

static void grad_emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    struct cx *p = emit_row_in(e, "pr", e->in[0], op->in[0], r);
    struct cx *dz = emit_row_out(e, "dzr", e->out[0], op->out[0], r);
    struct cx *j = cb_for(cb, "j", cx_int(cb, 0), emit_units(e, op->in[0]), 1);
    const double share = share_of(e->ir, op);
    struct cx *pj = cx_at(cb, p, j), *pt = cx_at(cb, p, label_of(e, r));
    cb_set(cb, cx_at(cb, dz, j), share > 0 ? cx_sub(cb, pj, cx_real(cb, share)) : pj);
    cb_end(cb);
    cb_set(cb, cx_at(cb, dz, label_of(e, r)),
           cx_sub(cb, pt, cx_real(cb, share + (1 - smoothing_of(op)))));
    cb_end(cb);
}

static const char *grad_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *dz = ir_at(ir, op->out[0])->name;
    if (smoothing_of(op) == 0)
        return arena_printf(arena, "%s = p − onehot(label)", dz);
    return arena_printf(arena, "%s = p − (%g·onehot(label) + %g/%u)", dz, 1 - smoothing_of(op),
                        smoothing_of(op), ir_at(ir, op->in[0])->units);
}

const struct op_rule softmax_cross_entropy_grad_rule = {.inputs = 2,
                                                        .outputs = 1,
                                                        .in_names = {"p"},
                                                        .out_names = {"dz"},
                                                        .verb = "backward",
                                                        .check = grad_check,
                                                        .eval = grad_eval,
                                                        .emit = grad_emit,
                                                        .formula = grad_formula,
                                                        .flops = flops_elements};
