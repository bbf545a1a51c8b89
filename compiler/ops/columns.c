/* The forward pass and the gradients of a layer whose results stand in columns. */
#include "ops/columns.h"

#include "ice.h"
#include "ops/turn.h"

struct cx *columns_open_blocks(struct cbuild *cb, struct cx *total)
{
    return cb_for(cb, "first", cx_int(cb, 0), total, PANEL);
}

struct cx *columns_declare_rows(struct cbuild *cb, struct cx *total, struct cx *first)
{
    struct cx *left = cx_sub(cb, total, first), *block = cx_int(cb, PANEL);
    return cb_declare(cb, "const size_t", CT_INT, "rows",
                      cx_select(cb, cx_lt(cb, left, block), left, block));
}

/* ---- sums: one for each unit, side by side ---- */

struct sums {
    struct lane lane;
    uint32_t units;
    struct cx *sum[PANEL];
};

/* Declares them; they start from the elements of start, or from 0. */
static struct sums open_sums(const struct lane *lane, uint32_t units, struct cx *start)
{
    struct cbuild *cb = lane->cb;
    struct sums s = {.lane = *lane, .units = units};
    REQUIRE(units <= PANEL);
    for (uint32_t u = 0; u < units; u++) {
        s.lane.suffix = arena_printf(cb->arena, "%u", u);
        s.sum[u] = lane_variable(&s.lane, "sum",
                                 start ? lane_splat(lane, cx_at(cb, start, cx_int(cb, u)))
                                       : lane_constant(lane, 0));
    }
    return s;
}

/* sum[u] += x · factor[from + u·step] */
static void add_products(struct sums *s, struct cx *x, struct cx *factor, struct cx *from,
                         struct cx *step)
{
    struct cbuild *cb = s->lane.cb;
    for (uint32_t u = 0; u < s->units; u++) {
        struct cx *at = cx_add(cb, from, cx_mul(cb, cx_int(cb, u), step));
        cb_set(cb, s->sum[u],
               lane_fma(&s->lane, x, lane_splat(&s->lane, cx_at(cb, factor, at)), s->sum[u]));
    }
}

/* to[from + u·step] = sum[u] */
static void store_sums(struct sums *s, struct cx *to, struct cx *from, struct cx *step)
{
    struct cbuild *cb = s->lane.cb;
    for (uint32_t u = 0; u < s->units; u++)
        lane_store(&s->lane, to, cx_add(cb, from, cx_mul(cb, cx_int(cb, u), step)), s->sum[u]);
}

/* ---- the forward pass ---- */

/* y[u] of the samples whose inputs are x[k·step …], as many as there are lanes. */
static void emit_sums_of_inputs(struct emit *e, const struct op *op, const struct lane *l,
                                struct cx *x, struct cx *from, struct cx *step, struct cx *y)
{
    struct cbuild *cb = e->cb;
    struct cx *panel = cx_int(cb, PANEL), *depth = emit_units(e, op->in[0]);
    struct sums sums = open_sums(l, ir_at(e->ir, op->out[0])->units, e->in[2]);
    struct cx *k = cb_for(cb, "k", cx_int(cb, 0), depth, 1);
    struct cx *xk = lane_load(l, "xk", x, cx_add(cb, cx_mul(cb, k, step), from));
    add_products(&sums, xk, e->in[1], k, depth);
    cb_end(cb);
    store_sums(&sums, y, from, panel);
}

void columns_emit_forward(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct lane lane = emit_vector_lane(e), scalar = {.cb = cb};
    const uint32_t depth = ir_at(e->ir, op->in[0])->units;
    struct cx *panel = cx_int(cb, PANEL), *zero = cx_int(cb, 0);
    struct cx *whole = emit_whole_steps(cb, "whole", zero, e->last, PANEL);

    struct cx *first = columns_open_blocks(cb, whole);
    struct cx *x = emit_row_in(e, "xb", e->in[0], op->in[0], first);
    struct cx *y = emit_row_out(e, "yb", e->out[0], op->out[0], first);
    struct cx *column = cb_declare(cb, cb_real_name(cb), CT_REALS,
                                   arena_printf(cb->arena, "column[%u]", depth * PANEL), NULL);
    const struct turn turn = {x, emit_stride(e, op->in[0]), column, panel};
    turn_emit(&lane, &turn, PANEL, depth);
    emit_sums_of_inputs(e, op, &lane, column, turn_open_lanes(&lane), panel, y);
    turn_close_lanes(&lane);
    cb_end(cb);

    struct cx *r = cb_for(cb, "r", whole, e->last, 1);
    x = emit_row_in(e, "xr", e->in[0], op->in[0], r);
    y = emit_row_out(e, "yr", cx_add(cb, e->out[0], cx_sub(cb, r, whole)), op->out[0], whole);
    emit_sums_of_inputs(e, op, &scalar, x, zero, cx_int(cb, 1), y);
    cb_end(cb);
}

/* ---- the gradients ---- */

void columns_emit_dw(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct lane lane = emit_vector_lane(e);
    const struct tensor *dw = ir_at(e->ir, op->out[0]);
    struct cx *depth = cx_int(cb, dw->depth), *panel = cx_int(cb, PANEL), *zero = cx_int(cb, 0);
    struct cx *k = cb_for(cb, "k", zero, depth, lane_count(&lane));
    struct sums sums = open_sums(&lane, dw->units, NULL);
    struct cx *first = columns_open_blocks(cb, e->n);
    struct cx *rows = columns_declare_rows(cb, e->n, first);
    struct cx *x = emit_row_in(e, "xb", e->in[0], op->in[0], first);
    struct cx *dy = emit_row_in(e, "dyb", e->in[1], op->in[1], first);
    struct cx *s = cb_for(cb, "s", zero, rows, 1);
    struct cx *xk =
        lane_load(&lane, "xk", x, cx_add(cb, cx_mul(cb, s, emit_stride(e, op->in[0])), k));
    add_products(&sums, xk, dy, s, panel);
    cb_end(cb);
    cb_end(cb);
    store_sums(&sums, e->out[0], k, depth);
    cb_end(cb);
}

void columns_emit_db(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct lane scalar = {.cb = cb};
    const struct tensor *db = ir_at(e->ir, op->out[0]);
    struct cx *zero = cx_int(cb, 0);
    emit_fill_zeros(e, e->out[0], cx_int(cb, tensor_panels(db) * db->panel));
    struct sums sums = open_sums(&scalar, db->units, NULL);
    struct cx *first = columns_open_blocks(cb, e->n);
    struct cx *rows = columns_declare_rows(cb, e->n, first);
    struct cx *dy = emit_row_in(e, "dyb", e->in[0], op->in[0], first);
    struct cx *s = cb_for(cb, "s", zero, rows, 1);
    for (uint32_t u = 0; u < sums.units; u++)
        cb_set(
            cb, sums.sum[u],
            cx_add(cb, sums.sum[u], cx_at(cb, dy, cx_add(cb, cx_int(cb, (int64_t)u * PANEL), s))));
    cb_end(cb);
    cb_end(cb);
    store_sums(&sums, e->out[0], zero, cx_int(cb, 1));
}
