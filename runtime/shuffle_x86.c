/* The random words of a shuffle by AVX-512: Philox4x32-10 (mlprt/rng.h) for eight counters in the
 * 64-bit lanes of each vector, whose lower halves are the words; a product needs the whole lane. */
#include "posix.h"

#include "shuffle.h"

#if defined(__GNUC__) && defined(__x86_64__)

#include "mlprt/rng.h"

#include <immintrin.h>
#include <stddef.h>

#define SHUFFLE_X86 __attribute__((target("avx512f")))

struct x86_counters {
    __m512i c0, c1, c2, c3;
};

/* a ^ b ^ c */
SHUFFLE_X86 static inline __m512i x86_xor(__m512i a, __m512i b, __m512i c)
{
    enum { PARITY = 0x96 }; /* the table of that function of three bits */
    return _mm512_ternarylogic_epi64(a, b, c, PARITY);
}

SHUFFLE_X86 static inline struct x86_counters x86_round(struct x86_counters c, __m512i k0,
                                                        __m512i k1)
{
    const __m512i a = _mm512_mul_epu32(_mm512_set1_epi64(MLPRT_PHILOX_FACTOR_0), c.c0);
    const __m512i b = _mm512_mul_epu32(_mm512_set1_epi64(MLPRT_PHILOX_FACTOR_1), c.c2);
    const struct x86_counters next = {x86_xor(_mm512_srli_epi64(b, 32), c.c1, k0), b,
                                      x86_xor(_mm512_srli_epi64(a, 32), c.c3, k1), a};
    return next;
}

SHUFFLE_X86 static void x86_draw(uint32_t out[MLPRT_SHUFFLE_WORDS], uint64_t seed, uint32_t first,
                                 uint32_t c2, uint32_t end)
{
    enum { HALF = MLPRT_SHUFFLE_WORDS / 2 };
    const __m512i ramp = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    struct x86_counters low = {_mm512_add_epi64(_mm512_set1_epi64(first), ramp),
                               _mm512_setzero_si512(), _mm512_set1_epi64(c2),
                               _mm512_set1_epi64(end)};
    struct x86_counters high = low;
    high.c0 = _mm512_add_epi64(low.c0, _mm512_set1_epi64(HALF));
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < MLPRT_PHILOX_ROUNDS; round++) {
        low = x86_round(low, _mm512_set1_epi64(k0), _mm512_set1_epi64(k1));
        high = x86_round(high, _mm512_set1_epi64(k0), _mm512_set1_epi64(k1));
        k0 += MLPRT_PHILOX_KEY_0;
        k1 += MLPRT_PHILOX_KEY_1;
    }
    _mm256_storeu_si256((__m256i *)(void *)out, _mm512_cvtepi64_epi32(low.c0));
    _mm256_storeu_si256((__m256i *)(void *)(out + HALF), _mm512_cvtepi64_epi32(high.c0));
}

mlprt_shuffle_draw *mlprt_shuffle_fast(void)
{
    return __builtin_cpu_supports("avx512f") ? x86_draw : NULL;
}

#else

#include <stddef.h>

mlprt_shuffle_draw *mlprt_shuffle_fast(void)
{
    return NULL;
}

#endif
