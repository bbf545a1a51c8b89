/* Growing arrays in an arena.
 *
 *     VEC(struct op) ops = {0};
 *     *VEC_PUSH(arena, &ops) = (struct op){.kind = OP_DENSE};
 *     for (size_t i = 0; i < ops.len; i++) use(&ops.at[i]);
 *
 * Growing moves the elements: keep indices, not pointers, across a push. */
#ifndef MLPGEN_VEC_H
#define MLPGEN_VEC_H

#include "arena.h"

#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *at;                                                                                  \
        size_t len, cap;                                                                           \
    }

/* Appends a zeroed element to *v and is a pointer to it. */
#define VEC_PUSH(arena, v)                                                                         \
    ((v)->len == (v)->cap                                                                          \
         ? (void)((v)->at = vec_grow((arena), (v)->at, (v)->len, &(v)->cap, sizeof *(v)->at))      \
         : (void)0,                                                                                \
     &(v)->at[(v)->len++])

/* A copy of the len elements at old, with room for twice as many (8 at least), the rest zeroed. */
void *vec_grow(struct arena *a, const void *old, size_t len, size_t *cap, size_t element);

#endif
