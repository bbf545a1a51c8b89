/* tanh: y = tanh(x), dx = dy·(1 − y²). */
#include "ops/activation.h"

static double eval(const struct ir_eval *ev, double x)
{
    return ev_tanh(ev, x);
}

/* dx = dy − y²·dy, its last rounding an fma's. */
static double eval_gradient(const struct ir_eval *ev, double dy, double y)
{
    return ev_fma(ev, -ev_round(ev, y * y), dy, dy);
}

static struct cx *emit(const struct lane *l, struct cx *x)
{
    return cx_call(l->cb, CT_REAL, l->cb->f64 ? "tanh" : "mlprt_tanhf", 1, x);
}

static struct cx *emit_gradient(const struct lane *l, struct cx *dy, struct cx *y)
{
    return cx_fma(l->cb, cx_neg(l->cb, cx_mul(l->cb, y, y)), dy, dy);
}

const struct activation activation_tanh = {.eval = eval,
                                           .eval_gradient = eval_gradient,
                                           .emit = emit,
                                           .emit_gradient = emit_gradient,
                                           .gradient_formula = "dy·(1 − y²)"};
