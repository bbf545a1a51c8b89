/* exp, log and what activations make of them in float, the same bits everywhere.
 *
 * No function of the C library is used but fma, which is exact, so the results depend on neither
 * library, compiler nor machine. Three rules keep it so:
 *   - a product reaches a sum only through fmaf: there is nothing left that a compiler could
 *     contract. (A product may be a factor of an fmaf; nothing contracts that.)
 *   - no result is a product itself, since callers add to results: powers of two are multiplied by
 *     adding to the exponent's bits, and a last step is an fma, a quotient or a choice.
 *   - both sides of every choice are computed, and a choice is between values: mlpgen writes the
 *     same steps for vectors (compiler/lane_math.c), with the constants that have names here.
 * They assume round-to-nearest and no -ffast-math. A NaN comes out as it went in.
 *
 * Polynomials: derived by tools/derive_math.py. Errors: measured over all 2^32 floats by
 * tests/math/check_math.c, in units in the last place of the true result. */
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

/* Bits of floats. */
#define MLPRT_BITS_SIGN      UINT32_C(0x80000000)
#define MLPRT_BITS_MAGNITUDE 0x7fffffff
#define MLPRT_BITS_FRACTION  0x007fffff
#define MLPRT_BITS_ONE       0x3f800000
#define MLPRT_BITS_ROOT_HALF 0x3f3504f3 /* of the root of 1/2 */
#define MLPRT_BITS_NAN       0x7fc00000 /* NAN's own sign is not everywhere the same */

/* |x|, and |magnitude| with the sign of x, by their bits. */
static inline float mlprt_absf(float x)
{
    return mlprt_float_of_bits(mlprt_bits_of_float(x) & MLPRT_BITS_MAGNITUDE);
}

static inline float mlprt_signedf(float magnitude, float x)
{
    return mlprt_float_of_bits((mlprt_bits_of_float(magnitude) & MLPRT_BITS_MAGNITUDE) |
                               (mlprt_bits_of_float(x) & MLPRT_BITS_SIGN));
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
    float r;
    uint32_t power; /* k << 23: added to a float's bits it multiplies by 2^k */
};

static inline struct mlprt_reduced mlprt_exp_reduce(float x)
{
    const float shifted = fmaf(x, MLPRT_LOG2_E, MLPRT_ROUNDER);
    const float k = shifted - MLPRT_ROUNDER;
    const struct mlprt_reduced reduced = {
        fmaf(k, -MLPRT_LN2_LOW, fmaf(k, -MLPRT_LN2_HIGH, x)),
        mlprt_bits_of_float(shifted) << 23, /* nothing of the rounder itself is left */
    };
    return reduced;
}

/* q(r) in e^r = 1 + r + r²·q(r), for such r. */
static const float mlprt_exp_q[] = {0x1p-1f,       0x1.555556p-3f,  0x1.5554aep-5f,
                                    0x1.11109p-7f, 0x1.6d7528p-10f, 0x1.a1a218p-13f};

static inline float mlprt_exp_tail(float r)
{
    float q = mlprt_exp_q[5];
    q = fmaf(q, r, mlprt_exp_q[4]);
    q = fmaf(q, r, mlprt_exp_q[3]);
    q = fmaf(q, r, mlprt_exp_q[2]);
    q = fmaf(q, r, mlprt_exp_q[1]);
    return fmaf(q, r, mlprt_exp_q[0]);
}

#define MLPRT_EXP_HIGHEST 0x1.62e42ep+6f  /* the last x whose e^x is finite */
#define MLPRT_EXP_NORMAL  -0x1.5d589ep+6f /* the first whose e^x is not subnormal */
#define MLPRT_EXP_LOWEST  -104.0f         /* e^x rounds to 0 from here on */

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
    const float raised = x > MLPRT_EXP_LOWEST ? x : MLPRT_EXP_LOWEST;
    const float clamped = raised < MLPRT_EXP_HIGHEST ? raised : MLPRT_EXP_HIGHEST;

    const struct mlprt_reduced z = mlprt_exp_reduce(clamped);
    const float p = fmaf(fmaf(mlprt_exp_tail(z.r), z.r, 1.0f), z.r, 1.0f);

    const uint32_t bits = mlprt_bits_of_float(p) + z.power;
    const float lifted = mlprt_float_of_bits(bits + (UINT32_C(64) << 23));
    const float sum = fmaf(lifted, 0x1p-64f, 0x1p-126f);
    const uint32_t small = mlprt_bits_of_float(sum) - mlprt_bits_of_float(0x1p-126f);

    const float y = mlprt_float_of_bits(clamped < MLPRT_EXP_NORMAL ? small : bits);
    const float ended = x > MLPRT_EXP_HIGHEST ? INFINITY : y;
    return x != x ? x : ended;
}

/* e^r - 1 for such r: nothing cancels near 0. */
static inline float mlprt_exp_rest(float r)
{
    return fmaf(r * r, mlprt_exp_tail(r), r);
}

/* e^x - 1 = 2^k·(e^r - 1) + (2^k - 1) for -87 < x < 88. */
static inline float mlprt_exp_minus_one(struct mlprt_reduced z)
{
    const float power = mlprt_float_of_bits(MLPRT_BITS_ONE + z.power);
    return fmaf(power, mlprt_exp_rest(z.r), power - 1.0f);
}

#define MLPRT_EXPM1_LARGE  32.0f  /* the 1 is far below half a unit */
#define MLPRT_EXPM1_LOWEST -20.0f /* rounds to -1 */

/* e^x - 1, precise near 0 too. -1 at -inf, inf above 88.72; NaN stays NaN, -0 stays -0. Error at
 * most 1.440.
 *
 * Where x is large 2^k may be no float: there it is e^x, by the exponent's bits. */
static inline float mlprt_expm1f(float x)
{
    const float raised = x > MLPRT_EXPM1_LOWEST ? x : MLPRT_EXPM1_LOWEST;
    const float clamped = raised < MLPRT_EXP_HIGHEST ? raised : MLPRT_EXP_HIGHEST;

    const struct mlprt_reduced z = mlprt_exp_reduce(clamped);
    const float near = mlprt_signedf(mlprt_exp_minus_one(z), x);
    const float p = 1.0f + mlprt_exp_rest(z.r);
    const float large = mlprt_float_of_bits(mlprt_bits_of_float(p) + z.power);

    const float y = clamped > MLPRT_EXPM1_LARGE ? large : near;
    const float ended = x > MLPRT_EXP_HIGHEST ? INFINITY : y;
    return x != x ? x : ended;
}

/* q(f) in ln(1 + f) = f + f²·q(f), for 1 + f between the roots of 1/2 and of 2 (and a rounding's
 * breadth more). */
static const float mlprt_log_q[] = {-0x1.fffff8p-2f, 0x1.555544p-2f,  -0x1.0003fep-2f,
                                    0x1.99a96ap-3f,  -0x1.543244p-3f, 0x1.22115ep-3f,
                                    -0x1.0e841ep-3f, 0x1.0a56cap-3f,  -0x1.407222p-4f};

/* k·ln 2 + ln(1 + f) for whole |k| < 256 and such f. */
static inline float mlprt_log_sum(float k, float f)
{
    float q = mlprt_log_q[8];
    q = fmaf(q, f, mlprt_log_q[7]);
    q = fmaf(q, f, mlprt_log_q[6]);
    q = fmaf(q, f, mlprt_log_q[5]);
    q = fmaf(q, f, mlprt_log_q[4]);
    q = fmaf(q, f, mlprt_log_q[3]);
    q = fmaf(q, f, mlprt_log_q[2]);
    q = fmaf(q, f, mlprt_log_q[1]);
    q = fmaf(q, f, mlprt_log_q[0]);

    /* k·ln 2 + f as high + low, without an error: k·MLPRT_LN2_HIGH is exact and larger than f. */
    const float high = fmaf(k, MLPRT_LN2_HIGH, f);
    const float low = f - fmaf(k, -MLPRT_LN2_HIGH, high);
    return high + fmaf(f * f, q, fmaf(k, MLPRT_LN2_LOW, low));
}

/* A positive, normal x = 2^k·(1 + f): k + 127 at the exponent's place, below it the bits of 1 + f
 * less MLPRT_BITS_ROOT_HALF. */
#define MLPRT_LOG_SPLIT (MLPRT_BITS_ONE - MLPRT_BITS_ROOT_HALF)
static inline uint32_t mlprt_log_split(float x)
{
    return mlprt_bits_of_float(x) + MLPRT_LOG_SPLIT;
}

#define MLPRT_LOG_NORMAL 0x1p-126f /* smaller ones are subnormal */

/* ln x. -inf at 0 and -0, NaN below, inf at inf; NaN stays NaN. Error at most 0.913. */
static inline float mlprt_logf(float x)
{
    const float scaled = x < MLPRT_LOG_NORMAL ? x * 0x1p+23f : x; /* exact */
    const float bias = x < MLPRT_LOG_NORMAL ? 127.0f + 23.0f : 127.0f;

    const uint32_t split = mlprt_log_split(scaled);
    const float k = (float)(split >> 23) - bias;
    const float f =
        mlprt_float_of_bits((split & MLPRT_BITS_FRACTION) + MLPRT_BITS_ROOT_HALF) - 1.0f;

    const float y = x < INFINITY ? mlprt_log_sum(k, f) : x; /* inf and NaN stay */
    const float positive = x < 0.0f ? mlprt_float_of_bits(MLPRT_BITS_NAN) : y;
    return x == 0.0f ? -INFINITY : positive;
}

#define MLPRT_LOG1P_LARGE 0x1p+64f /* 2^-k would soon be no normal float, and the 1 is nothing */

/* ln(1 + x), precise near 0 too. -inf at -1, NaN below, inf at inf; NaN stays NaN, -0 stays -0.
 * Error at most 1.473.
 *
 * The rounded sum 1 + x gives only k; f = 2^-k·(1 + x) - 1 = x·2^-k + (2^-k - 1) is rounded once,
 * and is x itself where k = 0. */
static inline float mlprt_log1pf(float x)
{
    const float near = x > MLPRT_LOG1P_LARGE ? x * 0x1p-32f : x; /* exact */
    const float bias = x > MLPRT_LOG1P_LARGE ? 127.0f - 32.0f : 127.0f;

    const uint32_t exponent = mlprt_log_split(1.0f + near) >> 23;
    const float power = mlprt_float_of_bits((254 - exponent) << 23); /* 2^-k */
    const float f = fmaf(near, power, power - 1.0f);
    const float sum = mlprt_signedf(mlprt_log_sum((float)exponent - bias, f), x);

    const float y = x < INFINITY ? sum : x; /* inf and NaN stay */
    const float inside = x < -1.0f ? mlprt_float_of_bits(MLPRT_BITS_NAN) : y;
    return x == -1.0f ? -INFINITY : inside;
}

#define MLPRT_TANH_ONE 10.0f /* m + 2 rounds to m from here on */

/* tanh x: odd, ±1 at ±inf and from about ±9.01 on, never beyond; NaN stays NaN, -0 stays -0. Error
 * at most 2.419.
 *
 * With m = e^2|x| - 1 it is m / (m + 2): nothing cancels near 0. */
static inline float mlprt_tanhf(float x)
{
    const float a = mlprt_absf(x);
    const float clamped = a < MLPRT_TANH_ONE ? a : MLPRT_TANH_ONE;
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

/* q(a) in ln(1 - erf a) = a·q(a) - a, for 0 <= a <= 4. */
static const float mlprt_erf_q[] = {
    -0x1.06eba8p-3f,  -0x1.45f2f8p-1f, -0x1.a4fap-4f,    0x1.39b20ap-6f,  0x1.8c5604p-13f,
    -0x1.c38c0ap-10f, 0x1.6927cap-11f, -0x1.364e64p-13f, 0x1.269c62p-16f, -0x1.e29326p-21f};

#define MLPRT_ERF_ONE 4.0f /* erf rounds to 1 before */

/* erf x: odd, ±1 at ±inf and from about ±3.84 on, never beyond; NaN stays NaN, -0 stays -0. Error
 * at most 1.743. With w = ln(1 - erf|x|) it is 1 - e^w, where nothing cancels near 0. */
static inline float mlprt_erff(float x)
{
    const float a = mlprt_absf(x);
    const float c = a < MLPRT_ERF_ONE ? a : MLPRT_ERF_ONE;

    float q = mlprt_erf_q[9];
    q = fmaf(q, c, mlprt_erf_q[8]);
    q = fmaf(q, c, mlprt_erf_q[7]);
    q = fmaf(q, c, mlprt_erf_q[6]);
    q = fmaf(q, c, mlprt_erf_q[5]);
    q = fmaf(q, c, mlprt_erf_q[4]);
    q = fmaf(q, c, mlprt_erf_q[3]);
    q = fmaf(q, c, mlprt_erf_q[2]);
    q = fmaf(q, c, mlprt_erf_q[1]);
    q = fmaf(q, c, mlprt_erf_q[0]);

    const float m = mlprt_exp_minus_one(mlprt_exp_reduce(fmaf(q, c, -c)));
    return x != x ? x : mlprt_signedf(m, x);
}

#endif
