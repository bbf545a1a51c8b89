/* sigmoid: y = 1 / (1 + exp(-x)), dx = dy·y·(1 − y). */
#include "ops/activation.h"

static double eval(const struct ir_eval *ev, double x)
{
    return ev_sigmoid(ev, x);
}

/* With t = dy·y: dx = t − t·y, its last rounding an fma's. */
static double eval_gradient(const struct ir_eval *ev, double dy, double y)
{
    double t = ev_round(ev, dy * y);
    return ev_fma(ev, -t, y, t);
}

static struct cx *emit(const struct lane *l, struct cx *x)
{
    return cx_call(l->cb, CT_REAL, l->cb->f64 ? "mlprt_sigmoid" : "mlprt_sigmoidf", 1, x);
}

static struct cx *emit_gradient(const struct lane *l, struct cx *dy, struct cx *y)
{
    struct cx *t = cx_mul(l->cb, dy, y);
    return cx_fma(l->cb, cx_neg(l->cb, t), y, t);
}

const struct activation activation_sigmoid = {.eval = eval,
                                              .eval_gradient = eval_gradient,
                                              .emit = emit,
                                              .emit_gradient = emit_gradient,
                                              .gradient_formula = "dy·y·(1 − y)"};
