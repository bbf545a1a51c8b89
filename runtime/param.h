/* Single elements of parameters, whatever the element type and layout. */
#ifndef MLPRT_PARAM_H
#define MLPRT_PARAM_H

#include "mlprt.h"

/* Bytes. */
static inline size_t mlprt_element_size(enum mlprt_element element)
{
    return element == MLPRT_F32 ? sizeof(float) : sizeof(double);
}

/* Where element (unit, k) of a parameter stands, counted in elements from its offset. */
static inline size_t mlprt_param_index(const struct mlprt_param *p, uint32_t unit, uint32_t k)
{
    return ((size_t)(unit / p->panel) * p->depth + k) * p->panel + unit % p->panel;
}

/* Elements of the parameter in the arena, padding included. */
static inline size_t mlprt_param_stored(const struct mlprt_param *p)
{
    return ((size_t)p->units + p->panel - 1) / p->panel * p->panel * p->depth;
}

/* Bytes that the parameter takes in the arena, and in a copy (mlprt_params_keep). */
size_t mlprt_param_bytes(const struct mlprt_model *model, const struct mlprt_param *p);

/* Element i of an array of the model's element type at offset bytes into the arena. */
double mlprt_arena_get(const struct mlprt_model *model, const void *arena, size_t offset, size_t i);
/* The same, set; value is rounded to the element type. */
void mlprt_arena_set(const struct mlprt_model *model, void *arena, size_t offset, size_t i,
                     double value);

/* A copy of all parameters, laid out alike, one behind the other: its bytes, and where in it the
 * copy of parameter i stands. */
size_t mlprt_params_size(const struct mlprt_model *model);
size_t mlprt_params_offset(const struct mlprt_model *model, size_t i);
void mlprt_params_keep(const struct mlprt_model *model, const void *arena, void *copy);
void mlprt_params_restore(const struct mlprt_model *model, void *arena, const void *copy);

/* The same of all that an update changes: of what is trained, the optimizer's states besides. The
 * size is one that is large enough. */
size_t mlprt_trained_size(const struct mlprt_model *model);
void mlprt_trained_keep(const struct mlprt_model *model, void *arena, void *copy);
void mlprt_trained_restore(const struct mlprt_model *model, void *arena, void *copy);

/* Draws every parameter's initial values: counter-based, keyed by (seed, the parameter's stream,
 * element), element = unit * depth + k. */
void mlprt_param_initialize(const struct mlprt_model *model, void *arena, uint64_t seed);

#endif
