/* SHA-256 (FIPS 180-4). */
#ifndef MLPRT_SHA256_H
#define MLPRT_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
    MLPRT_SHA256_BLOCK = 64, /* bytes */
    MLPRT_SHA256_HEX = 65    /* characters of a digest in hex, with the NUL */
};

/* Takes whole blocks into the state. */
typedef void mlprt_sha256_blocks(uint32_t state[8], const unsigned char *data, size_t count);

struct mlprt_sha256 {
    mlprt_sha256_blocks *blocks;
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[MLPRT_SHA256_BLOCK];
};

/* Two ways to the same numbers: that of every machine, and the one by instructions that this
 * machine has for it; NULL where it has none. */
mlprt_sha256_blocks mlprt_sha256_plain;
mlprt_sha256_blocks *mlprt_sha256_fast(void);
/* FIPS 180-4, 4.2.2: the fractions of the cube roots of the first 64 primes. */
extern const uint32_t mlprt_sha256_constant[64];

/* Takes the faster way. */
void mlprt_sha256_start(struct mlprt_sha256 *s);
void mlprt_sha256_put(struct mlprt_sha256 *s, const void *data, size_t size);
/* Writes the digest in lower-case hex. */
void mlprt_sha256_finish(struct mlprt_sha256 *s, char hex[MLPRT_SHA256_HEX]);

#endif
