/* Weights files: safetensors, read strictly and written so that equal weights are equal bytes. */
#ifndef MLPRT_WEIGHTS_H
#define MLPRT_WEIGHTS_H

#include "mlprt.h"
#include "status.h"

/* What made the weights; recorded in __metadata__. */
struct mlprt_run {
    double lr;
    uint32_t epochs; /* finished ones */
    uint64_t seed;
    const char *data_sha256;
};

/* Writes the parameters in the arena to path, atomically: tensors in model order as [units, depth]
 * or [units], little-endian; metadata keys in a fixed order. */
enum mlprt_status mlprt_weights_save(const struct mlprt_model *model, const void *arena,
                                     const struct mlprt_run *run, const char *path,
                                     struct mlprt_error *e);

enum mlprt_match {
    MLPRT_MATCH_ALL,   /* exactly the model's tensors, and its hash where the file has one */
    MLPRT_MATCH_BY_NAME /* those that the file has by name; see taken[] */
};

/* Reads a weights file into the arena's parameters. With MATCH_BY_NAME taken[i] (param_count
 * entries) says which parameters came from the file; the others are left as they are; another shape
 * under the same name, a frozen parameter that the file lacks, or no match at all is an error.
 * On an error the arena is untouched. Errors: MLPRT_IO, MLPRT_MISMATCH. */
enum mlprt_status mlprt_weights_load(const struct mlprt_model *model, void *arena, const char *path,
                                     enum mlprt_match match, bool *taken, struct mlprt_error *e);

#endif
