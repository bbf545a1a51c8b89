/* Losses on numbers: a row of loss.def each. */
#ifndef MLPGEN_LOSS_H
#define MLPGEN_LOSS_H

#include "ir_eval.h"
#include "lane.h"

/* A sample's loss is a chain of terms over its outputs y and targets t, then divided; its slopes
 * are element by element. attr are the loss's arguments in the order of its row. */
struct loss {
    bool half;  /* its sum is divided by 2, and its slopes are not; else both by the outputs */
    bool calls; /* the formulas call functions (lane_call), which not all vectors have */
    /* sum + term(y, t): the last rounding an fma's or a sum's. */
    double (*eval_term)(const struct ir_eval *ev, const double *attr, double y, double t,
                        double sum);
    struct cx *(*emit_term)(const struct lane *l, const double *attr, struct cx *y, struct cx *t,
                            struct cx *sum);
    /* The term's derivative by y, no rounded product. */
    double (*eval_slope)(const struct ir_eval *ev, const double *attr, double y, double t);
    struct cx *(*emit_slope)(const struct lane *l, const double *attr, struct cx *y, struct cx *t);
    const char *term_formula, *slope_formula; /* of y and t */
};

const struct loss *loss_of(enum loss_id id);

/* y − t in the evaluator: the difference that most losses are made of. */
double loss_difference(const struct ir_eval *ev, double y, double t);

#endif
