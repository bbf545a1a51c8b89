/* Counting what a model takes. */
#include "work.h"

#include "ops/ops.h"

enum {
    /* A weight that one core has written comes to the others through the cache that they share, or
     * memory. Operations for each byte of them that take as long. */
    FLOPS_PER_SHARED_BYTE = 16
};

static bool is_of_loss(const struct op *op)
{
    return op->section == SECTION_LOSS || op->kind == OP_LOSS_GRAD ||
           op->kind == OP_SOFTMAX_CROSS_ENTROPY_GRAD;
}

static void add_op(const struct ir *ir, const struct op *op, struct work *w)
{
    const uint64_t flops = op_rule(op->kind)->flops(ir, op);
    *(op->section == SECTION_BACKWARD ? &w->backward : &w->forward) += flops;
}

static void add_tensor(const struct ir *ir, const struct tensor *t, bool forward, struct work *w)
{
    const uint64_t bytes = tensor_bytes(ir, t);
    switch (t->role) {
    case ROLE_PARAM:
        w->parameters += (uint64_t)t->depth * t->units;
        w->weights += bytes;
        break;
    case ROLE_COPY: w->copies += bytes; break;
    case ROLE_GRAD:
    case ROLE_NORM: w->gradients += bytes; break;
    case ROLE_STATE: w->states += bytes; break;
    case ROLE_INPUT:
    case ROLE_TARGET:
    case ROLE_LABEL:
    case ROLE_LOSS: w->samples += bytes; break;
    case ROLE_VALUE:
    case ROLE_MASK:
    case ROLE_PACK: *(forward ? &w->activations : &w->derivatives) += bytes; break;
    }
    if (t->role == ROLE_INPUT || (forward && t->role == ROLE_VALUE))
        w->row += (uint64_t)t->stride * (t->in_columns ? PANEL : 1) * ir_element(ir);
}

/* Which tensors the forward pass and the loss compute; [ir->tensors.len] */
static bool *forward_tensors(const struct ir *ir)
{
    bool *forward = ARENA_ARRAY(ir->arena, bool, ir->tensors.len);
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        for (size_t k = 0; k < OP_OUT_MAX; k++)
            if (op->out[k] != NO_TENSOR)
                forward[op->out[k]] = op->section != SECTION_BACKWARD;
    }
    return forward;
}

struct works work_of(const struct ir *ir)
{
    struct works w = {.layers = ARENA_ARRAY(ir->arena, struct work, ir->model->layer_count)};
    const struct life *lives = ir_lives(ir);
    const bool *forward = forward_tensors(ir);
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        add_op(ir, op, is_of_loss(op) ? &w.loss : &w.layers[op->layer]);
        add_op(ir, op, &w.all);
    }
    for (size_t i = 0; i < ir->tensors.len; i++) {
        const struct tensor *t = &ir->tensors.at[i];
        if (life_empty(lives[i]) || !tensor_in_arena(t))
            continue;
        add_tensor(ir, t, forward[i], &w.layers[t->layer]);
        add_tensor(ir, t, forward[i], &w.all);
    }
    return w;
}

uint64_t work_bytes(const struct work *w)
{
    return w->weights + w->copies + w->gradients + w->states + w->samples + w->activations +
           w->derivatives;
}

uint64_t work_step(const struct ir *ir, const struct works *w)
{
    return (w->all.forward + w->all.backward) * ir->batch;
}

/* Bytes of weights that travel in a step: those that one thread updates and others read. Of a layer
 * by units that is the transposed copy. */
static uint64_t travelling(const struct ir *ir)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        if (op->by_units ? op->kind == OP_TRANSPOSE : op->phase == PHASE_UPDATE)
            bytes += tensor_bytes(ir, ir_at(ir, op->out[0]));
    }
    return bytes;
}

/* Times that threads wait for each other in a step: behind each stage of the samples, and at the
 * end.
 */
static uint32_t waits(const struct ir *ir)
{
    uint32_t last = 0;
    for (size_t i = 0; i < ir->ops.len; i++)
        if (ir->ops.at[i].stage > last)
            last = ir->ops.at[i].stage;
    return last + 2;
}

bool work_is_serial(const struct ir *ir, const struct works *w)
{
    const uint64_t flops = work_step(ir, w);
    return flops < (uint64_t)SERIAL_FLOPS * waits(ir) ||
           flops < travelling(ir) * FLOPS_PER_SHARED_BYTE;
}
