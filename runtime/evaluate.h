/* Running a network over a split without training it, and the eval command. */
#ifndef MLPRT_EVALUATE_H
#define MLPRT_EVALUATE_H

#include "metrics.h"

/* A way through a split, its samples in order, a batch at a time:
 *
 *     struct mlprt_walk w;
 *     if (mlprt_walk_open(&w, s, d, e)) return …;
 *     while (mlprt_walk_next(&w))
 *         …                                   w.batch has been evaluated
 *     mlprt_walk_close(&w);
 *
 * Errors: MLPRT_IO (no memory). */
struct mlprt_walk {
    struct mlprt_session *s;
    const struct mlprt_dataset *d;
    struct mlprt_batch batch;
    uint32_t *index; /* [batch.n]: which samples of d those of the batch are */
    uint32_t seen;
};
enum mlprt_status mlprt_walk_open(struct mlprt_walk *w, struct mlprt_session *s,
                                  const struct mlprt_dataset *d, struct mlprt_error *e);
bool mlprt_walk_next(struct mlprt_walk *w);
void mlprt_walk_close(struct mlprt_walk *w);

/* Loss and metrics of the session's parameters on a split, its samples in order. Errors: MLPRT_IO
 * (no memory). */
enum mlprt_status mlprt_evaluate(struct mlprt_session *s, const struct mlprt_dataset *d,
                                 struct mlprt_metrics *m, struct mlprt_error *e);

/* Loads the trained weights and what there is to test them on (mlprt_session_load_test), and says
 * so where that is the training split. */
enum mlprt_status mlprt_evaluate_open(struct mlprt_session *s, struct mlprt_splits *splits,
                                      const struct mlprt_dataset **d, bool inputs,
                                      struct mlprt_error *e);

/* The eval command. Where the loss is not finite, that is the error (MLPRT_NOT_FINITE), and nothing
 * is printed. */
enum mlprt_status mlprt_eval(struct mlprt_session *s, struct mlprt_error *e);

#endif
