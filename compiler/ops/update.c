/* Updates: the table of optimizers, and the loop that each of their ops is. */
#include "ops/update.h"

#include "ice.h"

#include <float.h>
#include <math.h>

extern const struct optimizer optimizer_sgd, optimizer_adam, optimizer_adamw, optimizer_rmsprop;

static const struct optimizer *optimizer_of(const struct word *word)
{
    static const struct optimizer *const all[] = {&optimizer_sgd, &optimizer_adam, &optimizer_adamw,
                                                  &optimizer_rmsprop};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]->word == word->vocab->id)
            return all[i];
    ICE("optimizer '%s' has no op", word->vocab->name);
}

size_t update_states(const struct word *optimizer, struct update_state states[STATE_MAX])
{
    return optimizer_of(optimizer)->states(optimizer->args, states);
}

/* ---- into the IR ---- */

static struct op update_op(const struct ir *ir, const struct param *p)
{
    const struct word *word = ir->model->train->args[TRAIN_OPTIMIZER].word;
    struct op op = ir_op(optimizer_of(word)->kind, SECTION_UPDATE, PHASE_UPDATE);
    op.layer = p->layer;
    op.span = word->span;
    op.base = ir_at(ir, p->value)->name;
    op.in[0] = op.out[0] = p->value;
    op.in[1] = p->grad;
    for (size_t i = 0; i < STATE_MAX; i++)
        op.in[2 + i] = op.out[1 + i] = p->state[i];
    op.attr[UPDATE_DECAY] = p->decays ? word_arg(word, "weight_decay")->number : 0;
    optimizer_of(word)->attributes(word->args, op.attr);
    return op;
}

/* The sums of squares that the norm of all gradients is made of. */
static struct op squares_op(struct ir *ir, const struct param *p)
{
    const struct tensor dw = *ir_at(ir, p->grad);
    struct op op = ir_op(OP_SQUARES, SECTION_UPDATE, PHASE_NORM);
    op.layer = p->layer;
    op.span = ir->model->train->args[TRAIN_CLIP_NORM].span;
    op.base = ir_at(ir, p->value)->name;
    op.in[0] = p->grad;
    op.out[0] = ir_tensor(ir, arena_printf(ir->arena, "%s_squares", dw.name), ROLE_NORM, 1,
                          dw.units, dw.layer);
    return op;
}

void update_append(struct ir *ir)
{
    for (size_t i = 0; ir_clip_norm(ir) > 0 && i < ir->params.len; i++)
        if (ir->params.at[i].grad != NO_TENSOR)
            ir_append(ir, squares_op(ir, &ir->params.at[i]));
    for (size_t i = 0; i < ir->params.len; i++)
        if (ir->params.at[i].grad != NO_TENSOR)
            ir_append(ir, update_op(ir, &ir->params.at[i]));
}

void update_check(const struct ir *ir, const struct op *op)
{
    const struct tensor *w = ir_at(ir, op->out[0]), *dw = ir_at(ir, op->in[1]);
    REQUIRE(op->in[0] == op->out[0] && dw->units == w->units && dw->depth == w->depth);
    for (size_t i = 0; i < STATE_MAX; i++)
        REQUIRE(op->in[2 + i] == op->out[1 + i]);
}

/* ---- evaluation ---- */

size_t update_size(const struct ir_eval *ev, const struct op *op)
{
    const struct tensor *w = ir_at(ev->ir, op->out[0]);
    return (size_t)w->depth * w->units;
}

double update_gradient(const struct ir_eval *ev, const struct op *op, double decay, size_t i)
{
    double g = ev_round(ev, ev->value[op->in[1]][i] * ev_round(ev, 1.0 / ev->n));
    if (ir_clip_norm(ev->ir) > 0)
        g = ev_round(ev, g * ev->clip);
    return decay > 0 ? ev_fma(ev, ev_round(ev, decay), ev->value[op->out[0]][i], g) : g;
}

/* A state that decays, for want of gradients, would stay at the subnormal numbers for ever:
 * rounded, 0.9 times the smallest is the smallest again. With these many processors are a hundred
 * times as slow. */
static double least_normal(bool f64)
{
    return f64 ? DBL_MIN : (double)FLT_MIN;
}

double update_state(const struct ir_eval *ev, double v)
{
    return least_normal(ev->f64) > fabs(v) ? 0 : v;
}

/* ---- emission: the numbers of a step ---- */

size_t update_scalars(const struct ir *ir, const struct op *op, const char *names[OP_SCALARS_MAX])
{
    const struct word *word = ir->model->train->args[TRAIN_OPTIMIZER].word;
    size_t n = 0;
    names[n++] = "scale";
    if (ir_clip_norm(ir) > 0)
        names[n++] = "clip";
    return n + optimizer_of(word)->scalars(op, names + n);
}

void update_constant(struct cbuild *cb, const char *name, struct cx *value)
{
    const char *real = cb_real_name(cb);
    cb_declare(cb, arena_printf(cb->arena, "const %s", real), CT_REAL, name,
               cx_cast(cb, CT_REAL, real, value));
}

struct cx *update_lr(struct cbuild *cb)
{
    return emit_batch(cb, CT_OTHER, "lr");
}

struct cx *update_time(struct cbuild *cb)
{
    return cx_add(cb, cx_cast(cb, CT_INT, "uint64_t", emit_batch(cb, CT_INT, "step")),
                  cx_int(cb, 1));
}

size_t update_scalars_lr(const struct op *op, const char *names[OP_SCALARS_MAX])
{
    (void)op;
    names[0] = "lr";
    return 1;
}

void update_constants_lr(struct cbuild *cb, const struct op *op)
{
    (void)op;
    update_constant(cb, "lr", update_lr(cb));
}

/* The share of the gradients that clipping leaves. */
static void clip_constant(struct cbuild *cb, const struct ir *ir)
{
    struct cx *sum = cb_declare(cb, "double", CT_OTHER, "squares", cx_double(cb, 0));
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        if (op->kind != OP_SQUARES)
            continue;
        const char *name = ir_at(ir, op->out[0])->name;
        cb_set(
            cb, sum,
            cx_call(cb, CT_OTHER, cb->f64 ? "mlprt_sum_f64" : "mlprt_sum_f32", 3, sum,
                    cx_add(cb, cx_name(cb, CT_REALS, "a"), cx_namef(cb, CT_INT, "PLACE_%s", name)),
                    cx_namef(cb, CT_INT, "N_%s", name)));
    }
    update_constant(cb, "clip",
                    cx_call(cb, CT_OTHER, "mlprt_clip", 2, cx_double(cb, ir_clip_norm(ir)), sum));
}

/* The update that needs all numbers of a step: one with decay, if there is any. */
static const struct op *neediest(const struct ir *ir)
{
    const struct op *found = &ir->ops.at[ir->ops.len - 1];
    for (size_t i = 0; i < ir->ops.len; i++)
        if (ir->ops.at[i].phase == PHASE_UPDATE && ir->ops.at[i].attr[UPDATE_DECAY] > 0)
            found = &ir->ops.at[i];
    return found;
}

void update_emit_constants(struct cbuild *cb, const struct ir *ir, enum phase phase)
{
    const char *real = cb_real_name(cb);
    cb_declare(cb, arena_printf(cb->arena, "const %s", real), CT_REAL, "scale",
               cx_div(cb, cx_real(cb, 1), cx_cast(cb, CT_REAL, real, emit_batch(cb, CT_INT, "n"))));
    if (phase != PHASE_UPDATE)
        return;
    if (ir_clip_norm(ir) > 0)
        clip_constant(cb, ir);
    optimizer_of(ir->model->train->args[TRAIN_OPTIMIZER].word)->constants(cb, neediest(ir));
}

/* ---- emission: the loop ---- */

struct cx *update_scalar(const struct update *u, const char *name)
{
    return lane_splat(u->lane, cx_name(u->lane->cb, CT_REAL, name));
}

void update_state_set(struct update *u, size_t i, const char *name, struct cx *v)
{
    const struct lane *l = u->lane;
    struct cx *zero = lane_constant(l, 0), *least = lane_constant(l, least_normal(l->cb->f64));
    v = lane_local(l, arena_printf(l->cb->arena, "raw_%s", name), v);
    u->state[i] = lane_local(l, name, lane_select_gt(l, least, lane_abs(l, v), zero, v));
}

static struct cx *gradient_emit(struct emit *e, const struct update *u, struct cx *d, double decay)
{
    const struct lane *l = u->lane;
    struct cx *g = lane_mul(l, d, update_scalar(u, "scale"));
    if (ir_clip_norm(e->ir) > 0)
        g = lane_mul(l, g, update_scalar(u, "clip"));
    if (decay > 0)
        g = lane_fma(l, lane_constant(l, decay), u->w, g);
    return lane_local(l, "g", g);
}

/* Elements i, where the gradient's are k. */
static void element_emit(struct emit *e, const struct op *op, const struct lane *lane, struct cx *i,
                         struct cx *k, struct cx *seen, double decay, update_body *body)
{
    struct update u = {.lane = lane, .w = lane_load(lane, "w", e->out[0], i)};
    struct cx *d = lane_load(lane, "d", e->in[1], k);
    cb_set(lane->cb, seen, lane_fault(lane, seen, d));
    for (size_t s = 0; s < STATE_MAX; s++)
        if (e->out[1 + s])
            u.state[s] = lane_load(lane, op_rule(op->kind)->out_names[1 + s], e->out[1 + s], i);
    u.g = gradient_emit(e, &u, d, decay);
    body(op, &u);
    for (size_t s = 0; s < STATE_MAX; s++)
        if (e->out[1 + s])
            lane_store(lane, e->out[1 + s], i, u.state[s]);
    lane_store(lane, e->out[0], i, u.w);
}

/* A slice of a matrix is a stretch of each of its panels; one of a single row, or a parameter of
 * one piece, is a stretch of the whole. */
void update_emit(struct emit *e, const struct op *op, double decay, update_body *body)
{
    struct cbuild *cb = e->cb;
    const struct tensor *w = ir_at(e->ir, op->out[0]);
    struct lane lane = emit_vector_lane(e);
    if (w->panel != PANEL && !w->in_columns)
        lane.vector = NULL; /* vectors would leave a rest */
    lane.suffix = "i";
    struct cx *zero = cx_int(cb, 0), *panel = cx_int(cb, PANEL), *base = zero, *d_base = zero;
    struct cx *from = zero, *count = cx_int(cb, (int64_t)tensor_stored(e->ir, w));
    struct lane outside = lane;
    outside.suffix = NULL;
    struct cx *seen = lane_variable(&outside, "seen", lane_at(&lane, e->fault, zero));
    if (op->slices) {
        from = cx_mul(cb, e->first, panel);
        count = cx_mul(cb, cx_sub(cb, e->last, e->first), panel);
    }
    REQUIRE(!e->panels || e->panel_step);
    if (e->panel_step) {
        struct cx *p =
            cb_for(cb, "p", zero, e->panels ? e->panels : cx_int(cb, tensor_panels(w)), 1);
        base = cx_mul(cb, p, cx_int(cb, (int64_t)w->depth * PANEL));
        d_base = cx_mul(cb, p, e->panel_step);
    }
    struct cx *i = cb_for(cb, "i", zero, count, lane_count(&lane));
    element_emit(e, op, &lane, cx_add(cb, cx_add(cb, base, from), i), cx_add(cb, d_base, i), seen,
                 decay, body);
    cb_end(cb);
    if (e->panel_step)
        cb_end(cb);
    lane_store(&lane, e->fault, zero, seen);
}

const char *update_formula(struct arena *arena, const struct ir *ir, const struct op *op,
                           double decay)
{
    const char *g = arena_printf(arena, "g = %s/n", ir_at(ir, op->in[1])->name);
    if (ir_clip_norm(ir) > 0)
        g = arena_printf(arena, "%s·clip", g);
    return decay > 0 ? arena_printf(arena, "%s + %g·w", g, decay) : g;
}
