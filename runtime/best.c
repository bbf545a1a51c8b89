/* What the validation split says of a training run. */
#include "posix.h"

#include "best.h"
#include "param.h"

void mlprt_best_note(struct mlprt_best *b, const struct mlprt_model *model, const void *arena,
                     const struct mlprt_run *run, double loss)
{
    if (!b->known || loss < b->mark - model->min_delta) {
        b->mark = loss;
        b->mark_epochs = run->epochs;
    }
    if (!b->known || loss < b->loss) {
        b->loss = loss;
        b->epochs = run->epochs;
        b->steps = run->steps;
        if (b->params)
            mlprt_params_keep(model, arena, b->params);
    }
    b->known = true;
}

bool mlprt_best_stops(const struct mlprt_best *b, const struct mlprt_model *model,
                      const struct mlprt_run *run)
{
    return model->patience && b->known && run->epochs - b->mark_epochs >= model->patience;
}
