/* Tests of mlprt/math.h: special values, properties, errors on a sample of all floats.
 * tools/check_math.c goes through all of them. */
#include <criterion/criterion.h>

#include "mlprt/math.h"

#include <float.h>

static uint32_t bits(float x)
{
    return mlprt_bits_of_float(x);
}

/* Equal bits: tells -0 from 0. */
static void same(float got, float want)
{
    cr_assert_eq(bits(got), bits(want), "got %a, want %a", got, want);
}

/* Every NaN comes out as it went in, signalling ones too. */
static void stays_nan(float (*function)(float))
{
    const uint32_t nans[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0xff812345, 0xffffffff};
    for (size_t i = 0; i < sizeof nans / sizeof nans[0]; i++) {
        cr_assert_eq(bits(function(mlprt_float_of_bits(nans[i]))), nans[i], "%08x", nans[i]);
    }
}

/* The largest error, in units in the last place, over every 9973rd float. */
static double worst_error(float (*ours)(float), double (*theirs)(double))
{
    double worst = 0;
    for (uint64_t i = 0; i <= UINT32_MAX; i += 9973) {
        const float x = mlprt_float_of_bits((uint32_t)i), y = ours(x);
        const double truth = theirs(x);
        if (isnan(truth) || isinf((float)truth)) {
            cr_assert(isnan(truth) ? isnan(y) : y == (float)truth, "at %a: %a", x, y);
            continue;
        }
        int exponent;
        frexp(truth, &exponent);
        const double unit = ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
        const double error = fabs(y - truth) / unit;
        cr_assert(isfinite(error), "at %a: %a", x, y);
        worst = fmax(worst, error);
    }
    return worst;
}

Test(math, exp_special)
{
    same(mlprt_expf(0.0f), 1.0f);
    same(mlprt_expf(-0.0f), 1.0f);
    same(mlprt_expf(FLT_TRUE_MIN), 1.0f);
    same(mlprt_expf(INFINITY), INFINITY);
    same(mlprt_expf(-INFINITY), 0.0f);
    same(mlprt_expf(FLT_MAX), INFINITY);
    same(mlprt_expf(-FLT_MAX), 0.0f);
    stays_nan(mlprt_expf);
}

Test(math, exp_ends)
{
    const float last = 0x1.62e42ep+6f; /* e^x just below 2^128 */
    cr_assert(isfinite(mlprt_expf(last)));
    same(mlprt_expf(nextafterf(last, INFINITY)), INFINITY);

    const float vanish = -0x1.9fe368p+6f; /* e^x just above 2^-150 */
    same(mlprt_expf(vanish), FLT_TRUE_MIN);
    same(mlprt_expf(nextafterf(vanish, -INFINITY)), 0.0f);
}

/* Where the results are subnormal each is the double result, rounded once; ties do not occur. */
Test(math, exp_subnormal)
{
    for (float x = -103.9f; x < -87.33655f; x += 0x1p-12f) {
        const float want = (float)exp(x);
        cr_assert(fabsf(mlprt_expf(x) - want) <= FLT_TRUE_MIN, "at %a", x);
    }
    same(mlprt_expf(-100.0f), (float)exp(-100.0));
    same(mlprt_expf(-103.0f), (float)exp(-103.0));
}

Test(math, log_special)
{
    same(mlprt_logf(1.0f), 0.0f);
    same(mlprt_logf(0.0f), -INFINITY);
    same(mlprt_logf(-0.0f), -INFINITY);
    same(mlprt_logf(INFINITY), INFINITY);
    cr_assert(isnan(mlprt_logf(-FLT_TRUE_MIN)));
    cr_assert(isnan(mlprt_logf(-1.0f)));
    cr_assert(isnan(mlprt_logf(-INFINITY)));
    stays_nan(mlprt_logf);
}

/* Powers of two, subnormal ones too. */
Test(math, log_powers)
{
    for (int k = -149; k < 128; k++) {
        same(mlprt_logf(ldexpf(1.0f, k)), (float)(k * log(2)));
    }
}

Test(math, tanh_special)
{
    same(mlprt_tanhf(0.0f), 0.0f);
    same(mlprt_tanhf(-0.0f), -0.0f);
    same(mlprt_tanhf(FLT_TRUE_MIN), FLT_TRUE_MIN);
    same(mlprt_tanhf(-FLT_MIN), -FLT_MIN);
    same(mlprt_tanhf(INFINITY), 1.0f);
    same(mlprt_tanhf(-INFINITY), -1.0f);
    same(mlprt_tanhf(-FLT_MAX), -1.0f);
    stays_nan(mlprt_tanhf);
}

Test(math, tanh_is_odd_and_bounded)
{
    for (float x = 0x1p-20f; x < 20; x *= 1.0009f) {
        same(mlprt_tanhf(-x), -mlprt_tanhf(x));
        cr_assert(mlprt_tanhf(x) <= 1.0f, "at %a", x);
    }
}

Test(math, sigmoid_special)
{
    same(mlprt_sigmoidf(0.0f), 0.5f);
    same(mlprt_sigmoidf(-0.0f), 0.5f);
    same(mlprt_sigmoidf(INFINITY), 1.0f);
    same(mlprt_sigmoidf(-INFINITY), 0.0f);
    same(mlprt_sigmoidf(FLT_MAX), 1.0f);
    same(mlprt_sigmoidf(-FLT_MAX), 0.0f);
    same(mlprt_sigmoidf(-100.0f), mlprt_expf(-100.0f)); /* subnormal */
    stays_nan(mlprt_sigmoidf);
}

/* tanh(x) + 1 = 2σ(2x), s(x) + s(-x) = 1. */
Test(math, identities)
{
    for (float x = -12; x < 12; x += 0.003f) {
        cr_assert_float_eq(mlprt_tanhf(x) + 1, 2 * mlprt_sigmoidf(2 * x), 4e-7);
        cr_assert_float_eq(mlprt_sigmoidf(x) + mlprt_sigmoidf(-x), 1, 2e-7);
        cr_assert_float_eq(mlprt_logf(mlprt_expf(x)), x, 2e-6);
    }
}

Test(math, sigmoid_in_double)
{
    cr_assert(mlprt_sigmoid(0) == 0.5);
    cr_assert(mlprt_sigmoid(INFINITY) == 1 && mlprt_sigmoid(-INFINITY) == 0);
    cr_assert(mlprt_sigmoid(-700) == exp(-700)); /* no 1 - 1 */
    cr_assert_float_eq(mlprt_sigmoid(1), 0.73105857863000487925, 1e-15);
    cr_assert(isnan(mlprt_sigmoid(NAN)));
}

Test(math, errors)
{
    cr_assert_leq(worst_error(mlprt_expf, exp), 1.5);
    cr_assert_leq(worst_error(mlprt_logf, log), 1.5);
    cr_assert_leq(worst_error(mlprt_tanhf, tanh), 3.0);
    cr_assert_leq(worst_error(mlprt_sigmoidf, mlprt_sigmoid), 3.0);
}
