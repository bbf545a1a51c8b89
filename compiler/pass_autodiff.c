/* autodiff: reverse-mode differentiation over the op list.
 *
 * Walks the forward pass and the loss backwards and asks each op's rule for its gradient. A
 * multilayer perceptron is a chain: every value has one reader, so every value has one adjoint and
 * nothing is ever summed up. Behind the gradients come the updates, one for each parameter. */
#include "pass.h"

#include "ice.h"
#include "ops/ops.h"

static void append_update(struct ir *ir, const struct param *p)
{
    const struct word *optimizer = ir->model->train->args[TRAIN_OPTIMIZER].word;
    const struct value *args = optimizer->args;
    const bool decays = p->rank == 2 || args[SGD_DECAY_BIAS].truth;
    struct op op = ir_op(OP_SGD, SECTION_UPDATE, PHASE_UPDATE);
    op.layer = p->layer;
    op.span = optimizer->span;
    op.base = ir_at(ir, p->value)->name;
    op.in[0] = op.out[0] = p->value;
    op.in[1] = p->grad;
    op.in[2] = op.out[1] = p->state;
    op.attr[SGD_ATTR_MOMENTUM] = args[SGD_MOMENTUM].number;
    op.attr[SGD_ATTR_NESTEROV] = args[SGD_NESTEROV].truth;
    op.attr[SGD_ATTR_DECAY] = decays ? args[SGD_WEIGHT_DECAY].number : 0;
    ir_append(ir, op);
}

void pass_autodiff(struct ir *ir, const struct pass_options *options)
{
    (void)options;
    int d_out = NO_TENSOR; /* adjoint of the value that the op at hand computes */
    for (size_t i = ir->ops.len; i-- > 0;) {
        const struct op op = ir->ops.at[i]; /* a copy: the list grows */
        if (!op_rule(op.kind)->gradient)
            continue;
        if (op.section == SECTION_FORWARD)
            REQUIRE(d_out != NO_TENSOR);
        d_out = op_rule(op.kind)->gradient(ir, &op, d_out);
    }
    for (size_t i = 0; i < ir->params.len; i++)
        if (ir->params.at[i].grad != NO_TENSOR)
            append_update(ir, &ir->params.at[i]);
}
