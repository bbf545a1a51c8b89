/* Prints a hash of the bits of every function in runtime/mlprt, cosine.h and normal.h over sampled
 * inputs: the same lines from every compiler, at every level of optimisation. */
#include "cosine.h"
#include "mlprt.h"
#include "normal.h"
#include "shuffle.h"

#include <inttypes.h>
#include <stdio.h>

enum { SAMPLES = 1 << 18 };

static uint64_t hash; /* FNV-1a */

static void put(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
}

static void put_float(float y)
{
    if (y == y) { /* the bits of a NaN are nobody's promise */
        put(&y, sizeof y);
    }
}

static void start(void)
{
    hash = UINT64_C(0xcbf29ce484222325);
}

static void finish(const char *name)
{
    printf("%s %016" PRIx64 "\n", name, hash);
}

/* Results go into sums as callers' do, where a fused product would show: into one of ordinary and
 * one of subnormal size. */
#define HASH(function)                                                                             \
    do {                                                                                           \
        start();                                                                                   \
        for (uint32_t i = 0; i < SAMPLES; i++) {                                                   \
            const uint32_t weyl = i * UINT32_C(0x9e3779b9);                                        \
            const float anywhere = mlprt_float_of_bits(weyl);                                      \
            const float near = fmaf((float)(weyl >> 8), 220 * 0x1p-24f, -110.0f);                  \
            const float tiny = mlprt_float_of_bits(weyl & UINT32_C(0x80ffffff));                   \
            put_float(function(anywhere));                                                         \
            put_float(function(near));                                                             \
            put_float(function(near) + tiny);                                                      \
            put_float(function(near) - 0.5f);                                                      \
        }                                                                                          \
        finish(#function);                                                                         \
    } while (0)

/* A function of the numbers between 0 and 1. */
static void hash_double(const char *name, double (*function)(double))
{
    start();
    for (uint32_t i = 0; i < SAMPLES; i++) {
        const double y = function(fma(i * UINT32_C(0x9e3779b9), 0x1p-32, 0x1p-33));
        const double sum = y + 0.5;
        put(&y, sizeof y);
        put(&sum, sizeof sum);
    }
    finish(name);
}

static void hash_random(void)
{
    static uint32_t order[60000];
    static unsigned char keep[1001];
    const uint64_t seed = UINT64_C(0x0123456789abcdef);

    start();
    mlprt_shuffle(order, 60000, seed, 3);
    put(order, sizeof order);
    mlprt_dropout_keep(keep, sizeof keep, seed, 7, 2, 255, 1 << 22);
    put(keep, sizeof keep);
    finish("random");
}

int main(void)
{
    HASH(mlprt_expf);
    HASH(mlprt_expm1f);
    HASH(mlprt_logf);
    HASH(mlprt_log1pf);
    HASH(mlprt_tanhf);
    HASH(mlprt_sigmoidf);
    HASH(mlprt_erff);
    hash_double("mlprt_cosine_pi", mlprt_cosine_pi);
    hash_double("mlprt_normal_quantile", mlprt_normal_quantile);
    hash_random();
    return 0;
}
