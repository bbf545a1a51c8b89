/* pack: a value as the sums over the batch want it.
 *
 *     pack [batch, units] = x      column (r, k) at [k / PANEL][r][k % PANEL]
 *
 * dW sums over samples, some columns of x at a time: in rows these are a few elements of each, far
 * apart; in panels they are one stretch of memory. Rows of x are in the caches when they are
 * copied, and need not be kept for the batch then. */
#include "ice.h"
#include "ops/ops.h"

static void check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->out[0])->role == ROLE_PACK);
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->out[0])->units);
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t k = 0; k < ir_at(ev->ir, op->in[0])->units; k++)
            *ev_at(ev, op->out[0], r, k) = *ev_at(ev, op->in[0], r, k);
}

/* Rows of a pack up to which it is written panel by panel. gcc 12 at -O3, where it has unrolled the
 * loop over panels, sees that row r of a panel is row r + rows of the one before, keeps its stores
 * back until that row, and writes what was there before to the rows between, which may be another
 * thread's ("store-stores chains" of -fpredictive-commoning, over at most 8 rows). */
enum { PACK_SHORT = 64 };

/* Panels of many rows are far apart, by a multiple of a page and a row: a row at a time meets each
 * cache set once. */
static void emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct lane lane = emit_vector_lane(e);
    const uint32_t units = ir_at(e->ir, op->in[0])->units,
                   stride = ir_at(e->ir, op->out[0])->stride;
    const bool by_panels = stride <= PACK_SHORT * PANEL;
    struct cx *panel = cx_int(cb, PANEL), *zero = cx_int(cb, 0);
    struct cx *panels = cx_int(cb, (units + PANEL - 1) / PANEL), *p = NULL;
    if (by_panels)
        p = cb_for(cb, "p", zero, panels, 1);
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    struct cx *row = emit_row_in(e, "row", e->in[0], op->in[0], r);
    if (!by_panels)
        p = cb_for(cb, "p", zero, panels, 1);
    struct cx *i = cb_for(cb, "i", zero, panel, lane_count(&lane));
    struct cx *to = cx_add(cb, cx_mul(cb, p, emit_stride(e, op->out[0])), cx_mul(cb, r, panel));
    lane_store(&lane, e->out[0], cx_add(cb, to, i),
               lane_at(&lane, row, cx_add(cb, cx_mul(cb, p, panel), i)));
    cb_end(cb);
    cb_end(cb);
    cb_end(cb);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    return arena_printf(arena, "%s = %s, in panels", ir_at(ir, op->out[0])->name,
                        ir_at(ir, op->in[0])->name);
}

const struct op_rule pack_rule = {.inputs = 1,
                                  .outputs = 1,
                                  .in_names = {"x"},
                                  .out_names = {"pack"},
                                  .verb = "pack",
                                  .check = check,
                                  .eval = eval,
                                  .emit = emit,
                                  .formula = formula,
                                  .flops = flops_none};
