/* What the emitter looks up for every call: ops that share a function, ops of a parameter. */
#ifndef MLPGEN_EMIT_INDEX_H
#define MLPGEN_EMIT_INDEX_H

#include "ir.h"

enum { INDEX_OF_PARAM_MAX = 4 /* gradient, step, copies */ };

struct emit_index {
    /* [ops] the first op whose function is the same, since layers share them; and the next one, or
     * how many ops there are. */
    const uint32_t *alike, *next;
    /* [params] what is done to one by itself: ops of PHASE_WEIGHTS, _UPDATE and _PREPARE, in the
     * order of the IR. */
    const struct index_of_param {
        size_t count;
        const struct op *op[INDEX_OF_PARAM_MAX];
    } * of_param;
};

struct emit_index index_make(struct arena *arena, const struct ir *ir);

static inline const struct op *index_first_alike(const struct emit_index *index,
                                                 const struct ir *ir, const struct op *op)
{
    return &ir->ops.at[index->alike[op - ir->ops.at]];
}

#endif
