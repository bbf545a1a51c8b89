/* Measures the errors of the mathematics that programs are made of, and compares its vector
 * functions with the scalar ones bit by bit.
 *
 *     check_math [STRIDE]
 *
 * goes through all 2^32 floats (every STRIDE-th), prints the largest error of each function in
 * units in the last place, and exits with 1 where one is above its bound, or where a vector's lane
 * has other bits. `make check-math` builds and runs it; with OpenMP it works on all processors.
 *
 * The truth is what the C library's functions of doubles give. */
#include "mlprt/math.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct vector_function {
    const char *name, *isa;
    bool (*usable)(void);
    void (*all)(const float *x, float *y, size_t n);
};

#include "vector_math.h" /* printed by vector_math.c */

static double sigmoid_in_double(double x)
{
    return mlprt_sigmoid(x);
}

/* Activations that mlpgen makes of several functions, as it does. */
static float softplus(float x)
{
    return (x > 0.0f ? x : 0.0f) + mlprt_log1pf(mlprt_expf(-mlprt_absf(x)));
}

static double softplus_in_double(double x)
{
    return isnan(x) ? x : fmax(x, 0.0) + log1p(exp(-fabs(x)));
}

static float gelu(float x)
{
    const float half = fmaf(0.5f, x, -0.0f);
    return fmaf(half, mlprt_erff(fmaf(0x1.6a09e6p-1f, x, -0.0f)), half);
}

static double gelu_in_double(double x)
{
    return x * (0.5 * erfc(x * -0.70710678118654752440)); /* erfc: no 1 - 1 */
}

struct function {
    const char *name;
    float (*ours)(float);
    double (*theirs)(double);
    double bound;     /* in units in the last place of the result … */
    bool of_argument; /* … or of x: small results may lose all of theirs */
};

static const struct function functions[] = {
    {"exp", mlprt_expf, exp, 1.5, false},
    {"expm1", mlprt_expm1f, expm1, 2.0, false},
    {"log", mlprt_logf, log, 1.5, false},
    {"log1p", mlprt_log1pf, log1p, 2.0, false},
    {"tanh", mlprt_tanhf, tanh, 3.0, false},
    {"sigmoid", mlprt_sigmoidf, sigmoid_in_double, 3.0, false},
    {"erf", mlprt_erff, erf, 3.0, false},
    {"softplus", softplus, softplus_in_double, 3.0, false},
    {"gelu", gelu, gelu_in_double, 3.0, true},
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

/* What was found among some of the floats. */
struct findings {
    double error;
    uint32_t bits; /* of the x where it is */
    uint64_t wrong_signs;
    uint64_t other_lanes; /* of vectors */
};

static void merge(struct findings *all, const struct findings *some)
{
    all->wrong_signs += some->wrong_signs;
    all->other_lanes += some->other_lanes;
    if (some->error > all->error || (some->error == all->error && some->bits < all->bits)) {
        all->error = some->error;
        all->bits = some->bits;
    }
}

enum { BLOCK = 1 << 12 /* floats at a time; any vector's lanes divide it */ };

static void compare_lanes(const struct function *f, const float *x, const float *y, size_t n,
                          struct findings *found)
{
    float lanes[BLOCK];
    for (const struct vector_function *v = vector_functions; v->name; v++) {
        if (strcmp(v->name, f->name) != 0 || !v->usable()) {
            continue;
        }
        v->all(x, lanes, BLOCK);
        for (size_t i = 0; i < n; i++) {
            const bool same = mlprt_bits_of_float(lanes[i]) == mlprt_bits_of_float(y[i]);
            found->other_lanes += !same && !(isnan(lanes[i]) && isnan(y[i]));
        }
    }
}

/* Of every stride-th float from first on, BLOCK of them at most. */
static struct findings measure(const struct function *f, uint64_t first, uint64_t stride)
{
    float x[BLOCK] = {0}, y[BLOCK];
    struct findings found = {0};
    size_t n = 0;
    for (; n < BLOCK && first + n * stride <= UINT32_MAX; n++) {
        x[n] = mlprt_float_of_bits((uint32_t)(first + n * stride));
        y[n] = f->ours(x[n]);
    }
    for (size_t i = 0; i < n; i++) {
        const double truth = f->theirs(x[i]);
        const struct findings here = {
            .error = error_of(y[i], truth, f->of_argument ? x[i] : truth),
            .bits = mlprt_bits_of_float(x[i]),
            .wrong_signs =
                !f->of_argument && !isnan(truth) && (signbit(y[i]) != 0) != (signbit(truth) != 0),
        };
        merge(&found, &here);
    }
    compare_lanes(f, x, y, n, &found);
    return found;
}

static bool check(const struct function *f, uint64_t stride)
{
    struct findings all = {0};
    const int64_t blocks = (int64_t)((UINT32_MAX / stride) / BLOCK + 1);

#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 64)
#endif
    for (int64_t block = 0; block < blocks; block++) {
        const struct findings some = measure(f, (uint64_t)block * BLOCK * stride, stride);
#ifdef _OPENMP
#pragma omp critical
#endif
        merge(&all, &some);
    }
    printf("%-9s %.4f  %-15a  %.1f%-5s  %" PRIu64 "\n", f->name, all.error,
           (double)mlprt_float_of_bits(all.bits), f->bound, f->of_argument ? " of x" : "",
           all.other_lanes);
    if (all.wrong_signs > 0) {
        printf("%-9s %" PRIu64 " results have the wrong sign\n", f->name, all.wrong_signs);
    }
    return all.error <= f->bound && all.wrong_signs == 0 && all.other_lanes == 0;
}

/* Also says which vectors are compared: of the sets that this machine has. */
static void print_head(uint64_t stride)
{
    printf("Largest errors in units in the last place, over ");
    printf(stride == 1 ? "all floats\n" : "every %" PRIu64 "th float\n", stride);
    printf("Vectors compared:");
    for (const struct vector_function *v = vector_functions; v->name; v++) {
        if (strcmp(v->name, functions[0].name) == 0 && v->usable()) {
            printf(" %s", v->isa);
        }
    }
    printf("\n\nfunction  error   at x             bound     lanes with other bits\n");
}

int main(int argc, char **argv)
{
    const uint64_t stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    bool ok = stride > 0;

    if (ok) {
        print_head(stride);
    }
    for (size_t i = 0; ok && i < sizeof functions / sizeof functions[0]; i++) {
        ok = check(&functions[i], stride);
        fflush(stdout);
    }
    return ok ? 0 : 1;
}
