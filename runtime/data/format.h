/* Between dataset.c and the formats: a format reads what the source holds and checks that it is
 * whole; dataset.c checks that it fits the model. */
#ifndef MLPRT_DATA_FORMAT_H
#define MLPRT_DATA_FORMAT_H

#include "dataset.h"
#include "file.h"

/* What is to be read. */
struct mlprt_request {
    const struct mlprt_model *model;
    const struct mlprt_source *source;
    /* The files to open, or for messages only the .mlp file where the data stands in it.
     * target_path NULL: no file of its own for the targets. */
    const char *input_path, *target_path;
    struct mlprt_sha256 *sha256; /* takes the data's bytes, uncompressed and in order */
};

/* Formats fill d->input and d->target, elements as they are stored; classes too, as numbers.
 * d->target.rows stays 0 where the input is the target. Whatever comes of it, the caller releases
 * d. Errors: MLPRT_IO for a file that is damaged, MLPRT_MISMATCH for one that does not fit. */
typedef enum mlprt_status mlprt_format_load(struct mlprt_dataset *d, const struct mlprt_request *r,
                                            struct mlprt_error *e);
mlprt_format_load mlprt_idx_load, mlprt_table_load;

/* Reads a whole file, decompressed where its content is gzip's, and hashes its bytes. */
enum mlprt_status mlprt_source_read(const char *path, struct mlprt_bytes *bytes,
                                    struct mlprt_sha256 *sha256, struct mlprt_error *e);

static inline size_t mlprt_stored_size(enum mlprt_stored stored)
{
    static const unsigned char size[] = {1, 1, 2, 4, 4, 8};
    return size[stored];
}

#endif
