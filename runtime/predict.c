/* The predict command: what a trained network says, a line for each sample.
 *
 *     classes  class,probability    the most probable class, its name or number, and how probable
 *     binary   p1,p2,…              the probability of each output
 *     numbers  y1,y2,…              the outputs, in the targets' own units
 *
 * Numbers are printed with nine digits, which tell all floats apart. Where one is not finite, its
 * line and those behind it are missing, and that is the error. */
#include "posix.h"

#include "evaluate.h"
#include "guard.h"
#include "metrics.h"
#include "predict.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PREDICT_NUMBER "%.9g"

static void print_header(const struct mlprt_model *model)
{
    if (model->target == MLPRT_CLASS) {
        puts("class,probability");
        return;
    }
    const char name = model->target == MLPRT_BINARY ? 'p' : 'y';
    for (uint32_t j = 0; j < model->output_size; j++)
        printf("%s%c%" PRIu32, j ? "," : "", name, j + 1);
    putchar('\n');
}

/* The softmax probability of a sample's most probable class: 1 / Σ exp(z - max z), its terms of the
 * element type, their sum in double. */
static double probability_of(const struct mlprt_session *s, uint32_t sample, uint32_t class)
{
    const double most = mlprt_metrics_output(s, sample, class);
    double sum = 0;

    for (uint32_t j = 0; j < s->model->output_size; j++) {
        const double below = mlprt_metrics_output(s, sample, j) - most;
        sum += s->model->element == MLPRT_F32 ? (double)mlprt_expf((float)below) : exp(below);
    }
    return 1 / sum;
}

/* A text as a field of CSV (RFC 4180). */
static void print_field(const char *text)
{
    const bool quoted = strpbrk(text, ",\"") != NULL;

    if (quoted)
        putchar('"');
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            putchar('"');
        putchar(*p);
    }
    if (quoted)
        putchar('"');
}

/* Are the outputs of a sample finite? */
static bool outputs_finite(const struct mlprt_session *s, uint32_t sample)
{
    for (uint32_t j = 0; j < s->model->output_size; j++)
        if (!mlprt_guard_number(mlprt_metrics_output(s, sample, j)))
            return false;
    return true;
}

static void print_class(const struct mlprt_session *s, uint32_t sample)
{
    const uint32_t class = mlprt_metrics_class(s, sample);

    if (s->model->classes)
        print_field(s->model->classes[class]);
    else
        printf("%" PRIu32, class);
    printf("," PREDICT_NUMBER "\n", probability_of(s, sample, class));
}

static double binary_probability(const struct mlprt_session *s, double log_odds)
{
    return s->model->element == MLPRT_F32 ? (double)mlprt_sigmoidf((float)log_odds)
                                          : mlprt_sigmoid(log_odds);
}

static void print_outputs(const struct mlprt_session *s, uint32_t sample)
{
    const struct mlprt_model *model = s->model;

    for (uint32_t j = 0; j < model->output_size; j++) {
        const double output = mlprt_metrics_output(s, sample, j);
        printf("%s" PREDICT_NUMBER, j ? "," : "",
               model->target == MLPRT_BINARY
                   ? binary_probability(s, output)
                   : mlprt_normalizer_undo(&s->normalizers.target, model, j, output));
    }
    putchar('\n');
}

/* The lines of a batch. */
static enum mlprt_status print_batch(const struct mlprt_session *s, const struct mlprt_walk *w,
                                     struct mlprt_error *e)
{
    for (uint32_t i = 0; i < w->batch.n; i++) {
        if (!outputs_finite(s, i))
            return mlprt_fail(e, MLPRT_NOT_FINITE,
                              "%s: what the network says of sample %" PRIu32
                              " (counted from 0) is not finite",
                              s->model->file, mlprt_dataset_row(w->d, w->index[i]));
        if (s->model->target == MLPRT_CLASS)
            print_class(s, i);
        else
            print_outputs(s, i);
    }
    return MLPRT_OK;
}

enum mlprt_status mlprt_predict(struct mlprt_session *s, struct mlprt_error *e)
{
    struct mlprt_splits splits;
    const struct mlprt_dataset *d;
    struct mlprt_walk w;

    enum mlprt_status status = mlprt_evaluate_open(s, &splits, &d, true, e);
    if (status)
        return status;
    status = mlprt_walk_open(&w, s, d, e);
    if (!status)
        print_header(s->model);
    while (!status && !ferror(stdout) && mlprt_walk_next(&w))
        status = print_batch(s, &w, e);
    mlprt_walk_close(&w);
    mlprt_splits_free(&splits);
    return status;
}
