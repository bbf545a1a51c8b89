/* silu: y = x·s with s = sigmoid(x); dx = dy·(s + x·s·(1 − s)). */
#include "ops/activation.h"

static double eval(const struct ir_eval *ev, const double *attr, double x)
{
    (void)attr;
    return ev_product(ev, x, ev_sigmoid(ev, x));
}

static double eval_gradient(const struct ir_eval *ev, const double *attr, double dy, double x)
{
    (void)attr;
    const double s = ev_sigmoid(ev, x);
    return ev_product(ev, dy, ev_fma(ev, x, ev_fma(ev, -s, s, s), s));
}

static struct cx *emit(const struct lane *l, const double *attr, struct cx *x)
{
    (void)attr;
    return lane_product(l, x, lane_call(l, LANE_SIGMOID, x));
}

static struct cx *emit_gradient(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *x)
{
    (void)attr;
    struct cx *s = lane_local(l, "s", lane_call(l, LANE_SIGMOID, x));
    return lane_product(l, dy, lane_fma(l, x, lane_fma(l, lane_neg(l, s), s, s), s));
}

const struct activation activation_silu = {.from_input = activation_always,
                                           .calls = true,
                                           .eval = eval,
                                           .eval_gradient = eval_gradient,
                                           .emit = emit,
                                           .emit_gradient = emit_gradient,
                                           .gradient_formula =
                                               "dy·(s + x·s·(1 − s)), s = sigmoid(x)"};
