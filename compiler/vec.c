/* Growing arrays in an arena: the one function behind VEC_PUSH. */
#include "vec.h"

#include <string.h>

void *vec_grow(struct arena *a, const void *old, size_t len, size_t *cap, size_t element)
{
    *cap = *cap ? *cap * 2 : 8;
    void *grown = arena_alloc(a, *cap * element);
    if (len)
        memcpy(grown, old, len * element);
    return grown;
}
