/* The standard normal distribution's quantiles in double, the same bits everywhere: the C library
 * gives only fma and sqrt, which are exact. */
#ifndef MLPRT_NORMAL_H
#define MLPRT_NORMAL_H

#include <math.h>
#include <stdint.h>

/* ln x of a normal, positive x, to 1e-15 of its value.
 *
 * x = 2^k·m with m between the roots of 1/2 and of 2; ln m = 2·artanh(s) = 2s + 2s³/3 + 2s⁵/5 + …
 * with s = (m-1)/(m+1), |s| < 0.172: what follows the last term is below 2^-60. */
static inline double mlprt_log_f64(double x)
{
    enum { LAST = 23 }; /* the last term's power */
    const uint64_t root_half = UINT64_C(0x3fe6a09e667f3bcd), one = UINT64_C(0x3ff0000000000000);
    const uint64_t fraction = UINT64_C(0x000fffffffffffff);
    union {
        double number;
        uint64_t bits;
    } u = {x};

    const uint64_t raised = u.bits + (one - root_half);
    const double k = (double)(raised >> 52) - 1023.0;
    u.bits = (raised & fraction) + root_half;
    const double s = (u.number - 1.0) / (u.number + 1.0), square = s * s;

    double series = 1.0 / (double)LAST;
    for (int power = LAST - 2; power > 1; power -= 2) {
        series = fma(series, square, 1.0 / power);
    }
    const double twice = s + s;
    return fma(k, 0x1.62e42fefa39efp-1, fma(twice * square, series, twice));
}

/* c[0] + c[1]·x + … + c[7]·x⁷ */
static inline double mlprt_polynomial7(const double c[8], double x)
{
    double y = c[7];
    for (int i = 6; i >= 0; i--) {
        y = fma(y, x, c[i]);
    }
    return y;
}

/* z with P(Z <= z) = p for a standard normal Z and 0 < p < 1, to about 1e-15 of its value.
 * Source of method and constants: M. J. Wichura, Algorithm AS 241: The percentage points of the
 * normal distribution, Applied Statistics 37 (1988), PPND16. */
static inline double mlprt_normal_quantile(double p)
{
    static const double a[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[8] = {1.0,
                                4.2313330701600911252e+1,
                                6.8718700749205790830e+2,
                                5.3941960214247511077e+3,
                                2.1213794301586595867e+4,
                                3.9307895800092710610e+4,
                                2.8729085735721942674e+4,
                                5.2264952788528545610e+3};
    static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[8] = {1.0,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                1.78482653991729133580e0,  2.96560571828504891230e-1,
                                2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[8] = {1.0,
                                5.99832206555887937690e-1,
                                1.36929880922735805310e-1,
                                1.48753612908506148525e-2,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};

    const double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        const double r = fma(-q, q, 0.180625);
        return q * mlprt_polynomial7(a, r) / mlprt_polynomial7(b, r);
    }
    const double tail = sqrt(-mlprt_log_f64(q < 0.0 ? p : 1.0 - p));
    const double z = tail <= 5.0
                         ? mlprt_polynomial7(c, tail - 1.6) / mlprt_polynomial7(d, tail - 1.6)
                         : mlprt_polynomial7(e, tail - 5.0) / mlprt_polynomial7(f, tail - 5.0);
    return q < 0.0 ? -z : z;
}

#endif
