/* dropout: zeroes elements at random while training.
 *
 *     dropout_mask  mask [n, units] ∈ {0, 1}: 0 with probability p, drawn by counter
 *     dropout       y [n, units] = mask ? x / (1 − p) : 0     inverted, training
 *                   y = mask ? x : 0                          classic, training
 *                   y = x (inverted), x·(1 − p) (classic) in evaluation
 *
 * It is linear in x, so its gradient is the same op with the same mask. No result is a product that
 * could be contracted with an addition that follows: inverted dropout divides, classic dropout
 * takes the product by fma(x, 1 − p, −0), which also keeps the sign of a zero. The mask comes from
 * (seed, step, layer, sample in the batch, unit) alone, so nothing has to be kept of it.
 */
#include "ice.h"
#include "ops/ops.h"

#include "runtime/mlprt/dropout.h"

#include <math.h>

/* An element is dropped where its 24 random bits are below this. */
static uint32_t threshold_of(const struct op *op)
{
    return (uint32_t)llround(op->attr[DROPOUT_ATTR_P] * 0x1p24);
}

static double kept_share(const struct op *op)
{
    return 1 - op->attr[DROPOUT_ATTR_P];
}

static bool is_classic(const struct op *op)
{
    return op->attr[DROPOUT_ATTR_CLASSIC] != 0;
}

static void mask_check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->out[0])->role == ROLE_MASK);
}

static void mask_eval(struct ir_eval *ev, const struct op *op)
{
    if (!ev->training)
        return;
    const uint32_t units = ir_at(ev->ir, op->out[0])->units;
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < units; j++) {
            const struct mlprt_words words = mlprt_philox(
                ev->seed, j / 4, r, ev->step, mlprt_counter_end(MLPRT_PURPOSE_DROPOUT, op->stream));
            *ev_at(ev, op->out[0], r, j) = words.w[j % 4] >> 8 >= threshold_of(op);
        }
}

static void mask_emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    cb_do(cb, cx_call(cb, CT_OTHER, "mlprt_dropout_keep", 7,
                      cx_add(cb, e->out[0], cx_mul(cb, r, emit_stride(e, op->out[0]))),
                      emit_units(e, op->out[0]), cx_name(cb, CT_INT, "seed"),
                      cx_name(cb, CT_INT, "step"), cx_int(cb, op->stream),
                      cx_cast(cb, CT_INT, "uint32_t", cx_add(cb, cx_name(cb, CT_INT, "sample"), r)),
                      cx_int(cb, threshold_of(op))));
    cb_end(cb);
}

static const char *mask_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    return arena_printf(arena, "%s = 0 with probability %g, else 1", ir_at(ir, op->out[0])->name,
                        op->attr[DROPOUT_ATTR_P]);
}

const struct op_rule dropout_mask_rule = {.outputs = 1,
                                          .out_names = {"mask"},
                                          .verb = "mask",
                                          .needs = NEED_RANDOM,
                                          .training_only = true,
                                          .check = mask_check,
                                          .eval = mask_eval,
                                          .emit = mask_emit,
                                          .formula = mask_formula,
                                          .flops = flops_none};

static void check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->out[0])->units);
    REQUIRE(ir_at(ir, op->in[1])->role == ROLE_MASK);
}

static int gradient(struct ir *ir, const struct op *op, int d_out)
{
    struct op grad = *op;
    grad.section = SECTION_BACKWARD;
    grad.in[0] = d_out;
    grad.out[0] = ir_adjoint(ir, op->in[0]);
    ir_append(ir, grad);
    return grad.out[0];
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t units = ir_at(ev->ir, op->out[0])->units;
    const double kept = ev_round(ev, kept_share(op));
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < units; j++) {
            const double x = *ev_at(ev, op->in[0], r, j);
            double y;
            if (!ev->training)
                y = is_classic(op) ? ev_fma(ev, x, kept, -0.0) : x;
            else if (*ev_at(ev, op->in[1], r, j) == 0)
                y = 0;
            else
                y = is_classic(op) ? x : ev_round(ev, x / kept);
            *ev_at(ev, op->out[0], r, j) = y;
        }
}

struct rows {
    struct cx *x, *mask, *y; /* pointers to the row; mask NULL in evaluation */
};

static void emit_element(struct emit *e, struct cx *j, void *context)
{
    struct cbuild *cb = e->cb;
    const struct rows *rows = context;
    struct cx *v = emit_load(e, "x", rows->x, j);
    if (rows->mask) {
        if (!is_classic(e->op))
            v = cx_div(cb, v, cx_real(cb, kept_share(e->op)));
        v = cx_select(cb, cx_at(cb, rows->mask, j), v, cx_real(cb, 0));
    } else if (is_classic(e->op)) {
        v = cx_fma(cb, v, cx_real(cb, kept_share(e->op)), cx_real(cb, -0.0));
    }
    cb_set(cb, cx_at(cb, rows->y, j), v);
}

static void emit_rows(struct emit *e, const struct op *op, bool training)
{
    struct cx *r = cb_for(e->cb, "r", e->first, e->last, 1);
    struct rows rows = {.x = emit_row_in(e, "xr", e->in[0], op->in[0], r)};
    if (training)
        rows.mask = emit_row_in(e, "keep", e->in[1], op->in[1], r);
    rows.y = emit_row_out(e, "yr", e->out[0], op->out[0], r);
    emit_columns(e, op->out[0], op->straight, emit_element, &rows);
    cb_end(e->cb);
}

static void emit(struct emit *e, const struct op *op)
{
    if (op->section == SECTION_BACKWARD) {
        emit_rows(e, op, true);
        return;
    }
    cb_if(e->cb, cx_name(e->cb, CT_INT, "training"));
    emit_rows(e, op, true);
    cb_else(e->cb);
    emit_rows(e, op, false);
    cb_end(e->cb);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *y = ir_at(ir, op->out[0])->name, *x = ir_at(ir, op->in[0])->name;
    if (!is_classic(op))
        return arena_printf(arena, "%s = keep ? %s / %g : 0", y, x, kept_share(op));
    if (op->section == SECTION_BACKWARD)
        return arena_printf(arena, "%s = keep ? %s : 0", y, x);
    return arena_printf(arena, "%s = keep ? %s : 0, in evaluation %s·%g", y, x, x, kept_share(op));
}

const struct op_rule dropout_rule = {.inputs = 2,
                                     .outputs = 1,
                                     .in_names = {"x", "mask"},
                                     .out_names = {"y"},
                                     .needs = NEED_TRAINING,
                                     .check = check,
                                     .gradient = gradient,
                                     .eval = eval,
                                     .emit = emit,
                                     .formula = formula,
                                     .flops = flops_elements};
