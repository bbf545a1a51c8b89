/* gelu: y = x·Φ(x) with the normal distribution's Φ(x) = (1 + erf(x/√2))/2; dx = dy·(Φ(x) + x·φ(x))
 * with its density φ(x) = exp(−x²/2)/√(2π). (Hendrycks, Gimpel: Gaussian error linear units; 2016.)
 */
#include "ops/activation.h"

static const double sqrt_half = 0.70710678118654752440, density_at_0 = 0.39894228040143267794;

static double eval(const struct ir_eval *ev, const double *attr, double x)
{
    (void)attr;
    const double half = ev_product(ev, 0.5, x);
    return ev_fma(ev, half, ev_erf(ev, ev_product(ev, ev_round(ev, sqrt_half), x)), half);
}

static double eval_gradient(const struct ir_eval *ev, const double *attr, double dy, double x)
{
    (void)attr;
    const double root = ev_round(ev, sqrt_half);
    const double phi = ev_fma(ev, 0.5, ev_erf(ev, ev_product(ev, root, x)), 0.5);
    const double power = ev_exp(ev, ev_product(ev, ev_round(ev, -0.5 * x), x));
    const double density = ev_product(ev, ev_round(ev, density_at_0), power);
    return ev_product(ev, dy, ev_fma(ev, x, density, phi));
}

static struct cx *emit(const struct lane *l, const double *attr, struct cx *x)
{
    (void)attr;
    struct cx *half = lane_local(l, "half", lane_product(l, lane_constant(l, 0.5), x));
    struct cx *z = lane_local(l, "z", lane_product(l, lane_constant(l, sqrt_half), x));
    return lane_fma(l, half, lane_call(l, LANE_ERF, z), half);
}

static struct cx *emit_gradient(const struct lane *l, const double *attr, struct cx *dy,
                                struct cx *x)
{
    (void)attr;
    struct cx *half = lane_constant(l, 0.5);
    struct cx *z = lane_local(l, "z", lane_product(l, lane_constant(l, sqrt_half), x));
    struct cx *phi = lane_local(l, "phi", lane_fma(l, half, lane_call(l, LANE_ERF, z), half));
    struct cx *exponent =
        lane_local(l, "exponent", lane_product(l, lane_mul(l, lane_constant(l, -0.5), x), x));
    struct cx *power = lane_call(l, LANE_EXP, exponent);
    struct cx *density =
        lane_local(l, "density", lane_product(l, lane_constant(l, density_at_0), power));
    return lane_product(l, dy, lane_fma(l, x, density, phi));
}

const struct activation activation_gelu = {.from_input = activation_always,
                                           .calls = true,
                                           .eval = eval,
                                           .eval_gradient = eval_gradient,
                                           .emit = emit,
                                           .emit_gradient = emit_gradient,
                                           .gradient_formula = "dy·(Φ(x) + x·exp(−x²/2)/sqrt(2π))"};
