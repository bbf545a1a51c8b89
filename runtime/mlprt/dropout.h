/* Which units of a layer's output dropout keeps, for one sample of one step. */
#ifndef MLPRT_DROPOUT_H
#define MLPRT_DROPOUT_H

#include "rng.h"

/* Sets keep[0 … units-1] to 1, or to 0 where the unit is dropped: where its 24 random bits are
 * below threshold = round(p·2^24), p being the probability to drop. stream is the layer's number
 * and sample the row in the mini-batch. */
static inline void mlprt_dropout_keep(unsigned char *keep, uint32_t units, uint64_t seed,
                                      uint32_t step, uint32_t stream, uint32_t sample,
                                      uint32_t threshold)
{
    const uint32_t end = mlprt_counter_end(MLPRT_PURPOSE_DROPOUT, stream);
    struct mlprt_words words = {{0, 0, 0, 0}};

    for (uint32_t u = 0; u < units; u++) {
        if (u % 4 == 0) {
            words = mlprt_philox(seed, u / 4, sample, step, end);
        }
        keep[u] = (words.w[u % 4] >> 8) >= threshold;
    }
}

#endif
