/* What this machine can do at best on the path taken, and the times that it makes of what the
 * compiler expects. */
#ifndef MLPRT_PEAK_H
#define MLPRT_PEAK_H

#include "session.h"

/* Multiply-adds and nothing else, of the vectors that the session's path works with, on the
 * session's threads at the same time: floating-point operations a second, two for each. Takes about
 * 20 ms, of which each thread's fastest stretch counts. */
double mlprt_peak_measure(const struct mlprt_session *s);

/* Seconds that so many slots take on one thread (struct mlprt_path); peak is of all threads. */
double mlprt_peak_seconds(const struct mlprt_session *s, double peak, uint64_t slots);
/* The same of work that all threads share, handed to them `times` times. */
double mlprt_peak_shared(const struct mlprt_session *s, double peak, uint64_t slots, int times);

enum { MLPRT_STEP_SHARES = 2, MLPRT_EVALUATE_SHARES = 1 /* times that work is handed out */ };

#endif
