/* memory: places every tensor in one arena whose size is a constant of the emitted file.
 *
 * Two tensors may share memory if they are never alive in the same phase. Within a phase nothing is
 * shared: its ops run block of rows by block of rows, or weight by weight, so that all of them are
 * under way at once. */
#include "pass.h"

#include "ice.h"

struct life {
    int from, to; /* phases, both included */
};

enum { LIFE_START = PHASE_PREPARE, LIFE_END = PHASE_UPDATE };

/* The first and the last phase that touches a tensor. What the runtime reads or writes between
 * steps (parameters, state, input, loss, output, gradients) lives on both sides of that. */
static struct life life_of(const struct ir *ir, int tensor)
{
    struct life life = {LIFE_END, LIFE_START};
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        bool touches = false;
        for (size_t k = 0; k < OP_IN_MAX; k++)
            touches |= op->in[k] == tensor;
        for (size_t k = 0; k < OP_OUT_MAX; k++)
            touches |= op->out[k] == tensor;
        for (size_t k = 0; k < op->post_count; k++)
            touches |= op->post[k].aux == tensor;
        if (touches && (int)op->phase < life.from)
            life.from = (int)op->phase;
        if (touches && (int)op->phase > life.to)
            life.to = (int)op->phase;
    }
    switch (ir_at(ir, tensor)->role) {
    case ROLE_PARAM:
    case ROLE_STATE: return (struct life){LIFE_START, LIFE_END};
    case ROLE_INPUT:
    case ROLE_TARGET: life.from = LIFE_START; break;
    case ROLE_LOSS:
    case ROLE_GRAD: life.to = LIFE_END; break;
    default: break;
    }
    if (tensor == ir->output)
        life.to = LIFE_END;
    return life;
}

/* Elements of the arena that a tensor takes, a multiple of MEMORY_ALIGN bytes. */
static uint64_t room_for(const struct ir *ir, const struct tensor *t)
{
    const uint64_t element = ir->f64 ? 8 : 4;
    const uint64_t bytes = tensor_stored(ir, t) * (t->role == ROLE_MASK ? 1 : element);
    return (bytes + MEMORY_ALIGN - 1) / MEMORY_ALIGN * MEMORY_ALIGN / element;
}

void pass_memory(struct ir *ir, const struct pass_options *options)
{
    (void)options;
    const size_t n = ir->tensors.len;
    struct life *life = ARENA_ARRAY(ir->arena, struct life, n);
    bool *placed = ARENA_ARRAY(ir->arena, bool, n);
    for (size_t i = 0; i < n; i++) {
        struct tensor *t = ir_at(ir, (int)i);
        if (!tensor_in_arena(t) || !ir_uses(ir, (int)i))
            continue;
        life[i] = life_of(ir, (int)i);
        const uint64_t room = room_for(ir, t);
        t->offset = 0;
        for (size_t k = 0; k < n; k++) {
            const struct tensor *other = ir_at(ir, (int)k);
            const uint64_t end = other->offset + room_for(ir, other);
            const bool together =
                placed[k] && life[k].from <= life[i].to && life[i].from <= life[k].to;
            if (together && t->offset < end && other->offset < t->offset + room) {
                t->offset = end;
                k = (size_t)-1; /* look at all of them again */
            }
        }
        placed[i] = true;
        if (t->offset + room > ir->arena_elements)
            ir->arena_elements = t->offset + room;
    }
    REQUIRE(ir->arena_elements <= ARENA_ELEMENTS_MAX);
}
