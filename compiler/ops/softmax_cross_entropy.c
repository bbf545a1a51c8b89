/* softmax_cross_entropy: the loss of a class against unnormalised scores.
 *
 *     loss [n], p [n, classes] from z [n, classes], t [n] classes:
 *         m = max z;  e = exp(z − m);  s = Σ e;  p = e / s;  loss = (m + log s) − z[t]
 *     dz [n, classes] = p − q,  q = onehot(t)
 *
 * With label smoothing σ the target is q = (1 − σ)·onehot(t) + σ/classes, and the loss
 * (1 − σ)·(lse − z[t]) + σ/classes·Σ_j (lse − z[j]) with lse = m + log s: of no part less than 0.
 *
 * Maximum and sums go over the classes in ascending order, one chain. The division by the number of
 * samples is not here: it is applied once, to the finished sums of the gradients. */
#include "ice.h"
#include "ops/columns.h"
#include "ops/ops.h"
#include "ops/turn.h"

static double smoothing_of(const struct op *op)
{
    return op->attr[SOFTMAX_LABEL_SMOOTHING];
}

/* What smoothing gives to every class. */
static double share_of(const struct ir *ir, const struct op *op)
{
    return smoothing_of(op) / ir_at(ir, op->in[0])->units;
}

static void check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[1])->role == ROLE_LABEL);
    REQUIRE(ir_at(ir, op->out[0])->role == ROLE_LOSS);
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->out[1])->units);
}

static int gradient(struct ir *ir, const struct op *op, int d_out)
{
    (void)d_out;
    return append_loss_gradient(ir, op, OP_SOFTMAX_CROSS_ENTROPY_GRAD, op->out[1]);
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t classes = ir_at(ev->ir, op->in[0])->units;
    for (uint32_t r = 0; r < ev->n; r++) {
        const double *z = ev_at(ev, op->in[0], r, 0);
        double *p = ev_at(ev, op->out[1], r, 0);
        double max = z[0], sum = 0;
        for (uint32_t j = 1; j < classes; j++)
            max = z[j] > max ? z[j] : max;
        for (uint32_t j = 0; j < classes; j++) {
            p[j] = ev_exp(ev, ev_round(ev, z[j] - max));
            sum = ev_round(ev, sum + p[j]);
        }
        for (uint32_t j = 0; j < classes; j++)
            p[j] = ev_round(ev, p[j] / sum);
        const double lse = ev_round(ev, max + ev_log(ev, sum));
        double loss = ev_round(ev, lse - z[ev->label[r]]);
        if (smoothing_of(op) > 0) {
            const double share = ev_round(ev, share_of(ev->ir, op));
            double all = 0;
            for (uint32_t j = 0; j < classes; j++)
                all = ev_round(ev, all + ev_round(ev, lse - z[j]));
            loss = ev_fma(ev, ev_round(ev, 1 - smoothing_of(op)), loss, ev_product(ev, share, all));
        }
        *ev_at(ev, op->out[0], r, 0) = loss;
    }
}

static struct cx *label_of(struct emit *e, struct cx *r)
{
    return cx_at(e->cb, cx_name(e->cb, CT_LABELS, "label"), r);
}

/* The loss of a row of scores z whose log Σ exp(z) is lse. */
static struct cx *emit_loss(struct emit *e, const struct op *op, struct cx *z, struct cx *lse,
                            struct cx *r)
{
    struct cbuild *cb = e->cb;
    struct cx *own = cx_sub(cb, lse, cx_at(cb, z, label_of(e, r)));
    if (smoothing_of(op) == 0)
        return own;
    struct cx *all = cb_local(cb, CT_REAL, "all", cx_real(cb, 0));
    struct cx *j = cb_for(cb, "j", cx_int(cb, 0), emit_units(e, op->in[0]), 1);
    cb_set(cb, all, cx_add(cb, all, cx_sub(cb, lse, cx_at(cb, z, j))));
    cb_end(cb);
    return cx_fma(cb, cx_real(cb, 1 - smoothing_of(op)), own,
                  cx_mul(cb, cx_real(cb, share_of(e->ir, op)), all));
}

/* A row's scores, what becomes of them, and the number that all of them meet. */
struct row {
    struct cx *z, *p, *number;
};

static void emit_exp(struct emit *e, const struct lane *l, struct cx *j, void *context)
{
    const struct row *row = context;
    struct cx *below = lane_sub(l, lane_at(l, row->z, j), lane_splat(l, row->number));
    (void)e;
    lane_store(l, row->p, j, lane_call(l, LANE_EXP, below));
}

static void emit_share(struct emit *e, const struct lane *l, struct cx *j, void *context)
{
    const struct row *row = context;
    (void)e;
    lane_store(l, row->p, j, lane_div(l, lane_at(l, row->p, j), lane_splat(l, row->number)));
}

/* Row by row, from row `from` on. */
static void emit_row_by_row(struct emit *e, const struct op *op, struct cx *from)
{
    struct cbuild *cb = e->cb;
    const struct lane scalar = emit_scalar_lane(e, NULL);
    struct cx *zero = cx_int(cb, 0), *classes = emit_units(e, op->in[0]);
    struct cx *r = cb_for(cb, "r", from, e->last, 1);
    struct row row = {.z = emit_row_in(e, "zr", e->in[0], op->in[0], r),
                      .p = emit_row_out(e, "pr", e->out[1], op->out[1], r)};

    struct cx *max = cb_local(cb, CT_REAL, "max", cx_at(cb, row.z, zero));
    struct cx *j = cb_for(cb, "j", cx_int(cb, 1), classes, 1);
    struct cx *zj = emit_load(e, "z", row.z, j);
    cb_set(cb, max, cx_select(cb, cx_gt(cb, zj, max), zj, max));
    cb_end(cb);
    row.number = max;
    emit_lanes(e, op->out[1], op->straight, true, emit_exp, &row);

    struct cx *sum = cb_local(cb, CT_REAL, "sum", cx_real(cb, 0));
    j = cb_for(cb, "j", zero, classes, 1);
    cb_set(cb, sum, cx_add(cb, sum, cx_at(cb, row.p, j)));
    cb_end(cb);
    row.number = sum;
    emit_lanes(e, op->out[1], op->straight, false, emit_share, &row);

    struct cx *log = lane_call(&scalar, LANE_LOG, sum);
    struct cx *lse = lane_local(&scalar, "lse", cx_add(cb, max, log));
    cb_set(cb, cx_at(cb, e->out[0], r), emit_loss(e, op, row.z, lse, r));
    cb_end(cb);
}

static struct cx *declare_columns(struct cbuild *cb, const char *name, unsigned count)
{
    return cb_declare(cb, cb_real_name(cb), CT_REALS,
                      arena_printf(cb->arena, "%s[%u]", name, count), NULL);
}

/* Columns of scores, of as many samples as there are lanes, and of what becomes of them. */
struct columns {
    struct cx *z, *p; /* the same, or apart; PANEL elements from a class to the next */
    struct cx *end;   /* behind the last */
};

/* Makes shares of the scores; returns each sample's log Σ exp. */
static struct cx *emit_columns_softmax(const struct lane *l, const struct columns *c)
{
    struct cbuild *cb = l->cb;
    struct cx *zero = cx_int(cb, 0);
    struct cx *max = lane_variable(l, "max", lane_at(l, c->z, zero));
    struct cx *at = cb_for(cb, "j", cx_int(cb, PANEL), c->end, PANEL);
    cb_set(cb, max, lane_max(l, lane_load(l, "score", c->z, at), max));
    cb_end(cb);
    struct cx *sum = lane_variable(l, "sum", lane_constant(l, 0));
    at = cb_for(cb, "j", zero, c->end, PANEL);
    struct cx *below = lane_sub(l, lane_at(l, c->z, at), max);
    struct cx *power = lane_local(l, "power", lane_call(l, LANE_EXP, below));
    cb_set(cb, sum, lane_add(l, sum, power));
    lane_store(l, c->p, at, power);
    cb_end(cb);
    at = cb_for(cb, "j", zero, c->end, PANEL);
    lane_store(l, c->p, at, lane_div(l, lane_at(l, c->p, at), sum));
    cb_end(cb);
    return lane_add(l, max, lane_call(l, LANE_LOG, sum));
}

/* PANEL samples side by side: with few classes a row by itself leaves most of a vector idle.
 * Returns where fewer are left. */
static struct cx *emit_blocks(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct lane lane = {.cb = cb, .vector = isa_vector(e->isa, e->ir->f64)};
    const uint32_t classes = ir_at(e->ir, op->in[0])->units;
    struct cx *block = cx_int(cb, PANEL);
    struct cx *whole = emit_whole_steps(cb, "whole", e->first, e->last, PANEL);

    struct cx *first = cb_for(cb, "first", e->first, whole, PANEL);
    struct cx *z = emit_row_in(e, "zb", e->in[0], op->in[0], first);
    struct cx *p = emit_row_out(e, "pb", e->out[1], op->out[1], first);
    struct cx *column = declare_columns(cb, "column", classes * PANEL);
    struct cx *lse = declare_columns(cb, "lse", PANEL);
    const struct turn there = {z, emit_stride(e, op->in[0]), column, block};
    turn_emit(&lane, &there, PANEL, classes);

    struct cx *i = turn_open_lanes(&lane), *here = cx_add(cb, column, i);
    const struct columns columns = {here, here, cx_int(cb, (int64_t)classes * PANEL)};
    lane_store(&lane, lse, i, emit_columns_softmax(&lane, &columns));
    turn_close_lanes(&lane);
    const struct turn back = {column, block, p, emit_stride(e, op->out[1])};
    turn_emit(&lane, &back, classes, PANEL);

    struct cx *r = cb_for(cb, "r", first, cx_add(cb, first, block), 1);
    struct cx *zr = emit_row_in(e, "zr", e->in[0], op->in[0], r);
    cb_set(cb, cx_at(cb, e->out[0], r),
           emit_loss(e, op, zr, cx_at(cb, lse, cx_sub(cb, r, first)), r));
    cb_end(cb);
    cb_end(cb);
    return whole;
}

/* The lanes that samples in columns are computed in: of vectors that have functions. */
static struct lane columns_lane(struct emit *e)
{
    const struct isa_vector *v = isa_vector(e->isa, e->ir->f64);
    struct lane lane = emit_scalar_lane(e, NULL);
    if (v->functions)
        lane.vector = v;
    return lane;
}

/* The losses of samples in columns: their own scores are chosen. */
static struct cx *emit_columns_loss(struct emit *e, const struct op *op, const struct lane *l,
                                    const struct columns *c, struct cx *lse, struct cx *sample)
{
    struct cbuild *cb = e->cb;
    const uint32_t classes = ir_at(e->ir, op->in[0])->units;
    struct cx *label =
        lane_local(l, "classes", lane_label(l, cx_name(cb, CT_LABELS, "label"), sample));
    struct cx *score = lane_variable(l, "own", lane_at(l, c->z, cx_int(cb, 0)));
    struct lane each = *l;
    for (uint32_t j = 1; j < classes; j++) {
        each.suffix = arena_printf(cb->arena, "%u", j);
        struct cx *other = lane_load(&each, "score", c->z, cx_int(cb, (int64_t)j * PANEL));
        cb_set(cb, score, lane_select_eq(l, label, lane_constant(l, j), other, score));
    }
    struct cx *own = lane_sub(l, lse, score);
    if (smoothing_of(op) == 0)
        return own;
    struct cx *all = lane_variable(l, "all", lane_constant(l, 0));
    struct cx *at = cb_for(cb, "j", cx_int(cb, 0), c->end, PANEL);
    cb_set(cb, all, lane_add(l, all, lane_sub(l, lse, lane_at(l, c->z, at))));
    cb_end(cb);
    return lane_fma(l, lane_constant(l, 1 - smoothing_of(op)), own,
                    lane_product(l, lane_constant(l, share_of(e->ir, op)), all));
}

/* Scores and shares that stand in columns. */
static void emit_in_columns(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct lane lane = columns_lane(e);
    const uint32_t classes = ir_at(e->ir, op->in[0])->units;
    struct cx *first = columns_open_blocks(cb, e->last);
    struct cx *z = emit_row_in(e, "zb", e->in[0], op->in[0], first);
    struct cx *p = emit_row_out(e, "pb", e->out[1], op->out[1], first);
    struct cx *i = turn_open_lanes(&lane), *sample = cx_add(cb, first, i);
    const struct columns columns = {cx_add(cb, z, i), cx_add(cb, p, i),
                                    cx_int(cb, (int64_t)classes * PANEL)};
    struct cx *lse = lane_local(&lane, "lse", emit_columns_softmax(&lane, &columns));
    lane_store(&lane, e->out[0], sample, emit_columns_loss(e, op, &lane, &columns, lse, sample));
    turn_close_lanes(&lane);
    cb_end(cb);
}

bool softmax_has_blocks(const struct ir *ir, const struct op *op, const struct isa_vector *v)
{
    return v->functions && !op->straight && ir_at(ir, op->in[0])->units <= PANEL &&
           ir->batch >= PANEL;
}

static void emit(struct emit *e, const struct op *op)
{
    if (ir_at(e->ir, op->in[0])->in_columns) {
        emit_in_columns(e, op);
        return;
    }
    const bool blocks = softmax_has_blocks(e->ir, op, isa_vector(e->isa, e->ir->f64));
    emit_row_by_row(e, op, blocks ? emit_blocks(e, op) : e->first);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *z = ir_at(ir, op->in[0])->name;
    const uint32_t classes = ir_at(ir, op->in[0])->units;
    if (smoothing_of(op) == 0)
        return arena_printf(arena, "loss = log Σ exp(%s) − %s[label],  p = softmax(%s)   [n,%u]", z,
                            z, z, classes);
    return arena_printf(arena,
                        "loss = log Σ exp(%s) − (%g·%s[label] + %g/%u·Σ %s),  p = softmax(%s)   "
                        "[n,%u]",
                        z, 1 - smoothing_of(op), z, smoothing_of(op), classes, z, z, classes);
}

/* Maximum, subtraction, exp, sum, division: five for each class. */
static uint64_t flops(const struct ir *ir, const struct op *op)
{
    return 5 * (uint64_t)ir_at(ir, op->in[0])->units;
}

const struct op_rule softmax_cross_entropy_rule = {.inputs = 2,
                                                   .outputs = 2,
                                                   .in_names = {"z"},
                                                   .out_names = {"loss", "p"},
                                                   .verb = "forward",
                                                   .check = check,
                                                   .gradient = gradient,
                                                   .eval = eval,
                                                   .emit = emit,
                                                   .formula = formula,
                                                   .flops = flops};

static void grad_check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[1])->role == ROLE_LABEL);
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->out[0])->units);
}

static void grad_eval(struct ir_eval *ev, const struct op *op)
{
    const uint32_t classes = ir_at(ev->ir, op->in[0])->units;
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < classes; j++) {
            const double p = *ev_at(ev, op->in[0], r, j);
            const double q = share_of(ev->ir, op) + (j == ev->label[r] ? 1 - smoothing_of(op) : 0);
            *ev_at(ev, op->out[0], r, j) = ev_round(ev, p - ev_round(ev, q));
        }
}

/* What is subtracted from the share of the sample's own class. */
static double own_of(const struct emit *e, const struct op *op)
{
    return share_of(e->ir, op) + (1 - smoothing_of(op));
}

/* A row's shares and its slopes. */
struct slopes {
    struct cx *p, *dz;
};

static struct cx *other_slope(struct emit *e, const struct lane *l, struct cx *p)
{
    const double share = share_of(e->ir, e->op);
    return share > 0 ? lane_sub(l, p, lane_constant(l, share)) : p;
}

static void emit_slope(struct emit *e, const struct lane *l, struct cx *j, void *context)
{
    const struct slopes *row = context;
    lane_store(l, row->dz, j, other_slope(e, l, lane_at(l, row->p, j)));
}

/* 0, 1, 2 …: which class each lane of a panel is of. */
static struct cx *declare_ramp(struct cbuild *cb)
{
    struct cx *ramp = cx_list(cb, false);
    for (unsigned i = 0; i < PANEL; i++)
        cx_list_add(cb, ramp, NULL, cx_real(cb, i));
    return cb_declare(cb, arena_printf(cb->arena, "static const %s", cb_real_name(cb)), CT_REALS,
                      arena_printf(cb->arena, "ramp[%d]", PANEL), ramp);
}

/* A row of one panel: the slope of the own class is chosen, not stored after the others, so that
 * who loads all of them does not wait for one. */
static void emit_slopes_of_panel(struct emit *e, const struct op *op, const struct isa_vector *v)
{
    struct cbuild *cb = e->cb;
    struct lane l = {.cb = cb, .vector = v};
    struct cx *ramp = declare_ramp(cb);
    struct cx *classes = lane_constant(&l, ir_at(e->ir, op->in[0])->units);
    struct cx *own = lane_constant(&l, own_of(e, op)), *zero = lane_constant(&l, 0);
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    struct slopes row = {.p = emit_row_in(e, "pr", e->in[0], op->in[0], r),
                         .dz = emit_row_out(e, "dzr", e->out[0], op->out[0], r)};
    struct cx *label =
        cb_local(cb, CT_REAL, "own", cx_cast(cb, CT_REAL, cb_real_name(cb), label_of(e, r)));
    for (unsigned i = 0; i < PANEL; i += v->lanes) {
        struct cx *at = cx_int(cb, i);
        l.suffix = arena_printf(cb->arena, "%u", i);
        struct cx *class = lane_load(&l, "class", ramp, at), *p = lane_load(&l, "p", row.p, at);
        struct cx *slope = lane_select_eq(&l, class, lane_splat(&l, label), lane_sub(&l, p, own),
                                          other_slope(e, &l, p));
        lane_store(&l, row.dz, at, lane_select_gt(&l, classes, class, slope, zero));
    }
    cb_end(cb);
}

/* Shares and slopes that stand in columns. */
static void emit_slopes_in_columns(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    struct lane lane = columns_lane(e);
    struct cx *own = lane_constant(&lane, own_of(e, op));
    struct cx *first = columns_open_blocks(cb, e->last);
    struct cx *p = emit_row_in(e, "pb", e->in[0], op->in[0], first);
    struct cx *dz = emit_row_out(e, "dzb", e->out[0], op->out[0], first);
    struct cx *i = turn_open_lanes(&lane);
    struct cx *label = lane_local(
        &lane, "classes", lane_label(&lane, cx_name(cb, CT_LABELS, "label"), cx_add(cb, first, i)));
    for (uint32_t j = 0; j < ir_at(e->ir, op->in[0])->units; j++) {
        lane.suffix = arena_printf(cb->arena, "%u", j);
        struct cx *at = cx_add(cb, cx_int(cb, (int64_t)j * PANEL), i);
        struct cx *share = lane_load(&lane, "p", p, at);
        lane_store(&lane, dz, at,
                   lane_select_eq(&lane, label, lane_constant(&lane, j),
                                  lane_sub(&lane, share, own), other_slope(e, &lane, share)));
    }
    lane.suffix = NULL;
    turn_close_lanes(&lane);
    cb_end(cb);
}

/* What stands behind the last class is nothing that weights should follow. */
static void emit_padding(struct emit *e, int tensor, struct cx *row)
{
    struct cbuild *cb = e->cb;
    const struct tensor *t = ir_at(e->ir, tensor);
    if (t->stride == t->units)
        return;
    struct cx *j = cb_for(cb, "j", emit_units(e, tensor), emit_stride(e, tensor), 1);
    cb_set(cb, cx_at(cb, row, j), cx_real(cb, 0));
    cb_end(cb);
}

static void grad_emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct isa_vector *v = isa_vector(e->isa, e->ir->f64);
    if (ir_at(e->ir, op->in[0])->in_columns) {
        emit_slopes_in_columns(e, op);
        return;
    }
    if (!op->straight && v->lanes > 1 && ir_at(e->ir, op->out[0])->units <= PANEL) {
        emit_slopes_of_panel(e, op, v);
        return;
    }
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    struct slopes row = {.p = emit_row_in(e, "pr", e->in[0], op->in[0], r),
                         .dz = emit_row_out(e, "dzr", e->out[0], op->out[0], r)};
    emit_lanes(e, op->out[0], op->straight, false, emit_slope, &row);
    emit_padding(e, op->out[0], row.dz);
    cb_set(cb, cx_at(cb, row.dz, label_of(e, r)),
           cx_sub(cb, cx_at(cb, row.p, label_of(e, r)), cx_real(cb, own_of(e, op))));
    cb_end(cb);
}

static const char *grad_formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *dz = ir_at(ir, op->out[0])->name;
    if (smoothing_of(op) == 0)
        return arena_printf(arena, "%s = p − onehot(label)", dz);
    return arena_printf(arena, "%s = p − (%g·onehot(label) + %g/%u)", dz, 1 - smoothing_of(op),
                        smoothing_of(op), ir_at(ir, op->in[0])->units);
}

const struct op_rule softmax_cross_entropy_grad_rule = {.inputs = 2,
                                                        .outputs = 1,
                                                        .in_names = {"p"},
                                                        .out_names = {"dz"},
                                                        .verb = "backward",
                                                        .check = grad_check,
                                                        .eval = grad_eval,
                                                        .emit = grad_emit,
                                                        .formula = grad_formula,
                                                        .flops = flops_elements};
