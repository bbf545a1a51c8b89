/* sgd: one step of stochastic gradient descent on one parameter.
 *
 *     g = dw·(1/n)                    dw summed over the n samples of the batch
 *     g = λ·w + g                     with weight decay λ
 *     v = μ·v + g;  g = v             with momentum μ (nesterov: g = μ·v + g)
 *     w = w − lr·g
 *
 * (PyTorch's SGD.) Every line but the first is one fma. The first step's v is g because v starts
 * from zeros. Works on stored elements: the zeros of padding stay zeros. */
#include "ice.h"
#include "ops/ops.h"

static void check(const struct ir *ir, const struct op *op)
{
    const struct tensor *w = ir_at(ir, op->out[0]);
    REQUIRE(op->in[0] == op->out[0] && ir_at(ir, op->in[1])->units == w->units &&
            ir_at(ir, op->in[1])->depth == w->depth);
    REQUIRE(op->in[2] == op->out[1] &&
            (op->in[2] != NO_TENSOR) == (op->attr[SGD_ATTR_MOMENTUM] > 0));
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const struct tensor *t = ir_at(ev->ir, op->out[0]);
    const double scale = ev_round(ev, 1.0 / ev->n), lr = ev_round(ev, ev->lr);
    const double decay = ev_round(ev, op->attr[SGD_ATTR_DECAY]);
    const double momentum = ev_round(ev, op->attr[SGD_ATTR_MOMENTUM]);
    for (size_t i = 0; i < (size_t)t->depth * t->units; i++) {
        double *w = &ev->value[op->out[0]][i];
        double g = ev_round(ev, ev->value[op->in[1]][i] * scale);
        if (op->attr[SGD_ATTR_DECAY] > 0)
            g = ev_fma(ev, decay, *w, g);
        if (op->in[2] != NO_TENSOR) {
            double *v = &ev->value[op->out[1]][i];
            *v = ev_fma(ev, momentum, *v, g);
            g = op->attr[SGD_ATTR_NESTEROV] != 0 ? ev_fma(ev, momentum, *v, g) : *v;
        }
        *w = ev_fma(ev, -lr, g, *w);
    }
}

static void emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    struct cx *momentum = cx_real(cb, op->attr[SGD_ATTR_MOMENTUM]);
    struct cx *stored = cx_int(cb, (int64_t)tensor_stored(e->ir, ir_at(e->ir, op->out[0])));
    struct cx *i = cb_for(cb, "i", cx_int(cb, 0), stored, 1);
    struct cx *w = cx_at(cb, e->out[0], i);
    struct cx *g = cb_local(cb, CT_REAL, "g",
                            cx_mul(cb, cx_at(cb, e->in[1], i), cx_name(cb, CT_REAL, "scale")));
    if (op->attr[SGD_ATTR_DECAY] > 0)
        cb_set(cb, g, cx_fma(cb, cx_real(cb, op->attr[SGD_ATTR_DECAY]), w, g));
    struct cx *step = g;
    if (e->in[2]) {
        struct cx *v = cx_at(cb, e->out[1], i);
        cb_set(cb, v, cx_fma(cb, momentum, v, g));
        step = op->attr[SGD_ATTR_NESTEROV] != 0 ? cx_fma(cb, momentum, v, g) : v;
    }
    cb_set(cb, w, cx_fma(cb, cx_neg(cb, cx_name(cb, CT_REAL, "lr")), step, w));
    cb_end(cb);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *w = ir_at(ir, op->out[0])->name, *g = ir_at(ir, op->in[1])->name;
    const char *step = arena_printf(arena, "g = %s/n", g);
    if (op->attr[SGD_ATTR_DECAY] > 0)
        step = arena_printf(arena, "%s + %g·w", step, op->attr[SGD_ATTR_DECAY]);
    if (op->attr[SGD_ATTR_MOMENTUM] > 0)
        step = arena_printf(arena, "%s,  v = %g·v + g", step, op->attr[SGD_ATTR_MOMENTUM]);
    if (op->attr[SGD_ATTR_NESTEROV] != 0)
        return arena_printf(arena, "%s,  %s −= lr·(g + %g·v)", step, w,
                            op->attr[SGD_ATTR_MOMENTUM]);
    return arena_printf(arena, "%s,  %s −= lr·%s", step, w,
                        op->attr[SGD_ATTR_MOMENTUM] > 0 ? "v" : "g");
}

const struct op_rule sgd_rule = {.inputs = 3,
                                 .optional = 1,
                                 .outputs = 2,
                                 .in_names = {"w", "dw", "v"},
                                 .out_names = {"w", "v"},
                                 .verb = "sgd",
                                 .needs = NEED_RATE,
                                 .check = check,
                                 .eval = eval,
                                 .emit = emit,
                                 .formula = formula,
                                 .flops = flops_none};
