/* sgd: one step of stochastic gradient descent on one parameter.
 *
 *     g = dw·(1/n)                    dw summed over the n samples of the batch
 *     g = λ·w + g                     with weight decay λ
 *     v = μ·v + g;  g = v             with momentum μ (nesterov: g = μ·v + g)
 *     w = w − lr·g
 *
 * (PyTorch's SGD.) Every line but the first is one fma. The first step's v is g because v starts
 * from zeros. */
#include "ops/update.h"

enum { MOMENTUM = UPDATE_OWN, NESTEROV };

static size_t states(const struct value *args, struct update_state state[STATE_MAX])
{
    state[0] = (struct update_state){"momentum_buffer", "v"};
    return args[SGD_MOMENTUM].number > 0;
}

static void attributes(const struct value *args, double attr[OP_ATTR_MAX])
{
    attr[MOMENTUM] = args[SGD_MOMENTUM].number;
    attr[NESTEROV] = args[SGD_NESTEROV].truth;
}

const struct optimizer optimizer_sgd = {
    WORD_SGD, OP_SGD, states, attributes, update_scalars_lr, update_constants_lr};

static void eval(struct ir_eval *ev, const struct op *op)
{
    const double lr = ev_round(ev, ev->lr), momentum = ev_round(ev, op->attr[MOMENTUM]);
    for (size_t i = 0; i < update_size(ev, op); i++) {
        double *w = &ev->value[op->out[0]][i];
        double g = update_gradient(ev, op, op->attr[UPDATE_DECAY], i);
        if (op->in[2] != NO_TENSOR) {
            double *v = &ev->value[op->out[1]][i];
            *v = update_state(ev, ev_fma(ev, momentum, *v, g));
            g = op->attr[NESTEROV] != 0 ? ev_fma(ev, momentum, *v, g) : *v;
        }
        *w = ev_fma(ev, -lr, g, *w);
    }
}

static void body(const struct op *op, struct update *u)
{
    const struct lane *l = u->lane;
    struct cx *momentum = lane_constant(l, op->attr[MOMENTUM]), *step = u->g;
    if (u->state[0]) {
        update_state_set(u, 0, "new_v", lane_fma(l, momentum, u->state[0], u->g));
        step = op->attr[NESTEROV] != 0 ? lane_fma(l, momentum, u->state[0], u->g) : u->state[0];
    }
    u->w = lane_fma(l, lane_splat(l, cx_neg(l->cb, cx_name(l->cb, CT_REAL, "lr"))), step, u->w);
}

static void emit(struct emit *e, const struct op *op)
{
    update_emit(e, op, op->attr[UPDATE_DECAY], body);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *step = update_formula(arena, ir, op, op->attr[UPDATE_DECAY]);
    const char *w = ir_at(ir, op->out[0])->name;
    if (op->attr[MOMENTUM] > 0)
        step = arena_printf(arena, "%s,  v = %g·v + g", step, op->attr[MOMENTUM]);
    if (op->attr[NESTEROV] != 0)
        return arena_printf(arena, "%s,  %s −= lr·(g + %g·v)", step, w, op->attr[MOMENTUM]);
    return arena_printf(arena, "%s,  %s −= lr·%s", step, w, op->attr[MOMENTUM] > 0 ? "v" : "g");
}

const struct op_rule sgd_rule = {.inputs = 3,
                                 .optional = 1,
                                 .outputs = 2,
                                 .in_names = {"w", "dw", "v"},
                                 .out_names = {"w", "v"},
                                 .verb = "sgd",
                                 .scalars = update_scalars,
                                 .check = update_check,
                                 .eval = eval,
                                 .emit = emit,
                                 .formula = formula,
                                 .flops = flops_none};
