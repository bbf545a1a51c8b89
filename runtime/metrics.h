/* How good a network is on the samples seen: the mean loss, and the accuracy where targets are
 * classes or the root mean square error where they are numbers. */
#ifndef MLPRT_METRICS_H
#define MLPRT_METRICS_H

#include "session.h"

struct mlprt_metrics {
    enum mlprt_target target;
    uint64_t samples, correct, outputs; /* outputs: over all samples */
    double loss_sum, square_sum;        /* of samples' losses; of (output - target)² */
};

/* The class that the outputs of a sample of the batch say: the first of the largest. */
uint32_t mlprt_metrics_class(const struct mlprt_session *s, uint32_t sample);

/* Adds the batch that the session's path worked on last. Sums are in double, samples ascending,
 * outputs ascending. */
void mlprt_metrics_add(struct mlprt_metrics *m, const struct mlprt_session *s,
                       const struct mlprt_batch *batch);

/* A running sum of samples' losses and those of such a batch of n. */
double mlprt_metrics_add_losses(const struct mlprt_session *s, uint32_t n, double sum);

double mlprt_metrics_loss(const struct mlprt_metrics *m);
double mlprt_metrics_accuracy(const struct mlprt_metrics *m);
double mlprt_metrics_rmse(const struct mlprt_metrics *m);

/* A number as people read it: "0.3621", and "3.621e-05" where that would hide it. */
enum { MLPRT_NUMBER_TEXT = 32, MLPRT_METRICS_TEXT = 160 };
void mlprt_metrics_number(char text[MLPRT_NUMBER_TEXT], double value);

/* "loss 0.3621  accuracy 0.8713", or "… rmse …". */
void mlprt_metrics_text(char text[MLPRT_METRICS_TEXT], const struct mlprt_metrics *m);
/* {"loss": …, "accuracy": …, "samples": …} in full precision; null for what is not finite. */
void mlprt_metrics_json(char text[MLPRT_METRICS_TEXT], const struct mlprt_metrics *m);

#endif
