/* The splits of a model's data: loading their sources, and drawing those that are held out. */
#include "posix.h"

#include "shuffle.h"
#include "split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The random numbers of a split: uses of MLPRT_PURPOSE_HOLDOUT. */
enum split_stream { SPLIT_TEST, SPLIT_VALIDATION };

static const char *const split_names[] = {[SPLIT_TEST] = "test", [SPLIT_VALIDATION] = "validation"};

/* A class's part of a holdout. */
struct split_share {
    uint32_t class, samples;
    uint64_t lost; /* by rounding down, in units of 1 / all samples */
};

/* What is being drawn from a data set. */
struct split_draw {
    const struct mlprt_dataset *from;
    const struct mlprt_source *holdout;
    enum split_stream stream;
    uint32_t count;   /* to take */
    uint32_t classes; /* 1 where targets are numbers */
    bool *taken;      /* [from->samples] */
};

static uint32_t class_of_sample(const struct split_draw *d, uint32_t sample)
{
    return d->from->label ? d->from->label[mlprt_dataset_row(d->from, sample)] : 0;
}

static int compare_shares(const void *left, const void *right)
{
    const struct split_share *a = left, *b = right;
    if (a->lost != b->lost)
        return a->lost < b->lost ? 1 : -1;
    return (a->class > b->class) - (a->class < b->class);
}

/* How many samples of each class to take: wanted[classes]. shares is as long. */
static void divide_shares(const struct split_draw *d, struct split_share *shares, uint32_t *wanted)
{
    const uint32_t n = d->from->samples;
    uint32_t missing = d->count;

    for (uint32_t c = 0; c < d->classes; c++)
        shares[c].class = c;
    for (uint32_t i = 0; i < n; i++)
        shares[class_of_sample(d, i)].samples++;
    for (uint32_t c = 0; c < d->classes; c++) {
        const uint64_t part = (uint64_t)d->count * shares[c].samples;
        wanted[c] = (uint32_t)(part / n);
        shares[c].lost = part % n;
        missing -= wanted[c];
    }
    qsort(shares, d->classes, sizeof *shares, compare_shares);
    for (uint32_t i = 0; i < missing; i++)
        wanted[shares[i].class]++;
}

/* Takes samples in a random order, each while its class is wanted. */
static bool draw_shuffled(const struct split_draw *d)
{
    const uint32_t n = d->from->samples;
    uint32_t *order = malloc(n * sizeof *order);
    uint32_t *wanted = calloc(d->classes, sizeof *wanted);
    struct split_share *shares = calloc(d->classes, sizeof *shares);
    const bool enough = order && wanted && shares;

    if (enough) {
        divide_shares(d, shares, wanted);
        for (uint32_t i = 0; i < n; i++)
            order[i] = i;
        mlprt_permute(order, n, d->holdout->seed, 0,
                      mlprt_counter_end(MLPRT_PURPOSE_HOLDOUT, d->stream));
    }
    for (uint32_t i = 0; enough && i < n; i++) {
        uint32_t *more = &wanted[class_of_sample(d, order[i])];
        d->taken[order[i]] = *more > 0;
        *more -= *more > 0;
    }
    free(order);
    free(wanted);
    free(shares);
    return enough;
}

/* Divides from into the samples that are taken and the others. */
static bool divide(struct mlprt_dataset *from, struct mlprt_dataset *held, const bool *taken,
                   uint32_t count)
{
    const uint32_t n = from->samples;
    uint32_t *in = malloc(count * sizeof *in), *out = malloc((n - count) * sizeof *out);

    if (!in || !out) {
        free(in);
        free(out);
        return false;
    }
    uint32_t ins = 0, outs = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (taken[i])
            in[ins++] = mlprt_dataset_row(from, i);
        else
            out[outs++] = mlprt_dataset_row(from, i);
    }
    *held = *from;
    held->borrowed = true;
    held->samples = count;
    held->index = in;
    free(from->index);
    from->samples = n - count;
    from->index = out;
    return true;
}

static bool draw(struct split_draw *d)
{
    const uint32_t n = d->from->samples;

    if (d->holdout->shuffle)
        return draw_shuffled(d);
    for (uint32_t i = n - d->count; i < n; i++)
        d->taken[i] = true;
    return true;
}

/* Moves what a holdout takes from one data set to another. */
static enum mlprt_status hold_out(struct mlprt_dataset *from, struct mlprt_dataset *held,
                                  const struct mlprt_model *model,
                                  const struct mlprt_source *holdout, enum split_stream stream,
                                  struct mlprt_error *e)
{
    const char *name = split_names[stream];
    const uint32_t n = from->samples;
    struct split_draw d = {.from = from,
                           .holdout = holdout,
                           .stream = stream,
                           .count = (uint32_t)floor(fma(holdout->fraction, n, 0.5)),
                           .classes = from->label ? model->output_size : 1};

    if (d.count == 0)
        return mlprt_fail(e, MLPRT_MISMATCH,
                          "%s: the %s split is empty: a holdout of %g takes none of %lu samples",
                          model->file, name, holdout->fraction, (unsigned long)n);
    if (d.count == n)
        return mlprt_fail(e, MLPRT_MISMATCH,
                          "%s: nothing is left to train on: a holdout of %g takes all %lu samples "
                          "for the %s split",
                          model->file, holdout->fraction, (unsigned long)n, name);
    d.taken = calloc(n, sizeof *d.taken);
    const bool done = d.taken && draw(&d) && divide(from, held, d.taken, d.count);
    free(d.taken);
    if (!done)
        return mlprt_fail(e, MLPRT_IO, "%s: not enough memory for the %s split", model->file, name);
    return MLPRT_OK;
}

/* Loads the training source and draws what is held out of it. */
static enum mlprt_status load_training(struct mlprt_splits *s, const struct mlprt_model *model,
                                       const char *directory, const char *const *paths,
                                       size_t path_count, struct mlprt_error *e)
{
    enum mlprt_status status =
        mlprt_dataset_load(&s->train, model, &model->train, directory, paths, path_count, e);
    if (!status && model->test.format == MLPRT_HOLDOUT)
        status = hold_out(&s->train, &s->test, model, &model->test, SPLIT_TEST, e);
    if (!status && model->validation.format == MLPRT_HOLDOUT)
        status =
            hold_out(&s->train, &s->validation, model, &model->validation, SPLIT_VALIDATION, e);
    return status;
}

/* Test data chooses nothing, and is not part of it. */
static void hash_splits(struct mlprt_splits *s, const struct mlprt_model *model)
{
    struct mlprt_sha256 sha256;
    memcpy(s->sha256, s->train.sha256, sizeof s->sha256);
    if (!mlprt_split_has_source(&model->validation))
        return;
    mlprt_sha256_start(&sha256);
    mlprt_sha256_put(&sha256, s->train.sha256, sizeof s->train.sha256 - 1);
    mlprt_sha256_put(&sha256, s->validation.sha256, sizeof s->validation.sha256 - 1);
    mlprt_sha256_finish(&sha256, s->sha256);
}

enum mlprt_status mlprt_splits_load(struct mlprt_splits *s, const struct mlprt_model *model,
                                    unsigned wanted, const char *directory,
                                    const char *const *paths, size_t path_count,
                                    struct mlprt_error *e)
{
    const struct mlprt_source *validation = &model->validation, *test = &model->test;
    const unsigned held = (validation->format == MLPRT_HOLDOUT ? MLPRT_WANT_VALIDATION : 0) |
                          (test->format == MLPRT_HOLDOUT ? MLPRT_WANT_TEST : 0);
    enum mlprt_status status = MLPRT_OK;

    *s = (struct mlprt_splits){0};
    if (wanted & (MLPRT_WANT_TRAIN | held))
        status = load_training(s, model, directory, paths, path_count, e);
    if (!status && wanted & MLPRT_WANT_VALIDATION && mlprt_split_has_source(validation))
        status = mlprt_dataset_load(&s->validation, model, validation, directory, NULL, 0, e);
    if (!status && wanted & MLPRT_WANT_TEST && mlprt_split_has_source(test))
        status = mlprt_dataset_load(&s->test, model, test, directory, NULL, 0, e);
    if (status)
        mlprt_splits_free(s);
    else
        hash_splits(s, model);
    return status;
}

void mlprt_splits_free(struct mlprt_splits *s)
{
    mlprt_dataset_free(&s->validation);
    mlprt_dataset_free(&s->test);
    mlprt_dataset_free(&s->train);
}
