/* Running a network over a split without training it, and the eval command. */
#ifndef MLPRT_EVALUATE_H
#define MLPRT_EVALUATE_H

#include "metrics.h"

/* Loss and metrics of the session's parameters on a split, its samples in order. Errors: MLPRT_IO
 * (no memory). */
enum mlprt_status mlprt_evaluate(struct mlprt_session *s, const struct mlprt_dataset *d,
                                 struct mlprt_metrics *m, struct mlprt_error *e);

/* The eval command. */
enum mlprt_status mlprt_eval(struct mlprt_session *s, struct mlprt_error *e);

#endif
