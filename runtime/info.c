/* The info command: the network as the compiler planned it and the time that it should take here,
 * or a weights file. */
#include "posix.h"

#include "breach.h"
#include "info.h"
#include "peak.h"
#include "weights.h"

#include <inttypes.h>
#include <stdio.h>

static void print_lines(const char *const *line)
{
    for (; *line; line++)
        puts(*line);
}

static void print_params(const struct mlprt_model *model)
{
    puts("\nparameters");
    for (size_t i = 0; i < model->param_count; i++) {
        const struct mlprt_param *p = &model->params[i];
        printf("  %s [%" PRIu32, p->name, p->units);
        if (p->rank == 2)
            printf(", %" PRIu32, p->depth);
        switch (p->init) {
        case MLPRT_CONSTANT: printf("]  from %g", p->a); break;
        case MLPRT_NORMAL:
            printf("]  from a normal distribution of %g and std %g", p->a, p->b);
            break;
        case MLPRT_UNIFORM: printf("]  from a uniform distribution, %g to %g", p->a, p->b); break;
        }
        puts(p->frozen ? ", frozen" : "");
    }
}

static void print_source(const char *split, const struct mlprt_source *source)
{
    switch (source->format) {
    case MLPRT_NO_SOURCE: break;
    case MLPRT_IDX:
        printf("%-10s %s, %s\n", split, source->input_path,
               source->target_path ? source->target_path : "which is the target too");
        break;
    case MLPRT_TABLE:
        printf("%-10s %" PRIu32 " rows in the program\n", split, source->row_count);
        break;
    case MLPRT_HOLDOUT:
        printf("%-10s %g of the training samples, ", split, source->fraction);
        if (source->shuffle)
            printf("drawn by seed %" PRIu64 "\n", source->seed);
        else
            puts("the last ones");
        break;
    }
}

static void print_classes(const struct mlprt_model *model)
{
    if (!model->classes)
        return;
    printf("%-10s", "classes");
    for (uint32_t i = 0; i < model->output_size; i++)
        printf("%s %s", i ? "," : "", model->classes[i]);
    putchar('\n');
}

static void print_normalize(const char *what, const struct mlprt_normalize *how)
{
    switch (how->kind) {
    case MLPRT_UNCHANGED: break;
    case MLPRT_SCALE: printf("%-10s %s times %g\n", "normalize", what, how->factor); break;
    case MLPRT_STANDARDIZE:
        printf("%-10s %s to mean 0 and standard deviation 1\n", "normalize", what);
        break;
    case MLPRT_MINMAX: printf("%-10s %s to 0 … 1\n", "normalize", what); break;
    }
}

static void print_paths(const struct mlprt_session *s)
{
    printf("%-10s", "paths");
    for (size_t i = 0; i < s->model->path_count; i++) {
        const struct mlprt_path *path = s->model->paths[i];
        printf("%s %s%s", i ? "," : "", path->name,
               path == s->path   ? " (taken)"
               : !path->usable() ? " (not on this machine)"
                                 : "");
    }
    putchar('\n');
}

/* What the bits of results rest on. */
static void print_bits(const struct mlprt_session *s)
{
    const uint32_t breaches = mlprt_breach_find(s->model);
    const bool openmp = s->model->threads && s->model->threads();
    const char *why = !openmp            ? ", compiled without OpenMP"
                      : s->model->serial ? ", since a step is small"
                                         : "";

    printf("%-10s %" PRIu32 "%s\n", "threads", s->threads, why);
    printf("%-10s path %s, ", "bits", s->path->name);
    if (breaches)
        printf("outside the promise: %s\n", mlprt_breach_cause(breaches));
    else
        printf("fma exact, subnormals kept: the same everywhere%s\n",
               s->model->element == MLPRT_F32 ? "" : " with this C library");
}

static void print_epoch_time(struct mlprt_session *s, double step)
{
    struct mlprt_splits splits;
    struct mlprt_error why = {""};

    if (mlprt_splits_load(&splits, s->model, MLPRT_WANT_TRAIN, s->options->data, NULL, 0, &why)) {
        printf("%-10s epoch not known without the training data: %s\n", "", why.text);
        return;
    }
    const uint32_t samples = splits.train.samples;
    const double steps = (double)samples / s->model->batch;
    printf("%-10s epoch %.3g s, of %" PRIu32 " samples\n", "", step * (steps < 1 ? 1 : steps),
           samples);
    mlprt_splits_free(&splits);
}

/* The plan's slots as times of this machine. */
static void print_times(struct mlprt_session *s)
{
    const struct mlprt_path *path = s->path;
    const uint32_t n = s->model->batch;
    const double us = 1e6, peak = mlprt_peak_measure(s);
    const double step = mlprt_peak_shared(s, peak, path->step_slots, MLPRT_STEP_SHARES);
    const double batch = mlprt_peak_shared(s, peak, path->batch_slots, MLPRT_EVALUATE_SHARES);
    const double alone = mlprt_peak_seconds(s, peak, path->sample_slots);

    printf("%-10s %.4g GFLOP/s of multiply-adds, measured\n", "peak", 1e-9 * peak);
    printf("%-10s training %.4g µs a sample, %.4g µs a step\n", "expected", us * step / n,
           us * step);
    printf("%-10s inference %.4g µs a sample, %.4g µs of one alone\n", "", us * batch / n,
           us * alone);
    print_epoch_time(s, step);
}

static void print_model(struct mlprt_session *s)
{
    static const char *const targets[] = {
        [MLPRT_CLASS] = "a class", [MLPRT_NUMBERS] = "numbers", [MLPRT_BINARY] = "0 or 1 for each"};
    const struct mlprt_model *model = s->model;

    printf("%-10s %s\n", "model", model->name);
    printf("%-10s %s, compiled by %s for %s\n", "file", model->file, model->compiler,
           model->element == MLPRT_F32 ? "f32" : "f64");
    printf("%-10s %s\n", "hash", model->hash);
    printf("%-10s %" PRIu32 "\n", "inputs", model->input_size);
    printf("%-10s %" PRIu32 ", the target is %s\n", "outputs", model->output_size,
           targets[model->target]);
    putchar('\n');
    print_lines(model->plan);
    print_params(model);
    putchar('\n');
    printf("%-10s batch %" PRIu32 ", lr %g, epochs %" PRIu32 ", seed %" PRIu64 "%s%s\n", "training",
           model->batch, model->lr, model->epochs, model->seed, model->shuffle ? ", shuffled" : "",
           model->drop_last ? ", smaller last batch dropped" : "");
    print_source("train", &model->train);
    print_source("validation", &model->validation);
    print_source("test", &model->test);
    print_classes(model);
    print_normalize("inputs", &model->normalize);
    print_normalize("targets", &model->normalize_target);
    print_paths(s);
    print_bits(s);
    print_times(s);
}

enum mlprt_status mlprt_info(struct mlprt_session *s, struct mlprt_error *e)
{
    if (s->options->file_count)
        return mlprt_weights_describe(s->options->files[0], stdout, e);
    if (s->options->program) {
        print_lines(s->model->program);
        return MLPRT_OK;
    }
    print_model(s);
    return MLPRT_OK;
}
