/* Samples into a batch: converted to the element type and normalised on the way (normalize.h).
 *
 * One small function for each pair of stored and element type. Blocks of a constant length are what
 * makes gcc use vector instructions at -O2 already. */
#include "posix.h"

#include "normalize.h"
#include "param.h"

#include "data/format.h"

#include <string.h>

enum { GATHER_BLOCK = 16 /* elements: what a vector register of the least size holds as bytes */ };

/* One row, as normalize.h defines it. wide_type holds every number of from_type and of to_type. */
#define GATHER_DEFINE(name, from_type, wide_type, to_type)                                         \
    static void name(void *restrict out, const void *restrict in, size_t n,                        \
                     const struct mlprt_normalizer *normalizer)                                    \
    {                                                                                              \
        to_type *restrict to = out;                                                                \
        const from_type *restrict from = in;                                                       \
        const to_type scale = (to_type)normalizer->how.factor;                                     \
        const to_type *offset = normalizer->offset, *factor = normalizer->factor;                  \
        size_t i = 0;                                                                              \
        switch (normalizer->how.kind) {                                                            \
        case MLPRT_UNCHANGED:                                                                      \
            for (; i < n; i++)                                                                     \
                to[i] = (to_type)from[i];                                                          \
            break;                                                                                 \
        case MLPRT_SCALE:                                                                          \
            for (; n - i >= GATHER_BLOCK; i += GATHER_BLOCK)                                       \
                for (size_t k = 0; k < GATHER_BLOCK; k++)                                          \
                    to[i + k] = (to_type)from[i + k] * scale;                                      \
            for (; i < n; i++)                                                                     \
                to[i] = (to_type)from[i] * scale;                                                  \
            break;                                                                                 \
        case MLPRT_STANDARDIZE:                                                                    \
        case MLPRT_MINMAX:                                                                         \
            for (; n - i >= GATHER_BLOCK; i += GATHER_BLOCK)                                       \
                for (size_t k = 0; k < GATHER_BLOCK; k++)                                          \
                    to[i + k] = (to_type)((wide_type)from[i + k] - (wide_type)offset[i + k]) *     \
                                factor[i + k];                                                     \
            for (; i < n; i++)                                                                     \
                to[i] = (to_type)((wide_type)from[i] - (wide_type)offset[i]) * factor[i];          \
            break;                                                                                 \
        }                                                                                          \
    }

GATHER_DEFINE(gather_u8_f32, uint8_t, float, float)
GATHER_DEFINE(gather_i8_f32, int8_t, float, float)
GATHER_DEFINE(gather_i16_f32, int16_t, float, float)
GATHER_DEFINE(gather_i32_f32, int32_t, double, float)
GATHER_DEFINE(gather_f32_f32, float, float, float)
GATHER_DEFINE(gather_f64_f32, double, double, float)
GATHER_DEFINE(gather_u8_f64, uint8_t, double, double)
GATHER_DEFINE(gather_i8_f64, int8_t, double, double)
GATHER_DEFINE(gather_i16_f64, int16_t, double, double)
GATHER_DEFINE(gather_i32_f64, int32_t, double, double)
GATHER_DEFINE(gather_f32_f64, float, double, double)
GATHER_DEFINE(gather_f64_f64, double, double, double)
#undef GATHER_DEFINE

typedef void gather_row(void *restrict out, const void *restrict in, size_t n,
                        const struct mlprt_normalizer *normalizer);

static gather_row *const gather_rows[][2] = {
    [MLPRT_U8] = {[MLPRT_F32] = gather_u8_f32, [MLPRT_F64] = gather_u8_f64},
    [MLPRT_I8] = {[MLPRT_F32] = gather_i8_f32, [MLPRT_F64] = gather_i8_f64},
    [MLPRT_I16] = {[MLPRT_F32] = gather_i16_f32, [MLPRT_F64] = gather_i16_f64},
    [MLPRT_I32] = {[MLPRT_F32] = gather_i32_f32, [MLPRT_F64] = gather_i32_f64},
    [MLPRT_STORED_F32] = {[MLPRT_F32] = gather_f32_f32, [MLPRT_F64] = gather_f32_f64},
    [MLPRT_STORED_F64] = {[MLPRT_F32] = gather_f64_f32, [MLPRT_F64] = gather_f64_f64},
};

/* The rows of m that hold samples index[first … last-1] of d, to rows first … last-1, of stride
 * elements, at out. */
static void gather_matrix(const struct mlprt_dataset *d, const struct mlprt_matrix *m,
                          enum mlprt_element element, const struct mlprt_normalizer *normalizer,
                          const uint32_t *index, size_t first, size_t last, uint32_t stride,
                          unsigned char *out)
{
    gather_row *const row = gather_rows[m->stored][element];
    const size_t size = mlprt_element_size(element);
    const size_t row_size = m->columns * mlprt_stored_size(m->stored);
    const unsigned char *in = m->data;
    for (size_t i = first; i < last; i++) {
        unsigned char *to = out + i * stride * size;
        row(to, in + mlprt_dataset_row(d, index[i]) * row_size, m->columns, normalizer);
        memset(to + m->columns * size, 0, (stride - m->columns) * size);
    }
}

void mlprt_dataset_gather(const struct mlprt_dataset *d, const struct mlprt_model *model,
                          const struct mlprt_normalizers *normalizers, const uint32_t *index,
                          size_t first, size_t last, void *arena, uint32_t *label)
{
    const bool own_target = d->target.rows != 0;
    unsigned char *input = (unsigned char *)arena + model->input_offset;
    unsigned char *target = (unsigned char *)arena + model->target_offset;
    gather_matrix(d, &d->input, model->element, &normalizers->input, index, first, last,
                  model->input_stride, input);
    if (d->inputs_only)
        return;
    if (d->label)
        for (size_t i = first; i < last; i++)
            label[i] = d->label[mlprt_dataset_row(d, index[i])];
    else
        gather_matrix(d, own_target ? &d->target : &d->input, model->element,
                      own_target ? &normalizers->target : &normalizers->input, index, first, last,
                      model->target_stride, target);
}

void mlprt_matrix_row(const struct mlprt_matrix *m, uint32_t row, double *out)
{
    static const struct mlprt_normalizer unchanged = {.how.kind = MLPRT_UNCHANGED};
    const unsigned char *in = m->data;
    const size_t row_size = m->columns * mlprt_stored_size(m->stored);
    gather_rows[m->stored][MLPRT_F64](out, in + row * row_size, m->columns, &unchanged);
}
