/* relu: y = max(x, 0), dx = y > 0 ? dy : 0. A NaN passes through. */
#include "ops/activation.h"

static double eval(const struct ir_eval *ev, double x)
{
    (void)ev;
    return 0 > x ? 0 : x;
}

static double eval_gradient(const struct ir_eval *ev, double dy, double y)
{
    (void)ev;
    return y > 0 ? dy : 0;
}

static struct cx *emit(const struct lane *l, struct cx *x)
{
    return lane_max(l, lane_constant(l, 0), x);
}

static struct cx *emit_gradient(const struct lane *l, struct cx *dy, struct cx *y)
{
    struct cx *zero = lane_constant(l, 0);
    return lane_select_gt(l, y, zero, dy, zero);
}

const struct activation activation_relu = {.in_tile = true,
                                           .eval = eval,
                                           .eval_gradient = eval_gradient,
                                           .emit = emit,
                                           .emit_gradient = emit_gradient,
                                           .gradient_formula = "y > 0 ? dy : 0"};
