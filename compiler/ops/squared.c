/* half_squared and mse: of d = y − t the sum ½ Σ d², with the slope d, and the mean of d² over the
 * outputs, with the slope 2d of a term. */
#include "ops/loss.h"

static double eval_term(const struct ir_eval *ev, const double *attr, double y, double t,
                        double sum)
{
    (void)attr;
    const double d = loss_difference(ev, y, t);
    return ev_fma(ev, d, d, sum);
}

static struct cx *emit_term(const struct lane *l, const double *attr, struct cx *y, struct cx *t,
                            struct cx *sum)
{
    (void)attr;
    struct cx *d = lane_local(l, "d", lane_sub(l, y, t));
    return lane_fma(l, d, d, sum);
}

static double eval_slope_half(const struct ir_eval *ev, const double *attr, double y, double t)
{
    (void)attr;
    return loss_difference(ev, y, t);
}

static struct cx *emit_slope_half(const struct lane *l, const double *attr, struct cx *y,
                                  struct cx *t)
{
    (void)attr;
    return lane_sub(l, y, t);
}

static double eval_slope(const struct ir_eval *ev, const double *attr, double y, double t)
{
    (void)attr;
    const double d = loss_difference(ev, y, t);
    return ev_round(ev, d + d);
}

static struct cx *emit_slope(const struct lane *l, const double *attr, struct cx *y, struct cx *t)
{
    (void)attr;
    struct cx *d = lane_local(l, "d", lane_sub(l, y, t));
    return lane_add(l, d, d);
}

const struct loss loss_half_squared = {.half = true,
                                       .eval_term = eval_term,
                                       .emit_term = emit_term,
                                       .eval_slope = eval_slope_half,
                                       .emit_slope = emit_slope_half,
                                       .term_formula = "(y − t)²",
                                       .slope_formula = "y − t"};

const struct loss loss_mse = {.eval_term = eval_term,
                              .emit_term = emit_term,
                              .eval_slope = eval_slope,
                              .emit_slope = emit_slope,
                              .term_formula = "(y − t)²",
                              .slope_formula = "2·(y − t)"};
