/* memory: gives every tensor a place in one arena, whose size is a constant of the emitted file.
 *
 * Two tensors may share memory if they are never alive in the same phase. Within a phase nothing is
 * shared: its ops run block of rows by block of rows, or weight by weight, so that all of them are
 * under way at once. */
#include "pass.h"

#include "ice.h"

/* A tensor that has its place. */
struct placed {
    uint64_t from, to; /* elements */
    struct life life;
};

/* The lowest place for `room` elements that no tensor alive in the same phases takes; others are
 * sorted by from. */
static uint64_t lowest_place(const struct placed *others, size_t n, uint64_t room, struct life life)
{
    uint64_t at = 0;
    for (size_t i = 0; i < n && others[i].from < at + room; i++) {
        const bool together = others[i].life.from <= life.to && life.from <= others[i].life.to;
        if (together && others[i].to > at)
            at = others[i].to;
    }
    return at;
}

static void insert_placed(struct placed *others, size_t n, struct placed new)
{
    size_t i = n;
    for (; i > 0 && others[i - 1].from > new.from; i--)
        others[i] = others[i - 1];
    others[i] = new;
}

void pass_memory(struct ir *ir, const struct pass_options *options)
{
    (void)options;
    const struct life *lives = ir_lives(ir);
    struct placed *others = ARENA_ARRAY(ir->arena, struct placed, ir->tensors.len);
    size_t placed = 0;
    for (size_t i = 0; i < ir->tensors.len; i++) {
        struct tensor *t = ir_at(ir, (int)i);
        if (!tensor_in_arena(t) || life_empty(lives[i]))
            continue;
        const uint64_t room = tensor_bytes(ir, t) / ir_element(ir);
        t->offset = lowest_place(others, placed, room, lives[i]);
        insert_placed(others, placed++, (struct placed){t->offset, t->offset + room, lives[i]});
        if (t->offset + room > ir->arena_elements)
            ir->arena_elements = t->offset + room;
    }
    REQUIRE(ir->arena_elements <= ARENA_ELEMENTS_MAX);
}
