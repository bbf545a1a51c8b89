/* The train command. */
#ifndef MLPRT_TRAIN_H
#define MLPRT_TRAIN_H

#include "session.h"

/* Trains as the model and the options say and saves the weights. Stopped by a signal it saves them
 * too, and a checkpoint, and returns MLPRT_SIGNAL + its number, with a message of what was saved.
 * Where a loss, a gradient or a weight is not finite the last good weights are saved, and the
 * message of MLPRT_NOT_FINITE says where it happened first, and what to try. */
enum mlprt_status mlprt_train(struct mlprt_session *s, struct mlprt_error *e);

#endif
