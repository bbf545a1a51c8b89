/* huber: with d = y − t the mean of ½d² where |d| < δ, else of δ·(|d| − ½δ); the slope of a term is
 * d, held within ±δ. (Huber: Robust estimation of a location parameter; 1964.) */
#include "ops/loss.h"

#include <math.h>

enum { DELTA };

/* Both arms are one product: ½d·d, or δ·(|d| − ½δ). */
static double eval_term(const struct ir_eval *ev, const double *attr, double y, double t,
                        double sum)
{
    const double delta = ev_round(ev, attr[DELTA]), half = ev_round(ev, attr[DELTA] / 2);
    const double d = fabs(loss_difference(ev, y, t));
    const bool near = delta > d;
    return ev_fma(ev, near ? ev_product(ev, 0.5, d) : delta, near ? d : ev_round(ev, d - half),
                  sum);
}

static struct cx *emit_term(const struct lane *l, const double *attr, struct cx *y, struct cx *t,
                            struct cx *sum)
{
    struct cx *delta = lane_constant(l, attr[DELTA]);
    struct cx *half = lane_constant(l, attr[DELTA] / 2);
    struct cx *d = lane_local(l, "d", lane_abs(l, lane_sub(l, y, t)));
    struct cx *steep =
        lane_select_gt(l, delta, d, lane_product(l, lane_constant(l, 0.5), d), delta);
    return lane_fma(l, steep, lane_select_gt(l, delta, d, d, lane_sub(l, d, half)), sum);
}

static double eval_slope(const struct ir_eval *ev, const double *attr, double y, double t)
{
    const double delta = ev_round(ev, attr[DELTA]), d = loss_difference(ev, y, t);
    const double above = -delta > d ? -delta : d;
    return delta < above ? delta : above;
}

static struct cx *emit_slope(const struct lane *l, const double *attr, struct cx *y, struct cx *t)
{
    struct cx *d = lane_local(l, "d", lane_sub(l, y, t));
    struct cx *above = lane_local(l, "above", lane_max(l, lane_constant(l, -attr[DELTA]), d));
    return lane_min(l, lane_constant(l, attr[DELTA]), above);
}

const struct loss loss_huber = {.eval_term = eval_term,
                                .emit_term = emit_term,
                                .eval_slope = eval_slope,
                                .emit_slope = emit_slope,
                                .term_formula =
                                    "|y − t| < delta ? ½(y − t)² : delta·(|y − t| − ½delta)",
                                .slope_formula = "y − t within [−delta, delta]"};
