/* elu: y = x > 0 ? x : α·(exp(x) − 1), dx = dy·(x > 0 ? 1 : α·exp(x)). From x, since of y near −α
 * little of exp(x) is left. The exponent is cut at 0, where the other arm is taken: it must not
 * overflow to an infinity that multiplies a zero. */
#include "ops/activation.h"

enum { ALPHA };

static double eval(const struct ir_eval *ev, const double *attr, double x)
{
    return x > 0 ? x : ev_product(ev, ev_round(ev, attr[ALPHA]), ev_expm1(ev, x));
}

static double eval_gradient(const struct ir_eval *ev, const double *attr, double dy, double x)
{
    const double below = ev_product(ev, ev_round(ev, attr[ALPHA]), ev_exp(ev, 0 < x ? 0 : x));
    return x > 0 ? dy : ev_product(ev, dy, below);
}

static struct cx *emit(const struct lane *l, const double *attr, struct cx *x)
{
    struct cx *below = lane_product(l, lane_constant(l, attr[ALPHA]), lane_call(l, LANE_EXPM1, x));
    return lane_select_gt(l, x, lane_constant(l, 0), x, below);
}

static struct cx *emit_gradient(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *x)
{
    struct cx *zero = lane_constant(l, 0);
    struct cx *power = lane_call(l, LANE_EXP, lane_min(l, zero, x));
    struct cx *below = lane_product(l, lane_constant(l, attr[ALPHA]), power);
    return lane_select_gt(l, x, zero, dy, lane_product(l, dy, below));
}

const struct activation activation_elu = {.from_input = activation_always,
                                          .calls = true,
                                          .eval = eval,
                                          .eval_gradient = eval_gradient,
                                          .emit = emit,
                                          .emit_gradient = emit_gradient,
                                          .gradient_formula = "dy·(x > 0 ? 1 : alpha·exp(x))"};
