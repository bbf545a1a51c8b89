/* The gradcheck command. */
#ifndef MLPRT_GRADCHECK_H
#define MLPRT_GRADCHECK_H

#include "session.h"

/* Compares the gradients that the program computes with differences of its loss, from the initial
 * weights of the seed, on at most eight samples. MLPRT_CHECK_FAILED above the bound. */
enum mlprt_status mlprt_gradcheck(struct mlprt_session *s, struct mlprt_error *e);

#endif
