/* fuse: hangs an element-wise op behind the dense op (or dense_dx) whose result it alone reads.
 *
 * The sums then get their activation (or the activation's gradient) before they are stored, and the
 * value in between needs no memory. */
#include "pass.h"

#include "ops/ops.h"

/* For each tensor how many ops read it, and the last of them. */
struct readers {
    size_t *count;
    size_t *op;
};

static struct readers find_readers(const struct ir *ir)
{
    struct readers r = {ARENA_ARRAY(ir->arena, size_t, ir->tensors.len),
                        ARENA_ARRAY(ir->arena, size_t, ir->tensors.len)};
    for (size_t i = 0; i < ir->ops.len; i++)
        for (size_t k = 0; k < OP_IN_MAX; k++) {
            const int tensor = ir->ops.at[i].in[k];
            if (tensor == NO_TENSOR)
                continue;
            r.count[tensor]++;
            r.op[tensor] = i;
        }
    return r;
}

/* The element-wise op that alone reads value, or NULL. */
static struct op *sole_reader(const struct ir *ir, const struct readers *r, int value)
{
    if (r->count[value] != 1 || value == ir->output)
        return NULL;
    struct op *op = &ir->ops.at[r->op[value]];
    return (op->kind == OP_ACT || op->kind == OP_ACT_GRAD) && op->in[0] == value ? op : NULL;
}

static void hang_behind(struct ir *ir, struct op *op, const struct op *next)
{
    op->post[op->post_count++] = post_of(next);
    if (next->kind == OP_ACT) { /* hidden1 = relu(x·W + b): the layer's own name stays */
        struct tensor *inner = ir_at(ir, op->out[0]), *outer = ir_at(ir, next->out[0]);
        const char *name = inner->name;
        inner->name = outer->name;
        outer->name = name;
    }
    op->out[0] = next->out[0];
}

void pass_fuse(struct ir *ir, const struct pass_options *options)
{
    (void)options;
    const struct readers readers = find_readers(ir);
    bool *fused = ARENA_ARRAY(ir->arena, bool, ir->ops.len);
    for (size_t i = 0; i < ir->ops.len; i++) {
        struct op *op = &ir->ops.at[i], *next;
        if (op->kind != OP_DENSE && op->kind != OP_DENSE_DX)
            continue;
        while (op->post_count < OP_POST_MAX &&
               (next = sole_reader(ir, &readers, op->out[0])) != NULL) {
            hang_behind(ir, op, next);
            fused[next - ir->ops.at] = true;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < ir->ops.len; i++)
        if (!fused[i])
            ir->ops.at[kept++] = ir->ops.at[i];
    ir->ops.len = kept;
}
