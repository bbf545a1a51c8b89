/* Normalisation: fitting its constants to the training split, and undoing it. How it is applied
 * stands in gather.c. */
#include "posix.h"

#include "normalize.h"

#include "param.h"

#include <math.h>
#include <stdlib.h>

/* A matrix whose columns are fitted. */
struct fitting {
    struct mlprt_normalizer *n;
    const struct mlprt_model *model;
    const struct mlprt_dataset *train;
    const struct mlprt_matrix *matrix;
    const char *what;                            /* "input": for messages */
    double *row, *low, *high, *mean, *deviation; /* [columns]; one allocation */
};

static const double *fitting_row(const struct fitting *f, uint32_t sample)
{
    mlprt_matrix_row(f->matrix, mlprt_dataset_row(f->train, sample), f->row);
    return f->row;
}

struct mlprt_normalizers mlprt_normalizers_of(const struct mlprt_model *model)
{
    return (struct mlprt_normalizers){.input.how = model->normalize,
                                      .target.how = model->normalize_target};
}

void mlprt_normalizers_free(struct mlprt_normalizers *n)
{
    free(n->input.offset);
    free(n->target.offset);
    *n = (struct mlprt_normalizers){0};
}

bool mlprt_normalizer_fitted(const struct mlprt_normalizer *n)
{
    return n->how.kind == MLPRT_STANDARDIZE || n->how.kind == MLPRT_MINMAX;
}

/* Are there constants to be fitted yet? */
static bool is_open(const struct mlprt_normalizer *n)
{
    return mlprt_normalizer_fitted(n) && !n->columns;
}

bool mlprt_normalizers_ready(const struct mlprt_normalizers *n)
{
    return !is_open(&n->input) && !is_open(&n->target);
}

bool mlprt_normalizer_allocate(struct mlprt_normalizer *n, const struct mlprt_model *model,
                               uint32_t columns)
{
    const size_t size = columns * mlprt_element_size(model->element);
    unsigned char *constants = calloc(2, size);
    if (!constants)
        return false;
    free(n->offset);
    n->columns = columns;
    n->offset = constants;
    n->factor = constants + size;
    return true;
}

/* Fails with the first number of a column that is not finite. Where there is none, it is their sum
 * that is not. */
static enum mlprt_status fail_not_finite_in(const struct fitting *f, uint32_t column,
                                            struct mlprt_error *e)
{
    for (uint32_t i = 0; i < f->train->samples; i++) {
        const double x = fitting_row(f, i)[column];
        if (!isfinite(x))
            return mlprt_fail(e, MLPRT_MISMATCH,
                              "%s: %s %lu of row %lu (both counted from 0) is %g, and cannot be "
                              "normalized",
                              f->model->file, f->what, (unsigned long)column,
                              (unsigned long)mlprt_dataset_row(f->train, i), x);
    }
    return mlprt_fail(e, MLPRT_MISMATCH,
                      "%s: %s %lu (counted from 0) is too large to be normalized", f->model->file,
                      f->what, (unsigned long)column);
}

/* The least, the largest and the mean of every column. */
static enum mlprt_status fit_means(const struct fitting *f, struct mlprt_error *e)
{
    const uint32_t columns = f->matrix->columns, n = f->train->samples;
    for (uint32_t c = 0; c < columns; c++) {
        f->low[c] = INFINITY;
        f->high[c] = -INFINITY;
    }
    for (uint32_t i = 0; i < n; i++) {
        const double *x = fitting_row(f, i);
        for (uint32_t c = 0; c < columns; c++) {
            f->low[c] = x[c] < f->low[c] ? x[c] : f->low[c];
            f->high[c] = x[c] > f->high[c] ? x[c] : f->high[c];
            f->mean[c] += x[c];
        }
    }
    for (uint32_t c = 0; c < columns; c++) {
        if (!isfinite(f->mean[c]))
            return fail_not_finite_in(f, c, e);
        f->mean[c] /= n;
    }
    return MLPRT_OK;
}

static void fit_deviations(const struct fitting *f)
{
    const uint32_t columns = f->matrix->columns, n = f->train->samples;
    for (uint32_t i = 0; i < n; i++) {
        const double *x = fitting_row(f, i);
        for (uint32_t c = 0; c < columns; c++) {
            const double d = x[c] - f->mean[c];
            f->deviation[c] = fma(d, d, f->deviation[c]);
        }
    }
    for (uint32_t c = 0; c < columns; c++)
        f->deviation[c] = sqrt(f->deviation[c] / n);
}

static enum mlprt_status set_constants(const struct fitting *f, uint32_t c, struct mlprt_error *e)
{
    const bool minmax = f->n->how.kind == MLPRT_MINMAX;
    const double low = f->low[c], high = f->high[c];
    const double spread = minmax ? high - low : f->deviation[c];
    mlprt_arena_set(f->model, f->n->offset, 0, c, minmax || low == high ? low : f->mean[c]);
    mlprt_arena_set(f->model, f->n->factor, 0, c, low == high ? 0 : 1 / spread);
    const double offset = mlprt_arena_get(f->model, f->n->offset, 0, c);
    const double factor = mlprt_arena_get(f->model, f->n->factor, 0, c);
    if (isfinite(offset) && isfinite(factor) && (factor > 0 || low == high))
        return MLPRT_OK;
    return mlprt_fail(
        e, MLPRT_MISMATCH,
        "%s: %s %lu (counted from 0) is from %g to %g, and cannot be normalized in %s",
        f->model->file, f->what, (unsigned long)c, low, high,
        f->model->element == MLPRT_F32 ? "float" : "double");
}

static enum mlprt_status fit_matrix(struct fitting *f, struct mlprt_error *e)
{
    const uint32_t columns = f->matrix->columns;
    double *memory = calloc((size_t)columns * 5, sizeof *memory);
    if (!memory || !mlprt_normalizer_allocate(f->n, f->model, columns)) {
        free(memory);
        return mlprt_fail(e, MLPRT_IO, "%s: not enough memory to normalize", f->model->file);
    }
    f->row = memory;
    f->low = f->row + columns;
    f->high = f->low + columns;
    f->mean = f->high + columns;
    f->deviation = f->mean + columns;
    enum mlprt_status status = fit_means(f, e);
    if (!status && f->n->how.kind == MLPRT_STANDARDIZE)
        fit_deviations(f);
    for (uint32_t c = 0; !status && c < columns; c++)
        status = set_constants(f, c, e);
    free(memory);
    return status;
}

enum mlprt_status mlprt_normalizers_fit(struct mlprt_normalizers *n,
                                        const struct mlprt_model *model,
                                        const struct mlprt_dataset *train, struct mlprt_error *e)
{
    struct fitting input = {&n->input, model, train, &train->input, .what = "input"};
    struct fitting target = {&n->target, model, train, &train->target, .what = "target"};
    enum mlprt_status status = MLPRT_OK;
    if (is_open(&n->input))
        status = fit_matrix(&input, e);
    if (!status && is_open(&n->target))
        status = fit_matrix(&target, e);
    return status;
}

double mlprt_normalizer_undo(const struct mlprt_normalizer *n, const struct mlprt_model *model,
                             uint32_t column, double value)
{
    if (n->how.kind == MLPRT_UNCHANGED)
        return value;
    if (n->how.kind == MLPRT_SCALE)
        return value / (model->element == MLPRT_F32 ? (double)(float)n->how.factor : n->how.factor);
    const double offset = mlprt_arena_get(model, n->offset, 0, column);
    const double factor = mlprt_arena_get(model, n->factor, 0, column);
    return factor == 0 ? offset : value / factor + offset;
}
