/* adam and adamw: one step on one parameter, the t-th.
 *
 *     g = dw·(1/n)                    dw summed over the n samples of the batch
 *     g = λ·w + g                     adam with weight decay λ
 *     m = β1·m + (1 − β1)·g           the mean gradient
 *     s = β2·s + (1 − β2)·g²          its mean square
 *     w = w·(1 − lr·λ)                adamw, whose decay is apart from the gradient
 *     w = w − rate·m / (√s/root + ε)  rate = lr/(1 − β1^t), root = √(1 − β2^t)
 *
 * (Kingma, Ba: Adam; 2015. Loshchilov, Hutter: Decoupled weight decay regularization; 2019. As
 * PyTorch computes them.) m and s are one fma each, onto the rounded product on the right. rate,
 * root and 1 − lr·λ are computed in double and rounded once. */
#include "ops/update.h"

#include "runtime/mlprt/optimizer.h"

#include <math.h>

enum { DECOUPLED = UPDATE_OWN, BETA1, BETA2, EPS };

static size_t states(const struct value *args, struct update_state state[STATE_MAX])
{
    (void)args;
    state[0] = (struct update_state){"exp_avg", "m"};
    state[1] = (struct update_state){"exp_avg_sq", "s"};
    return 2;
}

static void attributes(const struct value *args, double attr[OP_ATTR_MAX])
{
    attr[BETA1] = args[ADAM_BETA1].number;
    attr[BETA2] = args[ADAM_BETA2].number;
    attr[EPS] = args[ADAM_EPS].number;
}

static void attributes_decoupled(const struct value *args, double attr[OP_ATTR_MAX])
{
    attributes(args, attr);
    attr[DECOUPLED] = args[ADAM_WEIGHT_DECAY].number > 0;
}

/* λ where it is part of the gradient, and where it is not. */
static double gradient_decay(const struct op *op)
{
    return op->attr[DECOUPLED] != 0 ? 0 : op->attr[UPDATE_DECAY];
}

static double own_decay(const struct op *op)
{
    return op->attr[DECOUPLED] != 0 ? op->attr[UPDATE_DECAY] : 0;
}

static size_t scalars(const struct op *op, const char *names[OP_SCALARS_MAX])
{
    names[0] = "rate";
    names[1] = "root";
    names[2] = "kept";
    return own_decay(op) > 0 ? 3 : 2;
}

static void constants(struct cbuild *cb, const struct op *op)
{
    struct cx *lr = update_lr(cb), *t = update_time(cb);
    update_constant(
        cb, "rate",
        cx_call(cb, CT_OTHER, "mlprt_adam_rate", 3, lr, cx_double(cb, op->attr[BETA1]), t));
    update_constant(cb, "root",
                    cx_call(cb, CT_OTHER, "mlprt_adam_root", 2, cx_double(cb, op->attr[BETA2]), t));
    if (own_decay(op) > 0)
        update_constant(
            cb, "kept",
            cx_call(cb, CT_OTHER, "mlprt_decay_kept", 2, lr, cx_double(cb, own_decay(op))));
}

const struct optimizer optimizer_adam = {WORD_ADAM,  OP_ADAM, states,
                                         attributes, scalars, constants};
const struct optimizer optimizer_adamw = {WORD_ADAMW,           OP_ADAM, states,
                                          attributes_decoupled, scalars, constants};

static void eval(struct ir_eval *ev, const struct op *op)
{
    const double b1 = ev_round(ev, op->attr[BETA1]), b2 = ev_round(ev, op->attr[BETA2]);
    const double rest1 = ev_round(ev, 1 - op->attr[BETA1]);
    const double rest2 = ev_round(ev, 1 - op->attr[BETA2]), eps = ev_round(ev, op->attr[EPS]);
    const double rate =
        ev_round(ev, mlprt_adam_rate(ev->lr, op->attr[BETA1], (uint64_t)ev->step + 1));
    const double root = ev_round(ev, mlprt_adam_root(op->attr[BETA2], (uint64_t)ev->step + 1));
    const double kept = ev_round(ev, mlprt_decay_kept(ev->lr, own_decay(op)));
    for (size_t i = 0; i < update_size(ev, op); i++) {
        double *w = &ev->value[op->out[0]][i];
        double *m = &ev->value[op->out[1]][i], *s = &ev->value[op->out[2]][i];
        const double g = update_gradient(ev, op, gradient_decay(op), i);
        *m = update_state(ev, ev_fma(ev, b1, *m, ev_round(ev, rest1 * g)));
        *s = update_state(ev, ev_fma(ev, b2, *s, ev_round(ev, ev_round(ev, rest2 * g) * g)));
        const double divisor = ev_round(ev, ev_round(ev, ev_sqrt(ev, *s) / root) + eps);
        const double old = own_decay(op) > 0 ? ev_round(ev, *w * kept) : *w;
        *w = ev_fma(ev, -rate, ev_round(ev, *m / divisor), old);
    }
}

static void body(const struct op *op, struct update *u)
{
    const struct lane *l = u->lane;
    struct cx *b1 = lane_constant(l, op->attr[BETA1]), *b2 = lane_constant(l, op->attr[BETA2]);
    struct cx *rest1 = lane_constant(l, 1 - op->attr[BETA1]);
    struct cx *rest2 = lane_constant(l, 1 - op->attr[BETA2]), *w = u->w;
    struct cx *more_m = lane_local(l, "more_m", lane_mul(l, rest1, u->g));
    struct cx *more_s = lane_local(l, "more_s", lane_mul(l, lane_mul(l, rest2, u->g), u->g));
    update_state_set(u, 0, "new_m", lane_fma(l, b1, u->state[0], more_m));
    update_state_set(u, 1, "new_s", lane_fma(l, b2, u->state[1], more_s));
    struct cx *spread = lane_div(l, lane_sqrt(l, u->state[1]), update_scalar(u, "root"));
    struct cx *divisor =
        lane_local(l, "divisor", lane_add(l, spread, lane_constant(l, op->attr[EPS])));
    if (own_decay(op) > 0)
        w = lane_mul(l, w, update_scalar(u, "kept"));
    u->w = lane_fma(l, lane_splat(l, cx_neg(l->cb, cx_name(l->cb, CT_REAL, "rate"))),
                    lane_div(l, u->state[0], divisor), w);
}

static void emit(struct emit *e, const struct op *op)
{
    update_emit(e, op, gradient_decay(op), body);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *w = ir_at(ir, op->out[0])->name;
    const char *kept = own_decay(op) > 0 ? arena_printf(arena, "·(1 − lr·%g)", own_decay(op)) : "";
    return arena_printf(arena,
                        "%s,  m = %g·m + %g·g,  s = %g·s + %g·g²,  "
                        "%s = %s%s − lr·(m/(1 − %g^t))/(√(s/(1 − %g^t)) + %g)",
                        update_formula(arena, ir, op, gradient_decay(op)), op->attr[BETA1],
                        1 - op->attr[BETA1], op->attr[BETA2], 1 - op->attr[BETA2], w, w, kept,
                        op->attr[BETA1], op->attr[BETA2], op->attr[EPS]);
}

const struct op_rule adam_rule = {.inputs = 4,
                                  .outputs = 3,
                                  .in_names = {"w", "dw", "m", "s"},
                                  .out_names = {"w", "m", "s"},
                                  .verb = "adam",
                                  .scalars = update_scalars,
                                  .check = update_check,
                                  .eval = eval,
                                  .emit = emit,
                                  .formula = formula,
                                  .flops = flops_none};
