/* prune: drops every op whose results nothing reads.
 *
 * That is the first layer's dX (a third of its work), and in front of frozen layers everything that
 * would only feed their gradients. What counts in the end are the updates, the loss and the output.
 */
#include "pass.h"

void pass_prune(struct ir *ir, const struct pass_options *options)
{
    (void)options;
    bool *wanted = ARENA_ARRAY(ir->arena, bool, ir->tensors.len);
    bool *live = ARENA_ARRAY(ir->arena, bool, ir->ops.len);
    wanted[ir->loss] = wanted[ir->output] = true;

    for (size_t i = ir->ops.len; i-- > 0;) {
        const struct op *op = &ir->ops.at[i];
        live[i] = op->section == SECTION_UPDATE;
        for (size_t k = 0; k < OP_OUT_MAX; k++)
            live[i] |= op->out[k] != NO_TENSOR && wanted[op->out[k]];
        for (size_t k = 0; live[i] && k < OP_IN_MAX; k++)
            if (op->in[k] != NO_TENSOR)
                wanted[op->in[k]] = true;
    }
    size_t kept = 0;
    for (size_t i = 0; i < ir->ops.len; i++)
        if (live[i])
            ir->ops.at[kept++] = ir->ops.at[i];
    ir->ops.len = kept;
}
