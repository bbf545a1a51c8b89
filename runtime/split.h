/* The splits of a model's data: what is trained on, what validates it, what tests it.
 *
 * A split is a source of its own, or held out of the training source's samples: the test split is
 * drawn first, from all of them; the validation split from the rest; what is left is trained on.
 *
 * Of n samples a holdout takes k = fraction · n of them, rounded to the nearest, halves up. Without
 * shuffle these are the last k. Else the n samples, in order, are permuted (mlprt_permute; HOLDOUT
 * in mlprt/rng.h), and taken in this order as long as their class is wanted: of a class with m of
 * the n samples k · m / n are, rounded down, and those that lose most by it get one more, the lower
 * classes first among equals, until they are k. Numbers as targets are all of one class. Either
 * part keeps its samples in the order of the source. */
#ifndef MLPRT_SPLIT_H
#define MLPRT_SPLIT_H

#include "dataset.h"

/* A split that the model has not, or that is not wanted, may have no samples. */
struct mlprt_splits {
    struct mlprt_dataset train, validation, test;
    /* Of the data that trained weights depend on: the training source's; where validation has a
     * source of its own, over the hash of either, in hex. */
    char sha256[MLPRT_SHA256_HEX];
};

enum { /* sets of splits */
       MLPRT_WANT_TRAIN = 1,
       MLPRT_WANT_VALIDATION = 2,
       MLPRT_WANT_TEST = 4,
       MLPRT_WANT_ALL = MLPRT_WANT_TRAIN | MLPRT_WANT_VALIDATION | MLPRT_WANT_TEST
};

/* Loads the splits that are wanted, as mlprt_dataset_load does; paths replace the training
 * source's. Splits share what they come from. Errors: of mlprt_dataset_load; MLPRT_MISMATCH where a
 * split would have no samples. */
enum mlprt_status mlprt_splits_load(struct mlprt_splits *s, const struct mlprt_model *model,
                                    unsigned wanted, const char *directory,
                                    const char *const *paths, size_t path_count,
                                    struct mlprt_error *e);
void mlprt_splits_free(struct mlprt_splits *s);

/* Is the split a source of its own? */
static inline bool mlprt_split_has_source(const struct mlprt_source *split)
{
    return split->format != MLPRT_NO_SOURCE && split->format != MLPRT_HOLDOUT;
}

#endif
