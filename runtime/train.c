/* The train command: epochs of mini-batches, each gathered, differentiated and stepped.
 *
 * Epoch e, counted from 0, takes the samples in the order mlprt_shuffle(…, seed, e), or as they
 * stand, in mini-batches of the model's size; a smaller one that is left over is trained unless the
 * model drops it. Steps are counted over the whole run. */
#include "posix.h"

#include "checkpoint.h"
#include "evaluate.h"
#include "file.h"
#include "interrupt.h"
#include "param.h"
#include "progress.h"
#include "schedule.h"
#include "train.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct training {
    struct mlprt_session *s;
    const char *save;
    char *checkpoint;      /* where they are written to */
    bool wants_checkpoint; /* also where nothing stops it */
    bool fresh;            /* is the checkpoint on disk the one of this step? */
    double due;            /* when the next one is, by the clock */
    struct mlprt_splits data;
    bool has_test;
    uint32_t *order; /* [data.train.samples]: the epoch's order */
    struct mlprt_course course;
    uint32_t epochs_here;      /* finished by this process */
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
        mlprt_weights_load(model, s->arena, NULL, init, MLPRT_MATCH_BY_NAME, taken, e);
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

/* Decides where checkpoints go, and whether all that is to be written can be. */
static enum mlprt_status training_name_files(struct training *t, struct mlprt_error *e)
{
    static const char ending[] = ".ckpt";
    const struct mlprt_options *o = t->s->options;
    const char *name = o->checkpoint ? o->checkpoint : t->save;
    const size_t size = strlen(name) + sizeof ending;

    t->wants_checkpoint = o->checkpoint || o->every.epochs || o->every.minutes || o->stop_after;
    t->checkpoint = mlprt_session_allocate(size, 1, "a file's name", e);
    if (!t->checkpoint)
        return MLPRT_IO;
    snprintf(t->checkpoint, size, "%s%s", name, o->checkpoint ? "" : ending);
    if (strcmp(t->checkpoint, t->save) == 0)
        return mlprt_fail(e, MLPRT_USAGE, "'%s' cannot be both the weights and the checkpoint",
                          t->save);
    const enum mlprt_status status = save_try(t->save, e);
    return status || !t->wants_checkpoint ? status : save_try(t->checkpoint, e);
}

/* From the start, or from where a checkpoint says. */
static enum mlprt_status training_start(struct training *t, struct mlprt_error *e)
{
    struct mlprt_session *s = t->s;
    const struct mlprt_options *o = s->options;
    struct mlprt_course *c = &t->course;

    *c = (struct mlprt_course){.run = {.lr = o->lr,
                                       .seed = o->seed,
                                       .data_sha256 = t->data.sha256,
                                       .normalizers = &s->normalizers},
                               .epochs = o->epochs,
                               .batches = batches_of(s->model, t->data.train.samples)};
    const enum mlprt_status status =
        o->resume ? mlprt_checkpoint_load(s->model, s->arena, o, o->resume, c, e)
                  : training_initialize(s, e);
    if (status)
        return status;
    if ((uint64_t)c->batches * c->epochs > UINT32_MAX)
        return mlprt_fail(e, MLPRT_USAGE,
                          "%" PRIu32 " epochs of %" PRIu32 " steps are more than 2^32 - 1 steps",
                          c->epochs, c->batches);
    if (o->resume && !o->quiet)
        printf("resumed %s: epoch %" PRIu32 ", step %" PRIu32 "\n", o->resume, c->run.epochs,
               c->run.steps);
    return MLPRT_OK;
}

static enum mlprt_status training_prepare(struct training *t, struct mlprt_error *e)
{
    struct mlprt_session *s = t->s;
    enum mlprt_status status;

    if (s->options->resume && s->options->init)
        return mlprt_fail(e, MLPRT_USAGE,
                          "--resume goes on with its own weights: it excludes --init");
    if ((status = mlprt_session_load(s, &t->data, MLPRT_WANT_ALL, e)) ||
        (status = training_name_files(t, e)))
        return status;
    const uint32_t samples = t->data.train.samples;
    t->order = mlprt_session_allocate(samples, sizeof *t->order, "the order of the samples", e);
    if (!t->order)
        return MLPRT_IO;
    for (uint32_t i = 0; i < samples; i++)
        t->order[i] = i;
    mlprt_progress_start(&t->progress, s->options->quiet);
    return training_start(t, e);
}

/* Names the last step taken. */
static enum mlprt_status fail_not_finite(const struct training *t, const char *what,
                                         struct mlprt_error *e)
{
    const struct mlprt_course *c = &t->course;
    return mlprt_fail(e, MLPRT_NOT_FINITE,
                      "%s: the %s not finite in epoch %" PRIu32 ", step %" PRIu32
                      "; nothing was saved; try a lower learning rate than %g, or normalize the "
                      "data",
                      t->s->model->file, what,
                      c->run.steps ? (c->run.steps - 1) / c->batches + 1 : 1, c->run.steps,
                      c->run.lr);
}

/* When the next checkpoint is due by the clock, if that matters. */
static void training_wind_up(struct training *t)
{
    const uint32_t minutes = t->s->options->every.minutes;
    if (minutes)
        t->due = fma(60, minutes, mlprt_progress_clock());
}

static enum mlprt_status training_checkpoint(struct training *t, struct mlprt_error *e)
{
    if (t->fresh)
        return MLPRT_OK;
    if (!mlprt_session_finite(t->s))
        return fail_not_finite(t, "weights are", e);
    training_wind_up(t);
    t->fresh = true;
    return mlprt_checkpoint_save(t->s->model, t->s->arena, &t->course, t->checkpoint, e);
}

static bool due_by_clock(const struct training *t)
{
    return t->s->options->every.minutes && mlprt_progress_clock() >= t->due;
}

static bool due_by_epochs(const struct training *t)
{
    const uint32_t every = t->s->options->every.epochs;
    return every && t->course.run.epochs % every == 0;
}

/* Samples in the first `batches` mini-batches of an epoch. */
static uint32_t samples_in(const struct training *t, uint32_t batches)
{
    const uint64_t samples = (uint64_t)batches * t->s->model->batch;
    return samples < t->data.train.samples ? (uint32_t)samples : t->data.train.samples;
}

/* Steps taken in the epoch under way. */
static uint32_t steps_in_epoch(const struct training *t)
{
    return t->course.run.steps - t->course.run.epochs * t->course.batches;
}

static enum mlprt_status train_step(struct training *t, struct mlprt_error *e)
{
    struct mlprt_session *s = t->s;
    struct mlprt_course *c = &t->course;
    const uint32_t i = steps_in_epoch(t);
    const uint32_t first = samples_in(t, i), n = samples_in(t, i + 1) - first;
    struct mlprt_batch batch =
        mlprt_session_batch(s, &t->data.train, t->order + first, n, c->run.steps, true);

    batch.seed = c->run.seed;
    batch.lr =
        mlprt_schedule_rate(&s->model->schedule, c->run.lr, c->run.steps, c->batches, c->epochs);
    s->path->gradient(&batch);
    c->run.steps++;
    c->loss_sum = mlprt_metrics_add_losses(s, n, c->loss_sum);
    if (!isfinite(c->loss_sum))
        return fail_not_finite(t, "loss is", e);
    s->path->update(&batch);
    t->fresh = false;
    return due_by_clock(t) ? training_checkpoint(t, e) : MLPRT_OK;
}

/* Trains one epoch, the rest of one, or the part of it before a signal. */
static enum mlprt_status train_epoch(struct training *t, struct mlprt_error *e)
{
    struct mlprt_course *c = &t->course;
    enum mlprt_status status = MLPRT_OK;

    if (t->s->model->shuffle)
        mlprt_shuffle(t->order, t->data.train.samples, c->run.seed, c->run.epochs);
    while (!status && steps_in_epoch(t) < c->batches && !mlprt_interrupt_noted()) {
        status = train_step(t, e);
        const uint32_t i = steps_in_epoch(t);
        mlprt_progress_draw(
            &t->progress, "epoch %" PRIu32 "/%" PRIu32 "  batch %" PRIu32 "/%" PRIu32 "  loss %.4f",
            c->run.epochs + 1, c->epochs, i, c->batches, c->loss_sum / samples_in(t, i));
    }
    return status;
}

/* One line for an epoch; it is seen at once, also through a pipe. */
static void print_epoch(struct training *t, double loss, double seconds)
{
    char number[MLPRT_NUMBER_TEXT], test[MLPRT_METRICS_TEXT];
    const uint32_t epochs = t->course.epochs;

    mlprt_progress_clear(&t->progress);
    if (t->s->options->quiet)
        return;
    mlprt_metrics_number(number, loss);
    printf("epoch %*" PRIu32 "/%" PRIu32 "  loss %s", snprintf(NULL, 0, "%" PRIu32, epochs),
           t->course.run.epochs, epochs, number);
    if (t->has_test) {
        mlprt_metrics_text(test, &t->last);
        printf("  test %s", test);
    }
    printf("  %.1f s\n", seconds);
    fflush(stdout);
}

static enum mlprt_status training_test(struct training *t, struct mlprt_error *e)
{
    if (!t->has_test)
        return MLPRT_OK;
    const enum mlprt_status status = mlprt_evaluate(t->s, &t->data.test, &t->last, e);
    if (status || isfinite(mlprt_metrics_loss(&t->last)))
        return status;
    return fail_not_finite(t, "test loss is", e);
}

static bool training_over(const struct training *t)
{
    const uint32_t stop_after = t->s->options->stop_after;
    return t->course.run.epochs == t->course.epochs || (stop_after && t->epochs_here >= stop_after);
}

static enum mlprt_status train_epochs(struct training *t, struct mlprt_error *e)
{
    struct mlprt_course *c = &t->course;
    enum mlprt_status status;

    while (!training_over(t)) {
        const double start = mlprt_progress_clock();
        status = train_epoch(t, e);
        if (status || mlprt_interrupt_noted())
            return status;
        if ((status = training_test(t, e)))
            return status;
        const double loss = c->loss_sum / samples_in(t, c->batches);
        c->run.epochs++;
        c->loss_sum = 0;
        t->epochs_here++;
        print_epoch(t, loss, mlprt_progress_clock() - start);
        if (due_by_epochs(t) && (status = training_checkpoint(t, e)))
            return status;
    }
    return MLPRT_OK;
}

static enum mlprt_status training_save(struct training *t, struct mlprt_error *e)
{
    if (!mlprt_session_finite(t->s))
        return fail_not_finite(t, "weights are", e);
    return mlprt_weights_save(t->s->model, t->s->arena, &t->course.run, t->save, e);
}

/* Writes what the run leaves behind; where one file fails, the other is written all the same. */
static enum mlprt_status training_leave(struct training *t, bool stopped, struct mlprt_error *e)
{
    struct mlprt_error other;
    const enum mlprt_status status =
        stopped || t->wants_checkpoint ? training_checkpoint(t, e) : MLPRT_OK;
    const enum mlprt_status saved = training_save(t, status ? &other : e);
    return status ? status : saved;
}

static enum mlprt_status print_end(struct training *t, struct mlprt_error *e)
{
    const struct mlprt_course *c = &t->course;
    char text[MLPRT_METRICS_TEXT];

    if (t->has_test) {
        const enum mlprt_status status = t->epochs_here ? MLPRT_OK : training_test(t, e);
        if (status)
            return status;
        mlprt_metrics_text(text, &t->last);
        printf("%s  samples %" PRIu64 "\n", text, t->last.samples);
    }
    if (c->run.epochs < c->epochs)
        printf("stopped after epoch %" PRIu32 "\n", c->run.epochs);
    if (t->wants_checkpoint)
        printf("checkpoint %s\n", t->checkpoint);
    printf("saved %s\n", t->save);
    return MLPRT_OK;
}

static enum mlprt_status training_run(struct training *t, struct mlprt_error *e)
{
    mlprt_interrupt_catch();
    training_wind_up(t);
    enum mlprt_status status = train_epochs(t, e);
    const int number = mlprt_interrupt_noted();
    mlprt_progress_clear(&t->progress);
    if (!status)
        status = training_leave(t, number, e);
    mlprt_interrupt_release();
    if (status)
        return status;
    if (number)
        return mlprt_fail(e, (enum mlprt_status)(MLPRT_SIGNAL + number),
                          "interrupted after epoch %" PRIu32 ", step %" PRIu32
                          ": saved %s; --resume %s goes on",
                          t->course.run.epochs, t->course.run.steps, t->save, t->checkpoint);
    return t->s->options->quiet ? MLPRT_OK : print_end(t, e);
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
    free(t.checkpoint);
    mlprt_splits_free(&t.data);
    return status;
}
