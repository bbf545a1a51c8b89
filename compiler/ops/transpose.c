/* transpose: Wᵀ [units, depth] of W [depth, units], the copy that the looped dense_dx streams. */
#include "ice.h"
#include "ops/ops.h"
#include "ops/turn.h"

static void check(const struct ir *ir, const struct op *op)
{
    const struct tensor *w = ir_at(ir, op->in[0]), *copy = ir_at(ir, op->out[0]);
    REQUIRE(w->depth == copy->units && w->units == copy->depth);
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const struct tensor *w = ir_at(ev->ir, op->in[0]);
    for (uint32_t k = 0; k < w->depth; k++)
        for (uint32_t j = 0; j < w->units; j++)
            *ev_at(ev, op->out[0], j, k) = *ev_at(ev, op->in[0], k, j);
}

/* Turns a block of rows from k on, and of columns from j on. Element (k, j) of W stands at
 * [j / PANEL][k][j % PANEL], of the copy at [k / PANEL][j][k % PANEL]. */
static void emit_block(struct emit *e, const struct op *op, struct cx *k, uint32_t rows,
                       struct cx *j, uint32_t columns)
{
    struct cbuild *cb = e->cb;
    const struct tensor *w = ir_at(e->ir, op->in[0]);
    const struct lane lane = emit_vector_lane(e);
    struct cx *panel = cx_int(cb, PANEL), *depth = cx_int(cb, w->depth);
    struct cx *from = cx_add(cb, cx_mul(cb, j, depth), cx_mul(cb, k, panel));
    struct cx *to = cx_add(cb, cx_mul(cb, k, cx_int(cb, w->units)), cx_mul(cb, j, panel));
    const char *real = cb_real_name(cb);
    const struct turn turn = {.from = cb_declare(cb, arena_printf(cb->arena, "const %s *", real),
                                                 CT_REALS, "from", cx_add(cb, e->in[0], from)),
                              .row = panel,
                              .to = cb_declare(cb, arena_printf(cb->arena, "%s *", real), CT_REALS,
                                               "to", cx_add(cb, e->out[0], to)),
                              .column = panel};
    turn_emit(&lane, &turn, rows, columns);
}

/* All panels of a block of rows: whole ones, and what is left. */
static void emit_rows(struct emit *e, const struct op *op, struct cx *k, uint32_t rows)
{
    struct cbuild *cb = e->cb;
    const uint32_t units = ir_at(e->ir, op->in[0])->units, rest = units % PANEL;
    struct cx *whole = cx_int(cb, units - rest);
    if (units > rest) {
        struct cx *end = e->panels ? cx_mul(cb, e->panels, cx_int(cb, PANEL)) : whole;
        emit_block(e, op, k, rows, cb_for(cb, "j", cx_int(cb, 0), end, PANEL), PANEL);
        cb_end(cb);
    }
    if (rest)
        emit_block(e, op, k, rows, whole, rest);
}

/* PANEL rows at a time, which the nearest cache holds, and what is left; slices start with PANEL.
 */
static void emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct tensor *w = ir_at(e->ir, op->in[0]);
    REQUIRE(w->panel == PANEL && !(op->by_units && w->units % PANEL));
    const uint32_t rest = w->depth % PANEL;
    struct cx *first = op->slices ? e->first : cx_int(cb, 0);
    struct cx *last = op->slices ? e->last : cx_int(cb, w->depth);
    struct cx *whole = rest ? emit_whole_steps(cb, "whole", cx_int(cb, 0), last, PANEL) : last;
    if (w->depth > rest) {
        emit_rows(e, op, cb_for(cb, "k", first, whole, PANEL), PANEL);
        cb_end(cb);
    }
    if (rest && op->slices) { /* of one of them alone */
        emit_rows(e, op, cb_for(cb, "k", whole, last, PANEL), rest);
        cb_end(cb);
    } else if (rest) {
        emit_rows(e, op, whole, rest);
    }
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    return arena_printf(arena, "%s = %sᵀ", ir_at(ir, op->out[0])->name, ir_at(ir, op->in[0])->name);
}

const struct op_rule transpose_rule = {.inputs = 1,
                                       .outputs = 1,
                                       .in_names = {"w"},
                                       .out_names = {"wt"},
                                       .verb = "transpose",
                                       .check = check,
                                       .eval = eval,
                                       .emit = emit,
                                       .formula = formula,
                                       .flops = flops_none};
