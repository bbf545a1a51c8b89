/* selu: y = λ·(x > 0 ? x : α·(exp(x) − 1)), dx = dy·(x > 0 ? λ : λ·α·exp(x)), with the λ and α that
 * keep mean 0 and variance 1 (Klambauer, Unterthiner, Mayr, Hochreiter: Self-normalizing neural
 * networks; 2017). The exponent is cut at 0, as in elu. */
#include "ops/activation.h"

static const double scale = 1.0507009873554804934193349852946;
static const double scale_alpha =
    1.0507009873554804934193349852946 * 1.6732632423543772848170429916717;

static double eval(const struct ir_eval *ev, const double *attr, double x)
{
    (void)attr;
    return x > 0 ? ev_product(ev, ev_round(ev, scale), x)
                 : ev_product(ev, ev_round(ev, scale_alpha), ev_expm1(ev, x));
}

static double eval_gradient(const struct ir_eval *ev, const double *attr, double dy, double x)
{
    (void)attr;
    const double below = ev_product(ev, ev_round(ev, scale_alpha), ev_exp(ev, 0 < x ? 0 : x));
    return ev_product(ev, dy, x > 0 ? ev_round(ev, scale) : below);
}

static struct cx *emit(const struct lane *l, const double *attr, struct cx *x)
{
    (void)attr;
    struct cx *below = lane_product(l, lane_constant(l, scale_alpha), lane_call(l, LANE_EXPM1, x));
    return lane_select_gt(l, x, lane_constant(l, 0), lane_product(l, lane_constant(l, scale), x),
                          below);
}

static struct cx *emit_gradient(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *x)
{
    (void)attr;
    struct cx *zero = lane_constant(l, 0);
    struct cx *power = lane_call(l, LANE_EXP, lane_min(l, zero, x));
    struct cx *below = lane_product(l, lane_constant(l, scale_alpha), power);
    struct cx *slope = lane_select_gt(l, x, zero, lane_constant(l, scale), below);
    return lane_product(l, dy, lane_local(l, "slope", slope));
}

const struct activation activation_selu = {.from_input = activation_always,
                                           .calls = true,
                                           .eval = eval,
                                           .eval_gradient = eval_gradient,
                                           .emit = emit,
                                           .emit_gradient = emit_gradient,
                                           .gradient_formula =
                                               "dy·1.0507·(x > 0 ? 1 : 1.6733·exp(x))"};
