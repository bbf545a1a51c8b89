/* tanh: y = tanh(x), dx = dy·(1 − y²). */
#include "ops/activation.h"

static double eval(const struct ir_eval *ev, const double *attr, double x)
{
    (void)attr;
    return ev_tanh(ev, x);
}

/* dx = dy − y²·dy, its last rounding an fma's. */
static double eval_gradient(const struct ir_eval *ev, const double *attr, double dy, double y)
{
    (void)attr;
    return ev_fma(ev, -ev_round(ev, y * y), dy, dy);
}

static struct cx *emit(const struct lane *l, const double *attr, struct cx *x)
{
    (void)attr;
    return lane_call(l, LANE_TANH, x);
}

static struct cx *emit_gradient(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *y)
{
    (void)attr;
    return lane_fma(l, lane_neg(l, lane_mul(l, y, y)), dy, dy);
}

const struct activation activation_tanh = {.calls = true,
                                           .eval = eval,
                                           .eval_gradient = eval_gradient,
                                           .emit = emit,
                                           .emit_gradient = emit_gradient,
                                           .gradient_formula = "dy·(1 − y²)"};
