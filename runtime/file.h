/* Whole files in, whole files out. */
#ifndef MLPRT_FILE_H
#define MLPRT_FILE_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct mlprt_bytes {
    unsigned char *data;
    size_t size;
};

/* Reads a file to its end; "-" is standard input. Pipes and the like are read as they come.
 * Release with mlprt_bytes_free. Errors: MLPRT_IO, naming the path. */
enum mlprt_status mlprt_file_read(const char *path, struct mlprt_bytes *bytes,
                                  struct mlprt_error *e);
void mlprt_bytes_free(struct mlprt_bytes *bytes);
/* Memory for so many bytes of a file or from one, as malloc gives it, in large pages if it can. */
void *mlprt_bytes_allocate(size_t size);

/* Would two paths be one file, whether it is there or not? */
bool mlprt_file_same(const char *a, const char *b);

/* mlprt_fail with the file's name before the message: "-" is called standard input, a control
 * character becomes '?', and of a very long path only the end is shown, to leave the message room.
 */
enum mlprt_status mlprt_file_fail(struct mlprt_error *e, enum mlprt_status status, const char *path,
                                  const char *fmt, ...) MLPRT_PRINTF(4, 5);

/* Replaces the file at path as a whole: temporary file beside it, write, fsync, rename, fsync of
 * the directory. After a failure the old file is as it was and nothing is left over. An existing
 * file's permission bits are kept. Symbolic links are followed, also to a file that is not there
 * yet. What is no regular file (a device, a pipe) is written as it is.
 *
 *     struct mlprt_writer w;
 *     if (mlprt_writer_open(&w, path, e)) return …;
 *     mlprt_writer_put(&w, data, size);            errors are sticky …
 *     return mlprt_writer_commit(&w, e);           … and come out here
 */
struct mlprt_writer {
    char *path, *temporary; /* temporary: NULL where path itself is written */
    FILE *file;
    int error; /* errno of the first failure, 0 while all is well */
};
enum mlprt_status mlprt_writer_open(struct mlprt_writer *w, const char *path,
                                    struct mlprt_error *e);
void mlprt_writer_put(struct mlprt_writer *w, const void *data, size_t size);
enum mlprt_status mlprt_writer_commit(struct mlprt_writer *w, struct mlprt_error *e);
/* Gives the new file up; the old one stays. */
void mlprt_writer_abandon(struct mlprt_writer *w);

#endif
