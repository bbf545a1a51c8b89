/* The train command: epochs of mini-batches, each gathered, differentiated and stepped.
 *
 * Epoch e, counted from 0, takes the samples in the order mlprt_shuffle(…, seed, e), or as they
 * stand, in mini-batches of the model's size; a smaller one that is left over is trained unless the
 * model drops it. Steps are counted over the whole run. */
#include "posix.h"

#include "evaluate.h"
#include "interrupt.h"
#include "log.h"
#include "param.h"
#include "schedule.h"
#include "shuffle.h"
#include "train.h"
#include "training.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum mlprt_status mlprt_training_fault(struct mlprt_training *t, const struct mlprt_fault *f,
                                       uint32_t step, struct mlprt_error *e)
{
    const uint32_t epoch = step ? (step - 1) / t->course.batches + 1 : 1;
    char when[64];
    t->sample_fault = f->of_sample;
    snprintf(when, sizeof when, " in epoch %" PRIu32 ", step %" PRIu32, epoch, step);
    return mlprt_guard_tell(t->s->model, f, when, e);
}

static bool due_by_clock(const struct mlprt_training *t)
{
    return t->s->options->every.minutes && mlprt_progress_clock() >= t->due;
}

static bool due_by_epochs(const struct mlprt_training *t)
{
    const uint32_t every = t->s->options->every.epochs;
    return every && t->course.run.epochs % every == 0;
}

/* Samples in the first `batches` mini-batches of an epoch. */
static uint32_t samples_in(const struct mlprt_training *t, uint32_t batches)
{
    const uint64_t samples = (uint64_t)batches * t->s->model->batch;
    return samples < t->data.train.samples ? (uint32_t)samples : t->data.train.samples;
}

/* Steps taken in the epoch under way. */
static uint32_t steps_in_epoch(const struct mlprt_training *t)
{
    return t->course.run.steps - t->course.run.epochs * t->course.batches;
}

/* Takes one step. Fails where its loss is not finite, with the weights as they were before; or
 * where a gradient is not, and they are lost. */
static enum mlprt_status take_step(struct mlprt_training *t, const uint32_t *index,
                                   const struct mlprt_batch *batch, struct mlprt_error *e)
{
    struct mlprt_session *s = t->s;
    struct mlprt_fault fault;
    const uint32_t step = batch->step + 1;

    s->path->backward(batch);
    const double loss_sum = mlprt_metrics_add_losses(s, batch->n, t->course.loss_sum);
    if (!mlprt_guard_number(loss_sum)) {
        if (!mlprt_guard_weights(s, &fault))
            mlprt_guard_trace(s, &t->data.train, index, batch, &fault);
        return mlprt_training_fault(t, &fault, step, e);
    }
    s->path->update(batch);
    if (mlprt_guard_gradients(s, &fault))
        return mlprt_training_fault(t, &fault, step, e);
    t->course.loss_sum = loss_sum;
    t->course.run.steps++;
    t->fresh = false;
    return MLPRT_OK;
}

/* Describes the mini-batch of the next step; or those of a series, which are all of whole size. */
static struct mlprt_batch next_batch(struct mlprt_training *t, uint32_t steps)
{
    struct mlprt_session *s = t->s;
    const struct mlprt_course *c = &t->course;
    const uint32_t i = steps_in_epoch(t);
    const uint32_t first = samples_in(t, i), n = samples_in(t, i + 1) - first;
    struct mlprt_batch batch =
        mlprt_session_batch(s, &t->data.train, t->order + first, n, c->run.steps, true);

    batch.seed = c->run.seed;
    batch.steps = steps;
    batch.rates = t->rates;
    return batch;
}

static double rate_of(const struct mlprt_training *t, uint32_t step)
{
    const struct mlprt_course *c = &t->course;
    return mlprt_schedule_rate(&t->s->model->schedule, c->run.lr, step, c->batches, c->epochs);
}

static enum mlprt_status train_step(struct mlprt_training *t, struct mlprt_error *e)
{
    t->s->threads = t->tuner.threads;
    struct mlprt_batch batch = next_batch(t, 1);
    const bool whole = batch.n == t->s->model->batch, timed = mlprt_tuner_searches(&t->tuner);
    const double start = timed ? mlprt_progress_clock() : 0;

    batch.lr = rate_of(t, batch.step);
    const enum mlprt_status status = take_step(t, t->s->samples.index, &batch, e);
    if (whole)
        mlprt_tuner_note(&t->tuner, timed ? mlprt_progress_clock() - start : 0);
    return status;
}

/* Steps that can be taken in one series from here: all on mini-batches of whole size. */
static uint32_t series_length(const struct mlprt_training *t)
{
    const struct mlprt_session *s = t->s;
    if (!s->path->series || t->tuner.most > 1)
        return 0;
    const uint32_t whole = t->data.train.samples / s->model->batch, i = steps_in_epoch(t);
    return whole - i < s->model->series ? whole - i : s->model->series;
}

/* Takes a series of so many steps. Returns whether they are taken: not where a loss or a gradient
 * is not finite; then all is as it was before. */
static bool take_series(struct mlprt_training *t, uint32_t steps)
{
    struct mlprt_session *s = t->s;
    struct mlprt_fault fault;
    const struct mlprt_batch batch = next_batch(t, steps);

    for (uint32_t i = 0; i < steps; i++)
        t->rates[i] = rate_of(t, batch.step + i);
    mlprt_trained_keep(s->model, s->arena, t->before);
    s->path->series(&batch);
    const double loss_sum = mlprt_metrics_add_losses(s, steps * batch.n, t->course.loss_sum);
    if (mlprt_guard_gradients(s, &fault) || !mlprt_guard_number(loss_sum)) {
        mlprt_trained_restore(s->model, s->arena, t->before);
        mlprt_session_prepare(s);
        return false;
    }
    t->course.loss_sum = loss_sum;
    t->course.run.steps += steps;
    t->fresh = false;
    return true;
}

/* Takes the next step, or a series of them: one that does not come to its end is repeated step by
 * step, for what each of them says. */
static enum mlprt_status train_on(struct mlprt_training *t, struct mlprt_error *e)
{
    const uint32_t steps = series_length(t);
    enum mlprt_status status = MLPRT_OK;

    if (steps < 2 || !take_series(t, steps))
        for (uint32_t i = 0; !status && (i == 0 || i < steps); i++)
            status = train_step(t, e);
    return !status && due_by_clock(t) ? mlprt_training_checkpoint(t, e) : status;
}

/* Trains one epoch, the rest of one, or the part of it before a signal. */
static enum mlprt_status train_epoch(struct mlprt_training *t, struct mlprt_error *e)
{
    struct mlprt_course *c = &t->course;
    enum mlprt_status status = MLPRT_OK;

    if (t->s->model->shuffle)
        mlprt_shuffle(t->order, t->data.train.samples, c->run.seed, c->run.epochs);
    while (!status && steps_in_epoch(t) < c->batches && !mlprt_interrupt_noted()) {
        status = train_on(t, e);
        const uint32_t i = steps_in_epoch(t);
        mlprt_progress_draw(
            &t->progress, "epoch %" PRIu32 "/%" PRIu32 "  batch %" PRIu32 "/%" PRIu32 "  loss %.4f",
            c->run.epochs + 1, c->epochs, i, c->batches, c->loss_sum / samples_in(t, i));
    }
    return status;
}

/* One line for an epoch; it is seen at once, also through a pipe. */
static void print_epoch(struct mlprt_training *t, double loss, double seconds)
{
    char number[MLPRT_NUMBER_TEXT], text[MLPRT_METRICS_TEXT];
    const uint32_t epochs = t->course.epochs;

    mlprt_progress_clear(&t->progress);
    if (t->s->options->quiet)
        return;
    mlprt_metrics_number(number, loss);
    printf("epoch %*" PRIu32 "/%" PRIu32 "  loss %s", snprintf(NULL, 0, "%" PRIu32, epochs),
           t->course.run.epochs, epochs, number);
    if (t->has_validation) {
        mlprt_metrics_text(text, &t->validated);
        printf("  validation %s", text);
    }
    if (t->has_test) {
        mlprt_metrics_text(text, &t->last);
        printf("  test %s", text);
    }
    printf("  %.1f s\n", seconds);
    fflush(stdout);
}

/* Fails where a split's loss is not finite. */
static enum mlprt_status check_split(struct mlprt_training *t, const struct mlprt_dataset *d,
                                     const char *name, const struct mlprt_metrics *m,
                                     struct mlprt_error *e)
{
    struct mlprt_fault fault;
    if (mlprt_guard_number(mlprt_metrics_loss(m)))
        return MLPRT_OK;
    const enum mlprt_status status = mlprt_guard_split(t->s, d, name, &fault, e);
    return status ? status : mlprt_training_fault(t, &fault, t->course.run.steps, e);
}

enum mlprt_status mlprt_training_test(struct mlprt_training *t, struct mlprt_error *e)
{
    if (!t->has_test)
        return MLPRT_OK;
    const enum mlprt_status status = mlprt_evaluate(t->s, &t->data.test, &t->last, e);
    return status ? status : check_split(t, &t->data.test, "test", &t->last, e);
}

static enum mlprt_status validate(struct mlprt_training *t, struct mlprt_error *e)
{
    if (!t->has_validation)
        return MLPRT_OK;
    const enum mlprt_status status = mlprt_evaluate(t->s, &t->data.validation, &t->validated, e);
    return status ? status : check_split(t, &t->data.validation, "validation", &t->validated, e);
}

/* What an epoch is finished by: its weights are looked at, validated, tested and remembered. */
static enum mlprt_status finish_epoch(struct mlprt_training *t, struct mlprt_error *e)
{
    struct mlprt_course *c = &t->course;
    struct mlprt_fault fault;

    if (mlprt_guard_weights(t->s, &fault))
        return mlprt_training_fault(t, &fault, c->run.steps, e);
    enum mlprt_status status = validate(t, e);
    if (status || (status = mlprt_training_test(t, e)))
        return status;
    c->run.epochs++;
    c->loss_sum = 0;
    t->epochs_here++;
    const struct mlprt_kept older = t->good;
    t->good = t->latest;
    t->latest = (struct mlprt_kept){older.params, c->run};
    mlprt_params_keep(t->s->model, t->s->arena, t->latest.params);
    if (t->has_validation)
        mlprt_best_note(&c->best, t->s->model, t->s->arena, &c->run,
                        mlprt_metrics_loss(&t->validated));
    return MLPRT_OK;
}

static bool training_over(const struct mlprt_training *t)
{
    const uint32_t stop_after = t->s->options->stop_after;
    return t->course.run.epochs == t->course.epochs ||
           mlprt_best_stops(&t->course.best, t->s->model, &t->course.run) ||
           (stop_after && t->epochs_here >= stop_after);
}

static enum mlprt_status train_epochs(struct mlprt_training *t, struct mlprt_error *e)
{
    enum mlprt_status status = MLPRT_OK;

    while (!training_over(t)) {
        const double start = mlprt_progress_clock();
        status = train_epoch(t, e);
        if (status || mlprt_interrupt_noted())
            return status;
        const double loss = t->course.loss_sum / samples_in(t, t->course.batches);
        if ((status = finish_epoch(t, e)))
            return status;
        const double seconds = mlprt_progress_clock() - start;
        print_epoch(t, loss, seconds);
        status = mlprt_log_epoch(t, loss, rate_of(t, t->course.run.steps - 1), seconds, e);
        if (status)
            return status;
        if (due_by_epochs(t) && (status = mlprt_training_checkpoint(t, e)))
            return status;
    }
    return MLPRT_OK;
}

enum mlprt_status mlprt_train(struct mlprt_session *s, struct mlprt_error *e)
{
    struct mlprt_training t = {.s = s, .save = s->options->save ? s->options->save : s->weights};
    enum mlprt_status status = mlprt_training_begin(&t, e);
    if (!status) {
        mlprt_interrupt_catch();
        mlprt_training_wind_up(&t);
        status = train_epochs(&t, e);
        status = mlprt_training_end(&t, status, mlprt_interrupt_noted(), e);
        mlprt_interrupt_release();
    }
    mlprt_training_free(&t);
    return status;
}
