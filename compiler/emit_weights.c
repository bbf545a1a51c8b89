/* What is done to the parameters, weight by weight: gradient, step, transposed copy.
 *
 * A block of a gradient is summed over the batch and used at once, while it is in the caches; only
 * where the norm of all gradients has to be known first are all of them kept. */
#include "emit.h"

#include "emit_share.h"
#include "ops/ops.h"

enum {
    MATRIX_BLOCK = DW_SLICES * PANEL, /* rows of a matrix's gradient, slices of PANEL each */
    BIAS_BLOCK = 12                   /* panels of a bias's, likewise */
};

/* What an op does to its parameter. */
static unsigned done_by(const struct op *op)
{
    switch (op->phase) {
    case PHASE_PREPARE: return DO_COPY;
    case PHASE_WEIGHTS: return DO_GRADIENT;
    case PHASE_UPDATE: return DO_UPDATE;
    default: return 0;
    }
}

/* The ops that do `what` to a parameter, in that order; returns how many. */
static size_t group_of(const struct index_of_param *of, unsigned what,
                       const struct op *group[INDEX_OF_PARAM_MAX])
{
    static const unsigned order[] = {DO_GRADIENT, DO_UPDATE, DO_COPY};
    size_t n = 0;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (size_t i = 0; i < of->count; i++)
            if (done_by(of->op[i]) & what & order[k])
                group[n++] = of->op[i];
    return n;
}

static struct cx *gradient_at(struct emitter *em, const struct param *p, struct cx *elements)
{
    struct cbuild *cb = &em->cb;
    struct cx *place = cx_namef(cb, CT_INT, "PLACE_%s", ir_at(em->ir, p->grad)->name);
    return cx_add(cb, cx_add(cb, cx_name(cb, CT_REALS, "a"), place), elements);
}

static void emit_group(struct emitter *em, const struct isa *isa, size_t n,
                       const struct op *const *group, const struct emit_range *range)
{
    for (size_t i = 0; i < n; i++)
        emit_call(em, isa, group[i], range);
}

/* A gradient that is used at once stands, block by block, at the start of this thread's share of
 * its tensor; one that is kept stands where it belongs. */
static void emit_slices(struct emitter *em, const struct isa *isa, const struct param *p, size_t n,
                        const struct op *const *group, bool at_once, struct cx *staged)
{
    struct cbuild *cb = &em->cb;
    const struct tensor *t = ir_at(em->ir, p->value);
    const bool matrix = t->depth > 1;
    const struct share_extent extent = {group[0]->slices, matrix ? PANEL : 1,
                                        matrix ? t->depth : tensor_panels(t)};
    struct cx *row = cx_int(cb, (int64_t)(matrix ? tensor_panels(t) : 1) * PANEL);
    struct cx *panel = cx_int(cb, PANEL);
    struct emit_range range = {0};
    cb_block(cb);
    if (at_once) {
        struct cx *start =
            cb_declare(cb, "const size_t", CT_INT, "start", share_of(cb, &extent, 0));
        struct cx *end = share_declare_end(cb, "end", &extent);
        struct cx *block =
            cb_declare(cb, arena_printf(cb->arena, "%s *const", cb_real_name(cb)), CT_REALS,
                       "block", gradient_at(em, p, cx_mul(cb, start, row)));
        range = share_open_blocks(cb, start, end, matrix ? MATRIX_BLOCK : BIAS_BLOCK);
        range.gradient = block;
        range.panel_step = cx_mul(cb, cx_sub(cb, range.last, range.first), panel);
    } else {
        range.first = cb_declare(cb, "const size_t", CT_INT, "first", share_of(cb, &extent, 0));
        range.last = share_declare_end(cb, "last", &extent);
        if (p->grad != NO_TENSOR)
            range.gradient = gradient_at(em, p, cx_mul(cb, range.first, panel));
        range.panel_step = cx_int(cb, (int64_t)t->depth * PANEL);
    }
    range.staged = staged;
    emit_group(em, isa, n, group, &range);
    if (at_once)
        cb_end(cb);
    cb_end(cb);
}

/* The same for a thread's share of the units: all rows of its panels. Runs have none of these. */
static void emit_units_of(struct emitter *em, const struct isa *isa, const struct param *p,
                          size_t n, const struct op *const *group, bool at_once)
{
    struct cbuild *cb = &em->cb;
    const struct tensor *t = ir_at(em->ir, p->value);
    struct cx *zero = cx_int(cb, 0), *depth = cx_int(cb, t->depth), *panel = cx_int(cb, PANEL);
    struct emit_range range = {.first = zero, .last = depth};
    cb_block(cb);
    struct emit_range share = range;
    share_declare_panels(em, t, &share);
    struct cx *own = gradient_at(em, p, cx_mul(cb, share.panel, cx_mul(cb, depth, panel)));
    if (at_once) {
        own = cb_declare(cb, arena_printf(cb->arena, "%s *const", cb_real_name(cb)), CT_REALS,
                         "block", own);
        range = share_open_blocks(cb, zero, depth, PANEL);
    }
    range.gradient = own;
    range.panel_step = cx_mul(cb, cx_sub(cb, range.last, range.first), panel);
    range.panel = share.panel;
    range.panels = share.panels;
    emit_group(em, isa, n, group, &range);
    if (at_once)
        cb_end(cb);
    cb_end(cb);
}

/* What comes in one piece is done by the threads in turn. */
static void emit_whole(struct emitter *em, const struct isa *isa, size_t n,
                       const struct op *const *group, int64_t turn, struct cx *staged)
{
    struct cbuild *cb = &em->cb;
    const struct emit_range all = {.staged = staged};
    cb_if(cb, cx_eq(cb, cx_mod(cb, cx_int(cb, turn), cx_name(cb, CT_INT, "parts")),
                    cx_name(cb, CT_INT, "part")));
    emit_group(em, isa, n, group, &all);
    cb_end(cb);
}

void emit_weights(struct emitter *em, const struct isa *isa, unsigned what, struct cx *staged)
{
    const bool at_once = what & DO_GRADIENT && what & DO_UPDATE;
    int64_t turn = 0;
    for (size_t i = 0; i < em->ir->params.len; i++) {
        const struct param *p = &em->ir->params.at[i];
        const struct op *group[INDEX_OF_PARAM_MAX];
        const size_t n = group_of(&em->index.of_param[i], what, group);
        if (n && group[0]->by_units)
            emit_units_of(em, isa, p, n, group, at_once);
        else if (n && group[0]->slices)
            emit_slices(em, isa, p, n, group, at_once && p->grad != NO_TENSOR, staged);
        else if (n)
            emit_whole(em, isa, n, group, turn++, staged);
    }
}

void emit_norm(struct emitter *em, const struct isa *isa)
{
    struct cbuild *cb = &em->cb;
    for (size_t i = 0; i < em->ir->ops.len; i++) {
        const struct op *op = &em->ir->ops.at[i];
        struct cx *slices = cx_int(cb, op->slices);
        const struct emit_range range = {.first = share_bound(cb, slices, 0),
                                         .last = share_bound(cb, slices, 1)};
        if (op->phase == PHASE_NORM)
            emit_call(em, isa, op, &range);
    }
}
