/* exp, log and what activations make of them in float, the same bits everywhere.
 *
 * No function of the C library is used but fma, which is exact, so the results depend on neither
 * library, compiler nor machine. Three rules keep it so:
 *   - a product reaches a sum only through fmaf: there is nothing left that a compiler could
 *     contract. (A product may be a factor of an fmaf; nothing contracts that.)
 *   - no result is a product itself, since callers add to results: powers of two are multiplied by
 *     adding to the exponent's bits, and a last step is an fma, a quotient or a choice.
 *   - both sides of every choice are computed, and a choice is between values: the same steps can
 *     be written for vectors.
 * They assume round-to-nearest and no -ffast-math. A NaN comes out as it went in.
 *
 * Polynomials: derived by tools/derive_math.py. Errors: measured over all 2^32 floats by
 * tools/check_math.c, in units in the last place of the true result. */
#ifndef MLPRT_MATH_H
#define MLPRT_MATH_H

#include <math.h>
#include <stdint.h>

static inline uint32_t mlprt_bits_of_float(float x)
{
    union {
        float number;
        uint32_t bits;
    } u = {x};
    return u.bits;
}

static inline float mlprt_float_of_bits(uint32_t bits)
{
    union {
        uint32_t bits;
        float number;
    } u = {bits};
    return u.number;
}

#define MLPRT_SIGN_BIT UINT32_C(0x80000000)
#define MLPRT_NAN_BITS UINT32_C(0x7fc00000) /* NAN's own sign is not everywhere the same */

/* |x|, and |magnitude| with the sign of x, by their bits. */
static inline float mlprt_absf(float x)
{
    return mlprt_float_of_bits(mlprt_bits_of_float(x) & ~MLPRT_SIGN_BIT);
}

static inline float mlprt_signedf(float magnitude, float x)
{
    return mlprt_float_of_bits((mlprt_bits_of_float(magnitude) & ~MLPRT_SIGN_BIT) |
                               (mlprt_bits_of_float(x) & MLPRT_SIGN_BIT));
}

/* ln 2 in two parts. The first has 15 bits: its products with exponents are exact. */
#define MLPRT_LN2_HIGH 0x1.62e4p-1f
#define MLPRT_LN2_LOW  0x1.7f7d1cp-20f
#define MLPRT_LOG2_E   0x1.715476p+0f

/* Adding 1.5·2^23 rounds a float below 2^22 in magnitude to a whole number, which then stands in
 * the sum's lowest bits. */
#define MLPRT_ROUNDER 0x1.8p+23f

/* x = k·ln 2 + r with whole k and |r| <= ln 2 / 2 (and a rounding's breadth more). */
struct mlprt_reduced {
    float k, r;
    uint32_t k_bits; /* k modulo 2^22 */
};

static inline struct mlprt_reduced mlprt_exp_reduce(float x)
{
    const float shifted = fmaf(x, MLPRT_LOG2_E, MLPRT_ROUNDER);
    const float k = shifted - MLPRT_ROUNDER;
    const float r = fmaf(k, -MLPRT_LN2_LOW, fmaf(k, -MLPRT_LN2_HIGH, x));
    const struct mlprt_reduced reduced = {
        k, r, mlprt_bits_of_float(shifted) - mlprt_bits_of_float(MLPRT_ROUNDER)};
    return reduced;
}

/* q(r) in e^r = 1 + r + r²·q(r), for |r| <= ln 2 / 2. */
static inline float mlprt_exp_tail(float r)
{
    float q = 0x1.a1a218p-13f;
    q = fmaf(q, r, 0x1.6d7528p-10f);
    q = fmaf(q, r, 0x1.11109p-7f);
    q = fmaf(q, r, 0x1.5554aep-5f);
    q = fmaf(q, r, 0x1.555556p-3f);
    return fmaf(q, r, 0x1.p-1f);
}

/* e^r for such r. */
static inline float mlprt_exp_rest(float r)
{
    return fmaf(fmaf(mlprt_exp_tail(r), r, 1.0f), r, 1.0f);
}

/* e^x - 1 = 2^k·(r + r²·q(r)) + (2^k - 1) from -87 to 88: nothing cancels near 0. */
static inline float mlprt_exp_minus_one(struct mlprt_reduced z)
{
    const float power = mlprt_float_of_bits(UINT32_C(0x3f800000) + (z.k_bits << 23));
    return fmaf(power, fmaf(z.r * z.r, mlprt_exp_tail(z.r), z.r), power - 1.0f);
}

/* e^x. Overflows to infinity above 88.72, is subnormal below -87.33 and 0 below -103.97; e^0 = 1,
 * e^-inf = 0, e^inf = inf, NaN stays NaN. Error at most 0.874.
 *
 * The scaling by 2^k is an addition to the exponent's bits. Where the result is subnormal that
 * would be wrong: there p·2^(k+64), which is normal, is multiplied by 2^-64 in an fmaf that adds
 * 2^-126. The sum lies between 2^-126 and 2^-125, where floats have just the spacing of subnormal
 * numbers, so it is rounded as the result must be, once; and the difference of its bits from those
 * of 2^-126 are the result's bits. */
static inline float mlprt_expf(float x)
{
    const float highest = 0x1.62e42ep+6f; /* the last whose e^x is finite */
    const float normal = -0x1.5d589ep+6f; /* the first whose e^x is not subnormal */
    const float lowest = -104.0f;         /* e^x rounds to 0 from here on */
    const float clamped = x > highest ? highest : x < lowest ? lowest : x;

    const struct mlprt_reduced z = mlprt_exp_reduce(clamped);
    const float p = mlprt_exp_rest(z.r);

    const uint32_t bits = mlprt_bits_of_float(p) + (z.k_bits << 23);
    const float lifted = mlprt_float_of_bits(bits + (UINT32_C(64) << 23));
    const uint32_t sum = mlprt_bits_of_float(fmaf(lifted, 0x1p-64f, 0x1p-126f));
    const uint32_t small = sum - mlprt_bits_of_float(0x1p-126f);

    const float y = mlprt_float_of_bits(clamped < normal ? small : bits);
    return x > highest ? INFINITY : x != x ? x : y;
}

/* e^x - 1, precise near 0 too. -1 at -inf, inf above 88.72; NaN stays NaN, -0 stays -0. Error at
 * most 1.440.
 *
 * For large x the 1 is nothing and 2^k may be no float: it is e^x, by the exponent's bits. */
static inline float mlprt_expm1f(float x)
{
    const float highest = 0x1.62e42ep+6f; /* as in mlprt_expf */
    const float large = 32.0f;            /* the 1 is far below half a unit */
    const float lowest = -20.0f;          /* rounds to -1 */
    const float clamped = x > highest ? highest : x < lowest ? lowest : x;

    const struct mlprt_reduced z = mlprt_exp_reduce(clamped);
    const float m = mlprt_exp_minus_one(z);
    const float p = mlprt_exp_rest(z.r);
    const float e = mlprt_float_of_bits(mlprt_bits_of_float(p) + (z.k_bits << 23));

    const float y = mlprt_signedf(clamped > large ? e : m, x);
    return x > highest ? INFINITY : x != x ? x : y;
}

/* k·ln 2 + ln(1 + f) for whole |k| <= 255 and 1 + f between the roots of 1/2 and of 2, a rounding's
 * breadth more allowed. ln(1 + f) is f + f²·q(f). */
static inline float mlprt_log_sum(float k, float f)
{
    float q = -0x1.407222p-4f;
    q = fmaf(q, f, 0x1.0a56cap-3f);
    q = fmaf(q, f, -0x1.0e841ep-3f);
    q = fmaf(q, f, 0x1.22115ep-3f);
    q = fmaf(q, f, -0x1.543244p-3f);
    q = fmaf(q, f, 0x1.99a96ap-3f);
    q = fmaf(q, f, -0x1.0003fep-2f);
    q = fmaf(q, f, 0x1.555544p-2f);
    q = fmaf(q, f, -0x1.fffff8p-2f);

    /* k·ln 2 + f as high + low, without an error: k·MLPRT_LN2_HIGH is exact and larger than f. */
    const float high = fmaf(k, MLPRT_LN2_HIGH, f);
    const float low = f - fmaf(k, -MLPRT_LN2_HIGH, high);
    return high + fmaf(f * f, q, fmaf(k, MLPRT_LN2_LOW, low));
}

/* A positive, normal float as 2^k times a number between the roots of 1/2 and of 2. */
struct mlprt_scaled {
    uint32_t k_bits; /* k + 127 */
    float rest;
};

static inline struct mlprt_scaled mlprt_log_scale(float x)
{
    const uint32_t root_half = 0x3f3504f3, one = 0x3f800000, fraction = 0x007fffff;
    const uint32_t raised = mlprt_bits_of_float(x) + (one - root_half);
    const struct mlprt_scaled scaled = {raised >> 23,
                                        mlprt_float_of_bits((raised & fraction) + root_half)};
    return scaled;
}

/* ln x. -inf at 0 and -0, NaN below, inf at inf; NaN stays NaN. Error at most 0.913. */
static inline float mlprt_logf(float x)
{
    const float normal = 0x1p-126f;
    const struct mlprt_scaled s = mlprt_log_scale(x < normal ? x * 0x1p+23f : x); /* exact */
    const float shift = x < normal ? 127.0f + 23.0f : 127.0f;
    const float y = mlprt_log_sum((float)s.k_bits - shift, s.rest - 1.0f);

    const float special = x == 0.0f  ? -INFINITY
                          : x < 0.0f ? mlprt_float_of_bits(MLPRT_NAN_BITS)
                                     : x; /* inf and NaN stay */
    return x > 0.0f && x < INFINITY ? y : special;
}

/* ln(1 + x), precise near 0 too. -inf at -1, NaN below, inf at inf; NaN stays NaN, -0 stays -0.
 * Error at most 1.473.
 *
 * The rounded sum 1 + x gives only k; f = 2^-k·(1 + x) - 1 = x·2^-k + (2^-k - 1) is rounded once,
 * and is x itself where k = 0. Large x are brought nearer, since 2^-128 is not normal. */
static inline float mlprt_log1pf(float x)
{
    const float large = 0x1p+64f;
    const float near = x > large ? x * 0x1p-32f : x; /* exact */
    const float shift = x > large ? 127.0f - 32.0f : 127.0f;

    const uint32_t k_bits = mlprt_log_scale(1.0f + near).k_bits;
    const float power = mlprt_float_of_bits((254 - k_bits) << 23); /* 2^-k */
    const float f = fmaf(near, power, power - 1.0f);
    const float y = mlprt_signedf(mlprt_log_sum((float)k_bits - shift, f), x);

    const float special = x == -1.0f  ? -INFINITY
                          : x < -1.0f ? mlprt_float_of_bits(MLPRT_NAN_BITS)
                                      : x; /* inf and NaN stay */
    return x > -1.0f && x < INFINITY ? y : special;
}

/* tanh x: odd, ±1 at ±inf and from about ±9.01 on, never beyond; NaN stays NaN, -0 stays -0. Error
 * at most 2.419.
 *
 * With m = e^2|x| - 1 it is m / (m + 2): nothing cancels near 0. */
static inline float mlprt_tanhf(float x)
{
    const float one_from = 10.0f; /* m + 2 rounds to m */
    const float a = mlprt_absf(x);
    const float clamped = a > one_from ? one_from : a;

    const float m = mlprt_exp_minus_one(mlprt_exp_reduce(clamped + clamped));
    return x != x ? x : mlprt_signedf(m / (m + 2.0f), x);
}

/* 1 / (1 + e^-x): 0 at -inf, 1/2 at 0, 1 at inf; NaN stays NaN. With z = e^-|x| it is 1 / (1 + z)
 * on the right and z / (1 + z) on the left, where small results keep their precision. Error
 * at most 2.402. */
static inline float mlprt_sigmoidf(float x)
{
    const float z = mlprt_expf(-mlprt_absf(x));
    const float y = (x < 0.0f ? z : 1.0f) / (1.0f + z);
    return x != x ? x : y;
}

/* The same in double, by the C library's exp. */
static inline double mlprt_sigmoid(double x)
{
    const double z = exp(-fabs(x));
    return (x < 0.0 ? z : 1.0) / (1.0 + z);
}

/* ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|): 0 at -inf, inf at inf; NaN stays NaN. Error at most
 * 1.827. */
static inline float mlprt_softplusf(float x)
{
    const float y = (x > 0.0f ? x : 0.0f) + mlprt_log1pf(mlprt_expf(-mlprt_absf(x)));
    return x != x ? x : y;
}

/* erf x: odd, ±1 at ±inf and from about ±3.84 on, never beyond; NaN stays NaN, -0 stays -0. Error
 * at most 1.743.
 *
 * With w = ln(1 - erf|x|) it is 1 - e^w, where nothing cancels near 0. w is nearly a parabola. */
static inline float mlprt_erff(float x)
{
    const float one_from = 4.0f;
    const float a = mlprt_absf(x);
    const float c = a > one_from ? one_from : a;

    float q = -0x1.e29326p-21f;
    q = fmaf(q, c, 0x1.269c62p-16f);
    q = fmaf(q, c, -0x1.364e64p-13f);
    q = fmaf(q, c, 0x1.6927cap-11f);
    q = fmaf(q, c, -0x1.c38c0ap-10f);
    q = fmaf(q, c, 0x1.8c5604p-13f);
    q = fmaf(q, c, 0x1.39b20ap-6f);
    q = fmaf(q, c, -0x1.a4fap-4f);
    q = fmaf(q, c, -0x1.45f2f8p-1f);
    q = fmaf(q, c, -0x1.06eba8p-3f);

    const float w = fmaf(q, c, -c);
    return x != x ? x : mlprt_signedf(mlprt_exp_minus_one(mlprt_exp_reduce(w)), x);
}

/* x·Φ(x) with the normal distribution's Φ(x) = (1 + erf(x/√2)) / 2: inf at inf, -0 at -inf; NaN
 * stays NaN, -0 stays -0. Off by at most 1.215 units in the last place of x. */
static inline float mlprt_geluf(float x)
{
    const float nothing_below = -8.0f; /* erf is -1 */
    const float half = 0.5f * (x < nothing_below ? nothing_below : x);
    const float y = fmaf(half, mlprt_erff(x * 0x1.6a09e6p-1f), half);
    return x != x ? x : mlprt_signedf(y, x);
}

#endif
