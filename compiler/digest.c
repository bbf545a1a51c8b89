/* SHA-256 of what is in memory, by the runtime's. */
#include "digest.h"

#include "runtime/sha256.h"

_Static_assert((int)DIGEST_HEX == (int)MLPRT_SHA256_HEX, "digests are as long as the runtime's");

void digest_sha256(const void *data, size_t len, char hex[DIGEST_HEX])
{
    struct mlprt_sha256 s;
    mlprt_sha256_start(&s);
    mlprt_sha256_put(&s, data, len);
    mlprt_sha256_finish(&s, hex);
}
