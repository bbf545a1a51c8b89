/* The reference evaluator: arithmetic of one precision, and the walk over the ops. */
#include "ir_eval.h"

#include "ops/ops.h"

#include "runtime/mlprt/math.h"
#include "runtime/mlprt/optimizer.h"

#include <math.h>

void ir_eval_init(struct ir_eval *ev, struct arena *arena, const struct ir *ir, bool f64)
{
    *ev = (struct ir_eval){.ir = ir, .f64 = f64};
    ev->value = ARENA_ARRAY(arena, double *, ir->tensors.len);
    for (size_t i = 0; i < ir->tensors.len; i++) {
        const struct tensor *t = &ir->tensors.at[i];
        size_t rows = tensor_per_sample(t) ? ir->batch : t->depth;
        ev->value[i] = ARENA_ARRAY(arena, double, rows * t->units);
    }
}

/* The sums of squares, columns and tensors in model order, are there. */
static double clip_of(const struct ir_eval *ev)
{
    double sum = 0;
    for (size_t i = 0; i < ev->ir->ops.len; i++) {
        const struct op *op = &ev->ir->ops.at[i];
        for (uint32_t j = 0; op->kind == OP_SQUARES && j < ir_at(ev->ir, op->out[0])->units; j++)
            sum += *ev_at(ev, op->out[0], 0, j);
    }
    return ev_round(ev, mlprt_clip(ir_clip_norm(ev->ir), sum));
}

void ir_eval_run(struct ir_eval *ev, enum section first, enum section last)
{
    for (size_t i = 0; i < ev->ir->ops.len; i++) {
        const struct op *op = &ev->ir->ops.at[i];
        if (op->section < first || op->section > last)
            continue;
        if (op->phase == PHASE_UPDATE && ir_clip_norm(ev->ir) > 0)
            ev->clip = clip_of(ev);
        op_rule(op->kind)->eval(ev, op);
        for (size_t p = 0; p < op->post_count; p++) {
            const struct post *post = &op->post[p];
            uint32_t units = ir_at(ev->ir, op->out[0])->units;
            for (uint32_t r = 0; r < ev->n; r++)
                for (uint32_t j = 0; j < units; j++) {
                    double *y = ev_at(ev, op->out[0], r, j);
                    *y = post_eval(ev, post, *y,
                                   post->aux == NO_TENSOR ? 0 : *ev_at(ev, post->aux, r, j));
                }
        }
    }
}

double ev_round(const struct ir_eval *ev, double v)
{
    return ev->f64 ? v : (double)(float)v;
}

double ev_fma(const struct ir_eval *ev, double a, double b, double c)
{
    return ev->f64 ? fma(a, b, c) : (double)fmaf((float)a, (float)b, (float)c);
}

double ev_product(const struct ir_eval *ev, double a, double b)
{
    return ev_fma(ev, a, b, -0.0);
}

double ev_sqrt(const struct ir_eval *ev, double x)
{
    return ev_round(ev, sqrt(x));
}

double ev_exp(const struct ir_eval *ev, double x)
{
    return ev->f64 ? exp(x) : (double)mlprt_expf((float)x);
}

double ev_log(const struct ir_eval *ev, double x)
{
    return ev->f64 ? log(x) : (double)mlprt_logf((float)x);
}

double ev_expm1(const struct ir_eval *ev, double x)
{
    return ev->f64 ? expm1(x) : (double)mlprt_expm1f((float)x);
}

double ev_log1p(const struct ir_eval *ev, double x)
{
    return ev->f64 ? log1p(x) : (double)mlprt_log1pf((float)x);
}

double ev_erf(const struct ir_eval *ev, double x)
{
    return ev->f64 ? erf(x) : (double)mlprt_erff((float)x);
}

double ev_tanh(const struct ir_eval *ev, double x)
{
    return ev->f64 ? tanh(x) : (double)mlprt_tanhf((float)x);
}

double ev_sigmoid(const struct ir_eval *ev, double x)
{
    return ev->f64 ? mlprt_sigmoid(x) : (double)mlprt_sigmoidf((float)x);
}
