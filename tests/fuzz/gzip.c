/* A fuzz target: any bytes as a gzip file, of one member or several. */
#include "gzip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mlprt_bytes bytes = {.data = mlprt_bytes_allocate(size ? size : 1), .size = size};
    struct mlprt_error e;
    if (!bytes.data)
        return 0;
    if (size)
        memcpy(bytes.data, data, size);
    if (mlprt_gzip_is(&bytes) && mlprt_gzip_inflate("fuzz.gz", &bytes, &e) != MLPRT_OK &&
        strlen(e.text) >= sizeof e.text)
        abort();
    mlprt_bytes_free(&bytes);
    return 0;
}
