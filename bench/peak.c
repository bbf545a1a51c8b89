/* peak [BYTES…]: what this machine can do at best, measured in a quarter of a second.
 *
 *     fma THREADS GFLOPS     nothing but multiply-adds in registers, on one thread and on two
 *     read BYTES GBS         one thread reading a buffer of that size again and again
 *
 * The widest vectors that the processor has are chosen when it runs. Multiply-adds go on for as
 * long as a trainer that is measured beside them, so that what else the machine does takes as much
 * from both; of reading, the best of several tries counts. */
#define _POSIX_C_SOURCE 200809L

#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    STRETCHES = 32,           /* of multiply-adds */
    STEPS = 1 << 20,          /* multiply-adds of each chain in a stretch */
    TRIES = 9,                /* of reading */
    READ_BYTES_MIN = 1 << 24, /* read in a try */
    LINE = 64                 /* bytes */
};

static volatile float sink; /* what is computed goes somewhere */

/* Two ports with a latency of 4 need 8 chains; there are more, as registers allow. */
#define CHAINS_12(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define CHAINS_24(X)                                                                               \
    CHAINS_12(X) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
#define CHAINS_8(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

/* Different starts: equal chains would be computed once. */
#define DECLARE(i)      VECTOR c##i = SET(i);
#define MULTIPLY_ADD(i) c##i = FMADD(c##i, factor, addend);
#define READ(i)         c##i = ADD(c##i, LOAD(p + i * LANES));
#define COLLECT(i)      zero = ADD(zero, c##i);

/* The two kernels of one instruction set, in terms of VECTOR, LANES, SET, LOAD, ADD, FMADD. */
#define KERNELS(NAME, TARGET, CHAINS)                                                              \
    __attribute__((target(TARGET))) static void fma_##NAME(void)                                   \
    {                                                                                              \
        VECTOR zero = SET(0.0f), factor = SET(0.5f), addend = SET(1.0f);                           \
        CHAINS(DECLARE)                                                                            \
        for (int step = 0; step < STEPS; step++) {                                                 \
            CHAINS(MULTIPLY_ADD)                                                                   \
        }                                                                                          \
        CHAINS(COLLECT)                                                                            \
        float lanes[LANES];                                                                        \
        memcpy(lanes, &zero, sizeof lanes);                                                        \
        sink = lanes[0];                                                                           \
    }                                                                                              \
    __attribute__((target(TARGET))) static void read_##NAME(const float *p, size_t count)          \
    {                                                                                              \
        VECTOR zero = SET(0.0f);                                                                   \
        CHAINS_8(DECLARE)                                                                          \
        for (const float *end = p + count; p < end; p += 8 * LANES) {                              \
            CHAINS_8(READ)                                                                         \
        }                                                                                          \
        CHAINS_8(COLLECT)                                                                          \
        float lanes[LANES];                                                                        \
        memcpy(lanes, &zero, sizeof lanes);                                                        \
        sink = lanes[0];                                                                           \
    }

#define VECTOR __m512
#define LANES  16
#define SET    _mm512_set1_ps
#define LOAD   _mm512_load_ps
#define ADD    _mm512_add_ps
#define FMADD  _mm512_fmadd_ps
KERNELS(avx512, "avx512f", CHAINS_24)
#undef VECTOR
#undef LANES
#undef SET
#undef LOAD
#undef ADD
#undef FMADD

#define VECTOR __m256
#define LANES  8
#define SET    _mm256_set1_ps
#define LOAD   _mm256_load_ps
#define ADD    _mm256_add_ps
#define FMADD  _mm256_fmadd_ps
KERNELS(avx2, "avx2,fma", CHAINS_12)

static const struct set {
    const char *name;
    int flops; /* of one step */
    void (*fma)(void);
    void (*read)(const float *, size_t);
} avx512 = {"avx512f", 24 * 16 * 2, fma_avx512, read_avx512},
  avx2 = {"avx2", 12 * 8 * 2, fma_avx2, read_avx2};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* GFLOP/s of that many threads at the same time. */
static double fma_rate(const struct set *set, int threads)
{
    const double start = seconds();
#pragma omp parallel num_threads(threads)
    for (int i = 0; i < STRETCHES; i++)
        set->fma();
    const double flops = (double)threads * STRETCHES * STEPS * set->flops;
    return 1e-9 * flops / (seconds() - start);
}

/* GB/s from a buffer of that size, or 0 where there is no memory for it. */
static double read_rate(const struct set *set, size_t bytes)
{
    bytes = (bytes + 8 * LINE - 1) / (8 * LINE) * (8 * LINE);
    float *buffer = aligned_alloc(LINE, bytes);
    if (!buffer)
        return 0;
    memset(buffer, 1, bytes);
    const size_t times = bytes < READ_BYTES_MIN ? READ_BYTES_MIN / bytes : 1;
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        const double start = seconds();
        for (size_t j = 0; j < times; j++)
            set->read(buffer, bytes / sizeof *buffer);
        const double rate = 1e-9 * (double)(times * bytes) / (seconds() - start);
        best = rate > best ? rate : best;
    }
    free(buffer);
    return best;
}

int main(int argc, char **argv)
{
    const struct set *set = __builtin_cpu_supports("avx512f") ? &avx512 : &avx2;
    if (set == &avx2 && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))) {
        fputs("peak: this processor has no fused multiply-add\n", stderr);
        return 1;
    }
    printf("set %s\n", set->name);
    for (int threads = 1; threads <= 2; threads++)
        printf("fma %d %.2f\n", threads, fma_rate(set, threads));
    for (int i = 1; i < argc; i++) {
        const size_t bytes = strtoull(argv[i], NULL, 10);
        if (bytes)
            printf("read %zu %.2f\n", bytes, read_rate(set, bytes));
    }
    return 0;
}
