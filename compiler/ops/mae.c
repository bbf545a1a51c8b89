/* mae: the mean of |y − t| over the outputs, the slope of a term the sign of y − t: 0 at 0. */
#include "ops/loss.h"

#include <math.h>

static double eval_term(const struct ir_eval *ev, const double *attr, double y, double t,
                        double sum)
{
    (void)attr;
    return ev_round(ev, sum + fabs(loss_difference(ev, y, t)));
}

static struct cx *emit_term(const struct lane *l, const double *attr, struct cx *y, struct cx *t,
                            struct cx *sum)
{
    (void)attr;
    return lane_add(l, sum, lane_abs(l, lane_sub(l, y, t)));
}

/* A difference that is no number is taken for none: its loss is none either, and stops training. */
static double eval_slope(const struct ir_eval *ev, const double *attr, double y, double t)
{
    (void)ev, (void)attr;
    return y > t ? 1 : t > y ? -1 : 0;
}

static struct cx *emit_slope(const struct lane *l, const double *attr, struct cx *y, struct cx *t)
{
    (void)attr;
    struct cx *below = lane_select_gt(l, t, y, lane_constant(l, -1), lane_constant(l, 0));
    return lane_select_gt(l, y, t, lane_constant(l, 1), below);
}

const struct loss loss_mae = {.eval_term = eval_term,
                              .emit_term = emit_term,
                              .eval_slope = eval_slope,
                              .emit_slope = emit_slope,
                              .term_formula = "|y − t|",
                              .slope_formula = "sign(y − t)"};
