/* The safetensors format (github.com/huggingface/safetensors): 8 bytes of header length,
 * little-endian; a JSON header {"__metadata__": {key: string}, name: {"dtype", "shape",
 * "data_offsets": [begin, end]}}, padded by white space; the data, which the tensors cover without
 * overlap or hole. Says whether a file is one; what a model needs is weights.c's. */
#ifndef MLPRT_SAFETENSORS_H
#define MLPRT_SAFETENSORS_H

#include "file.h"
#include "json.h"
#include "status.h"

struct mlprt_dtype {
    const char *name; /* "F32" */
    unsigned size;    /* bytes of an element */
};

struct mlprt_tensor {
    struct mlprt_text name; /* first: the index points here */
    const struct mlprt_dtype *dtype;
    size_t shape, rank;  /* its lengths are dims[shape … shape+rank-1] */
    uint64_t begin, end; /* bytes of the data */
};

struct mlprt_metadata {
    struct mlprt_text key; /* first: the index points here */
    struct mlprt_text value;
};

struct mlprt_safetensors {
    const char *path;
    struct mlprt_bytes bytes;    /* the whole file; texts point into it */
    const unsigned char *data;   /* behind the header */
    struct mlprt_tensor *tensor; /* in the data's order */
    size_t tensor_count;
    struct mlprt_metadata *metadata; /* in the file's order */
    size_t metadata_count;
    uint64_t *dims;
    size_t dim_count;
    const struct mlprt_text **tensor_index, **metadata_index; /* by name */
};

/* Reads path and checks everything that the format asks for. The path must outlive *s; close it
 * after success only. Errors: MLPRT_IO, naming byte or tensor. */
enum mlprt_status mlprt_safetensors_open(struct mlprt_safetensors *s, const char *path,
                                         struct mlprt_error *e);
void mlprt_safetensors_close(struct mlprt_safetensors *s);

/* NULL where the file has none of that name. */
const struct mlprt_tensor *mlprt_safetensors_tensor(const struct mlprt_safetensors *s,
                                                    const char *name);
const struct mlprt_text *mlprt_safetensors_metadata(const struct mlprt_safetensors *s,
                                                    const char *key);

enum { MLPRT_SHAPE_TEXT = 128 }; /* bytes of a printed shape, with the NUL */

/* "[256, 784]", cut where long. */
const char *mlprt_shape_print(const uint64_t *dims, size_t rank, char text[MLPRT_SHAPE_TEXT]);

#endif
