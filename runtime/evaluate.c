/* Running a network over a split without training it, and the eval command. */
#include "posix.h"

#include "evaluate.h"
#include "weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum mlprt_status mlprt_evaluate(struct mlprt_session *s, const struct mlprt_dataset *d,
                                 struct mlprt_metrics *m, struct mlprt_error *e)
{
    const uint32_t most = s->model->batch;
    uint32_t *index = mlprt_session_allocate(most, sizeof *index, "a batch", e);
    if (!index)
        return MLPRT_IO;

    *m = (struct mlprt_metrics){0};
    for (uint32_t first = 0, n; first < d->samples; first += n) {
        n = d->samples - first < most ? d->samples - first : most;
        for (uint32_t i = 0; i < n; i++)
            index[i] = first + i;
        const struct mlprt_batch batch = mlprt_session_batch(s, d, index, n, 0, false);
        s->path->evaluate(&batch);
        mlprt_metrics_add(m, s, &batch);
    }
    free(index);
    return MLPRT_OK;
}

static void print_result(const struct mlprt_metrics *m, bool json)
{
    char text[MLPRT_METRICS_TEXT];

    if (json) {
        mlprt_metrics_json(text, m);
        puts(text);
    } else {
        mlprt_metrics_text(text, m);
        printf("%s  samples %" PRIu64 "\n", text, m->samples);
    }
}

enum mlprt_status mlprt_eval(struct mlprt_session *s, struct mlprt_error *e)
{
    const struct mlprt_model *model = s->model;
    const struct mlprt_options *o = s->options;
    const bool test = model->test.format != MLPRT_NO_SOURCE;
    struct mlprt_splits splits;
    const struct mlprt_dataset *d;
    struct mlprt_metrics m;

    enum mlprt_status status = mlprt_weights_load(
        model, s->arena, o->weights ? o->weights : s->weights, MLPRT_MATCH_ALL, NULL, e);
    if (status)
        return status;
    if (!test && !o->file_count && !o->quiet)
        fprintf(stderr, "note: %s has no test split; this is the training split\n", model->file);
    status = mlprt_session_load_test(s, &splits, &d, e);
    if (status)
        return status;
    status = mlprt_evaluate(s, d, &m, e);
    mlprt_splits_free(&splits);
    if (!status)
        print_result(&m, o->json);
    return status;
}
