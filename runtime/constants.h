/* What of a model's data stands in the metadata of a weights file: how numbers are normalised, by
 * which constants, and what the classes are called.
 *
 *     normalize                 "none", "scale(F)", "standardize" or "minmax"
 *     normalize_offset, normalize_factor   of the last two, for each input: [0.5, 2, …]
 *     normalize_target, normalize_target_offset, normalize_target_factor   the same of targets
 *     classes                   ["shirt", …], where they have names
 *
 * Lists are JSON in a string, numbers the shortest decimals that read back the same. */
#ifndef MLPRT_CONSTANTS_H
#define MLPRT_CONSTANTS_H

#include "normalize.h"
#include "safetensors.h"

/* Puts the entries, each behind a comma. normalizers may be NULL where they need no constants. */
void mlprt_constants_put(const struct mlprt_model *model,
                         const struct mlprt_normalizers *normalizers, struct mlprt_json_out *out);

/* Takes the constants that the normalizers need and the file has. Errors: MLPRT_MISMATCH (they do
 * not fit the model); MLPRT_IO (no memory). What was taken before stays. */
enum mlprt_status mlprt_constants_take(const struct mlprt_model *model,
                                       const struct mlprt_safetensors *file,
                                       struct mlprt_normalizers *normalizers,
                                       struct mlprt_error *e);

#endif
