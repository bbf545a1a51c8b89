/* fuse: hangs an element-wise op behind the dense op (or dense_dx) whose result it alone reads.
 *
 * The sums then get their activation (or the activation's gradient) before they are stored, and the
 * value in between needs no memory. */
#include "pass.h"

/* The op that alone reads value and can be applied in place, or NULL. */
static struct op *sole_elementwise_reader(struct ir *ir, int value)
{
    if (ir_readers(ir, value) != 1 || value == ir->output)
        return NULL;
    for (size_t i = 0; i < ir->ops.len; i++) {
        struct op *op = &ir->ops.at[i];
        if ((op->kind == OP_ACT || op->kind == OP_ACT_GRAD) && op->in[0] == value)
            return op;
    }
    return NULL;
}

static void remove_op(struct ir *ir, const struct op *op)
{
    for (size_t i = (size_t)(op - ir->ops.at); i + 1 < ir->ops.len; i++)
        ir->ops.at[i] = ir->ops.at[i + 1];
    ir->ops.len--;
}

void pass_fuse(struct ir *ir, const struct pass_options *options)
{
    (void)options;
    for (size_t i = 0; i < ir->ops.len; i++) {
        struct op *op = &ir->ops.at[i];
        if (op->kind != OP_DENSE && op->kind != OP_DENSE_DX)
            continue;
        struct op *next;
        while (op->post_count < OP_POST_MAX &&
               (next = sole_elementwise_reader(ir, op->out[0])) != NULL) {
            op->post[op->post_count++] = (struct post){
                .kind = next->kind, .aux = next->in[1], .activation = next->activation};
            if (next->kind == OP_ACT) { /* hidden1 = relu(x·W + b): the layer's own name stays */
                struct tensor *inner = ir_at(ir, op->out[0]), *outer = ir_at(ir, next->out[0]);
                const char *name = inner->name;
                inner->name = outer->name;
                outer->name = name;
            }
            op->out[0] = next->out[0];
            remove_op(ir, next);
        }
    }
}
