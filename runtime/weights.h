/* Weights files: safetensors, read strictly and written so that equal weights are equal bytes. */
#ifndef MLPRT_WEIGHTS_H
#define MLPRT_WEIGHTS_H

#include "mlprt.h"
#include "normalize.h"
#include "status.h"
#include "tensors.h"

#include <stdio.h>

/* What made the weights; recorded in __metadata__. */
struct mlprt_run {
    double lr;
    uint32_t epochs; /* finished ones */
    uint32_t steps;  /* updates; more than those of the epochs where a signal ended the run */
    uint64_t seed;
    const char *data_sha256;
    const struct mlprt_normalizers *normalizers; /* may be NULL where they need no constants */
};

/* What a weights file is written from; a checkpoint is one with more tensors and entries. */
struct mlprt_contents {
    const struct mlprt_model *model;
    const struct mlprt_run *run;
    const struct mlprt_entry {
        const char *key, *value;
    } * entries; /* of __metadata__, behind those that every weights file has */
    size_t entry_count;
    const struct mlprt_held *held; /* in the file's order */
    size_t held_count;
};

/* Writes the file, atomically; the data starts at a multiple of MLPRT_ALIGN bytes. */
enum mlprt_status mlprt_contents_write(const struct mlprt_contents *c, const char *path,
                                       struct mlprt_error *e);

/* Writes the parameters in the arena to path, atomically: tensors in model order as [units, depth]
 * or [units], little-endian, the first at a multiple of MLPRT_ALIGN bytes. The keys of __metadata__
 * are, in this order:
 *
 *     format       "mlpgen 1": raised when what is below changes its meaning
 *     model        the model's name
 *     model_hash   SHA-256 of the model's identity
 *     normalize …  normalisation and class names: constants.h
 *     program      the resolved program, its lines ended by newlines
 *     lr, epochs, steps, seed   as run; numbers are the shortest decimals that read back the same
 *     data_sha256  SHA-256 of the data: struct mlprt_splits
 *
 * Equal weights of equal runs are equal bytes. */
enum mlprt_status mlprt_weights_save(const struct mlprt_model *model, const void *arena,
                                     const struct mlprt_run *run, const char *path,
                                     struct mlprt_error *e);

enum mlprt_match {
    MLPRT_MATCH_ALL,    /* exactly the model's tensors, in no newer format; its hash, where the file
                           has one */
    MLPRT_MATCH_BY_NAME /* those that the file has by name; see taken[] */
};

/* Reads a weights file into the arena's parameters. With MATCH_BY_NAME taken[i] (param_count
 * entries) says which parameters came from the file; the others are left as they are; another shape
 * under the same name, a frozen parameter that the file lacks, or no match at all is an error, and
 * tensors that the model does not know are passed over. With MATCH_ALL taken may be NULL.
 * The normalizers, unless NULL, take the constants that the file has. On an error the arena and
 * taken are untouched. Errors: MLPRT_IO (no safetensors file), MLPRT_MISMATCH (one that does not
 * fit the model, or holds NaN or infinities). */
enum mlprt_status mlprt_weights_load(const struct mlprt_model *model, void *arena,
                                     struct mlprt_normalizers *normalizers, const char *path,
                                     enum mlprt_match match, bool *taken, struct mlprt_error *e);

/* The format of another maker, or none, says nothing; of mlpgen's own there is none before this. */
enum mlprt_status mlprt_weights_match_format(const struct mlprt_safetensors *file,
                                             struct mlprt_error *e);
/* Is the model's hash that of the file, where the file has one? */
enum mlprt_status mlprt_weights_match_hash(const struct mlprt_model *model,
                                           const struct mlprt_safetensors *file,
                                           struct mlprt_error *e);

enum { MLPRT_DECIMAL = 32 }; /* bytes of a printed double: 17 digits, sign, point, exponent */
/* The shortest decimal that reads back the same. A generated program never calls setlocale, so the
 * point is a point. */
const char *mlprt_decimal(double value, char text[MLPRT_DECIMAL]);

/* Prints what a safetensors file holds, of whatever model: its tensors with dtype and shape, then
 * its metadata. Errors: MLPRT_IO; nothing has been printed then. */
enum mlprt_status mlprt_weights_describe(const char *path, FILE *out, struct mlprt_error *e);

#endif
