/* Running a network over a split without training it, and the eval command. */
#include "posix.h"

#include "evaluate.h"
#include "guard.h"
#include "weights.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum mlprt_status mlprt_walk_open(struct mlprt_walk *w, struct mlprt_session *s,
                                  const struct mlprt_dataset *d, struct mlprt_error *e)
{
    *w = (struct mlprt_walk){.s = s, .d = d};
    w->index = mlprt_session_allocate(s->model->batch, sizeof *w->index, "a batch", e);
    return w->index ? MLPRT_OK : MLPRT_IO;
}

bool mlprt_walk_next(struct mlprt_walk *w)
{
    const uint32_t left = w->d->samples - w->seen, most = w->s->model->batch;
    const uint32_t n = left < most ? left : most;
    if (n == 0)
        return false;
    for (uint32_t i = 0; i < n; i++)
        w->index[i] = w->seen++;
    w->batch = mlprt_session_batch(w->s, w->d, w->index, n, 0, false);
    w->s->path->evaluate(&w->batch);
    return true;
}

void mlprt_walk_close(struct mlprt_walk *w)
{
    free(w->index);
    *w = (struct mlprt_walk){0};
}

enum mlprt_status mlprt_evaluate(struct mlprt_session *s, const struct mlprt_dataset *d,
                                 struct mlprt_metrics *m, struct mlprt_error *e)
{
    struct mlprt_walk w;

    const enum mlprt_status status = mlprt_walk_open(&w, s, d, e);
    if (status)
        return status;
    *m = (struct mlprt_metrics){0};
    while (mlprt_walk_next(&w))
        mlprt_metrics_add(m, s, d, w.index, &w.batch);
    mlprt_walk_close(&w);
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

enum mlprt_status mlprt_evaluate_open(struct mlprt_session *s, struct mlprt_splits *splits,
                                      const struct mlprt_dataset **d, bool inputs,
                                      struct mlprt_error *e)
{
    const struct mlprt_model *model = s->model;
    const struct mlprt_options *o = s->options;
    const char *weights = o->weights ? o->weights : s->weights;
    const bool test = model->test.format != MLPRT_NO_SOURCE;

    const enum mlprt_status status =
        mlprt_weights_load(model, s->arena, &s->normalizers, weights, MLPRT_MATCH_ALL, NULL, e);
    if (status == MLPRT_IO && !o->weights && access(weights, F_OK) != 0 && errno == ENOENT)
        return mlprt_fail(e, MLPRT_IO,
                          "%s: no such file; 'train' makes it, --weights names another", weights);
    if (status)
        return status;
    if (!mlprt_normalizers_ready(&s->normalizers) && !o->quiet)
        fprintf(stderr,
                "note: %s does not say how it is normalized; fitted to the training split\n",
                weights);
    if (!test && !o->file_count && !o->quiet)
        fprintf(stderr, "note: %s has no test split; this is the training split\n", model->file);
    return mlprt_session_load_test(s, splits, d, inputs, e);
}

/* Why the loss on a split is not finite. */
static enum mlprt_status tell_fault(struct mlprt_session *s, const struct mlprt_dataset *d,
                                    struct mlprt_error *e)
{
    struct mlprt_fault fault;
    const enum mlprt_status status = mlprt_guard_split(s, d, NULL, &fault, e);
    return status ? status : mlprt_guard_tell(s->model, &fault, "", e);
}

enum mlprt_status mlprt_eval(struct mlprt_session *s, struct mlprt_error *e)
{
    struct mlprt_splits splits;
    const struct mlprt_dataset *d;
    struct mlprt_metrics m;

    enum mlprt_status status = mlprt_evaluate_open(s, &splits, &d, false, e);
    if (status)
        return status;
    status = mlprt_evaluate(s, d, &m, e);
    if (!status && !mlprt_guard_number(mlprt_metrics_loss(&m)))
        status = tell_fault(s, d, e);
    mlprt_splits_free(&splits);
    if (!status)
        print_result(&m, s->options->json);
    return status;
}
