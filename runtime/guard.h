/* Finding the number that is not finite: in gradients, in weights, in what the layers compute. */
#ifndef MLPRT_GUARD_H
#define MLPRT_GUARD_H

#include "session.h"

/* What is not finite. */
struct mlprt_fault {
    char what[192]; /* "the output of hidden1 (dense)" */
    uint32_t line;  /* of its layer in the .mlp file; 0: of none */
    bool of_sample; /* a number of the data: the network is not to blame */
};

/* Is x a finite number? By its bits, which no option of a compiler can argue away. */
bool mlprt_guard_number(double x);

/* Did the last update meet a gradient that is not finite? Of several parameters the last is named,
 * the first that the backward pass came to. */
bool mlprt_guard_gradients(struct mlprt_session *s, struct mlprt_fault *f);
/* Is a weight not finite? Of several parameters the first is named. */
bool mlprt_guard_weights(const struct mlprt_session *s, struct mlprt_fault *f);

/* Evaluates samples index[0 … n-1] of d once more and says what is not finite first: the samples
 * themselves, the output of the first such layer, else the loss. batch is what was evaluated. */
void mlprt_guard_trace(struct mlprt_session *s, const struct mlprt_dataset *d,
                       const uint32_t *index, const struct mlprt_batch *batch,
                       struct mlprt_fault *f);
/* Finds what is to blame for a split's loss that is not finite: a weight, or what a trace of the
 * first mini-batch, in order, whose loss is not finds. There the split is named, unless name is
 * NULL. Errors: MLPRT_IO (no memory). */
enum mlprt_status mlprt_guard_split(struct mlprt_session *s, const struct mlprt_dataset *d,
                                    const char *name, struct mlprt_fault *f, struct mlprt_error *e);

/* Says what is not finite, and, where that is not empty, when. Returns MLPRT_NOT_FINITE. */
enum mlprt_status mlprt_guard_tell(const struct mlprt_model *model, const struct mlprt_fault *f,
                                   const char *when, struct mlprt_error *e);

#endif
