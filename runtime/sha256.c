/* SHA-256 as FIPS 180-4 defines it, on every machine; whole blocks are taken straight from the
 * caller's bytes. */
#include "posix.h"

#include "sha256.h"

#include <string.h>

enum { SHA256_LENGTH = 8 /* bytes of the message length that end the padding */ };

const uint32_t mlprt_sha256_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate_right(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

/* One round. The eight variables change their roles instead of their places, so that nothing is
 * moved: eight rounds with rotated names bring them back. */
#define SHA256_ROUND(a, b, c, d, e, f, g, h, t)                                                    \
    do {                                                                                           \
        const uint32_t t1 = h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) + \
                            ((e & f) ^ (~e & g)) + mlprt_sha256_constant[t] + w[t];                \
        d += t1;                                                                                   \
        h = t1 + (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) +                \
            ((a & b) ^ (a & c) ^ (b & c));                                                         \
    } while (0)

static void sha256_schedule(uint32_t w[64], const unsigned char *block)
{
    for (int t = 0; t < 16; t++, block += 4)
        w[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 |
               block[3];
    for (int t = 16; t < 64; t++) {
        const uint32_t x = w[t - 15], y = w[t - 2];
        w[t] = w[t - 16] + (rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3) + w[t - 7] +
               (rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10);
    }
}

static void sha256_block(uint32_t state[8], const unsigned char *block)
{
    uint32_t w[64];
    sha256_schedule(w, block);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 64; t += 8) {
        SHA256_ROUND(a, b, c, d, e, f, g, h, t);
        SHA256_ROUND(h, a, b, c, d, e, f, g, t + 1);
        SHA256_ROUND(g, h, a, b, c, d, e, f, t + 2);
        SHA256_ROUND(f, g, h, a, b, c, d, e, t + 3);
        SHA256_ROUND(e, f, g, h, a, b, c, d, t + 4);
        SHA256_ROUND(d, e, f, g, h, a, b, c, t + 5);
        SHA256_ROUND(c, d, e, f, g, h, a, b, t + 6);
        SHA256_ROUND(b, c, d, e, f, g, h, a, t + 7);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void mlprt_sha256_plain(uint32_t state[8], const unsigned char *data, size_t count)
{
    for (; count; count--, data += MLPRT_SHA256_BLOCK)
        sha256_block(state, data);
}

void mlprt_sha256_start(struct mlprt_sha256 *s)
{
    /* FIPS 180-4, 5.3.3: the fractions of the square roots of the first eight primes. */
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    mlprt_sha256_blocks *fast = mlprt_sha256_fast();
    s->blocks = fast ? fast : mlprt_sha256_plain;
    memcpy(s->state, initial, sizeof initial);
    s->length = 0;
}

void mlprt_sha256_put(struct mlprt_sha256 *s, const void *data, size_t size)
{
    if (size == 0)
        return; /* data may be NULL then */
    const unsigned char *from = data;
    const size_t held = (size_t)(s->length % MLPRT_SHA256_BLOCK);
    s->length += size;
    if (held) {
        const size_t room = MLPRT_SHA256_BLOCK - held, taken = size < room ? size : room;
        memcpy(s->block + held, from, taken);
        from += taken;
        size -= taken;
        if (taken < room)
            return;
        s->blocks(s->state, s->block, 1);
    }
    const size_t rest = size % MLPRT_SHA256_BLOCK;
    s->blocks(s->state, from, size / MLPRT_SHA256_BLOCK);
    memcpy(s->block, from + size - rest, rest);
}

void mlprt_sha256_finish(struct mlprt_sha256 *s, char hex[MLPRT_SHA256_HEX])
{
    static const unsigned char padding[MLPRT_SHA256_BLOCK] = {0x80};
    static const char digits[] = "0123456789abcdef";
    const uint64_t bits = s->length * 8;
    unsigned char length[SHA256_LENGTH];
    for (int i = 0; i < SHA256_LENGTH; i++)
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    const size_t held = (size_t)(s->length % MLPRT_SHA256_BLOCK),
                 end = MLPRT_SHA256_BLOCK - SHA256_LENGTH;
    mlprt_sha256_put(s, padding, held < end ? end - held : MLPRT_SHA256_BLOCK + end - held);
    mlprt_sha256_put(s, length, sizeof length);
    for (int i = 0; i < 64; i++)
        hex[i] = digits[s->state[i / 8] >> (28 - i % 8 * 4) & 15];
    hex[64] = '\0';
}
