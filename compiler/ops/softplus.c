/* softplus: y = log(1 + exp(β·x)) / β = max(x, 0) + log(1 + exp(−|β·x|)) / β, which never
 * overflows; dx = dy·sigmoid(β·x). */
#include "ops/activation.h"

#include <math.h>

enum { BETA };

static double eval(const struct ir_eval *ev, const double *attr, double x)
{
    const double beta = ev_round(ev, attr[BETA]);
    const double z = ev_product(ev, beta, x);
    const double bend = ev_round(ev, ev_log1p(ev, ev_exp(ev, -fabs(z))) / beta);
    return ev_round(ev, (0 > x ? 0 : x) + bend);
}

static double eval_gradient(const struct ir_eval *ev, const double *attr, double dy, double x)
{
    const double z = ev_product(ev, ev_round(ev, attr[BETA]), x);
    return ev_product(ev, dy, ev_sigmoid(ev, z));
}

static struct cx *emit(const struct lane *l, const double *attr, struct cx *x)
{
    struct cx *beta = lane_constant(l, attr[BETA]);
    struct cx *z = lane_local(l, "z", lane_product(l, beta, x));
    struct cx *power = lane_local(l, "power", lane_call(l, LANE_EXP, lane_neg(l, lane_abs(l, z))));
    struct cx *bend = lane_call(l, LANE_LOG1P, power);
    return lane_add(l, lane_max(l, lane_constant(l, 0), x), lane_div(l, bend, beta));
}

static struct cx *emit_gradient(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *x)
{
    struct cx *z = lane_product(l, lane_constant(l, attr[BETA]), x);
    return lane_product(l, dy, lane_call(l, LANE_SIGMOID, z));
}

const struct activation activation_softplus = {.from_input = activation_always,
                                               .calls = true,
                                               .eval = eval,
                                               .eval_gradient = eval_gradient,
                                               .emit = emit,
                                               .emit_gradient = emit_gradient,
                                               .gradient_formula = "dy·sigmoid(beta·x)"};
