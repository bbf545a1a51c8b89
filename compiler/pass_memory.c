/* memory: spots every tensor in one arena whose size is a constant of the emitted file.
 *
 * Two tensors may share memory if they are never alive in the same phase. Within a phase nothing is
 * shared: its ops run block of rows by block of rows, or weight by weight, so that all of them are
 * under way at once. */
#include "pass.h"

#include "ice.h"

struct spot {
    uint64_t from, to; /* elements */
    struct life life;
};

/* The lowest place for `room` elements that no tensor alive in the same phases takes; spots are
 * sorted by from. */
static uint64_t lowest_place(const struct spot *spots, size_t n, uint64_t room, struct life life)
{
    uint64_t at = 0;
    for (size_t i = 0; i < n && spots[i].from < at + room; i++) {
        const bool together = spots[i].life.from <= life.to && life.from <= spots[i].life.to;
        if (together && spots[i].to > at)
            at = spots[i].to;
    }
    return at;
}

static void insert_spot(struct spot *spots, size_t n, struct spot spot)
{
    size_t i = n;
    for (; i > 0 && spots[i - 1].from > spot.from; i--)
        spots[i] = spots[i - 1];
    spots[i] = spot;
}

void pass_memory(struct ir *ir, const struct pass_options *options)
{
    (void)options;
    const struct life *lives = ir_lives(ir);
    struct spot *spots = ARENA_ARRAY(ir->arena, struct spot, ir->tensors.len);
    size_t placed = 0;
    for (size_t i = 0; i < ir->tensors.len; i++) {
        struct tensor *t = ir_at(ir, (int)i);
        if (!tensor_in_arena(t) || life_empty(lives[i]))
            continue;
        const uint64_t room = tensor_bytes(ir, t) / ir_element(ir);
        t->offset = lowest_place(spots, placed, room, lives[i]);
        insert_spot(spots, placed++, (struct spot){t->offset, t->offset + room, lives[i]});
        if (t->offset + room > ir->arena_elements)
            ir->arena_elements = t->offset + room;
    }
    REQUIRE(ir->arena_elements <= ARENA_ELEMENTS_MAX);
}
