/* dense: an affine layer and its gradients.
 *
 *     dense     y  [n, units] = x·W + b     x [n, depth], W [depth, units], b [units]
 *     dense_dx  dx [n, depth] = dy·Wᵀ
 *     dense_dw  dW [depth, units] = xᵀ·dy   summed over the batch
 *     dense_db  db [units] = Σ dy           summed over the batch
 *
 * Each element of a result is one chain: it starts from b (or 0) and takes one fma for each k (dx:
 * each unit; dW: each sample) in ascending order. Small layers come out as straight-line code,
 * others as loops over register tiles (kernel.h), or, of few units, over columns (columns.h); all
 * keep the chains. */
#include "ice.h"
#include "kernel.h"
#include "lane.h"
#include "ops/columns.h"
#include "ops/ops.h"
#include "tile.h"

/* Element (unit, k) of a parameter-like tensor, counted from its start (see struct mlprt_param). */
static int64_t panel_index(const struct tensor *t, uint32_t k, uint32_t unit)
{
    return ((int64_t)(unit / t->panel) * t->depth + k) * t->panel + unit % t->panel;
}

static struct cx *param_at(struct emit *e, struct cx *base, int tensor, uint32_t k, uint32_t unit)
{
    return cx_at(e->cb, base, cx_int(e->cb, panel_index(ir_at(e->ir, tensor), k, unit)));
}

static uint32_t panels_of(struct emit *e, int tensor)
{
    return tensor_panels(ir_at(e->ir, tensor));
}

/* Forward and dX differ in which way they go through W: y[j] = b[j] + Σ_k x[k]·W[k][j], and
 * dx[k] = Σ_j dy[j]·W[k][j]. Both are "result o sums over i". */
static struct cx *weight_at(struct emit *e, const struct op *op, uint32_t i, uint32_t o)
{
    const bool transposed = op->kind == OP_DENSE_DX;
    return param_at(e, e->in[1], op->in[1], transposed ? o : i, transposed ? i : o);
}

/* One sample after the other, a statement for each weight. */
static void rows_emit_straight(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    struct lane scalar = emit_scalar_lane(e, NULL);
    const uint32_t inputs = ir_at(e->ir, op->in[0])->units;
    const uint32_t outputs = ir_at(e->ir, op->out[0])->units;
    struct cx *aux[OP_POST_MAX] = {0};
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    struct cx *in = emit_row_in(e, "in", e->in[0], op->in[0], r);
    for (size_t p = 0; p < op->post_count; p++)
        if (op->post[p].aux != NO_TENSOR)
            aux[p] = emit_row_in(
                e, arena_printf(cb->arena, "%s_row", post_aux_name(cb->arena, &op->post[p], p)),
                e->aux[p], op->post[p].aux, r);
    struct cx *out = emit_row_out(e, "out", e->out[0], op->out[0], r);
    for (uint32_t o = 0; o < outputs; o++) {
        struct cx *at = cx_int(cb, o);
        struct cx *sum = cb_local(cb, CT_REAL, arena_printf(cb->arena, "sum%u", o),
                                  e->in[2] ? cx_at(cb, e->in[2], at) : cx_real(cb, 0));
        for (uint32_t i = 0; i < inputs; i++)
            cb_set(cb, sum, cx_fma(cb, cx_at(cb, in, cx_int(cb, i)), weight_at(e, op, i, o), sum));
        struct cx *v = sum;
        scalar.suffix = emit_suffix(e, at);
        for (size_t p = 0; p < op->post_count; p++)
            v = post_emit(
                &scalar, &op->post[p], p, v,
                aux[p] ? lane_load(&scalar, post_aux_name(cb->arena, &op->post[p], p), aux[p], at)
                       : NULL);
        cb_set(cb, cx_at(cb, out, at), v);
    }
    cb_end(cb);
}

/* Over tiles; in[1] is W, or for dX its transposed copy. */
static void rows_emit_tiles(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    struct cx *panel = cx_int(cb, PANEL);
    const struct product p = {.panels = panels_of(e, op->in[1]),
                              .depth = emit_units(e, op->in[0]),
                              .a = e->in[0],
                              .a_row = emit_stride(e, op->in[0]),
                              .a_step = cx_int(cb, 1),
                              .b = e->in[1],
                              .b_panel = cx_mul(cb, emit_units(e, op->in[0]), panel),
                              .b_step = panel,
                              .start = e->in[2],
                              .c = e->out[0],
                              .c_panel = panel,
                              .c_row = emit_stride(e, op->out[0])};
    kernel_emit_product(e, op, &p);
    emit_posts(e, op, tile_posts(op, e->isa));
}

static void rows_emit(struct emit *e, const struct op *op)
{
    if (op->straight)
        rows_emit_straight(e, op);
    else
        rows_emit_tiles(e, op);
}

static void dense_emit(struct emit *e, const struct op *op)
{
    if (ir_at(e->ir, op->out[0])->in_columns)
        columns_emit_forward(e, op);
    else
        rows_emit(e, op);
}

/* Forward. */

static void dense_check(const struct ir *ir, const struct op *op)
{
    const struct tensor *x = ir_at(ir, op->in[0]), *w = ir_at(ir, op->in[1]);
    REQUIRE(x->units == w->depth && ir_at(ir, op->out[0])->units == w->units);
    if (op->in[2] != NO_TENSOR)
        REQUIRE(ir_at(ir, op->in[2])->units == w->units);
}

static int dense_gradient(struct ir *ir, const struct op *op, int d_out)
{
    const struct param *w = ir_param_of(ir, op->in[1]);
    const struct param *b = op->in[2] == NO_TENSOR ? NULL : ir_param_of(ir, op->in[2]);
    struct op dx = ir_op(OP_DENSE_DX, SECTION_BACKWARD, PHASE_ROWS);
    dx.base = op->base;
    dx.layer = op->layer;
    dx.span = op->span;
    dx.in[0] = d_out;
    dx.in[1] = op->in[1];
    dx.out[0] = ir_adjoint(ir, op->in[0]);
    ir_append(ir, dx);

    struct op dw = dx;
    dw.kind = OP_DENSE_DW;
    dw.phase = PHASE_WEIGHTS;
    dw.in[0] = op->in[0];
    dw.in[1] = d_out;
    dw.out[0] = w->grad;
    if (w->grad != NO_TENSOR)
        ir_append(ir, dw);
    if (b && b->grad != NO_TENSOR) {
        struct op db = dw;
        db.kind = OP_DENSE_DB;
        db.in[0] = d_out;
        db.in[1] = NO_TENSOR;
        db.out[0] = b->grad;
        ir_append(ir, db);
    }
    return dx.out[0];
}

static void dense_eval(struct ir_eval *ev, const struct op *op)
{
    const struct tensor *w = ir_at(ev->ir, op->in[1]);
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < w->units; j++) {
            double acc = op->in[2] == NO_TENSOR ? 0 : *ev_at(ev, op->in[2], 0, j);
            for (uint32_t k = 0; k < w->depth; k++)
                acc = ev_fma(ev, *ev_at(ev, op->in[0], r, k), *ev_at(ev, op->in[1], k, j), acc);
            *ev_at(ev, op->out[0], r, j) = acc;
        }
}

/* "hidden1 = relu(x·W + b)" */
static const char *dense_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const struct tensor *x = ir_at(ir, op->in[0]), *y = ir_at(ir, op->out[0]);
    const char *inner =
        arena_printf(arena, "%s·W%s", x->name, op->in[2] == NO_TENSOR ? "" : " + b");
    for (size_t i = 0; i < op->post_count; i++)
        inner = post_apply(arena, ir, &op->post[i], inner);
    return arena_printf(arena, "%s = %s   [n,%u]·[%u,%u]%s", y->name, inner, x->units, x->units,
                        y->units,
                        op->in[2] == NO_TENSOR ? "" : arena_printf(arena, " + [%u]", y->units));
}

/* Two for every weight. */
static uint64_t product_flops(const struct ir *ir, const struct op *op)
{
    const struct tensor *a = ir_at(ir, op->in[0]);
    return 2 * (uint64_t)a->units *
           (op->kind == OP_DENSE_DW ? ir_at(ir, op->in[1])->units : ir_at(ir, op->out[0])->units);
}

const struct op_rule dense_rule = {.inputs = 3,
                                   .optional = 1,
                                   .outputs = 1,
                                   .in_names = {"x", "w", "b"},
                                   .out_names = {"y"},
                                   .check = dense_check,
                                   .gradient = dense_gradient,
                                   .eval = dense_eval,
                                   .emit = dense_emit,
                                   .formula = dense_formula,
                                   .flops = product_flops};

/* Adjoint of the input. in[1] is W, or its transposed copy once the schedule has put one there. */

static bool reads_copy(const struct ir *ir, const struct op *op)
{
    return ir_at(ir, op->in[1])->role == ROLE_COPY;
}

static void dx_check(const struct ir *ir, const struct op *op)
{
    const struct tensor *w = ir_at(ir, op->in[1]);
    const uint32_t depth = reads_copy(ir, op) ? w->units : w->depth;
    const uint32_t units = reads_copy(ir, op) ? w->depth : w->units;
    REQUIRE(ir_at(ir, op->in[0])->units == units && ir_at(ir, op->out[0])->units == depth);
}

static void dx_eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t units = ir_at(ev->ir, op->in[0])->units;
    const uint32_t depth = ir_at(ev->ir, op->out[0])->units;
    const bool copy = reads_copy(ev->ir, op);
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t k = 0; k < depth; k++) {
            double acc = 0;
            for (uint32_t j = 0; j < units; j++)
                acc = ev_fma(ev, *ev_at(ev, op->in[0], r, j),
                             copy ? *ev_at(ev, op->in[1], j, k) : *ev_at(ev, op->in[1], k, j), acc);
            *ev_at(ev, op->out[0], r, k) = acc;
        }
}

/* Tiles on a block of samples whose derivatives stand in columns: those of one are PANEL apart, and
 * the next sample's are beside them. */
static void dx_emit_columns(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    struct emit block = *e;
    struct cx *panel = cx_int(cb, PANEL), *units = emit_units(e, op->in[0]);
    struct cx *first = columns_open_blocks(cb, e->last);
    block.last = columns_declare_rows(cb, e->last, first);
    for (size_t i = 0; i < op->post_count; i++)
        if (e->aux[i])
            block.aux[i] =
                cx_add(cb, e->aux[i], cx_mul(cb, first, emit_stride(e, op->post[i].aux)));
    const struct product p = {
        .panels = (ir_at(e->ir, op->out[0])->units + PANEL - 1) / PANEL,
        .depth = units,
        .a = cx_add(cb, e->in[0], cx_mul(cb, first, units)),
        .a_row = cx_int(cb, 1),
        .a_step = panel,
        .b = e->in[1],
        .b_panel = panel,
        .b_step = emit_units(e, op->out[0]),
        .c = cx_add(cb, e->out[0], cx_mul(cb, first, emit_stride(e, op->out[0]))),
        .c_panel = panel,
        .c_row = emit_stride(e, op->out[0])};
    kernel_emit_product(&block, op, &p);
    cb_end(cb);
    emit_posts(e, op, tile_posts(op, e->isa));
}

static void dx_emit(struct emit *e, const struct op *op)
{
    if (ir_at(e->ir, op->in[0])->in_columns)
        dx_emit_columns(e, op);
    else
        rows_emit(e, op);
}

static const char *dx_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const struct tensor *dy = ir_at(ir, op->in[0]), *dx = ir_at(ir, op->out[0]);
    const char *formula = arena_printf(arena, "%s·Wᵀ", dy->name);
    for (size_t i = 0; i < op->post_count; i++)
        formula = i + 1 < op->post_count
                      ? post_apply(arena, ir, &op->post[i], formula)
                      : post_formula(arena, ir, &op->post[i], dx->name, "sum", formula);
    if (!op->post_count)
        formula = arena_printf(arena, "%s = %s", dx->name, formula);
    return arena_printf(arena, "%s   [n,%u]·[%u,%u]", formula, dy->units, dy->units, dx->units);
}

const struct op_rule dense_dx_rule = {.inputs = 2,
                                      .outputs = 1,
                                      .in_names = {"dy", "w"},
                                      .out_names = {"dx"},
                                      .verb = "dx",
                                      .check = dx_check,
                                      .eval = dx_eval,
                                      .emit = dx_emit,
                                      .formula = dx_formula,
                                      .flops = product_flops};

/* Gradient of the weights. */

static void dw_check(const struct ir *ir, const struct op *op)
{
    const struct tensor *dw = ir_at(ir, op->out[0]);
    REQUIRE(ir_at(ir, op->in[0])->units == dw->depth && ir_at(ir, op->in[1])->units == dw->units);
}

static void dw_eval(struct ir_eval *ev, const struct op *op)
{
    const struct tensor *dw = ir_at(ev->ir, op->out[0]);
    for (uint32_t k = 0; k < dw->depth; k++)
        for (uint32_t j = 0; j < dw->units; j++) {
            double acc = 0;
            for (uint32_t r = 0; r < ev->n; r++)
                acc = ev_fma(ev, *ev_at(ev, op->in[0], r, k), *ev_at(ev, op->in[1], r, j), acc);
            *ev_at(ev, op->out[0], k, j) = acc;
        }
}

static void dw_emit_straight(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct tensor *dw = ir_at(e->ir, op->out[0]);
    emit_fill_zeros(e, e->out[0], cx_int(cb, (int64_t)tensor_stored(e->ir, dw)));
    struct cx *r = cb_for(cb, "r", cx_int(cb, 0), e->n, 1);
    struct cx *x = emit_row_in(e, "xr", e->in[0], op->in[0], r);
    struct cx *dy = emit_row_in(e, "dyr", e->in[1], op->in[1], r);
    for (uint32_t k = 0; k < dw->depth; k++)
        for (uint32_t j = 0; j < dw->units; j++) {
            struct cx *sum = param_at(e, e->out[0], op->out[0], k, j);
            cb_set(cb, sum,
                   cx_fma(cb, cx_at(cb, x, cx_int(cb, k)), cx_at(cb, dy, cx_int(cb, j)), sum));
        }
    cb_end(cb);
}

static void dw_emit(struct emit *e, const struct op *op)
{
    if (op->straight) {
        dw_emit_straight(e, op);
        return;
    }
    if (ir_at(e->ir, op->in[1])->in_columns) {
        columns_emit_dw(e, op);
        return;
    }
    struct cbuild *cb = e->cb;
    const bool packed = ir_at(e->ir, op->in[0])->role == ROLE_PACK;
    struct cx *depth = cx_int(cb, ir_at(e->ir, op->out[0])->depth), *panel = cx_int(cb, PANEL);
    if (!op->slices) {
        e->first = cx_int(cb, 0);
        e->last = depth;
    }
    const struct product p = {.panels = panels_of(e, op->out[0]),
                              .depth = e->n,
                              .a = e->in[0],
                              .a_row = cx_int(cb, 1),
                              .a_step = packed ? panel : emit_stride(e, op->in[0]),
                              .a_panel = packed ? emit_stride(e, op->in[0]) : NULL,
                              .whole_panels =
                                  packed && ir_at(e->ir, op->out[0])->depth % PANEL == 0,
                              .b = e->in[1],
                              .b_panel = panel,
                              .b_step = emit_stride(e, op->in[1]),
                              .c = e->out[0],
                              .c_first = e->first,
                              .c_panel = e->panel_step ? e->panel_step : cx_mul(cb, depth, panel),
                              .c_row = panel};
    kernel_emit_product(e, op, &p);
}

static const char *dw_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const struct tensor *x = ir_at(ir, op->in[0]), *dy = ir_at(ir, op->in[1]);
    return arena_printf(arena, "%s = %sᵀ·%s   [%u,n]·[n,%u]", ir_at(ir, op->out[0])->name, x->name,
                        dy->name, x->units, dy->units);
}

const struct op_rule dense_dw_rule = {.inputs = 2,
                                      .outputs = 1,
                                      .in_names = {"x", "dy"},
                                      .out_names = {"dw"},
                                      .verb = "dw",
                                      .check = dw_check,
                                      .eval = dw_eval,
                                      .emit = dw_emit,
                                      .formula = dw_formula,
                                      .flops = product_flops};

/* Gradient of the bias. */

static void db_check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->out[0])->units);
}

static void db_eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t units = ir_at(ev->ir, op->out[0])->units;
    for (uint32_t j = 0; j < units; j++) {
        double acc = 0;
        for (uint32_t r = 0; r < ev->n; r++)
            acc = ev_round(ev, acc + *ev_at(ev, op->in[0], r, j));
        *ev_at(ev, op->out[0], 0, j) = acc;
    }
}

static struct cx *db_term(const struct lane *l, struct cx *const *row, struct cx *j, struct cx *sum)
{
    return lane_add(l, sum, lane_at(l, row[0], j));
}

static void db_emit(struct emit *e, const struct op *op)
{
    if (ir_at(e->ir, op->in[0])->in_columns)
        columns_emit_db(e, op);
    else
        emit_column_sums(e, op, db_term);
}

static const char *db_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    return arena_printf(arena, "%s = Σ %s over the batch", ir_at(ir, op->out[0])->name,
                        ir_at(ir, op->in[0])->name);
}

const struct op_rule dense_db_rule = {.inputs = 1,
                                      .outputs = 1,
                                      .in_names = {"dy"},
                                      .out_names = {"db"},
                                      .verb = "db",
                                      .check = db_check,
                                      .eval = db_eval,
                                      .emit = db_emit,
                                      .formula = db_formula,
                                      .flops = flops_elements};
