/* Tensors laid out like parameters: their place in a safetensors file, written and read. Files hold
 * rows, [units, depth], little-endian; memory holds panels (struct mlprt_param). */
#ifndef MLPRT_TENSORS_H
#define MLPRT_TENSORS_H

#include "mlprt.h"
#include "safetensors.h"

/* A tensor in memory that stands in a file. */
struct mlprt_held {
    const char *name;               /* its key in the file */
    const struct mlprt_param *like; /* the parameter whose shape and layout it has */
    void *at;                       /* its elements; only read where a file is written */
    bool finite;                    /* must its elements be finite numbers? */
};

/* Its entry in the header, behind a comma; *offset is where its bytes start, and then where they
 * end. */
void mlprt_held_put_entry(const struct mlprt_held *h, const struct mlprt_model *model,
                          uint64_t *offset, struct mlprt_json_out *out);
void mlprt_held_put_data(const struct mlprt_held *h, const struct mlprt_model *model,
                         struct mlprt_writer *w);

/* Has the file's tensor t the dtype and shape, and finite numbers where they must be? Errors:
 * MLPRT_MISMATCH. */
enum mlprt_status mlprt_held_match(const struct mlprt_held *h, const struct mlprt_model *model,
                                   const struct mlprt_safetensors *file,
                                   const struct mlprt_tensor *t, struct mlprt_error *e);
/* Fails because the file has no such tensor; because says why that is wrong, or is empty. */
enum mlprt_status mlprt_held_lacks(const struct mlprt_held *h, const struct mlprt_model *model,
                                   const struct mlprt_safetensors *file, const char *because,
                                   struct mlprt_error *e);
/* Takes the elements of t, which matches; the columns beyond the last unit become zeros. */
void mlprt_held_copy(const struct mlprt_held *h, const struct mlprt_model *model,
                     const struct mlprt_safetensors *file, const struct mlprt_tensor *t);

/* Fails if the file has a tensor that is none of found[0 … count-1]. */
enum mlprt_status mlprt_held_nothing_else(const struct mlprt_model *model,
                                          const struct mlprt_safetensors *file,
                                          const struct mlprt_tensor *const *found, size_t count,
                                          struct mlprt_error *e);

#endif
