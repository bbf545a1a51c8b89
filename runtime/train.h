/* The train command. */
#ifndef MLPRT_TRAIN_H
#define MLPRT_TRAIN_H

#include "session.h"

/* Trains as the model and the options say and saves the weights. Stopped by a signal it saves them
 * too and returns MLPRT_SIGNAL + its number, with a message of what was saved. A loss or a weight
 * that is not finite is MLPRT_NOT_FINITE, and nothing is saved. */
enum mlprt_status mlprt_train(struct mlprt_session *s, struct mlprt_error *e);

#endif
