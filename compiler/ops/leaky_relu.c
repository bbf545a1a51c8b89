/* leaky_relu: y = x > 0 ? x : slope·x, dx = dy·(x > 0 ? 1 : slope).
 *
 * With a slope of at least 0 the signs of x and y are the same, and x need not be kept. */
#include "ops/activation.h"

enum { SLOPE };

static bool from_input(const double *attr)
{
    return attr[SLOPE] < 0;
}

static double eval(const struct ir_eval *ev, const double *attr, double x)
{
    return x > 0 ? x : ev_product(ev, ev_round(ev, attr[SLOPE]), x);
}

static double eval_gradient(const struct ir_eval *ev, const double *attr, double dy, double v)
{
    return v > 0 ? dy : ev_product(ev, ev_round(ev, attr[SLOPE]), dy);
}

static struct cx *emit(const struct lane *l, const double *attr, struct cx *x)
{
    return lane_select_gt(l, x, lane_constant(l, 0), x,
                          lane_product(l, lane_constant(l, attr[SLOPE]), x));
}

static struct cx *emit_gradient(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *v)
{
    return lane_select_gt(l, v, lane_constant(l, 0), dy,
                          lane_product(l, lane_constant(l, attr[SLOPE]), dy));
}

const struct activation activation_leaky_relu = {.from_input = from_input,
                                                 .eval = eval,
                                                 .eval_gradient = eval_gradient,
                                                 .emit = emit,
                                                 .emit_gradient = emit_gradient,
                                                 .gradient_formula = "y > 0 ? dy : slope·dy"};
