/* Measures the errors of runtime/mlprt/math.h against the C library's double functions.
 *
 *     cc -std=c11 -O3 -march=native -Iruntime tools/check_math.c -lm -o check_math
 *     ./check_math [STRIDE]
 *
 * goes through all 2^32 floats (every STRIDE-th), prints the largest error of each function in
 * units in the last place of the true result, and exits with 1 where one is above its bound. */
#include "mlprt/math.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static double sigmoid_of(double x)
{
    return mlprt_sigmoid(x);
}

struct function {
    const char *name;
    float (*ours)(float);
    double (*theirs)(double);
    double bound; /* in units in the last place */
};

static const struct function functions[] = {
    {"exp", mlprt_expf, exp, 1.5},
    {"log", mlprt_logf, log, 1.5},
    {"tanh", mlprt_tanhf, tanh, 3.0},
    {"sigmoid", mlprt_sigmoidf, sigmoid_of, 3.0},
};

/* The distance of floats around y. */
static double unit_in_last_place(double y)
{
    int exponent;
    frexp(y, &exponent);
    return ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
}

/* How far y is from the true value; infinite where they differ in being finite or a number. */
static double error_of(float y, double truth)
{
    if (isnan(truth) || isnan(y)) {
        return isnan(truth) && isnan(y) ? 0.0 : INFINITY;
    }
    /* Round to even decides at the end of the range: FLT_MAX and half a unit is infinite. */
    if (fabs(truth) >= 0x1.ffffffp+127 || isinf(y)) {
        return y == (float)truth ? 0.0 : INFINITY;
    }
    return fabs(y - truth) / unit_in_last_place(truth);
}

static bool within_bound(const struct function *f, uint64_t stride)
{
    double worst = 0.0;
    uint32_t worst_bits = 0;
    uint64_t wrong_sign = 0;

    for (uint64_t i = 0; i <= UINT32_MAX; i += stride) {
        const float x = mlprt_float_of_bits((uint32_t)i), y = f->ours(x);
        const double truth = f->theirs(x), error = error_of(y, truth);
        if (!isnan(truth) && (signbit(y) != 0) != (signbit(truth) != 0)) {
            wrong_sign++;
        }
        if (error > worst) {
            worst = error;
            worst_bits = (uint32_t)i;
        }
    }
    printf("%-8s %.4f at %a, bound %.1f; wrong signs %" PRIu64 "\n", f->name, worst,
           (double)mlprt_float_of_bits(worst_bits), f->bound, wrong_sign);
    return worst <= f->bound && wrong_sign == 0;
}

int main(int argc, char **argv)
{
    const uint64_t stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    bool ok = stride > 0;

    for (size_t i = 0; ok && i < sizeof functions / sizeof functions[0]; i++) {
        ok = within_bound(&functions[i], stride);
        fflush(stdout);
    }
    return ok ? 0 : 1;
}
