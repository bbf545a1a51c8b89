/* The order of samples. With each position's words drawn by themselves this would be a third of an
 * epoch of a tiny network. */
#include "posix.h"

#include "shuffle.h"

#include "mlprt/rng.h"

/* mlprt_philox (mlprt/rng.h) for all counters side by side, a round at a time, which compilers turn
 * into vectors. */
void mlprt_shuffle_plain(uint32_t out[MLPRT_SHUFFLE_WORDS], uint64_t seed, uint32_t first,
                         uint32_t c2, uint32_t end)
{
    enum { N = MLPRT_SHUFFLE_WORDS };
    uint32_t w0[N], w1[N], w2[N], w3[N];
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);

    for (uint32_t i = 0; i < N; i++)
        w0[i] = first + i, w1[i] = 0, w2[i] = c2, w3[i] = end;
    for (int round = 0; round < MLPRT_PHILOX_ROUNDS; round++) {
        for (uint32_t i = 0; i < N; i++) {
            const uint64_t a = MLPRT_PHILOX_FACTOR_0 * w0[i], b = MLPRT_PHILOX_FACTOR_1 * w2[i];
            w0[i] = (uint32_t)(b >> 32) ^ w1[i] ^ k0;
            w1[i] = (uint32_t)b;
            w2[i] = (uint32_t)(a >> 32) ^ w3[i] ^ k1;
            w3[i] = (uint32_t)a;
        }
        k0 += MLPRT_PHILOX_KEY_0;
        k1 += MLPRT_PHILOX_KEY_1;
    }
    for (uint32_t i = 0; i < N; i++)
        out[i] = w0[i];
}

/* A number below n by a position's first word; by those behind it where they are needed. */
static inline uint32_t draw_below(uint32_t n, uint32_t word, uint64_t seed, uint32_t position,
                                  uint32_t c2, uint32_t end)
{
    const uint64_t product = (uint64_t)word * n;
    if ((uint32_t)product >= n)
        return (uint32_t)(product >> 32);
    return mlprt_bounded(mlprt_philox(seed, position, 0, c2, end), n);
}

void mlprt_permute(uint32_t *index, uint32_t n, uint64_t seed, uint32_t c2, uint32_t end)
{
    mlprt_shuffle_draw *const fast = mlprt_shuffle_fast();
    mlprt_shuffle_draw *const draw = fast ? fast : mlprt_shuffle_plain;
    uint32_t word[MLPRT_SHUFFLE_WORDS];

    for (uint32_t i = n; i-- > 1;) {
        const uint32_t k = i % MLPRT_SHUFFLE_WORDS;
        if (k == MLPRT_SHUFFLE_WORDS - 1 || i == n - 1)
            draw(word, seed, i - k, c2, end);
        const uint32_t j = draw_below(i + 1, word[k], seed, i, c2, end);
        const uint32_t moved = index[i];
        index[i] = index[j];
        index[j] = moved;
    }
}

void mlprt_shuffle(uint32_t *index, uint32_t n, uint64_t seed, uint32_t epoch)
{
    for (uint32_t i = 0; i < n; i++)
        index[i] = i;
    mlprt_permute(index, n, seed, epoch, mlprt_counter_end(MLPRT_PURPOSE_SHUFFLE, 0));
}
