/* sigmoid: y = 1 / (1 + exp(-x)), dx = dy·y·(1 − y). */
#include "ops/activation.h"

static double eval(const struct ir_eval *ev, const double *attr, double x)
{
    (void)attr;
    return ev_sigmoid(ev, x);
}

/* With t = dy·y: dx = t − t·y, its last rounding an fma's. */
static double eval_gradient(const struct ir_eval *ev, const double *attr, double dy, double y)
{
    (void)attr;
    const double t = ev_round(ev, dy * y);
    return ev_fma(ev, -t, y, t);
}

static struct cx *emit(const struct lane *l, const double *attr, struct cx *x)
{
    (void)attr;
    return lane_call(l, LANE_SIGMOID, x);
}

static struct cx *emit_gradient(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *y)
{
    (void)attr;
    struct cx *t = lane_local(l, "t", lane_mul(l, dy, y));
    return lane_fma(l, lane_neg(l, t), y, t);
}

const struct activation activation_sigmoid = {.calls = true,
                                              .eval = eval,
                                              .eval_gradient = eval_gradient,
                                              .emit = emit,
                                              .emit_gradient = emit_gradient,
                                              .gradient_formula = "dy·y·(1 − y)"};
