/* What a running program works with: choosing the path, making the arena, filling it. */
#include "posix.h"

#include "param.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

/* Fails with the names of the paths that this machine can take. */
static enum mlprt_status path_refuse(const struct mlprt_model *model, const char *isa,
                                     const char *why, struct mlprt_error *e)
{
    char names[256] = "";
    size_t length = 0;

    for (size_t i = 0; i < model->path_count && length < sizeof names; i++)
        if (model->paths[i]->usable())
            length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                       length ? ", " : "", model->paths[i]->name);
    return mlprt_fail(e, MLPRT_USAGE, "%s '%s': there is %s", why, isa, length ? names : "none");
}

static enum mlprt_status path_choose(const struct mlprt_model *model, const char *isa,
                                     const struct mlprt_path **path, struct mlprt_error *e)
{
    for (size_t i = 0; i < model->path_count; i++) {
        const struct mlprt_path *candidate = model->paths[i];
        if (isa && strcmp(isa, candidate->name) != 0)
            continue;
        if (candidate->usable()) {
            *path = candidate;
            return MLPRT_OK;
        }
        if (isa)
            return path_refuse(model, isa, "this machine cannot take path", e);
    }
    return path_refuse(model, isa ? isa : "(any)", "this program has no path", e);
}

static uint32_t threads_choose(const struct mlprt_model *model, const struct mlprt_options *options)
{
    const uint32_t own = model->threads ? model->threads() : 0;
    if (own == 0)
        return 1; /* compiled without OpenMP */
    if (options->threads)
        return options->threads;
    if (model->serial)
        return 1;
    return own < MLPRT_THREADS_MAX ? own : MLPRT_THREADS_MAX;
}

enum mlprt_status mlprt_session_open(struct mlprt_session *s, const struct mlprt_model *model,
                                     const struct mlprt_options *options, struct mlprt_error *e)
{
    *s = (struct mlprt_session){.model = model,
                                .options = options,
                                .threads = threads_choose(model, options),
                                .normalizers = mlprt_normalizers_of(model)};
    const enum mlprt_status status = path_choose(model, options->isa, &s->path, e);
    if (status)
        return status;

    snprintf(s->weights, sizeof s->weights, "%s.safetensors", model->name);
    const size_t size = model->arena_size ? model->arena_size : 1;
    s->fault_size =
        s->threads * model->param_count * MLPRT_LANES * mlprt_element_size(model->element);
    s->label = calloc((size_t)model->batch * (model->series ? model->series : 1), sizeof *s->label);
    s->fault = calloc(s->fault_size ? s->fault_size : 1, 1);
    if (!s->label || !s->fault || posix_memalign(&s->arena, MLPRT_ALIGN, size) != 0) {
        s->arena = NULL;
        mlprt_session_close(s);
        return mlprt_fail(e, MLPRT_IO, "no memory for the network's %zu bytes", size);
    }
    memset(s->arena, 0, size);
    return MLPRT_OK;
}

void mlprt_session_close(struct mlprt_session *s)
{
    free(s->arena);
    free(s->label);
    free(s->fault);
    mlprt_normalizers_free(&s->normalizers);
    *s = (struct mlprt_session){0};
}

enum mlprt_status mlprt_session_load(struct mlprt_session *s, struct mlprt_splits *splits,
                                     unsigned wanted, struct mlprt_error *e)
{
    const struct mlprt_options *o = s->options;
    enum mlprt_status status =
        mlprt_splits_load(splits, s->model, wanted, o->data, o->files, o->file_count, e);
    if (status)
        return status;
    status = mlprt_normalizers_fit(&s->normalizers, s->model, &splits->train, e);
    if (status)
        mlprt_splits_free(splits);
    return status;
}

/* Loads the training split, and whatever else is wanted, to fit the normalisation to it. */
static enum mlprt_status fit_anew(struct mlprt_session *s, struct mlprt_splits *splits,
                                  unsigned wanted, struct mlprt_error *e)
{
    struct mlprt_error why = {""};
    enum mlprt_status status = mlprt_splits_load(splits, s->model, wanted | MLPRT_WANT_TRAIN,
                                                 s->options->data, NULL, 0, &why);
    if (!status)
        status = mlprt_normalizers_fit(&s->normalizers, s->model, &splits->train, &why);
    if (status)
        return mlprt_fail(e, status,
                          "the weights do not say how they are normalized, and the training split "
                          "cannot: %s",
                          why.text);
    return MLPRT_OK;
}

/* Loads FILEs as the test split: in the form of its source, or of that which it is held out of. */
static enum mlprt_status load_files(const struct mlprt_session *s, struct mlprt_splits *splits,
                                    bool inputs, struct mlprt_error *e)
{
    const struct mlprt_model *model = s->model;
    const struct mlprt_options *o = s->options;
    const bool own = mlprt_split_has_source(&model->test);
    const struct mlprt_source *source = own ? &model->test : &model->train;
    mlprt_dataset_free(&splits->test);
    if (inputs)
        return mlprt_dataset_load_inputs(&splits->test, model, source, o->files[0], e);
    return mlprt_dataset_load(&splits->test, model, source, o->data, o->files, o->file_count, e);
}

enum mlprt_status mlprt_session_load_test(struct mlprt_session *s, struct mlprt_splits *splits,
                                          const struct mlprt_dataset **d, bool inputs,
                                          struct mlprt_error *e)
{
    const struct mlprt_options *o = s->options;
    const bool named = s->model->test.format != MLPRT_NO_SOURCE;
    const unsigned wanted = o->file_count ? 0 : named ? MLPRT_WANT_TEST : MLPRT_WANT_TRAIN;

    *d = named || o->file_count ? &splits->test : &splits->train;
    enum mlprt_status status =
        mlprt_normalizers_ready(&s->normalizers)
            ? mlprt_splits_load(splits, s->model, wanted, o->data, NULL, 0, e)
            : fit_anew(s, splits, wanted, e);
    if (!status && o->file_count)
        status = load_files(s, splits, inputs, e);
    if (status)
        mlprt_splits_free(splits);
    return status;
}

static void load(const struct mlprt_batch *batch, size_t first, size_t last, size_t row)
{
    const struct mlprt_samples *of = batch->source;
    mlprt_dataset_gather(of->d, of->s->model, &of->s->normalizers, of->index, first, last, row,
                         batch->arena, of->s->label);
}

struct mlprt_batch mlprt_session_batch(struct mlprt_session *s, const struct mlprt_dataset *d,
                                       const uint32_t *index, uint32_t n, uint32_t step,
                                       bool training)
{
    s->samples = (struct mlprt_samples){s, d, index};
    return (struct mlprt_batch){.arena = s->arena,
                                .load = load,
                                .source = &s->samples,
                                .label = s->model->target == MLPRT_CLASS ? s->label : NULL,
                                .n = n,
                                .training = training,
                                .step = step,
                                .seed = s->options->seed,
                                .lr = s->options->lr,
                                .threads = s->threads,
                                .fault = s->fault};
}

void mlprt_session_prepare(struct mlprt_session *s)
{
    const struct mlprt_batch none = {.arena = s->arena, .threads = s->threads};
    s->path->prepare(&none);
}

void *mlprt_session_allocate(size_t count, size_t size, const char *what, struct mlprt_error *e)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        mlprt_fail(e, MLPRT_IO, "no memory for %s", what);
    return memory;
}
