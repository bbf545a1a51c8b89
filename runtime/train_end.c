/* The end of a training run, and what it leaves on disk: checkpoints, weights, a message. */
#include "posix.h"

#include "param.h"
#include "training.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void mlprt_training_wind_up(struct mlprt_training *t)
{
    const uint32_t minutes = t->s->options->every.minutes;
    if (minutes)
        t->due = fma(60, minutes, mlprt_progress_clock());
}

enum mlprt_status mlprt_training_checkpoint(struct mlprt_training *t, struct mlprt_error *e)
{
    struct mlprt_fault fault;
    if (t->fresh)
        return MLPRT_OK;
    if (mlprt_guard_weights(t->s, &fault))
        return mlprt_training_fault(t, &fault, t->course.run.steps, e);
    mlprt_training_wind_up(t);
    const enum mlprt_status status =
        mlprt_checkpoint_save(t->s->model, t->s->arena, &t->course, t->checkpoint, e);
    t->fresh = !status;
    return status;
}

static enum mlprt_status training_save(const struct mlprt_training *t, const struct mlprt_run *run,
                                       struct mlprt_error *e)
{
    return mlprt_weights_save(t->s->model, t->s->arena, run, t->save, e);
}

/* Puts the weights that are to be kept into the arena, and into *run what they are of. */
static void training_choose(struct mlprt_training *t, struct mlprt_run *run)
{
    const struct mlprt_best *best = &t->course.best;
    *run = t->course.run;
    if (!best->known || !best->params)
        return;
    mlprt_params_restore(t->s->model, t->s->arena, best->params);
    run->epochs = best->epochs;
    run->steps = best->steps;
}

/* Writes what a run leaves; where one file fails, the other is written all the same. */
static enum mlprt_status training_leave(struct mlprt_training *t, bool stopped,
                                        struct mlprt_error *e)
{
    struct mlprt_error other;
    struct mlprt_run run;
    const enum mlprt_status status =
        stopped || t->wants_checkpoint ? mlprt_training_checkpoint(t, e) : MLPRT_OK;
    if (status == MLPRT_NOT_FINITE)
        return status;
    training_choose(t, &run);
    const enum mlprt_status saved = training_save(t, &run, status ? &other : e);
    return status ? status : saved;
}

/* Saves the weights although something else could not be written, which the caller tells. */
static void training_salvage(struct mlprt_training *t)
{
    struct mlprt_error unused;
    struct mlprt_run run;
    training_choose(t, &run);
    training_save(t, &run, &unused);
}

static void training_take(struct mlprt_training *t, const struct mlprt_kept *kept,
                          struct mlprt_run *run)
{
    mlprt_params_restore(t->s->model, t->s->arena, kept->params);
    *run = kept->run;
}

/* Puts the last good weights into the arena, and into *run what they are of: the best ones, where
 * such are kept; those of now, where it is a sample that is to blame; else those from which a step
 * has been taken since, or those before them. */
static void training_find_good(struct mlprt_training *t, struct mlprt_run *run)
{
    const struct mlprt_best *best = &t->course.best;

    if ((best->known && best->params) || t->sample_fault) /* weights were looked at first */
        training_choose(t, run);
    else if (t->course.run.steps > t->latest.run.steps)
        training_take(t, &t->latest, run);
    else
        training_take(t, &t->good, run);
}

/* Saves the last good weights after a fault, which *e tells of, and adds what was saved and what to
 * try. No file is lost for initial weights. */
static enum mlprt_status training_rescue(struct mlprt_training *t, struct mlprt_error *e)
{
    struct mlprt_run run;
    struct mlprt_error failure;
    char text[sizeof e->text], weights[64] = "the initial weights", try[128] = "";

    memcpy(text, e->text, sizeof text);
    if (!t->sample_fault)
        snprintf(try, sizeof try,
                 "; try a lower learning rate than %g, clip_norm, or normalize the data",
                 t->course.run.lr);
    training_find_good(t, &run);
    if (!run.steps && !access(t->save, F_OK))
        return mlprt_fail(e, MLPRT_NOT_FINITE, "%s; %s is left as it was%s", text, t->save, try);
    if (run.steps)
        snprintf(weights, sizeof weights, "the weights after step %" PRIu32, run.steps);
    if (training_save(t, &run, &failure))
        return mlprt_fail(e, MLPRT_NOT_FINITE, "%s; %s could not be saved: %s", text, weights,
                          failure.text);
    return mlprt_fail(e, MLPRT_NOT_FINITE, "%s; %s are saved in %s%s", text, weights, t->save, try);
}

static enum mlprt_status print_end(struct mlprt_training *t, struct mlprt_error *e)
{
    const struct mlprt_course *c = &t->course;
    char text[MLPRT_METRICS_TEXT];

    const bool others = c->best.known && c->best.params && c->best.epochs != c->run.epochs;
    if (t->has_test) {
        const bool tested = t->epochs_here && !others; /* these weights, after their epoch */
        const enum mlprt_status status = tested ? MLPRT_OK : mlprt_training_test(t, e);
        if (status)
            return status;
        mlprt_metrics_text(text, &t->last);
        printf("%s  samples %" PRIu64 "\n", text, t->last.samples);
    }
    if (c->run.epochs < c->epochs)
        printf("stopped after epoch %" PRIu32 "%s\n", c->run.epochs,
               mlprt_best_stops(&c->best, t->s->model, &c->run)
                   ? ": the validation loss gets no smaller"
                   : "");
    if (others)
        printf("the best weights are those of epoch %" PRIu32 "\n", c->best.epochs);
    if (t->wants_checkpoint)
        printf("checkpoint %s\n", t->checkpoint);
    printf("saved %s\n", t->save);
    return MLPRT_OK;
}

enum mlprt_status mlprt_training_end(struct mlprt_training *t, enum mlprt_status status, int number,
                                     struct mlprt_error *e)
{
    mlprt_progress_clear(&t->progress);
    if (!status)
        status = training_leave(t, number, e);
    else if (status == MLPRT_IO)
        training_salvage(t);
    if (status == MLPRT_NOT_FINITE)
        return training_rescue(t, e);
    if (status)
        return status;
    if (number)
        return mlprt_fail(e, (enum mlprt_status)(MLPRT_SIGNAL + number),
                          "interrupted after epoch %" PRIu32 ", step %" PRIu32
                          ": saved %s; --resume %s goes on",
                          t->course.run.epochs, t->course.run.steps, t->save, t->checkpoint);
    return t->s->options->quiet ? MLPRT_OK : print_end(t, e);
}
