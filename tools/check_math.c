/* Measures the errors of runtime/mlprt/math.h against the C library's double functions.
 *
 *     check_math [STRIDE]
 *
 * goes through all 2^32 floats (every STRIDE-th), prints the largest error of each function in
 * units in the last place, and exits with 1 where one is above its bound. `make check-math` builds
 * and runs it; with OpenMP it works on all processors. */
#include "mlprt/math.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static double sigmoid_of(double x)
{
    return mlprt_sigmoid(x);
}

static double softplus_of(double x)
{
    return isnan(x) ? x : fmax(x, 0.0) + log1p(exp(-fabs(x)));
}

/* From the tail erfc, which does not cancel; its limit at -inf. */
static double gelu_of(double x)
{
    return isinf(x) && x < 0.0 ? -0.0 : x * (0.5 * erfc(x * -0.70710678118654752440));
}

struct function {
    const char *name;
    float (*ours)(float);
    double (*theirs)(double);
    double bound;     /* in units in the last place of the result … */
    bool of_argument; /* … or of x */
};

static const struct function functions[] = {
    {"exp", mlprt_expf, exp, 1.5, false},
    {"expm1", mlprt_expm1f, expm1, 2.0, false},
    {"log", mlprt_logf, log, 1.5, false},
    {"log1p", mlprt_log1pf, log1p, 2.0, false},
    {"tanh", mlprt_tanhf, tanh, 3.0, false},
    {"sigmoid", mlprt_sigmoidf, sigmoid_of, 3.0, false},
    {"softplus", mlprt_softplusf, softplus_of, 3.0, false},
    {"erf", mlprt_erff, erf, 3.0, false},
    {"gelu", mlprt_geluf, gelu_of, 3.0, true},
};

/* The distance of floats around y: by the bits of a double's exponent, which is much faster than
 * frexp and ldexp. */
static double unit_in_last_place(double y)
{
    const uint64_t smallest = 1023 - 126; /* the exponent of FLT_MIN */
    union {
        double number;
        uint64_t bits;
    } u = {y};
    const uint64_t exponent = (u.bits >> 52) & 0x7ff;
    u.bits = ((exponent < smallest ? smallest : exponent) - 23) << 52;
    return u.number;
}

/* How far y is from the true value, in units of the last place of `scale`; infinite where they
 * differ in being finite or a number. */
static double error_of(float y, double truth, double scale)
{
    if (isnan(truth) || isnan(y)) {
        return isnan(truth) && isnan(y) ? 0.0 : INFINITY;
    }
    /* Round to even decides at the end of the range: FLT_MAX and half a unit is infinite. */
    if (fabs(truth) >= 0x1.ffffffp+127 || isinf(y)) {
        return y == (float)truth ? 0.0 : INFINITY;
    }
    return fabs(y - truth) / unit_in_last_place(scale);
}

struct worst {
    double error;
    uint32_t bits; /* of its x */
    uint64_t wrong_signs;
};

static void keep_worse(struct worst *worst, const struct worst *other)
{
    worst->wrong_signs += other->wrong_signs;
    if (other->error > worst->error ||
        (other->error == worst->error && other->bits < worst->bits)) {
        worst->error = other->error;
        worst->bits = other->bits;
    }
}

/* The worst of every stride-th float from first on. A block is computed at a time, so that a
 * compiler may use vectors for it. */
enum { BLOCK = 1 << 12 };

static struct worst measure(const struct function *f, uint64_t first, uint64_t stride)
{
    struct worst worst = {0};
    for (uint64_t i = 0; i < BLOCK && first + i * stride <= UINT32_MAX; i++) {
        const uint32_t bits = (uint32_t)(first + i * stride);
        const float x = mlprt_float_of_bits(bits), y = f->ours(x);
        const double truth = f->theirs(x);
        const struct worst here = {error_of(y, truth, f->of_argument ? x : truth), bits,
                                   !isnan(truth) && (signbit(y) != 0) != (signbit(truth) != 0)};
        keep_worse(&worst, &here);
    }
    return worst;
}

static bool within_bound(const struct function *f, uint64_t stride)
{
    struct worst worst = {0};
    const int64_t blocks = (int64_t)((UINT32_MAX / stride) / BLOCK + 1);

#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 64)
#endif
    for (int64_t block = 0; block < blocks; block++) {
        const struct worst here = measure(f, (uint64_t)block * BLOCK * stride, stride);
#ifdef _OPENMP
#pragma omp critical
#endif
        keep_worse(&worst, &here);
    }
    printf("%-9s %.4f  %-15a  %.1f%s\n", f->name, worst.error,
           (double)mlprt_float_of_bits(worst.bits), f->bound, f->of_argument ? " of x" : "");
    if (worst.wrong_signs > 0) {
        printf("%-9s %" PRIu64 " results have the wrong sign\n", f->name, worst.wrong_signs);
    }
    return worst.error <= f->bound && worst.wrong_signs == 0;
}

int main(int argc, char **argv)
{
    const uint64_t stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    bool ok = stride > 0;

    printf("Largest errors of runtime/mlprt/math.h in units in the last place, over ");
    printf(stride == 1 ? "all floats\n" : "every %" PRIu64 "th float\n", stride);
    printf("function  error   at x             bound\n");
    for (size_t i = 0; ok && i < sizeof functions / sizeof functions[0]; i++) {
        ok = within_bound(&functions[i], stride);
        fflush(stdout);
    }
    return ok ? 0 : 1;
}
