/* SHA-256 (FIPS 180-4). */
#ifndef MLPRT_SHA256_H
#define MLPRT_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct mlprt_sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
};

enum { MLPRT_SHA256_HEX = 65 }; /* characters of a digest in hex, with the NUL */

void mlprt_sha256_start(struct mlprt_sha256 *s);
void mlprt_sha256_put(struct mlprt_sha256 *s, const void *data, size_t size);
/* Writes the digest in lower-case hex. */
void mlprt_sha256_finish(struct mlprt_sha256 *s, char hex[MLPRT_SHA256_HEX]);

#endif
