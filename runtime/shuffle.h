/* Permutations by the random numbers of mlprt/rng.h: the same on every machine and for ever. */
#ifndef MLPRT_SHUFFLE_H
#define MLPRT_SHUFFLE_H

#include <stdint.h>

/* A Fisher-Yates shuffle of the n entries of index: from the last position to the second, each
 * changes places with one that mlprt_bounded takes from the words of (position, 0, c2, end). */
void mlprt_permute(uint32_t *index, uint32_t n, uint64_t seed, uint32_t c2, uint32_t end);

/* The order of an epoch's n samples: 0 … n-1, permuted, into index. */
void mlprt_shuffle(uint32_t *index, uint32_t n, uint64_t seed, uint32_t epoch);

enum { MLPRT_SHUFFLE_WORDS = 16 };

/* The first of the four words for each of MLPRT_SHUFFLE_WORDS positions, the first of them first:
 * all that a draw needs but in n of 2^32 cases. */
typedef void mlprt_shuffle_draw(uint32_t out[MLPRT_SHUFFLE_WORDS], uint64_t seed, uint32_t first,
                                uint32_t c2, uint32_t end);

/* Two ways to the same words: that of every machine, and the one by instructions that this machine
 * has for it; NULL where it has none. */
mlprt_shuffle_draw mlprt_shuffle_plain;
mlprt_shuffle_draw *mlprt_shuffle_fast(void);

#endif
