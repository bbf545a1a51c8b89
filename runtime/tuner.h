/* How many threads take the steps of a training run: found by timing steps, now and again.
 *
 * What a second thread gains depends on how far its core is, and on what else the machine does.
 * Since the weights do not depend on it, it can be tried: steps are taken on all threads, then on
 * half of them and so on, down to one, and go on with the number that was fastest. */
#ifndef MLPRT_TUNER_H
#define MLPRT_TUNER_H

#include <stdbool.h>
#include <stdint.h>

struct mlprt_tuner {
    uint32_t most;    /* threads there are */
    bool fixed;       /* all of them, without a search */
    uint32_t threads; /* of the next step */
    uint32_t rest;    /* steps until the next search; 0: one is under way */
    uint32_t steps;   /* taken on so many threads, in a search */
    double least;     /* seconds that the fastest of them took */
    uint32_t best;    /* the number that was fastest so far in a search; 0: none yet */
    double best_least;
};

/* Starts with a search among `most` threads and fewer, unless their number is fixed. */
struct mlprt_tuner mlprt_tuner_of(uint32_t most, bool fixed);

/* Is a search under way, that wants to know how long steps take? */
static inline bool mlprt_tuner_searches(const struct mlprt_tuner *t)
{
    return !t->fixed && t->rest == 0;
}

/* Notes a step on t->threads threads, on a mini-batch of whole size; seconds count in a search
 * alone. */
void mlprt_tuner_note(struct mlprt_tuner *t, double seconds);

#endif
