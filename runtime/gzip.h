/* Gzip files, as a whole: gzip.c by libdeflate in the library; nogzip.c says, in a standalone
 * program, that it cannot. */
#ifndef MLPRT_GZIP_H
#define MLPRT_GZIP_H

#include "file.h"

#include <stdbool.h>

/* Do the bytes start as a gzip file does? */
bool mlprt_gzip_is(const struct mlprt_bytes *bytes);
/* Replaces *bytes by what they decompress to: every member of the file, nothing behind the last.
 * Errors (MLPRT_IO, naming path): truncated, damaged, trailing garbage, larger than memory. */
enum mlprt_status mlprt_gzip_inflate(const char *path, struct mlprt_bytes *bytes,
                                     struct mlprt_error *e);

#endif
