/* Random numbers without a state: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random
 * numbers: as easy as 1, 2, 3; SC 2011) turns a key and a counter into four random words.
 *
 * The key is the seed. The counter says what the words are for, so that every draw is the same for
 * any order of work, any number of threads and after any interruption:
 *
 *     purpose    words c0, c1                   c2      c3                      draw
 *     INIT       element / 4, low and high      0       purpose << 24 | stream  word element % 4
 *     SHUFFLE    position, 0                    epoch   purpose << 24           mlprt_bounded
 *     DROPOUT    unit / 4, sample               step    purpose << 24 | stream  word unit % 4
 *     GRADCHECK  the gradient check's own       …       purpose << 24 | stream
 *     HOLDOUT    position, 0                    0       purpose << 24 | stream  mlprt_bounded
 *     BENCH      word / 4, 0                    0       purpose << 24           samples made up
 *
 * A stream numbers the layers (DROPOUT) or tensors (INIT) of a model, or the splits held out of its
 * data (HOLDOUT: 0 test, 1 validation), below 2^24. The key of HOLDOUT is the holdout's own seed.
 */
#ifndef MLPRT_RNG_H
#define MLPRT_RNG_H

#include <math.h>
#include <stdint.h>

/* These numbers are in every result ever computed: add to them, never change one. */
enum mlprt_purpose {
    MLPRT_PURPOSE_INIT = 0,
    MLPRT_PURPOSE_SHUFFLE = 1,
    MLPRT_PURPOSE_DROPOUT = 2,
    MLPRT_PURPOSE_GRADCHECK = 3,
    MLPRT_PURPOSE_HOLDOUT = 4,
    MLPRT_PURPOSE_BENCH = 5
};

/* The last word of a counter. */
static inline uint32_t mlprt_counter_end(enum mlprt_purpose purpose, uint32_t stream)
{
    return (uint32_t)purpose << 24 | stream;
}

struct mlprt_words {
    uint32_t w[4];
};

/* What Philox4x32-10 is made of: multipliers, and what is added to the key with each round (Weyl
 * sequences by the golden ratio and the root of 3, less 1). */
#define MLPRT_PHILOX_FACTOR_0 UINT64_C(0xd2511f53)
#define MLPRT_PHILOX_FACTOR_1 UINT64_C(0xcd9e8d57)
#define MLPRT_PHILOX_KEY_0    UINT32_C(0x9e3779b9)
#define MLPRT_PHILOX_KEY_1    UINT32_C(0xbb67ae85)
enum { MLPRT_PHILOX_ROUNDS = 10 };

/* The four random words of a key and a counter. */
static inline struct mlprt_words mlprt_philox(uint64_t key, uint32_t c0, uint32_t c1, uint32_t c2,
                                              uint32_t c3)
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);

    for (int round = 0; round < MLPRT_PHILOX_ROUNDS; round++) {
        const uint64_t a = MLPRT_PHILOX_FACTOR_0 * c0, b = MLPRT_PHILOX_FACTOR_1 * c2;
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)b;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)a;
        k0 += MLPRT_PHILOX_KEY_0;
        k1 += MLPRT_PHILOX_KEY_1;
    }
    const struct mlprt_words words = {{c0, c1, c2, c3}};
    return words;
}

/* A uniform number in [0, 1): the word's upper 24 bits / 2^24, exact in float too. (As an fma, so
 * that it is no product that a compiler could fuse with a caller's sum.) */
static inline double mlprt_uniform24(uint32_t word)
{
    return fma(word >> 8, 0x1p-24, 0.0);
}

/* A uniform whole number below n (n > 0), by multiplication instead of division (Lemire: Fast
 * random integer generation in an interval; 2019). A word that would favour some numbers is passed
 * over for the next; the last is taken as it is, which happens in fewer than (n / 2^32)^3 draws. */
static inline uint32_t mlprt_bounded(struct mlprt_words words, uint32_t n)
{
    uint64_t product = 0;

    for (int i = 0; i < 4; i++) {
        product = (uint64_t)words.w[i] * n;
        /* Uneven are remainders below 2^32 mod n; most are not even below n. */
        if ((uint32_t)product >= n || (uint32_t)product >= (0u - n) % n) {
            break;
        }
    }
    return (uint32_t)(product >> 32);
}

#endif
