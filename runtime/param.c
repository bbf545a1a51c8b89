/* Elements of parameters, one at a time, and the values they start from. */
#include "posix.h"

#include "normal.h"
#include "param.h"

#include <string.h>

double mlprt_arena_get(const struct mlprt_model *model, const void *arena, size_t offset, size_t i)
{
    const void *array = (const unsigned char *)arena + offset;
    return model->element == MLPRT_F32 ? (double)((const float *)array)[i]
                                       : ((const double *)array)[i];
}

void mlprt_arena_set(const struct mlprt_model *model, void *arena, size_t offset, size_t i,
                     double value)
{
    void *array = (unsigned char *)arena + offset;
    if (model->element == MLPRT_F32) {
        ((float *)array)[i] = (float)value;
    } else {
        ((double *)array)[i] = value;
    }
}

size_t mlprt_param_bytes(const struct mlprt_model *model, const struct mlprt_param *p)
{
    return mlprt_param_stored(p) * mlprt_element_size(model->element);
}

size_t mlprt_params_offset(const struct mlprt_model *model, size_t i)
{
    size_t offset = 0;
    for (const struct mlprt_param *p = model->params; p < model->params + i; p++)
        offset += mlprt_param_bytes(model, p);
    return offset;
}

size_t mlprt_params_size(const struct mlprt_model *model)
{
    return mlprt_params_offset(model, model->param_count);
}

void mlprt_params_keep(const struct mlprt_model *model, const void *arena, void *copy)
{
    unsigned char *to = copy;
    for (const struct mlprt_param *p = model->params; p < model->params + model->param_count; p++) {
        memcpy(to, (const unsigned char *)arena + p->offset, mlprt_param_bytes(model, p));
        to += mlprt_param_bytes(model, p);
    }
}

void mlprt_params_restore(const struct mlprt_model *model, void *arena, const void *copy)
{
    const unsigned char *from = copy;
    for (const struct mlprt_param *p = model->params; p < model->params + model->param_count; p++) {
        memcpy((unsigned char *)arena + p->offset, from, mlprt_param_bytes(model, p));
        from += mlprt_param_bytes(model, p);
    }
}

/* Copies one tensor between the arena and a copy; returns where the copy goes on. */
static unsigned char *tensor_copy(const struct mlprt_model *model, const struct mlprt_param *p,
                                  unsigned char *in_arena, unsigned char *in_copy, bool restore)
{
    const size_t size = mlprt_param_bytes(model, p);
    memcpy(restore ? in_arena : in_copy, restore ? in_copy : in_arena, size);
    return in_copy + size;
}

static void trained_copy(const struct mlprt_model *model, unsigned char *arena, unsigned char *copy,
                         bool restore)
{
    for (const struct mlprt_param *p = model->params; p < model->params + model->param_count; p++) {
        if (p->frozen)
            continue;
        copy = tensor_copy(model, p, arena + p->offset, copy, restore);
        for (size_t i = 0; i < MLPRT_STATES && model->state_name[i]; i++)
            copy = tensor_copy(model, p, arena + p->state_offset[i], copy, restore);
    }
}

size_t mlprt_trained_size(const struct mlprt_model *model)
{
    return mlprt_params_size(model) * (1 + MLPRT_STATES);
}

void mlprt_trained_keep(const struct mlprt_model *model, void *arena, void *copy)
{
    trained_copy(model, arena, copy, false);
}

void mlprt_trained_restore(const struct mlprt_model *model, void *arena, void *copy)
{
    trained_copy(model, arena, copy, true);
}

/* One initial value from a random word. Its place in (0, 1) is the middle of the word's 2^-32 wide
 * interval, which has a quantile at both ends and is symmetric about 1/2. */
static double initial_value(const struct mlprt_param *p, uint32_t word)
{
    const double u = fma(word, 0x1p-32, 0x1p-33);

    switch (p->init) {
    case MLPRT_CONSTANT: return p->a;
    case MLPRT_NORMAL: return fma(p->b, mlprt_normal_quantile(u), p->a);
    case MLPRT_UNIFORM: return fma(p->b - p->a, u, p->a);
    }
    return 0.0;
}

static void initialize_param(const struct mlprt_model *model, const struct mlprt_param *p,
                             void *arena, uint64_t seed)
{
    const uint32_t end = mlprt_counter_end(MLPRT_PURPOSE_INIT, p->stream);
    struct mlprt_words words = {{0, 0, 0, 0}};
    uint64_t element = 0; /* unit * depth + k */

    memset((unsigned char *)arena + p->offset, 0, mlprt_param_bytes(model, p)); /* padding */
    for (uint32_t unit = 0; unit < p->units; unit++) {
        for (uint32_t k = 0; k < p->depth; k++, element++) {
            if (element % 4 == 0) {
                const uint64_t block = element / 4;
                words = mlprt_philox(seed, (uint32_t)block, (uint32_t)(block >> 32), 0, end);
            }
            mlprt_arena_set(model, arena, p->offset, mlprt_param_index(p, unit, k),
                            initial_value(p, words.w[element % 4]));
        }
    }
}

void mlprt_param_initialize(const struct mlprt_model *model, void *arena, uint64_t seed)
{
    for (size_t i = 0; i < model->param_count; i++) {
        initialize_param(model, &model->params[i], arena, seed);
    }
}
