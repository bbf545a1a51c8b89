/* A training run under way: what the parts of the train command share. */
#ifndef MLPRT_TRAINING_H
#define MLPRT_TRAINING_H

#include "checkpoint.h"
#include "guard.h"
#include "metrics.h"
#include "progress.h"
#include "tuner.h"

#include <stdio.h>

/* A copy of the parameters, and what they are of. */
struct mlprt_kept {
    void *params;
    struct mlprt_run run;
};

struct mlprt_training {
    struct mlprt_session *s;
    struct mlprt_splits data;
    bool has_test, has_validation;
    uint32_t *order; /* [data.train.samples]: the epoch's order */
    /* Of a model that has series: the learning rates of one's steps, and what was before it. */
    double *rates;
    void *before;

    struct mlprt_tuner tuner;

    struct mlprt_course course;
    uint32_t epochs_here; /* finished by this process */
    /* Of the splits after the last epoch. */
    struct mlprt_metrics validated, last;
    struct mlprt_kept latest; /* the parameters at the end of the last epoch, or at the start */
    struct mlprt_kept good;   /* older ones, whose loss is known to be finite; or at the start */
    bool sample_fault;        /* was it a number of the data that stopped it? */

    const char *save;
    char *checkpoint;      /* where they are written to */
    bool wants_checkpoint; /* also where nothing stops it */
    bool fresh;            /* is the checkpoint on disk the one of this step? */
    double due;            /* when the next one is, by the clock */
    FILE *log;             /* NULL: none is written */
    struct mlprt_progress progress;
};

/* train_begin.c: from what was asked for to the first step. t->s and t->save are there; whatever
 * comes of it, mlprt_training_free releases the rest. */
enum mlprt_status mlprt_training_begin(struct mlprt_training *t, struct mlprt_error *e);
void mlprt_training_free(struct mlprt_training *t);

/* train.c: the loss and metrics of the test split, if there is one, into t->last. */
enum mlprt_status mlprt_training_test(struct mlprt_training *t, struct mlprt_error *e);
/* Says what is not finite, and after which step; returns MLPRT_NOT_FINITE. */
enum mlprt_status mlprt_training_fault(struct mlprt_training *t, const struct mlprt_fault *f,
                                       uint32_t step, struct mlprt_error *e);

/* train_end.c: when the next checkpoint is due by the clock, if that matters. */
void mlprt_training_wind_up(struct mlprt_training *t);
/* Writes the checkpoint of this step, unless it is there. */
enum mlprt_status mlprt_training_checkpoint(struct mlprt_training *t, struct mlprt_error *e);
/* Leaves on disk, and says, what there is to leave of a run that ended with status or by a signal
 * (number; 0: none). */
enum mlprt_status mlprt_training_end(struct mlprt_training *t, enum mlprt_status status, int number,
                                     struct mlprt_error *e);

#endif
