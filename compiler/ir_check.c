/* The verifier: what every pass has to leave behind. */
#include "ir.h"

#include "ice.h"
#include "ops/ops.h"

#include <stdlib.h>

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

/* Once there are stages: they follow each other, what is done by units is a stage of its own and
 * has panels to share, and what passes is needed in no other stage. */
static void check_stages(const struct ir *ir, const char *pass)
{
    uint32_t *stage = ARENA_ARRAY(ir->arena, uint32_t, ir->tensors.len);
    const struct op *before = NULL;
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        if (op->by_units && !op->slices && op->phase != PHASE_ROWS)
            broken(ir, pass, i, "is by units, of what has no slices");
        if (op->phase != PHASE_ROWS)
            continue;
        if (before && op->stage < before->stage)
            broken(ir, pass, i, "goes back to a stage");
        if (before && op->stage == before->stage && (op->by_units || before->by_units))
            broken(ir, pass, i, "shares a stage with what is done by units");
        before = op;
        int ids[OP_TENSORS_MAX];
        const size_t n = op_tensors(op, ids);
        for (size_t k = 0; k < n; k++) {
            if (ir_at(ir, ids[k])->passing && stage[ids[k]] && stage[ids[k]] != op->stage + 1)
                broken(ir, pass, i, "needs rows that have passed in another stage");
            stage[ids[k]] = op->stage + 1;
        }
    }
}

/* What rows in columns rest on, once they are chosen: blocks of samples are whole wherever the
 * batch is cut, and threads know by the output that they must not share one. */
static void check_columns(const struct ir *ir, const char *pass)
{
    bool columns = false;
    for (size_t i = 0; i < ir->tensors.len; i++) {
        const struct tensor *t = ir_at(ir, (int)i);
        columns = columns || (t->in_columns && tensor_per_sample(t));
    }
    if (columns && (!ir_has_columns(ir) || ir->batch % PANEL || ir->row_block % PANEL))
        ICE("samples stand in columns that are not whole (after pass %s)", pass);
}

/* Once tensors have places: inside the arena, and no two that are alive together overlap. */
struct range {
    uint64_t from, to; /* elements */
    int tensor;
};

static int range_order(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->from != y->from ? (x->from < y->from ? -1 : 1) : x->tensor - y->tensor;
}

static void check_places(const struct ir *ir, const char *pass)
{
    const struct life *lives = ir_lives(ir);
    const uint64_t element = ir->f64 ? 8 : 4;
    struct range *ranges = ARENA_ARRAY(ir->arena, struct range, ir->tensors.len);
    size_t n = 0;
    for (size_t i = 0; i < ir->tensors.len; i++) {
        const struct tensor *t = ir_at(ir, (int)i);
        if (!tensor_in_arena(t) || life_empty(lives[i]))
            continue;
        const uint64_t bytes = tensor_stored(ir, t) * (t->role == ROLE_MASK ? 1 : element);
        const uint64_t end = t->offset + (bytes + element - 1) / element;
        if (end > ir->arena_elements)
            ICE("%s reaches beyond the arena (after pass %s)", t->name, pass);
        ranges[n++] = (struct range){t->offset, end, (int)i};
    }
    qsort(ranges, n, sizeof *ranges, range_order);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n && ranges[k].from < ranges[i].to; k++) {
            const struct life a = lives[ranges[i].tensor], b = lives[ranges[k].tensor];
            if (a.from <= b.to && b.from <= a.to)
                ICE("%s and %s overlap (after pass %s)", ir_at(ir, ranges[i].tensor)->name,
                    ir_at(ir, ranges[k].tensor)->name, pass);
        }
}

void ir_check(const struct ir *ir, const char *pass)
{
    for (size_t i = 0; i < ir->ops.len; i++) {
        check_operands(ir, pass, i);
        op_rule(ir->ops.at[i].kind)->check(ir, &ir->ops.at[i]);
    }
    check_order(ir, pass);
    check_stages(ir, pass);
    check_columns(ir, pass);
    if (ir->arena_elements)
        check_places(ir, pass);
}
