/* Activations: one file and one row of activation.def each. */
#ifndef MLPGEN_ACTIVATION_H
#define MLPGEN_ACTIVATION_H

#include "ir_eval.h"
#include "lane.h"

/* y = f(x) and dx = dy·f'(x), element by element. Neither may end in a rounded product: the result
 * can reach an addition (ctree.h). */
struct activation {
    bool gradient_from_input; /* f' is computed from x; else from y = f(x) */
    bool in_tile; /* the formulas work on vectors too, and map the zeros of padding to zeros */
    double (*eval)(const struct ir_eval *ev, double x);
    double (*eval_gradient)(const struct ir_eval *ev, double dy, double v); /* v: y, or x */
    struct cx *(*emit)(const struct lane *l, struct cx *x);
    struct cx *(*emit_gradient)(const struct lane *l, struct cx *dy, struct cx *v);
    const char *gradient_formula; /* "y > 0 ? dy : 0" */
};

const struct activation *activation_of(enum activation_id id);

#endif
