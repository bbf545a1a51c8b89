/* A set of names, to make new ones unique: open addressing in an arena. */
#ifndef MLPGEN_NAMESET_H
#define MLPGEN_NAMESET_H

#include "arena.h"

#include <stdbool.h>

struct nameset {
    const char **slots; /* cap of them, NULL where free; cap is a power of two */
    size_t len, cap;
};

/* Puts name in (it has to live as long as the set); false if it was there. */
bool nameset_add(struct arena *arena, struct nameset *set, const char *name);

#endif
