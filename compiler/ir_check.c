/* The verifier: what every pass has to leave behind. */
#include "ir.h"

#include "ice.h"
#include "ops/ops.h"

static _Noreturn void broken(const struct ir *ir, const char *pass, size_t op, const char *what)
{
    ICE("%s (after pass %s, op %zu '%s' of model %s)", what, pass, op, op_name(ir->ops.at[op].kind),
        ir->model->name);
}

static bool known(const struct ir *ir, int tensor)
{
    return tensor == NO_TENSOR || (tensor >= 0 && (size_t)tensor < ir->tensors.len);
}

/* Ids are known, and as many as the op's rule says. */
static void check_operands(const struct ir *ir, const char *pass, size_t i)
{
    const struct op *op = &ir->ops.at[i];
    const struct op_rule *rule = op_rule(op->kind);
    for (size_t k = 0; k < OP_IN_MAX; k++) {
        const bool wanted = k < rule->inputs;
        const bool optional = k + rule->optional >= rule->inputs;
        if (!known(ir, op->in[k]))
            broken(ir, pass, i, "unknown input");
        if (op->in[k] == NO_TENSOR ? wanted && !optional : !wanted)
            broken(ir, pass, i, "wrong number of inputs");
    }
    for (size_t k = 0; k < OP_OUT_MAX; k++)
        if (!known(ir, op->out[k]) || (op->out[k] != NO_TENSOR && k >= rule->outputs))
            broken(ir, pass, i, "wrong outputs");
    for (size_t k = 0; k < op->post_count; k++)
        if (!known(ir, op->post[k].aux))
            broken(ir, pass, i, "unknown input of a fused op");
}

/* A value is written once, before it is read. Parameters and state are there from the start and
 * updated in place; input and target come from the runtime. */
static bool there_from_the_start(const struct ir *ir, int tensor)
{
    switch (ir_at(ir, tensor)->role) {
    case ROLE_INPUT:
    case ROLE_TARGET:
    case ROLE_LABEL:
    case ROLE_PARAM:
    case ROLE_STATE: return true;
    default: return false;
    }
}

static void check_order(const struct ir *ir, const char *pass)
{
    bool *there = ARENA_ARRAY(ir->arena, bool, ir->tensors.len);
    for (size_t i = 0; i < ir->tensors.len; i++)
        there[i] = there_from_the_start(ir, (int)i);
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        for (size_t k = 0; k < OP_IN_MAX; k++)
            if (op->in[k] != NO_TENSOR && !there[op->in[k]])
                broken(ir, pass, i, "reads a value before it is written");
        for (size_t k = 0; k < op->post_count; k++)
            if (op->post[k].aux != NO_TENSOR && !there[op->post[k].aux])
                broken(ir, pass, i, "a fused op reads a value before it is written");
        for (size_t k = 0; k < OP_OUT_MAX; k++) {
            if (op->out[k] == NO_TENSOR)
                continue;
            if (there[op->out[k]] && op->section != SECTION_UPDATE)
                broken(ir, pass, i, "writes a value a second time");
            there[op->out[k]] = true;
        }
    }
    if (!there[ir->output] || !there[ir->loss])
        ICE("nothing computes the output or the loss (after pass %s)", pass);
}

/* Once tensors have places: inside the arena, and those that one op touches apart from each other.
 */
static void check_places(const struct ir *ir, const char *pass)
{
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        for (size_t k = 0; k < OP_OUT_MAX; k++) {
            if (op->out[k] == NO_TENSOR)
                continue;
            const struct tensor *out = ir_at(ir, op->out[k]);
            if (out->offset + tensor_stored(ir, out) > ir->arena_elements && out->role != ROLE_MASK)
                broken(ir, pass, i, "an output reaches beyond the arena");
            for (size_t j = 0; j < OP_IN_MAX; j++) {
                if (op->in[j] == NO_TENSOR || op->in[j] == op->out[k])
                    continue;
                const struct tensor *in = ir_at(ir, op->in[j]);
                if (tensor_in_arena(in) && in->offset == out->offset)
                    broken(ir, pass, i, "input and output share their place");
            }
        }
    }
}

void ir_check(const struct ir *ir, const char *pass)
{
    for (size_t i = 0; i < ir->ops.len; i++) {
        check_operands(ir, pass, i);
        op_rule(ir->ops.at[i].kind)->check(ir, &ir->ops.at[i]);
    }
    check_order(ir, pass);
    if (ir->arena_elements)
        check_places(ir, pass);
}
