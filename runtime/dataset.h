/* A split of the data in memory, and how samples of it get into a batch. Formats live in data/, one
 * file each. */
#ifndef MLPRT_DATASET_H
#define MLPRT_DATASET_H

#include "mlprt.h"
#include "sha256.h"
#include "status.h"

struct mlprt_normalizers; /* normalize.h */

/* Elements as the file stores them, in the machine's byte order; converted only when gathered. */
enum mlprt_stored { MLPRT_U8, MLPRT_I8, MLPRT_I16, MLPRT_I32, MLPRT_STORED_F32, MLPRT_STORED_F64 };

struct mlprt_matrix {
    enum mlprt_stored stored;
    uint32_t rows, columns;
    unsigned rank; /* dimensions where it comes from: columns are all but the first, flattened */
    void *data;    /* rows * columns elements */
    void *memory;  /* what to free: data may point into a file's bytes */
};

struct mlprt_dataset {
    uint32_t samples;
    uint32_t *index;            /* [samples]: the rows that hold them; NULL: all, in order */
    struct mlprt_matrix input;  /* [rows, input_size] */
    struct mlprt_matrix target; /* numbers: [rows, output_size]; rows == 0: the input is it */
    uint32_t *label;            /* classes: [rows]; else NULL */
    /* The files that they come from, as they were named; NULL where they stand in the program. */
    const char *input_file, *target_file;
    bool borrowed;                 /* matrices and labels are another split's, which outlives it */
    bool inputs_only;              /* no targets: gathering leaves those of the batch as they are */
    char sha256[MLPRT_SHA256_HEX]; /* over the uncompressed bytes of its files, in order; of a
                                      table over its numbers as little-endian doubles */
};

/* The row that holds a sample. */
static inline uint32_t mlprt_dataset_row(const struct mlprt_dataset *d, uint32_t sample)
{
    return d->index ? d->index[sample] : sample;
}

/* Loads what source describes, relative to directory (NULL: the current one), and checks it against
 * the model. paths replaces the source's paths in order (path_count of them; "-" is
 * standard input). Errors: MLPRT_IO, MLPRT_MISMATCH, each naming file and byte or row. */
enum mlprt_status mlprt_dataset_load(struct mlprt_dataset *d, const struct mlprt_model *model,
                                     const struct mlprt_source *source, const char *directory,
                                     const char *const *paths, size_t path_count,
                                     struct mlprt_error *e);
/* Loads inputs alone, from the file at path, in the format of source: IDX, where its rows stand in
 * the program. */
enum mlprt_status mlprt_dataset_load_inputs(struct mlprt_dataset *d,
                                            const struct mlprt_model *model,
                                            const struct mlprt_source *source, const char *path,
                                            struct mlprt_error *e);
void mlprt_dataset_free(struct mlprt_dataset *d);

/* Copies samples index[first … last-1] into the arena, converted to the element type and
 * normalised: inputs into the rows from `row` on, numeric targets into rows first … last-1, or
 * classes into those elements of label (may be NULL where targets are numbers). Columns between a
 * row's end and its stride become zeros; of a model that has series, whose samples share their
 * place with nothing, they stay the zeros that they are. */
void mlprt_dataset_gather(const struct mlprt_dataset *d, const struct mlprt_model *model,
                          const struct mlprt_normalizers *normalizers, const uint32_t *index,
                          size_t first, size_t last, size_t row, void *arena, uint32_t *label);

/* A row of a matrix as numbers: out[columns]. */
void mlprt_matrix_row(const struct mlprt_matrix *m, uint32_t row, double *out);
/* One of its numbers. */
double mlprt_matrix_number(const struct mlprt_matrix *m, uint32_t row, uint32_t column);

#endif
