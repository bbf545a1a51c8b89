/* The beginning of a training run: the files it will write, its data, its first weights. */
#include "posix.h"

#include "file.h"
#include "log.h"
#include "param.h"
#include "training.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
static enum mlprt_status training_name_files(struct mlprt_training *t, struct mlprt_error *e)
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
    if (mlprt_file_same(t->checkpoint, t->save))
        return mlprt_fail(e, MLPRT_USAGE, "'%s' cannot be both the weights and the checkpoint",
                          t->save);
    const enum mlprt_status status = save_try(t->save, e);
    return status || !t->wants_checkpoint ? status : save_try(t->checkpoint, e);
}

/* From the start, or from where a checkpoint says. */
static enum mlprt_status training_start(struct mlprt_training *t, struct mlprt_error *e)
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
    if (s->model->keep_best) {
        c->best.params =
            mlprt_session_allocate(mlprt_params_size(s->model), 1, "the best parameters", e);
        if (!c->best.params)
            return MLPRT_IO;
    }
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

/* Keeps the parameters that there are. */
static enum mlprt_status training_remember(const struct mlprt_training *t, struct mlprt_kept *kept,
                                           struct mlprt_error *e)
{
    const struct mlprt_model *model = t->s->model;
    kept->params =
        mlprt_session_allocate(mlprt_params_size(model), 1, "a copy of the parameters", e);
    if (!kept->params)
        return MLPRT_IO;
    mlprt_params_keep(model, t->s->arena, kept->params);
    kept->run = t->course.run;
    return MLPRT_OK;
}

static enum mlprt_status training_allow_series(struct mlprt_training *t, struct mlprt_error *e)
{
    const struct mlprt_model *model = t->s->model;
    t->rates = mlprt_session_allocate(model->series, sizeof *t->rates, "learning rates", e);
    t->before = mlprt_session_allocate(mlprt_trained_size(model), 1, "a copy of the parameters", e);
    return t->rates && t->before ? MLPRT_OK : MLPRT_IO;
}

enum mlprt_status mlprt_training_begin(struct mlprt_training *t, struct mlprt_error *e)
{
    struct mlprt_session *s = t->s;
    enum mlprt_status status;

    if (s->options->resume && s->options->init)
        return mlprt_fail(e, MLPRT_USAGE,
                          "--resume goes on with its own weights: it excludes --init");
    if ((status = mlprt_session_load(s, &t->data, MLPRT_WANT_ALL, e)) ||
        (status = training_name_files(t, e)))
        return status;
    t->has_test = s->model->test.format != MLPRT_NO_SOURCE;
    t->has_validation = s->model->validation.format != MLPRT_NO_SOURCE;
    const uint32_t samples = t->data.train.samples;
    t->order = mlprt_session_allocate(samples, sizeof *t->order, "the order of the samples", e);
    if (!t->order)
        return MLPRT_IO;
    for (uint32_t i = 0; i < samples; i++)
        t->order[i] = i;
    if (s->model->series && (status = training_allow_series(t, e)))
        return status;
    t->tuner = mlprt_tuner_of(s->threads, s->options->threads != 0);
    mlprt_progress_start(&t->progress, s->options->quiet);
    if ((status = training_start(t, e)))
        return status;
    mlprt_session_prepare(s);
    if ((status = training_remember(t, &t->good, e)) ||
        (status = training_remember(t, &t->latest, e)))
        return status;
    return mlprt_log_open(t, e);
}

void mlprt_training_free(struct mlprt_training *t)
{
    mlprt_log_close(t);
    free(t->order);
    free(t->rates);
    free(t->before);
    free(t->good.params);
    free(t->latest.params);
    free(t->course.best.params);
    free(t->checkpoint);
    mlprt_splits_free(&t->data);
}
