/* Normalisation: what is done to inputs before a network sees them, and to targets that are numbers
 * before it learns them; and what of its outputs makes such numbers again.
 *
 *     scale(f)       x' = x · f                    both rounded to the element type first
 *     standardize    x' = (x - mean) · (1 / std)   of each column
 *     minmax         x' = (x - min) · (1 / (max - min))
 *
 * Mean, standard deviation, least and largest are those of the column over the training split: in
 * double, rows ascending, mean = Σx / n, std = √(Σ(x - mean)² / n), the squares added by fma.
 * offset = mean or min and factor = 1 / … are then rounded to the element type, once. The
 * difference is taken of the number as it is stored, in a type that holds it, and rounded to the
 * element type before it is multiplied: a large offset costs no digits. A column whose numbers are
 * all the same has factor 0 and becomes 0. */
#ifndef MLPRT_NORMALIZE_H
#define MLPRT_NORMALIZE_H

#include "dataset.h"

struct mlprt_normalizer {
    struct mlprt_normalize how;
    uint32_t columns; /* that constants are known of; 0: none are */
    void *offset;     /* [columns] elements; one allocation with factor */
    void *factor;
};

struct mlprt_normalizers {
    struct mlprt_normalizer input, target;
};

/* What the model says, its constants not known yet. */
struct mlprt_normalizers mlprt_normalizers_of(const struct mlprt_model *model);
void mlprt_normalizers_free(struct mlprt_normalizers *n);

/* Is it one of constants, which are fitted to data? */
bool mlprt_normalizer_fitted(const struct mlprt_normalizer *n);
/* Are all constants known that are needed? */
bool mlprt_normalizers_ready(const struct mlprt_normalizers *n);

/* Room for the constants of that many columns, zeros. False: no memory. */
bool mlprt_normalizer_allocate(struct mlprt_normalizer *n, const struct mlprt_model *model,
                               uint32_t columns);

/* Computes the constants that are not known from the training split. Errors: MLPRT_IO (no memory),
 * MLPRT_MISMATCH (numbers that are not finite, or that no constants of the element type fit). */
enum mlprt_status mlprt_normalizers_fit(struct mlprt_normalizers *n,
                                        const struct mlprt_model *model,
                                        const struct mlprt_dataset *train, struct mlprt_error *e);

/* x of an x' in a column: x' / factor + offset. */
double mlprt_normalizer_undo(const struct mlprt_normalizer *n, const struct mlprt_model *model,
                             uint32_t column, double value);

#endif
