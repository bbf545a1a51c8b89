/* rmsprop: one step on one parameter.
 *
 *     g = dw·(1/n)                    dw summed over the n samples of the batch
 *     g = λ·w + g                     with weight decay λ
 *     s = α·s + (1 − α)·g²            the mean square
 *     q = g / (√s + ε)
 *     v = μ·v + q;  q = v             with momentum μ
 *     w = w − lr·q
 *
 * (Tieleman, Hinton: Lecture 6.5; 2012. As PyTorch computes it, ε outside of the root.) */
#include "ops/update.h"

enum { ALPHA = UPDATE_OWN, EPS, MOMENTUM };

static size_t states(const struct value *args, struct update_state state[STATE_MAX])
{
    state[0] = (struct update_state){"square_avg", "s"};
    state[1] = (struct update_state){"momentum_buffer", "v"};
    return args[RMSPROP_MOMENTUM].number > 0 ? 2 : 1;
}

static void attributes(const struct value *args, double attr[OP_ATTR_MAX])
{
    attr[ALPHA] = args[RMSPROP_ALPHA].number;
    attr[EPS] = args[RMSPROP_EPS].number;
    attr[MOMENTUM] = args[RMSPROP_MOMENTUM].number;
}

const struct optimizer optimizer_rmsprop = {WORD_RMSPROP, OP_RMSPROP,        states,
                                            attributes,   update_scalars_lr, update_constants_lr};

static void eval(struct ir_eval *ev, const struct op *op)
{
    const double lr = ev_round(ev, ev->lr), alpha = ev_round(ev, op->attr[ALPHA]);
    const double rest = ev_round(ev, 1 - op->attr[ALPHA]), eps = ev_round(ev, op->attr[EPS]);
    for (size_t i = 0; i < update_size(ev, op); i++) {
        double *w = &ev->value[op->out[0]][i], *s = &ev->value[op->out[1]][i];
        const double g = update_gradient(ev, op, op->attr[UPDATE_DECAY], i);
        *s = update_state(ev, ev_fma(ev, alpha, *s, ev_round(ev, ev_round(ev, rest * g) * g)));
        double q = ev_round(ev, g / ev_round(ev, ev_sqrt(ev, *s) + eps));
        if (op->in[3] != NO_TENSOR) {
            double *v = &ev->value[op->out[2]][i];
            q = *v = update_state(ev, ev_fma(ev, ev_round(ev, op->attr[MOMENTUM]), *v, q));
        }
        *w = ev_fma(ev, -lr, q, *w);
    }
}

static void body(const struct op *op, struct update *u)
{
    const struct lane *l = u->lane;
    struct cx *rest = lane_constant(l, 1 - op->attr[ALPHA]);
    struct cx *more_s = lane_local(l, "more_s", lane_mul(l, lane_mul(l, rest, u->g), u->g));
    update_state_set(u, 0, "new_s",
                     lane_fma(l, lane_constant(l, op->attr[ALPHA]), u->state[0], more_s));
    struct cx *divisor = lane_add(l, lane_sqrt(l, u->state[0]), lane_constant(l, op->attr[EPS]));
    struct cx *step = lane_div(l, u->g, divisor);
    if (u->state[1]) {
        update_state_set(u, 1, "new_v",
                         lane_fma(l, lane_constant(l, op->attr[MOMENTUM]), u->state[1], step));
        step = u->state[1];
    }
    u->w = lane_fma(l, lane_splat(l, cx_neg(l->cb, cx_name(l->cb, CT_REAL, "lr"))), step, u->w);
}

static void emit(struct emit *e, const struct op *op)
{
    update_emit(e, op, op->attr[UPDATE_DECAY], body);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *w = ir_at(ir, op->out[0])->name;
    const char *step = arena_printf(arena, "%s,  s = %g·s + %g·g²",
                                    update_formula(arena, ir, op, op->attr[UPDATE_DECAY]),
                                    op->attr[ALPHA], 1 - op->attr[ALPHA]);
    const char *quotient = arena_printf(arena, "g/(√s + %g)", op->attr[EPS]);
    if (op->attr[MOMENTUM] > 0)
        return arena_printf(arena, "%s,  v = %g·v + %s,  %s −= lr·v", step, op->attr[MOMENTUM],
                            quotient, w);
    return arena_printf(arena, "%s,  %s −= lr·%s", step, w, quotient);
}

const struct op_rule rmsprop_rule = {.inputs = 4,
                                     .optional = 1,
                                     .outputs = 3,
                                     .in_names = {"w", "dw", "s", "v"},
                                     .out_names = {"w", "s", "v"},
                                     .verb = "rmsprop",
                                     .scalars = update_scalars,
                                     .check = update_check,
                                     .eval = eval,
                                     .emit = emit,
                                     .formula = formula,
                                     .flops = flops_none};
