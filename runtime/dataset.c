/* Loading a data set: finds its files, has its format read them, checks what came against the
 * model. How samples get into a batch stands in gather.c. */
#include "posix.h"

#include "dataset.h"

#include "data/format.h"
#include "gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOURCE_FILES = 2 /* at most: inputs and targets */ };

static mlprt_format_load *const dataset_formats[] = {
    [MLPRT_IDX] = mlprt_idx_load,
    [MLPRT_TABLE] = mlprt_table_load,
};

enum mlprt_status mlprt_source_read(const char *path, struct mlprt_bytes *bytes,
                                    struct mlprt_sha256 *sha256, struct mlprt_error *e)
{
    enum mlprt_status status = mlprt_file_read(path, bytes, e);
    if (status == MLPRT_OK && mlprt_gzip_is(bytes))
        status = mlprt_gzip_inflate(path, bytes, e);
    if (status == MLPRT_OK)
        mlprt_sha256_put(sha256, bytes->data, bytes->size);
    return status;
}

static void matrix_free(struct mlprt_matrix *m)
{
    free(m->memory);
    *m = (struct mlprt_matrix){0};
}

void mlprt_dataset_free(struct mlprt_dataset *d)
{
    if (!d->borrowed) {
        matrix_free(&d->input);
        matrix_free(&d->target);
        free(d->label);
    }
    free(d->index);
    *d = (struct mlprt_dataset){0};
}

double mlprt_matrix_number(const struct mlprt_matrix *m, uint32_t row, uint32_t column)
{
    const size_t i = (size_t)row * m->columns + column;
    switch (m->stored) {
    case MLPRT_U8: return ((const uint8_t *)m->data)[i];
    case MLPRT_I8: return ((const int8_t *)m->data)[i];
    case MLPRT_I16: return ((const int16_t *)m->data)[i];
    case MLPRT_I32: return ((const int32_t *)m->data)[i];
    case MLPRT_STORED_F32: return (double)((const float *)m->data)[i];
    case MLPRT_STORED_F64: break;
    }
    return ((const double *)m->data)[i];
}

/* Turns the target matrix into labels: whole numbers below the model's output size. */
static enum mlprt_status labels_take(struct mlprt_dataset *d, const struct mlprt_request *r,
                                     struct mlprt_error *e)
{
    const uint32_t classes = r->model->output_size;
    d->label = calloc(d->samples, sizeof *d->label);
    if (!d->label)
        return mlprt_file_fail(e, MLPRT_IO, r->target_path, "not enough memory for its labels");
    for (uint32_t i = 0; i < d->samples; i++) {
        const double x = mlprt_matrix_number(&d->target, i, 0);
        const bool in_range = x >= 0 && x < classes; /* false for NaN */
        if (!in_range || (double)(uint32_t)x != x)
            return mlprt_file_fail(e, MLPRT_MISMATCH, r->target_path,
                                   "sample %lu (counted from 0) has label %.9g; expected a whole "
                                   "number from 0 to %lu",
                                   (unsigned long)i, x, (unsigned long)classes - 1);
        d->label[i] = (uint32_t)x;
    }
    matrix_free(&d->target);
    return MLPRT_OK;
}

/* Targets of outputs that are log-odds: 0 and 1, or the input as it will be normalised. That of
 * minmax is in range where it is fitted. */
static enum mlprt_status binary_check(const struct mlprt_dataset *d, const struct mlprt_request *r,
                                      struct mlprt_error *e)
{
    const struct mlprt_normalize *how = &r->model->normalize;
    const bool own = d->target.rows != 0;
    const struct mlprt_matrix *m = own ? &d->target : &d->input;
    const double scale = !own && how->kind == MLPRT_SCALE ? how->factor : 1;
    const double most = 1 + 1e-6; /* 255 · (1 / 255), rounded */
    if (!own && how->kind != MLPRT_SCALE && how->kind != MLPRT_UNCHANGED)
        return MLPRT_OK;
    for (uint32_t i = 0; i < m->rows; i++)
        for (uint32_t j = 0; j < m->columns; j++) {
            const double x = mlprt_matrix_number(m, i, j) * scale;
            if (own ? x == 0 || x == 1 : x >= 0 && x <= most)
                continue;
            return mlprt_file_fail(e, MLPRT_MISMATCH, own ? r->target_path : r->input_path,
                                   "target %lu of sample %lu (both counted from 0) is %.9g; "
                                   "expected %s",
                                   (unsigned long)j, (unsigned long)i, x,
                                   own ? "0 or 1" : "a number from 0 to 1: normalize the input");
        }
    return MLPRT_OK;
}

static enum mlprt_status target_check(struct mlprt_dataset *d, const struct mlprt_request *r,
                                      struct mlprt_error *e)
{
    const struct mlprt_model *model = r->model;
    const uint32_t expected = model->target == MLPRT_CLASS ? 1 : model->output_size;
    if (d->target.rows != d->samples)
        return mlprt_file_fail(e, MLPRT_MISMATCH, r->target_path,
                               "%lu targets for %lu samples of input",
                               (unsigned long)d->target.rows, (unsigned long)d->samples);
    if (d->target.columns != expected)
        return mlprt_file_fail(e, MLPRT_MISMATCH, r->target_path,
                               "%lu numbers a sample; the model's target is %lu%s",
                               (unsigned long)d->target.columns, (unsigned long)expected,
                               model->target == MLPRT_CLASS ? ", the class" : "");
    if (model->target == MLPRT_CLASS && d->target.rank > 2)
        return mlprt_file_fail(e, MLPRT_MISMATCH, r->target_path,
                               "%u dimensions; class labels have 1, or 2 with the second 1",
                               d->target.rank);
    switch (model->target) {
    case MLPRT_CLASS: return labels_take(d, r, e);
    case MLPRT_BINARY: return binary_check(d, r, e);
    case MLPRT_NUMBERS: break;
    }
    return MLPRT_OK;
}

static enum mlprt_status dataset_check(struct mlprt_dataset *d, const struct mlprt_request *r,
                                       struct mlprt_error *e)
{
    const struct mlprt_model *model = r->model;
    d->samples = d->input.rows;
    if (d->samples == 0)
        return mlprt_file_fail(e, MLPRT_MISMATCH, r->input_path, "no samples; expected 1 at least");
    if (d->input.columns != model->input_size)
        return mlprt_file_fail(e, MLPRT_MISMATCH, r->input_path,
                               "%lu numbers a sample; the model's input is %lu",
                               (unsigned long)d->input.columns, (unsigned long)model->input_size);
    if (d->inputs_only)
        return MLPRT_OK;
    if (d->target.rows)
        return target_check(d, r, e);
    if (model->target == MLPRT_CLASS || model->output_size != model->input_size)
        return mlprt_file_fail(e, MLPRT_MISMATCH, r->input_path,
                               "cannot be its own target: the model has %lu inputs and %lu %s",
                               (unsigned long)model->input_size, (unsigned long)model->output_size,
                               model->target == MLPRT_CLASS ? "classes" : "outputs");
    return model->target == MLPRT_BINARY ? binary_check(d, r, e) : MLPRT_OK;
}

/* Where a path of the .mlp file leads: relative ones start from directory. Released by the caller.
 */
static char *source_path(const char *directory, const char *path)
{
    if (!directory || !*directory || *path == '/')
        return strdup(path);
    const size_t length = strlen(directory), size = length + strlen(path) + 2;
    char *joined = malloc(size);
    if (joined)
        snprintf(joined, size, "%s%s%s", directory, directory[length - 1] == '/' ? "" : "/", path);
    return joined;
}

static enum mlprt_status dataset_read(struct mlprt_dataset *d, struct mlprt_request *r,
                                      struct mlprt_error *e)
{
    mlprt_sha256_start(r->sha256);
    enum mlprt_status status = dataset_formats[r->source->format](d, r, e);
    if (status == MLPRT_OK)
        status = dataset_check(d, r, e);
    if (status == MLPRT_OK)
        mlprt_sha256_finish(r->sha256, d->sha256);
    else
        mlprt_dataset_free(d);
    return status;
}

static bool is_missing(const char *path)
{
    return access(path, F_OK) != 0 && errno == ENOENT;
}

/* The first missing file of a split, if the model names it: says where it was looked for. */
static void tell_missing(const struct mlprt_model *model, char *const *file, size_t named,
                         size_t count, struct mlprt_error *e)
{
    size_t i = 0;
    while (i < count && !is_missing(file[i]))
        i++;
    if (named <= i && i < count && *file[i] != '/')
        mlprt_fail(e, MLPRT_IO,
                   "%s: no such file in the current directory; --data DIR says where the paths in "
                   "%s start",
                   file[i], model->file);
}

static enum mlprt_status refuse_file(const char *path, struct mlprt_error *e)
{
    return mlprt_fail(e, MLPRT_USAGE, "%s: the data stands in the program and takes no FILE", path);
}

enum mlprt_status mlprt_dataset_load(struct mlprt_dataset *d, const struct mlprt_model *model,
                                     const struct mlprt_source *source, const char *directory,
                                     const char *const *paths, size_t path_count,
                                     struct mlprt_error *e)
{
    *d = (struct mlprt_dataset){0};
    if (source->format == MLPRT_NO_SOURCE)
        return mlprt_fail(e, MLPRT_MISMATCH, "%s: no data is named for this split", model->file);
    const char *named[SOURCE_FILES] = {source->input_path, source->target_path};
    const size_t count = named[0] ? named[1] ? 2 : 1 : 0;
    if (path_count && !count)
        return refuse_file(paths[0], e);
    if (path_count > count)
        return mlprt_fail(e, MLPRT_USAGE, "%s: a FILE too many; the data of this split has %zu",
                          paths[count], count);
    char *file[SOURCE_FILES] = {0};
    bool complete = true;
    for (size_t i = 0; i < count; i++) {
        file[i] = i < path_count ? strdup(paths[i]) : source_path(directory, named[i]);
        complete = complete && file[i];
    }
    struct mlprt_sha256 sha256;
    struct mlprt_request r = {.model = model, .source = source, .sha256 = &sha256};
    r.input_path = count ? file[0] : model->file;
    r.target_path = count ? file[1] : model->file;
    enum mlprt_status status;
    if (!complete)
        status = mlprt_fail(e, MLPRT_IO, "%s: not enough memory", model->file);
    else if (count == 2 && strcmp(file[0], "-") == 0 && strcmp(file[1], "-") == 0)
        status = mlprt_fail(e, MLPRT_USAGE,
                            "standard input cannot be read twice: '-' for both "
                            "the inputs and the targets");
    else
        status = dataset_read(d, &r, e);
    if (status == MLPRT_IO && complete && !directory)
        tell_missing(model, file, path_count, count, e);
    d->input_file = path_count > 0 ? paths[0] : named[0];
    d->target_file = count < 2 ? d->input_file : path_count > 1 ? paths[1] : named[1];
    for (size_t i = 0; i < count; i++)
        free(file[i]);
    return status;
}

enum mlprt_status mlprt_dataset_load_inputs(struct mlprt_dataset *d,
                                            const struct mlprt_model *model,
                                            const struct mlprt_source *source, const char *path,
                                            struct mlprt_error *e)
{
    static const struct mlprt_source idx = {.format = MLPRT_IDX}; /* beside rows in the program */
    struct mlprt_sha256 sha256;
    struct mlprt_request r = {.model = model,
                              .source = source->input_path ? source : &idx,
                              .input_path = path,
                              .sha256 = &sha256};

    *d = (struct mlprt_dataset){.inputs_only = true};
    const enum mlprt_status status = dataset_read(d, &r, e);
    d->input_file = d->target_file = path;
    return status;
}
