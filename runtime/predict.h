/* The predict command. */
#ifndef MLPRT_PREDICT_H
#define MLPRT_PREDICT_H

#include "session.h"

/* Prints, as CSV with a header, what the trained network says of each sample: of a FILE's inputs,
 * or of the split that eval takes. */
enum mlprt_status mlprt_predict(struct mlprt_session *s, struct mlprt_error *e);

#endif
