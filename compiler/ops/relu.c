/* relu: y = max(x, 0), dx = y > 0 ? dy : 0. A NaN passes through. */
#include "ops/activation.h"

static double eval(const struct ir_eval *ev, const double *attr, double x)
{
    (void)ev, (void)attr;
    return 0 > x ? 0 : x;
}

static double eval_gradient(const struct ir_eval *ev, const double *attr, double dy, double y)
{
    (void)ev, (void)attr;
    return y > 0 ? dy : 0;
}

static struct cx *emit(const struct lane *l, const double *attr, struct cx *x)
{
    (void)attr;
    return lane_max(l, lane_constant(l, 0), x);
}

static struct cx *emit_gradient(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *y)
{
    (void)attr;
    struct cx *zero = lane_constant(l, 0);
    return lane_select_gt(l, y, zero, dy, zero);
}

const struct activation activation_relu = {.eval = eval,
                                           .eval_gradient = eval_gradient,
                                           .emit = emit,
                                           .emit_gradient = emit_gradient,
                                           .gradient_formula = "y > 0 ? dy : 0"};
