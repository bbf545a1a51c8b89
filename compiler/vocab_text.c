/* The vocabulary in words: what messages and the manual say of its places and ranges. */
#include "vocab.h"

#include "arena.h"
#include "number.h"

#include <string.h>

const char *vocab_place_article(struct arena *arena, enum place place)
{
    const char *name = vocab_place_name(place);
    return arena_printf(arena, "%s %s", strchr("aeiou", *name) ? "an" : "a", name);
}

const char *vocab_place_plural(struct arena *arena, enum place place)
{
    const char *name = vocab_place_name(place);
    return arena_printf(arena, "%s%s", name, name[strlen(name) - 1] == 's' ? "es" : "s");
}

const char *vocab_range(struct arena *arena, const struct vocab_param *p)
{
    const struct number_text min = number_text(p->min), max = number_text(p->max);
    if (p->max == REAL_MAX && p->min == -REAL_MAX)
        return NULL;
    if (p->max == REAL_MAX)
        return arena_printf(arena, "%s %s", p->above_min ? "above" : "at least", min.at);
    if (!p->above_min && !p->below_max)
        return arena_printf(arena, "from %s to %s", min.at, max.at);
    return arena_printf(arena, "%s %s and %s %s", p->above_min ? "above" : "at least", min.at,
                        p->below_max ? "below" : "at most", max.at);
}
