/* What the validation split says of a training run: which weights are the best so far, and whether
 * it is worth going on. */
#ifndef MLPRT_BEST_H
#define MLPRT_BEST_H

#include "weights.h"

/* Only of a model with a validation split. */
struct mlprt_best {
    bool known;             /* has an epoch been validated? What follows is of no meaning before. */
    double loss;            /* the smallest of any epoch … */
    uint32_t epochs, steps; /* … and how much of the run was done then */
    void *params; /* a copy of the parameters then (mlprt_params_keep); NULL: none is kept */

    /* Patience: the loss that was the last to be smaller than the one noted before it by more than
     * min_delta, and the epochs done then. */
    double mark;
    uint32_t mark_epochs;
};

/* Notes the validation loss of the epoch that run->epochs ends with. */
void mlprt_best_note(struct mlprt_best *b, const struct mlprt_model *model, const void *arena,
                     const struct mlprt_run *run, double loss);

/* Have as many epochs gone by without a smaller loss as the model's patience lasts? */
bool mlprt_best_stops(const struct mlprt_best *b, const struct mlprt_model *model,
                      const struct mlprt_run *run);

#endif
