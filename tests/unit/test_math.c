/* Tests of mlprt/math.h: special values and properties. The errors are measured by
 * tests/math/check_math.c. */
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

Test(math, expm1_special)
{
    same(mlprt_expm1f(0.0f), 0.0f);
    same(mlprt_expm1f(-0.0f), -0.0f);
    same(mlprt_expm1f(FLT_TRUE_MIN), FLT_TRUE_MIN);
    same(mlprt_expm1f(-FLT_MIN), -FLT_MIN);
    same(mlprt_expm1f(INFINITY), INFINITY);
    same(mlprt_expm1f(FLT_MAX), INFINITY);
    same(mlprt_expm1f(-INFINITY), -1.0f);
    same(mlprt_expm1f(-FLT_MAX), -1.0f);
    stays_nan(mlprt_expm1f);
}

/* Up to where 2^k is no float any more. */
Test(math, expm1_ends)
{
    const float last = 0x1.62e42ep+6f;
    cr_assert(isfinite(mlprt_expm1f(last)));
    same(mlprt_expm1f(nextafterf(last, INFINITY)), INFINITY);
    cr_assert_gt(mlprt_expm1f(-16.0f), -1.0f);
    same(mlprt_expm1f(-18.0f), -1.0f);
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

Test(math, log1p_special)
{
    same(mlprt_log1pf(0.0f), 0.0f);
    same(mlprt_log1pf(-0.0f), -0.0f);
    same(mlprt_log1pf(FLT_TRUE_MIN), FLT_TRUE_MIN);
    same(mlprt_log1pf(-FLT_MIN), -FLT_MIN);
    same(mlprt_log1pf(-1.0f), -INFINITY);
    same(mlprt_log1pf(INFINITY), INFINITY);
    same(mlprt_log1pf(FLT_MAX), mlprt_logf(FLT_MAX));
    cr_assert(isnan(mlprt_log1pf(nextafterf(-1.0f, -2.0f))));
    cr_assert(isnan(mlprt_log1pf(-FLT_MAX)));
    cr_assert(isnan(mlprt_log1pf(-INFINITY)));
    stays_nan(mlprt_log1pf);
}

Test(math, log1p_powers)
{
    for (int k = 1; k < 24; k++) {
        same(mlprt_log1pf(ldexpf(1.0f, k) - 1.0f), (float)(k * log(2)));
        same(mlprt_log1pf(ldexpf(1.0f, -k) - 1.0f), (float)(-k * log(2)));
    }
    for (int k = 25; k < 128; k++) { /* on both sides of 2^64 */
        same(mlprt_log1pf(ldexpf(1.0f, k)), (float)log1p(ldexp(1, k)));
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

Test(math, erf_special)
{
    same(mlprt_erff(0.0f), 0.0f);
    same(mlprt_erff(-0.0f), -0.0f);
    same(mlprt_erff(INFINITY), 1.0f);
    same(mlprt_erff(-INFINITY), -1.0f);
    same(mlprt_erff(FLT_MAX), 1.0f);
    same(mlprt_erff(-4.0f), -1.0f);
    stays_nan(mlprt_erff);
}

Test(math, erf_is_odd_and_bounded)
{
    for (float x = 0x1p-20f; x < 20; x *= 1.0009f) {
        same(mlprt_erff(-x), -mlprt_erff(x));
        cr_assert(mlprt_erff(x) <= 1.0f, "at %a", x);
    }
}

/* tanh(x) + 1 = 2σ(2x), σ(x) + σ(-x) = 1, and inverses. */
Test(math, identities)
{
    for (float x = -12; x < 12; x += 0.003f) {
        cr_assert_float_eq(mlprt_tanhf(x) + 1, 2 * mlprt_sigmoidf(2 * x), 4e-7);
        cr_assert_float_eq(mlprt_sigmoidf(x) + mlprt_sigmoidf(-x), 1, 2e-7);
        cr_assert_float_eq(mlprt_logf(mlprt_expf(x)), x, 2e-6);
    }
}

Test(math, log1p_inverts_expm1)
{
    for (float x = 0x1p-126f; x < 80; x *= 1.07f) {
        cr_assert_float_eq(mlprt_log1pf(mlprt_expm1f(x)) / x, 1, 4e-7, "at %a", x);
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
