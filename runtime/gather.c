/* Samples into a batch: converted to the element type and normalised on the way (normalize.h).
 *
 * One small function for each pair of stored and element type. Blocks of a constant length are what
 * makes gcc use vector instructions at -O2 already; where x86-64 has wider ones than every machine
 * of its kind, there is a second set of the same text. */
#include "posix.h"

#include "normalize.h"
#include "param.h"

#include "data/format.h"

#include <string.h>

enum {
    GATHER_BLOCK = 16, /* elements: what a vector register of the least size holds as bytes */
    GATHER_AHEAD = 2, /* rows that are asked for before their turn: they stand anywhere in memory */
    CACHE_LINE = 64   /* bytes */
};

/* One row, as normalize.h defines it. wide_type holds every number of from_type and of to_type. */
#define GATHER_DEFINE(name, attribute, from_type, wide_type, to_type)                              \
    attribute static void name(void *restrict out, const void *restrict in, size_t n,              \
                               const struct mlprt_normalizer *normalizer)                          \
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

#define GATHER_DEFINE_ALL(set, attribute)                                                          \
    GATHER_DEFINE(u8_f32_##set, attribute, uint8_t, float, float)                                  \
    GATHER_DEFINE(i8_f32_##set, attribute, int8_t, float, float)                                   \
    GATHER_DEFINE(i16_f32_##set, attribute, int16_t, float, float)                                 \
    GATHER_DEFINE(i32_f32_##set, attribute, int32_t, double, float)                                \
    GATHER_DEFINE(f32_f32_##set, attribute, float, float, float)                                   \
    GATHER_DEFINE(f64_f32_##set, attribute, double, double, float)                                 \
    GATHER_DEFINE(u8_f64_##set, attribute, uint8_t, double, double)                                \
    GATHER_DEFINE(i8_f64_##set, attribute, int8_t, double, double)                                 \
    GATHER_DEFINE(i16_f64_##set, attribute, int16_t, double, double)                               \
    GATHER_DEFINE(i32_f64_##set, attribute, int32_t, double, double)                               \
    GATHER_DEFINE(f32_f64_##set, attribute, float, double, double)                                 \
    GATHER_DEFINE(f64_f64_##set, attribute, double, double, double)                                \
    static gather_row *const gather_##set[][2] = {                                                 \
        [MLPRT_U8] = {[MLPRT_F32] = u8_f32_##set, [MLPRT_F64] = u8_f64_##set},                     \
        [MLPRT_I8] = {[MLPRT_F32] = i8_f32_##set, [MLPRT_F64] = i8_f64_##set},                     \
        [MLPRT_I16] = {[MLPRT_F32] = i16_f32_##set, [MLPRT_F64] = i16_f64_##set},                  \
        [MLPRT_I32] = {[MLPRT_F32] = i32_f32_##set, [MLPRT_F64] = i32_f64_##set},                  \
        [MLPRT_STORED_F32] = {[MLPRT_F32] = f32_f32_##set, [MLPRT_F64] = f32_f64_##set},           \
        [MLPRT_STORED_F64] = {[MLPRT_F32] = f64_f32_##set, [MLPRT_F64] = f64_f64_##set},           \
    };

typedef void gather_row(void *restrict out, const void *restrict in, size_t n,
                        const struct mlprt_normalizer *normalizer);

GATHER_DEFINE_ALL(plain, )
#if defined(__GNUC__) && defined(__x86_64__)
GATHER_DEFINE_ALL(avx2, __attribute__((target("avx2"))))
#endif
#undef GATHER_DEFINE_ALL
#undef GATHER_DEFINE

static gather_row *row_gatherer(enum mlprt_stored stored, enum mlprt_element element)
{
#if defined(__GNUC__) && defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return gather_avx2[stored][element];
#endif
    return gather_plain[stored][element];
}

static void prefetch(const unsigned char *p, size_t bytes)
{
#ifdef __GNUC__
    for (size_t i = 0; i < bytes; i += CACHE_LINE)
        __builtin_prefetch(p + i);
#else
    (void)p, (void)bytes;
#endif
}

/* The rows of m that hold samples index[first … last-1] of d, to rows of stride elements at out;
 * what is behind their columns is cleared, or left alone. */
static void gather_matrix(const struct mlprt_dataset *d, const struct mlprt_matrix *m,
                          enum mlprt_element element, const struct mlprt_normalizer *normalizer,
                          const uint32_t *index, size_t first, size_t last, uint32_t stride,
                          bool clear, unsigned char *out)
{
    gather_row *const row = row_gatherer(m->stored, element);
    const size_t size = mlprt_element_size(element);
    const size_t row_size = m->columns * mlprt_stored_size(m->stored);
    const unsigned char *in = m->data;
    for (size_t i = first; i < last; i++) {
        unsigned char *to = out + (i - first) * stride * size;
        if (i + GATHER_AHEAD < last)
            prefetch(in + mlprt_dataset_row(d, index[i + GATHER_AHEAD]) * row_size, row_size);
        row(to, in + mlprt_dataset_row(d, index[i]) * row_size, m->columns, normalizer);
        if (clear)
            memset(to + m->columns * size, 0, (stride - m->columns) * size);
    }
}

void mlprt_dataset_gather(const struct mlprt_dataset *d, const struct mlprt_model *model,
                          const struct mlprt_normalizers *normalizers, const uint32_t *index,
                          size_t first, size_t last, size_t row, void *arena, uint32_t *label)
{
    const bool own_target = d->target.rows != 0;
    const bool clear = model->run == 0; /* else their memory is never used for anything else */
    const size_t size = mlprt_element_size(model->element);
    unsigned char *input =
        (unsigned char *)arena + model->input_offset + row * model->input_stride * size;
    unsigned char *target =
        (unsigned char *)arena + model->target_offset + first * model->target_stride * size;
    gather_matrix(d, &d->input, model->element, &normalizers->input, index, first, last,
                  model->input_stride, clear, input);
    if (d->inputs_only)
        return;
    if (d->label)
        for (size_t i = first; i < last; i++)
            label[i] = d->label[mlprt_dataset_row(d, index[i])];
    else
        gather_matrix(d, own_target ? &d->target : &d->input, model->element,
                      own_target ? &normalizers->target : &normalizers->input, index, first, last,
                      model->target_stride, clear, target);
}

void mlprt_matrix_row(const struct mlprt_matrix *m, uint32_t row, double *out)
{
    static const struct mlprt_normalizer unchanged = {.how.kind = MLPRT_UNCHANGED};
    const unsigned char *in = m->data;
    const size_t row_size = m->columns * mlprt_stored_size(m->stored);
    row_gatherer(m->stored, MLPRT_F64)(out, in + row * row_size, m->columns, &unchanged);
}
