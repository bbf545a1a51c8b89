/* hardtanh: y = x within [low, high], else the nearer bound; dx = low < y < high ? dy : 0. A NaN
 * passes through. */
#include "ops/activation.h"

enum { LOW, HIGH };

static double eval(const struct ir_eval *ev, const double *attr, double x)
{
    const double low = ev_round(ev, attr[LOW]), high = ev_round(ev, attr[HIGH]);
    const double above = low > x ? low : x;
    return high < above ? high : above;
}

static double eval_gradient(const struct ir_eval *ev, const double *attr, double dy, double y)
{
    return y > ev_round(ev, attr[LOW]) && ev_round(ev, attr[HIGH]) > y ? dy : 0;
}

static struct cx *emit(const struct lane *l, const double *attr, struct cx *x)
{
    struct cx *above = lane_local(l, "above", lane_max(l, lane_constant(l, attr[LOW]), x));
    return lane_min(l, lane_constant(l, attr[HIGH]), above);
}

static struct cx *emit_gradient(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *y)
{
    struct cx *zero = lane_constant(l, 0);
    struct cx *below = lane_select_gt(l, lane_constant(l, attr[HIGH]), y, dy, zero);
    return lane_select_gt(l, y, lane_constant(l, attr[LOW]), below, zero);
}

const struct activation activation_hardtanh = {.eval = eval,
                                               .eval_gradient = eval_gradient,
                                               .emit = emit,
                                               .emit_gradient = emit_gradient,
                                               .gradient_formula = "low < y < high ? dy : 0"};
