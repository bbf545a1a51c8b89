/* Activations: one file and one row of activation.def each. */
#ifndef MLPGEN_ACTIVATION_H
#define MLPGEN_ACTIVATION_H

#include "ir_eval.h"
#include "lane.h"

/* y = f(x) and dx = dy·f'(x), element by element; attr are the activation's arguments in the order
 * of its row. Neither may end in a rounded product: the result can reach an addition (ctree.h). */
struct activation {
    /* f' is computed from x; else from y = f(x), which needs x no longer. NULL: never. */
    bool (*from_input)(const double *attr);
    bool calls; /* the formulas call functions (lane_call), which not all vectors have */
    double (*eval)(const struct ir_eval *ev, const double *attr, double x);
    /* v: y, or x */
    double (*eval_gradient)(const struct ir_eval *ev, const double *attr, double dy, double v);
    struct cx *(*emit)(const struct lane *l, const double *attr, struct cx *x);
    struct cx *(*emit_gradient)(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *v);
    const char *gradient_formula; /* "y > 0 ? dy : 0" */
};

const struct activation *activation_of(enum activation_id id);

/* Is f' computed from x? */
bool activation_from_input(enum activation_id id, const double *attr);
/* A from_input: whatever the arguments are. */
bool activation_always(const double *attr);

#endif
