/* Gzip files in a standalone program: known when seen, and refused. */
#include "posix.h"

#include "gzip.h"

bool mlprt_gzip_is(const struct mlprt_bytes *bytes)
{
    return bytes->size >= 2 && bytes->data[0] == 0x1f && bytes->data[1] == 0x8b;
}

enum mlprt_status mlprt_gzip_inflate(const char *path, struct mlprt_bytes *bytes,
                                     struct mlprt_error *e)
{
    (void)bytes;
    return mlprt_file_fail(e, MLPRT_IO, path,
                           "compressed files need the installed runtime; gunzip it, and take .gz "
                           "off its name in the model");
}
