/* The log of a training run: JSON, an object a line.
 *
 *     {"model": "net", "program": "mlp 1;\n…", "lr": 0.1, "epochs": 10, "seed": 1,
 *      "data_sha256": "3f2a…"}
 *     {"epoch": 1, "step": 235, "lr": 0.1, "loss": 0.61, "test": {"loss": …, "accuracy": …,
 *      "samples": 10000}, "seconds": 0.52}
 *
 * The first line is of a run's start, and says what made it: the resolved program and what the
 * command line changed. Then each epoch has one: steps so far, the learning rate of the last, the
 * mean loss of its samples, validation and test where there are such splits, and how long it took.
 * A run that is resumed adds to the log. "-" is standard output. */
#ifndef MLPRT_LOG_H
#define MLPRT_LOG_H

#include "training.h"

/* Starts the log that was asked for, if one was. Errors: MLPRT_IO, naming the file; MLPRT_USAGE
 * where it is a file that the run writes already. */
enum mlprt_status mlprt_log_open(struct mlprt_training *t, struct mlprt_error *e);
/* A line for the epoch that has ended, seen at once. */
enum mlprt_status mlprt_log_epoch(struct mlprt_training *t, double loss, double lr, double seconds,
                                  struct mlprt_error *e);
void mlprt_log_close(struct mlprt_training *t);

#endif
