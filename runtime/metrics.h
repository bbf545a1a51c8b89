/* How good a network is on the samples seen: the mean loss, and the accuracy where targets are
 * classes or 0 and 1, or the root mean square error where they are numbers. */
#ifndef MLPRT_METRICS_H
#define MLPRT_METRICS_H

#include "session.h"

struct mlprt_metrics {
    enum mlprt_target target;
    uint64_t samples, outputs; /* outputs: over all samples */
    uint64_t correct;          /* samples whose class was said; of 0 and 1 the outputs that were */
    double loss_sum, square_sum; /* of samples' losses; of (output - target)² */
};

/* Output j of a sample of the batch. */
double mlprt_metrics_output(const struct mlprt_session *s, uint32_t sample, uint32_t j);

/* The class that the outputs of a sample of the batch say: the first of the largest. */
uint32_t mlprt_metrics_class(const struct mlprt_session *s, uint32_t sample);

/* Adds the batch that the session's path worked on last: samples index[0 … batch->n-1] of d. Sums
 * are in double, samples ascending, outputs ascending. 1 is said by an output above 0. Distances to
 * numbers are in their own units, those to the input as the network has it. */
void mlprt_metrics_add(struct mlprt_metrics *m, const struct mlprt_session *s,
                       const struct mlprt_dataset *d, const uint32_t *index,
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
