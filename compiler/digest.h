/* SHA-256 (FIPS 180-4), by which an emitted file names the text that it was made from. */
#ifndef MLPGEN_DIGEST_H
#define MLPGEN_DIGEST_H

#include <stddef.h>

enum { DIGEST_HEX = 65 /* characters of a digest in hexadecimal, with the NUL */ };

/* Writes the digest of len bytes in lower-case hexadecimal. */
void digest_sha256(const void *data, size_t len, char hex[DIGEST_HEX]);

#endif
