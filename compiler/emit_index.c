/* The tables behind emit_index.h, made once for a file. */
#include "emit_index.h"

#include "ice.h"
#include "ops/ops.h"

#include <string.h>

/* Are two tensors of a shape and layout? */
static bool tensors_alike(const struct ir *ir, int a, int b)
{
    if (a == NO_TENSOR || b == NO_TENSOR)
        return a == b;
    const struct tensor *x = ir_at(ir, a), *y = ir_at(ir, b);
    return x->role == y->role && x->depth == y->depth && x->units == y->units &&
           x->stride == y->stride && x->panel == y->panel && x->in_columns == y->in_columns;
}

/* Would two ops have the same function, but for its name? */
static bool ops_alike(const struct ir *ir, const struct op *a, const struct op *b)
{
    bool alike = a->kind == b->kind && a->section == b->section && a->straight == b->straight &&
                 a->by_units == b->by_units && !a->slices == !b->slices &&
                 a->activation == b->activation && a->loss == b->loss && a->stream == b->stream &&
                 !memcmp(a->attr, b->attr, sizeof a->attr) && a->post_count == b->post_count;
    for (size_t i = 0; alike && i < OP_IN_MAX; i++)
        alike = tensors_alike(ir, a->in[i], b->in[i]);
    for (size_t i = 0; alike && i < OP_OUT_MAX; i++)
        alike = tensors_alike(ir, a->out[i], b->out[i]);
    for (size_t i = 0; alike && i < a->post_count; i++)
        alike = post_same(&a->post[i], &b->post[i]) &&
                tensors_alike(ir, a->post[i].aux, b->post[i].aux);
    return alike;
}

static void find_alike(struct arena *arena, const struct ir *ir, struct emit_index *index)
{
    const size_t count = ir->ops.len;
    uint32_t *alike = ARENA_ARRAY(arena, uint32_t, count);
    uint32_t *next = ARENA_ARRAY(arena, uint32_t, count);
    /* Functions so far: the first op of each and the last one. */
    uint32_t *first = ARENA_ARRAY(arena, uint32_t, count);
    uint32_t *last = ARENA_ARRAY(arena, uint32_t, count), functions = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k = 0;
        while (k < functions && !ops_alike(ir, &ir->ops.at[first[k]], &ir->ops.at[i]))
            k++;
        if (k == functions)
            first[functions++] = i;
        else
            next[last[k]] = i;
        last[k] = i;
        alike[i] = first[k];
        next[i] = (uint32_t)count;
    }
    index->alike = alike;
    index->next = next;
}

/* The tensor by which an op of a parameter belongs to it, its value or its gradient. */
static int tensor_of(const struct op *op)
{
    switch (op->phase) {
    case PHASE_PREPARE:
    case PHASE_UPDATE: return op->in[0];
    case PHASE_WEIGHTS: return op->out[0];
    default: return NO_TENSOR;
    }
}

static const struct index_of_param *find_params(struct arena *arena, const struct ir *ir)
{
    struct index_of_param *of_param = ARENA_ARRAY(arena, struct index_of_param, ir->params.len);
    struct index_of_param **by_tensor =
        ARENA_ARRAY(arena, struct index_of_param *, ir->tensors.len);
    for (size_t i = 0; i < ir->params.len; i++) {
        const struct param *p = &ir->params.at[i];
        by_tensor[p->value] = &of_param[i];
        if (p->grad != NO_TENSOR)
            by_tensor[p->grad] = &of_param[i];
    }
    for (size_t i = 0; i < ir->ops.len; i++) {
        const int tensor = tensor_of(&ir->ops.at[i]);
        struct index_of_param *of = tensor == NO_TENSOR ? NULL : by_tensor[tensor];
        if (!of)
            continue;
        REQUIRE(of->count < INDEX_OF_PARAM_MAX);
        of->op[of->count++] = &ir->ops.at[i];
    }
    return of_param;
}

struct emit_index index_make(struct arena *arena, const struct ir *ir)
{
    struct emit_index index = {.of_param = find_params(arena, ir)};
    find_alike(arena, ir, &index);
    return index;
}
