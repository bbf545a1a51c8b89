/* The cosine of learning-rate schedules in double, the same bits everywhere: the C library gives
 * only fma, which is exact. */
#ifndef MLPRT_COSINE_H
#define MLPRT_COSINE_H

#include <math.h>

/* cos(π·t) for 0 <= t <= 1, to 2e-16; 1, 0 and -1 at 0, 1/2 and 1.
 *
 * With u = 1/2 - t it is sin(π·u). Up to |u| = 1/4 that is u·(π + u²·…), where 2u is apart: a
 * result is no rounded product. Beyond, with v = 1/2 - |u| it is ±cos(π·v) = ±(1 + v²·…). Both are
 * Taylor's series with the coefficients of tools/derive_math.py; what follows their last terms is
 * below 1e-16. */
static inline double mlprt_cosine_pi(double t)
{
    const double u = 0.5 - t;
    const double v = 0.5 - fabs(u);
    if (fabs(u) <= 0.25) {
        const double square = u * u;
        double s = -0x1.6fadb9f155744p-16;
        s = fma(s, square, 0x1.e8f434d018d63p-12);
        s = fma(s, square, -0x1.e3074fde8871fp-8);
        s = fma(s, square, 0x1.50783487ee782p-4);
        s = fma(s, square, -0x1.32d2cce62bd86p-1);
        s = fma(s, square, 0x1.466bc6775aae2p+1);
        s = fma(s, square, -0x1.4abbce625be53p+2);
        s = fma(s, square, 0x1.243f6a8885a31p+0); /* π - 2 */
        return fma(s, u, u + u);
    }
    const double square = v * v;
    double c = 0x1.20c62c2f2d7f5p-18;
    c = fma(c, square, -0x1.b6e24f44b128fp-14);
    c = fma(c, square, 0x1.f9d38a3763cc3p-10);
    c = fma(c, square, -0x1.a6d1f2a204a8cp-6);
    c = fma(c, square, 0x1.e1f506891babbp-3);
    c = fma(c, square, -0x1.55d3c7e3cbffap+0);
    c = fma(c, square, 0x1.03c1f081b5ac4p+2);
    c = fma(c, square, -0x1.3bd3cc9be45dep+2);
    c = fma(c, square, 1.0);
    return u < 0.0 ? -c : c;
}

#endif
