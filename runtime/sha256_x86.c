/* SHA-256 by the instructions that x86-64 has for it: two rounds at a time on a state of two
 * vectors, and four words of a block's schedule at a time. */
#include "posix.h"

#include "sha256.h"

#if defined(__GNUC__) && defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define SHA256_X86 __attribute__((target("sha,sse4.1")))

/* The variables of FIPS 180-4 as the instructions want them, the first in the highest lane. */
struct x86_state {
    __m128i abef, cdgh;
};

/* Rounds t … t + 3, of the words w. Each of the two instructions takes the lower two numbers; what
 * was abef becomes cdgh, so that after both of them each vector has its own name again. */
SHA256_X86 static inline void x86_rounds(struct x86_state *s, __m128i w, int t)
{
    const __m128i *constant = (const __m128i *)(const void *)(mlprt_sha256_constant + t);
    const __m128i sum = _mm_add_epi32(w, _mm_loadu_si128(constant));
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, sum);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_srli_si128(sum, 8));
}

/* Four words of the schedule from the sixteen before them, a the oldest. */
SHA256_X86 static inline __m128i x86_schedule(__m128i a, __m128i b, __m128i c, __m128i d)
{
    const __m128i seventh = _mm_alignr_epi8(d, c, 4); /* the words at t - 7 … t - 4 */
    return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(a, b), seventh), d);
}

/* Four words of a block, which are big-endian. */
SHA256_X86 static inline __m128i x86_words(const unsigned char *from)
{
    const __m128i reversed = _mm_set_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)from), reversed);
}

SHA256_X86 static inline void x86_block(struct x86_state *s, const unsigned char *block)
{
    const struct x86_state before = *s;
    __m128i a = x86_words(block), b = x86_words(block + 16);
    __m128i c = x86_words(block + 32), d = x86_words(block + 48);
    x86_rounds(s, a, 0);
    x86_rounds(s, b, 4);
    x86_rounds(s, c, 8);
    x86_rounds(s, d, 12);
    for (int t = 16; t < 64; t += 16) {
        x86_rounds(s, a = x86_schedule(a, b, c, d), t);
        x86_rounds(s, b = x86_schedule(b, c, d, a), t + 4);
        x86_rounds(s, c = x86_schedule(c, d, a, b), t + 8);
        x86_rounds(s, d = x86_schedule(d, a, b, c), t + 12);
    }
    s->abef = _mm_add_epi32(s->abef, before.abef);
    s->cdgh = _mm_add_epi32(s->cdgh, before.cdgh);
}

SHA256_X86 static void x86_blocks(uint32_t state[8], const unsigned char *data, size_t count)
{
    enum { A, B, C, D, E, F, G, H };
    const int *v = (const int *)state;
    struct x86_state s = {_mm_set_epi32(v[A], v[B], v[E], v[F]),
                          _mm_set_epi32(v[C], v[D], v[G], v[H])};
    for (; count; count--, data += MLPRT_SHA256_BLOCK)
        x86_block(&s, data);
    uint32_t abef[4], cdgh[4];
    _mm_storeu_si128((__m128i *)(void *)abef, s.abef);
    _mm_storeu_si128((__m128i *)(void *)cdgh, s.cdgh);
    state[A] = abef[3], state[B] = abef[2], state[E] = abef[1], state[F] = abef[0];
    state[C] = cdgh[3], state[D] = cdgh[2], state[G] = cdgh[1], state[H] = cdgh[0];
}

mlprt_sha256_blocks *mlprt_sha256_fast(void)
{
    enum { EXTENDED_FEATURES = 7 };
    unsigned a, b, c, d;
    if (!__get_cpuid_count(EXTENDED_FEATURES, 0, &a, &b, &c, &d))
        return NULL;
    return b & bit_SHA ? x86_blocks : NULL;
}

#else

mlprt_sha256_blocks *mlprt_sha256_fast(void)
{
    return NULL;
}

#endif
