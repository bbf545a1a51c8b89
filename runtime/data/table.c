/* Rows of numbers that stand in the .mlp file itself: first the inputs, then the class or the
 * outputs' numbers, or nothing where the input is the target. */
#include "posix.h"

#include "data/format.h"

#include <stdlib.h>
#include <string.h>

/* The hash is over little-endian doubles, on every machine. */
static void table_hash(const struct mlprt_source *s, struct mlprt_sha256 *sha256)
{
    const size_t n = (size_t)s->row_count * s->row_length;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &s->rows[i], sizeof bits);
        unsigned char bytes[sizeof bits];
        for (size_t k = 0; k < sizeof bits; k++)
            bytes[k] = (unsigned char)(bits >> (8 * k));
        mlprt_sha256_put(sha256, bytes, sizeof bytes);
    }
}

/* Copies columns first, first + 1, … of all rows into a matrix. */
static bool table_columns_take(struct mlprt_matrix *m, const struct mlprt_source *s, uint32_t first,
                               uint32_t columns)
{
    double *to = calloc((size_t)s->row_count * columns, sizeof *to);
    if (!to)
        return false;
    *m = (struct mlprt_matrix){
        .stored = MLPRT_STORED_F64,
        .rows = s->row_count,
        .columns = columns,
        .rank = 2,
        .data = to,
        .memory = to,
    };
    for (size_t i = 0; i < s->row_count; i++)
        memcpy(to + i * columns, s->rows + i * s->row_length + first, columns * sizeof *to);
    return true;
}

enum mlprt_status mlprt_table_load(struct mlprt_dataset *d, const struct mlprt_request *r,
                                   struct mlprt_error *e)
{
    const struct mlprt_source *s = r->source;
    const uint32_t inputs = r->model->input_size;
    const uint32_t targets = r->model->target == MLPRT_CLASS ? 1 : r->model->output_size;
    const bool input_is_target = s->row_length == inputs && r->model->target != MLPRT_CLASS;
    if (!input_is_target && s->row_length != (uint64_t)inputs + targets)
        return mlprt_file_fail(e, MLPRT_MISMATCH, r->input_path,
                               "the table's rows have %lu numbers; expected %lu inputs and %lu for "
                               "the target",
                               (unsigned long)s->row_length, (unsigned long)inputs,
                               (unsigned long)targets);
    table_hash(s, r->sha256);
    if (!table_columns_take(&d->input, s, 0, inputs) ||
        (!input_is_target && !table_columns_take(&d->target, s, inputs, targets)))
        return mlprt_file_fail(e, MLPRT_IO, r->input_path, "not enough memory for the table");
    return MLPRT_OK;
}
