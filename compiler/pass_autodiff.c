/* autodiff: reverse-mode differentiation over the op list.
 *
 * Walks the forward pass and the loss backwards and asks each op's rule for its gradient. A
 * multilayer perceptron is a chain: every value has one reader, so every value has one adjoint and
 * nothing is ever summed up. Behind the gradients come the optimizer's ops. */
#include "pass.h"

#include "ice.h"
#include "ops/ops.h"

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
    update_append(ir);
}
