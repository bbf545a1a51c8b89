/* A set of names: FNV-1a, linear probing, at most half full. */
#include "nameset.h"

#include <string.h>

static size_t hash(const char *name)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return (size_t)h;
}

/* Where name stands, or would. */
static const char **slot_of(const struct nameset *set, const char *name)
{
    size_t i = hash(name) & (set->cap - 1);
    while (set->slots[i] && strcmp(set->slots[i], name) != 0)
        i = (i + 1) & (set->cap - 1);
    return &set->slots[i];
}

static void grow(struct arena *arena, struct nameset *set)
{
    const struct nameset old = *set;
    set->cap = old.cap ? 2 * old.cap : 64;
    set->slots = ARENA_ARRAY(arena, const char *, set->cap);
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i])
            *slot_of(set, old.slots[i]) = old.slots[i];
}

bool nameset_add(struct arena *arena, struct nameset *set, const char *name)
{
    if (2 * set->len >= set->cap)
        grow(arena, set);
    const char **slot = slot_of(set, name);
    if (*slot)
        return false;
    *slot = name;
    set->len++;
    return true;
}
