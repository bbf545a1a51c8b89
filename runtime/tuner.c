/* The search for the number of threads. */
#include "posix.h"

#include "tuner.h"

enum {
    TUNER_STEPS = 8,    /* on each number; the first of them finds caches as the last number left */
    TUNER_EVERY = 1024, /* steps between two searches, which are slower: 1 % of them */
};

/* Fewer threads are taken where they are as fast but for noise; where they are this much slower,
 * still fewer are not tried. */
static const double tuner_tie = 1.02, tuner_hopeless = 1.25;

static void search(struct mlprt_tuner *t, uint32_t threads)
{
    t->threads = threads;
    t->steps = 0;
    t->least = 0;
}

struct mlprt_tuner mlprt_tuner_of(uint32_t most, bool fixed)
{
    struct mlprt_tuner t = {.most = most, .fixed = fixed || most == 1};
    search(&t, most);
    return t;
}

/* A number of threads has had its steps: what is next? */
static void judge(struct mlprt_tuner *t)
{
    if (!t->best || t->least < tuner_tie * t->best_least) {
        t->best = t->threads;
        t->best_least = t->least;
    }
    if (t->threads > 1 && t->least < tuner_hopeless * t->best_least) {
        search(t, (t->threads + 1) / 2);
        return;
    }
    search(t, t->best);
    t->best = 0;
    t->rest = TUNER_EVERY;
}

void mlprt_tuner_note(struct mlprt_tuner *t, double seconds)
{
    if (t->fixed)
        return;
    if (t->rest) {
        if (--t->rest == 0)
            search(t, t->most);
        return;
    }
    if (t->steps == 1 || (t->steps > 1 && seconds < t->least))
        t->least = seconds;
    if (++t->steps == TUNER_STEPS)
        judge(t);
}
