/* The train command: epochs of mini-batches, each gathered, differentiated and stepped.
 *
 * Epoch e, counted from 0, takes the samples in the order mlprt_shuffle(…, seed, e), or as they
 * stand, in mini-batches of the model's size; a smaller one that is left over is trained unless the
 * model drops it. Steps are counted over the whole run. */
#include "posix.h"

#include "evaluate.h"
#include "file.h"
#include "interrupt.h"
#include "param.h"
#include "progress.h"
#include "schedule.h"
#include "train.h"
#include "weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct training {
    struct mlprt_session *s;
    const char *save;
    struct mlprt_splits data;
    bool has_test;
    uint32_t *order;           /* [data.train.samples]: the epoch's order */
    uint32_t batches;          /* in an epoch */
    uint32_t epoch, step;      /* finished ones */
    struct mlprt_metrics last; /* of the test split after the last epoch */
    struct mlprt_progress progress;
};

/* Fails now rather than after hours of training if the weights cannot be written. Pipes and devices
 * are left to the writing itself: opening one is an event for whoever is at its other end. */
static enum mlprt_status save_try(const char *path, struct mlprt_error *e)
{
    struct stat there;
    struct mlprt_writer w;

    if (stat(path, &there) == 0 &&
        (S_ISFIFO(there.st_mode) || S_ISCHR(there.st_mode) || S_ISBLK(there.st_mode)))
        return MLPRT_OK;
    const enum mlprt_status status = mlprt_writer_open(&w, path, e);
    if (!status)
        mlprt_writer_abandon(&w);
    return status;
}

static void list_params(const struct mlprt_model *model, const bool *taken, bool which,
                        const char *from)
{
    bool any = false;

    for (size_t i = 0; i < model->param_count; i++)
        if (taken[i] == which) {
            printf("%s%s", any ? ", " : from, model->params[i].name);
            any = true;
        }
    if (any)
        putchar('\n');
}

/* Draws the initial weights; with --init the tensors that the file has replace them. */
static enum mlprt_status training_initialize(const struct mlprt_session *s, struct mlprt_error *e)
{
    const struct mlprt_model *model = s->model;
    const char *init = s->options->init;

    mlprt_param_initialize(model, s->arena, s->options->seed);
    if (!init)
        return MLPRT_OK;
    bool *taken =
        mlprt_session_allocate(model->param_count, sizeof *taken, "a list of the parameters", e);
    if (!taken)
        return MLPRT_IO;
    const enum mlprt_status status =
        mlprt_weights_load(model, s->arena, init, MLPRT_MATCH_BY_NAME, taken, e);
    if (!status && !s->options->quiet) {
        printf("initial weights: %s\n", init);
        list_params(model, taken, true, "  taken from it: ");
        list_params(model, taken, false, "  drawn: ");
    }
    free(taken);
    return status;
}

/* Mini-batches of an epoch; the only one is not dropped. */
static uint32_t batches_of(const struct mlprt_model *model, uint32_t samples)
{
    const uint32_t whole = samples / model->batch;
    const bool rest = samples % model->batch != 0;

    return whole + (rest && (!model->drop_last || whole == 0));
}

static enum mlprt_status training_prepare(struct training *t, struct mlprt_error *e)
{
    struct mlprt_session *s = t->s;
    const struct mlprt_model *model = s->model;
    enum mlprt_status status;

    if ((status = mlprt_session_load(s, &t->data, MLPRT_WANT_ALL, e)) ||
        (status = save_try(t->save, e)))
        return status;
    const uint32_t samples = t->data.train.samples;
    t->order = mlprt_session_allocate(samples, sizeof *t->order, "the order of the samples", e);
    if (!t->order)
        return MLPRT_IO;
    t->batches = batches_of(model, samples);
    if ((uint64_t)t->batches * s->options->epochs > UINT32_MAX)
        return mlprt_fail(e, MLPRT_USAGE,
                          "%" PRIu32 " epochs of %" PRIu32 " steps are more than 2^32 - 1 steps",
                          s->options->epochs, t->batches);
    for (uint32_t i = 0; i < samples; i++)
        t->order[i] = i;
    mlprt_progress_start(&t->progress, s->options->quiet);
    return training_initialize(s, e);
}

/* Names the last step taken. */
static enum mlprt_status fail_not_finite(const struct training *t, const char *what,
                                         struct mlprt_error *e)
{
    return mlprt_fail(e, MLPRT_NOT_FINITE,
                      "%s: the %s not finite in epoch %" PRIu32 ", step %" PRIu32
                      "; nothing was saved; try a lower learning rate than %g, or normalize the "
                      "data",
                      t->s->model->file, what, t->step ? (t->step - 1) / t->batches + 1 : 1,
                      t->step, t->s->options->lr);
}

/* Trains one epoch, or the part of it before a signal; *loss is the mean over its samples. */
static enum mlprt_status train_epoch(struct training *t, double *loss, struct mlprt_error *e)
{
    struct mlprt_session *s = t->s;
    const struct mlprt_model *model = s->model;
    const uint32_t samples = t->data.train.samples;
    uint32_t seen = 0;
    double sum = 0;

    if (model->shuffle)
        mlprt_shuffle(t->order, samples, s->options->seed, t->epoch);
    for (uint32_t i = 0; i < t->batches && !mlprt_interrupt_noted(); i++) {
        const uint32_t n = samples - seen < model->batch ? samples - seen : model->batch;
        struct mlprt_batch batch =
            mlprt_session_batch(s, &t->data.train, t->order + seen, n, t->step, true);
        batch.lr = mlprt_schedule_rate(&model->schedule, s->options->lr, t->step, t->batches,
                                       s->options->epochs);
        s->path->gradient(&batch);
        t->step++;
        sum = mlprt_metrics_add_losses(s, n, sum);
        if (!isfinite(sum))
            return fail_not_finite(t, "loss is", e);
        s->path->update(&batch);
        seen += n;
        *loss = sum / seen;
        mlprt_progress_draw(
            &t->progress, "epoch %" PRIu32 "/%" PRIu32 "  batch %" PRIu32 "/%" PRIu32 "  loss %.4f",
            t->epoch + 1, s->options->epochs, i + 1, t->batches, *loss);
    }
    return MLPRT_OK;
}

/* One line for an epoch; it is seen at once, also through a pipe. */
static void print_epoch(struct training *t, double loss, double seconds)
{
    char number[MLPRT_NUMBER_TEXT], test[MLPRT_METRICS_TEXT];
    const uint32_t epochs = t->s->options->epochs;

    mlprt_progress_clear(&t->progress);
    if (t->s->options->quiet)
        return;
    mlprt_metrics_number(number, loss);
    printf("epoch %*" PRIu32 "/%" PRIu32 "  loss %s", snprintf(NULL, 0, "%" PRIu32, epochs),
           t->epoch, epochs, number);
    if (t->has_test) {
        mlprt_metrics_text(test, &t->last);
        printf("  test %s", test);
    }
    printf("  %.1f s\n", seconds);
    fflush(stdout);
}

static enum mlprt_status train_epochs(struct training *t, struct mlprt_error *e)
{
    while (t->epoch < t->s->options->epochs) {
        const double start = mlprt_progress_clock();
        double loss = 0;
        enum mlprt_status status = train_epoch(t, &loss, e);
        if (status || mlprt_interrupt_noted())
            return status;
        if (t->has_test) {
            status = mlprt_evaluate(t->s, &t->data.test, &t->last, e);
            if (status)
                return status;
            if (!isfinite(mlprt_metrics_loss(&t->last)))
                return fail_not_finite(t, "test loss is", e);
        }
        t->epoch++;
        print_epoch(t, loss, mlprt_progress_clock() - start);
    }
    return MLPRT_OK;
}

static enum mlprt_status training_save(const struct training *t, struct mlprt_error *e)
{
    const struct mlprt_options *o = t->s->options;
    const struct mlprt_run run = {.lr = o->lr,
                                  .epochs = t->epoch,
                                  .steps = t->step,
                                  .seed = o->seed,
                                  .data_sha256 = t->data.train.sha256};

    if (!mlprt_session_finite(t->s))
        return fail_not_finite(t, "weights are", e);
    return mlprt_weights_save(t->s->model, t->s->arena, &run, t->save, e);
}

static void print_end(const struct training *t)
{
    char text[MLPRT_METRICS_TEXT];

    if (t->has_test) {
        mlprt_metrics_text(text, &t->last);
        printf("%s  samples %" PRIu64 "\n", text, t->last.samples);
    }
    printf("saved %s\n", t->save);
}

static enum mlprt_status training_run(struct training *t, struct mlprt_error *e)
{
    mlprt_interrupt_catch();
    enum mlprt_status status = train_epochs(t, e);
    const int number = mlprt_interrupt_noted();
    mlprt_progress_clear(&t->progress);
    if (!status)
        status = training_save(t, e);
    mlprt_interrupt_release();
    if (status)
        return status;
    if (number)
        return mlprt_fail(e, (enum mlprt_status)(MLPRT_SIGNAL + number),
                          "interrupted after epoch %" PRIu32 ", step %" PRIu32 ": saved %s",
                          t->epoch, t->step, t->save);
    if (!t->s->options->quiet)
        print_end(t);
    return MLPRT_OK;
}

enum mlprt_status mlprt_train(struct mlprt_session *s, struct mlprt_error *e)
{
    struct training t = {.s = s,
                         .save = s->options->save ? s->options->save : s->weights,
                         .has_test = s->model->test.format != MLPRT_NO_SOURCE};
    enum mlprt_status status = training_prepare(&t, e);
    if (!status)
        status = training_run(&t, e);
    free(t.order);
    mlprt_splits_free(&t.data);
    return status;
}
