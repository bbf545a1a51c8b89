/* sigmoid_cross_entropy: of scores y and targets t the mean of −t·log σ(y) − (1 − t)·log(1 − σ(y)),
 * computed as max(y, 0) − y·t + log(1 + exp(−|y|)), which never overflows; the slope of a term is
 * σ(y) − t. */
#include "ops/loss.h"

#include <math.h>

static double eval_term(const struct ir_eval *ev, const double *attr, double y, double t,
                        double sum)
{
    (void)attr;
    const double line = ev_fma(ev, -y, t, 0 > y ? 0 : y);
    const double bend = ev_log1p(ev, ev_exp(ev, -fabs(y)));
    return ev_round(ev, sum + ev_round(ev, line + bend));
}

static struct cx *emit_term(const struct lane *l, const double *attr, struct cx *y, struct cx *t,
                            struct cx *sum)
{
    (void)attr;
    struct cx *line = lane_fma(l, lane_neg(l, y), t, lane_max(l, lane_constant(l, 0), y));
    struct cx *bend = lane_call(l, LANE_LOG1P, lane_call(l, LANE_EXP, lane_neg(l, lane_abs(l, y))));
    return lane_add(l, sum, lane_add(l, line, bend));
}

static double eval_slope(const struct ir_eval *ev, const double *attr, double y, double t)
{
    (void)attr;
    return ev_round(ev, ev_sigmoid(ev, y) - t);
}

static struct cx *emit_slope(const struct lane *l, const double *attr, struct cx *y, struct cx *t)
{
    (void)attr;
    return lane_sub(l, lane_call(l, LANE_SIGMOID, y), t);
}

const struct loss loss_sigmoid_cross_entropy = {.calls = true,
                                                .eval_term = eval_term,
                                                .emit_term = emit_term,
                                                .eval_slope = eval_slope,
                                                .emit_slope = emit_slope,
                                                .term_formula =
                                                    "max(y, 0) − y·t + log(1 + exp(−|y|))",
                                                .slope_formula = "sigmoid(y) − t"};
