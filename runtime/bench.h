/* The bench command. */
#ifndef MLPRT_BENCH_H
#define MLPRT_BENCH_H

#include "session.h"

/* Times training steps, and inference by batches and sample by sample, on samples that are drawn
 * from the seed; reads and writes no file. Errors: MLPRT_IO (no memory), MLPRT_MISMATCH (no
 * constants fit the normalisation). */
enum mlprt_status mlprt_bench(struct mlprt_session *s, struct mlprt_error *e);

#endif
