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
    GATHER_BLOCK = 16,     /* elements: what a vector register of the least size holds as bytes */
    GATHER_FEW = 4,        /* elements: and as floats; rows of a table are often no longer */
    GATHER_AHEAD = 2,      /* rows asked for before their turn: they stand anywhere in memory */
    GATHER_NEAR = 1 << 20, /* bytes of a matrix that no row is asked for of: a cache has it */
    CACHE_LINE = 64        /* bytes */
};

/* Rows of a matrix on their way into a batch. */
struct gather {
    const struct mlprt_dataset *data;
    const struct mlprt_matrix *matrix;
    const struct mlprt_normalizer *normalizer;
    const uint32_t *index; /* [rows] samples */
    size_t rows, stride;   /* elements from a row to the next in the batch */
    bool clear;            /* what is behind a row's columns there, or leave it alone */
};

typedef void gather_rows(const struct gather *g, void *restrict out);

static inline const void *gather_from(const struct gather *g, size_t row, size_t row_size)
{
    const unsigned char *in = g->matrix->data;
    return in + mlprt_dataset_row(g->data, g->index[row]) * row_size;
}

static inline void prefetch(const unsigned char *p, size_t bytes)
{
#ifdef __GNUC__
    for (size_t i = 0; i < bytes; i += CACHE_LINE)
        __builtin_prefetch(p + i);
#else
    (void)p, (void)bytes;
#endif
}

/* to[k] = element for the columns from i on, as many blocks of a length as there are: compilers
 * unroll those whose length they know. */
#define GATHER_BLOCKS(length, element)                                                             \
    for (; n - i >= (length); i += (length))                                                       \
        for (size_t in_block = 0; in_block < (length); in_block++) {                               \
            const size_t k = i + in_block;                                                         \
            to[k] = element;                                                                       \
        }

/* An element less its offset, in a type that holds both, by its factor. */
#define GATHER_FITTED(wide_type, to_type)                                                          \
    (to_type)((wide_type)from[k] - (wide_type)offset[k]) * factor[k]

/* The rows, as normalize.h defines them; unchanged are those scaled by 1, which needs no code of
 * its own. wide_type holds every number of from_type and of to_type. */
#define GATHER_DEFINE(name, attribute, from_type, wide_type, to_type)                              \
    attribute static inline void name##_row(to_type *restrict to, const from_type *restrict from,  \
                                            size_t n, const struct mlprt_normalizer *normalizer)   \
    {                                                                                              \
        const to_type *offset = normalizer->offset, *factor = normalizer->factor;                  \
        const enum mlprt_normalize_kind kind = normalizer->how.kind;                               \
        const to_type scale = kind == MLPRT_SCALE ? (to_type)normalizer->how.factor : 1;           \
        size_t i = 0;                                                                              \
        switch (kind) {                                                                            \
        case MLPRT_SCALE:                                                                          \
        case MLPRT_UNCHANGED:                                                                      \
            GATHER_BLOCKS(GATHER_BLOCK, (to_type)from[k] * scale)                                  \
            GATHER_BLOCKS(GATHER_FEW, (to_type)from[k] * scale)                                    \
            GATHER_BLOCKS(1, (to_type)from[k] * scale)                                             \
            break;                                                                                 \
        case MLPRT_STANDARDIZE:                                                                    \
        case MLPRT_MINMAX:                                                                         \
            GATHER_BLOCKS(GATHER_BLOCK, GATHER_FITTED(wide_type, to_type))                         \
            GATHER_BLOCKS(GATHER_FEW, GATHER_FITTED(wide_type, to_type))                           \
            GATHER_BLOCKS(1, GATHER_FITTED(wide_type, to_type))                                    \
            break;                                                                                 \
        }                                                                                          \
    }                                                                                              \
    attribute static void name(const struct gather *g, void *restrict out)                         \
    {                                                                                              \
        const size_t columns = g->matrix->columns, row_size = columns * sizeof(from_type);         \
        const bool far = g->matrix->rows * row_size > GATHER_NEAR;                                 \
        for (size_t r = 0; r < g->rows; r++) {                                                     \
            to_type *to = (to_type *)out + r * g->stride;                                          \
            if (far && r + GATHER_AHEAD < g->rows)                                                 \
                prefetch(gather_from(g, r + GATHER_AHEAD, row_size), row_size);                    \
            name##_row(to, gather_from(g, r, row_size), columns, g->normalizer);                   \
            if (g->clear)                                                                          \
                memset(to + columns, 0, (g->stride - columns) * sizeof(to_type));                  \
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
    static gather_rows *const gather_##set[][2] = {                                                \
        [MLPRT_U8] = {[MLPRT_F32] = u8_f32_##set, [MLPRT_F64] = u8_f64_##set},                     \
        [MLPRT_I8] = {[MLPRT_F32] = i8_f32_##set, [MLPRT_F64] = i8_f64_##set},                     \
        [MLPRT_I16] = {[MLPRT_F32] = i16_f32_##set, [MLPRT_F64] = i16_f64_##set},                  \
        [MLPRT_I32] = {[MLPRT_F32] = i32_f32_##set, [MLPRT_F64] = i32_f64_##set},                  \
        [MLPRT_STORED_F32] = {[MLPRT_F32] = f32_f32_##set, [MLPRT_F64] = f32_f64_##set},           \
        [MLPRT_STORED_F64] = {[MLPRT_F32] = f64_f32_##set, [MLPRT_F64] = f64_f64_##set},           \
    };

GATHER_DEFINE_ALL(plain, )
#if defined(__GNUC__) && defined(__x86_64__)
GATHER_DEFINE_ALL(avx2, __attribute__((target("avx2"))))
#endif
#undef GATHER_DEFINE_ALL
#undef GATHER_DEFINE
#undef GATHER_FITTED
#undef GATHER_BLOCKS

static void gather(const struct gather *g, enum mlprt_element element, void *out)
{
    gather_rows *rows = gather_plain[g->matrix->stored][element];
#if defined(__GNUC__) && defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        rows = gather_avx2[g->matrix->stored][element];
#endif
    rows(g, out);
}

void mlprt_dataset_gather(const struct mlprt_dataset *d, const struct mlprt_model *model,
                          const struct mlprt_normalizers *normalizers, const uint32_t *index,
                          size_t first, size_t last, size_t row, void *arena, uint32_t *label)
{
    const size_t size = mlprt_element_size(model->element);
    unsigned char *input =
        (unsigned char *)arena + model->input_offset + row * model->input_stride * size;
    unsigned char *target =
        (unsigned char *)arena + model->target_offset + first * model->target_stride * size;
    const struct gather inputs = {
        .data = d,
        .matrix = &d->input,
        .normalizer = &normalizers->input,
        .index = index + first,
        .rows = last - first,
        .stride = model->input_stride,
        .clear = model->series == 0, /* else their memory is never used for anything else */
    };
    struct gather targets = inputs;
    targets.stride = model->target_stride;
    if (d->target.rows) {
        targets.matrix = &d->target;
        targets.normalizer = &normalizers->target;
    }
    gather(&inputs, model->element, input);
    if (d->inputs_only)
        return;
    if (d->label)
        for (size_t i = first; i < last; i++)
            label[i] = d->label[mlprt_dataset_row(d, index[i])];
    else
        gather(&targets, model->element, target);
}

void mlprt_matrix_row(const struct mlprt_matrix *m, uint32_t row, double *out)
{
    static const struct mlprt_normalizer unchanged = {.how.kind = MLPRT_UNCHANGED};
    static const struct mlprt_dataset whole = {.index = NULL};
    const struct gather g = {.data = &whole,
                             .matrix = m,
                             .normalizer = &unchanged,
                             .index = &row,
                             .rows = 1,
                             .stride = m->columns};
    gather(&g, MLPRT_F64, out);
}
