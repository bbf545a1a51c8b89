/* Measuring the peak: chains of multiply-adds in registers, as many as hide their latency, in the
 * instructions of each path. The portable path's are what a compiler makes of fma, as in the
 * generated code; here it knows no more than the oldest machine of its kind. */
#include "posix.h"

#include "peak.h"
#include "progress.h"

#include <math.h>
#include <string.h>

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__GNUC__) && defined(__aarch64__)
#include <arm_neon.h>
#endif

enum {
    PEAK_STEPS = 1 << 16, /* of each chain in a stretch: some 100 microseconds */
    PEAK_PORTABLE = 64    /* chains, one float each */
};
static const double peak_time = 0.02; /* seconds */

/* Waking a thread, and waiting for the last, on machines of a few cores. */
static const double handover_seconds = 3e-6;

/* Two units with a latency of 4 or 5 cycles need ten chains. */
#define PEAK_CHAINS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
/* Different starts: equal chains would be computed once. */
#define PEAK_DECLARE(i) c##i = PEAK_SET(1 + i),
#define PEAK_ADVANCE(i) c##i = PEAK_FMA(c##i, factor, addend);
#define PEAK_COLLECT(i) sum = PEAK_FMA(c##i, factor, sum);
enum { PEAK_CHAIN_COUNT = 12 };

/* A stretch; returns a number that all chains have a part in. */
#define PEAK_DEFINE(name, attribute, vector, real)                                                 \
    attribute static double name(void)                                                             \
    {                                                                                              \
        real lanes[sizeof(vector) / sizeof(real)];                                                 \
        vector PEAK_CHAINS(PEAK_DECLARE) factor = PEAK_SET(0.5), addend = PEAK_SET(1),             \
                                         sum = addend;                                             \
        for (int step = 0; step < PEAK_STEPS; step++) {                                            \
            PEAK_CHAINS(PEAK_ADVANCE)                                                              \
        }                                                                                          \
        PEAK_CHAINS(PEAK_COLLECT)                                                                  \
        memcpy(lanes, &sum, sizeof lanes);                                                         \
        return (double)lanes[0];                                                                   \
    }
#define PEAK_DEFINE_PORTABLE(name, real, fused)                                                    \
    static double name(void)                                                                       \
    {                                                                                              \
        real chain[PEAK_PORTABLE], sum = 0;                                                        \
        for (int i = 0; i < PEAK_PORTABLE; i++)                                                    \
            chain[i] = (real)i;                                                                    \
        for (int step = 0; step < PEAK_STEPS / PEAK_PORTABLE; step++)                              \
            for (int i = 0; i < PEAK_PORTABLE; i++)                                                \
                chain[i] = fused(chain[i], (real)0.5, (real)1);                                    \
        for (int i = 0; i < PEAK_PORTABLE; i++)                                                    \
            sum += chain[i];                                                                       \
        return (double)sum;                                                                        \
    }

PEAK_DEFINE_PORTABLE(peak_portable_f32, float, fmaf)
PEAK_DEFINE_PORTABLE(peak_portable_f64, double, fma)

#if defined(__GNUC__) && defined(__x86_64__)
#define PEAK_AVX512 __attribute__((target("avx512f")))
#define PEAK_AVX2   __attribute__((target("avx2,fma")))
#define PEAK_SET    _mm512_set1_ps
#define PEAK_FMA    _mm512_fmadd_ps
PEAK_DEFINE(peak_avx512_f32, PEAK_AVX512, __m512, float)
#undef PEAK_SET
#undef PEAK_FMA
#define PEAK_SET _mm512_set1_pd
#define PEAK_FMA _mm512_fmadd_pd
PEAK_DEFINE(peak_avx512_f64, PEAK_AVX512, __m512d, double)
#undef PEAK_SET
#undef PEAK_FMA
#define PEAK_SET _mm256_set1_ps
#define PEAK_FMA _mm256_fmadd_ps
PEAK_DEFINE(peak_avx2_f32, PEAK_AVX2, __m256, float)
#undef PEAK_SET
#undef PEAK_FMA
#define PEAK_SET _mm256_set1_pd
#define PEAK_FMA _mm256_fmadd_pd
PEAK_DEFINE(peak_avx2_f64, PEAK_AVX2, __m256d, double)
#undef PEAK_SET
#undef PEAK_FMA
#endif

#if defined(__GNUC__) && defined(__aarch64__)
#define PEAK_SET            vdupq_n_f32
#define PEAK_FMA(x, y, add) vfmaq_f32(add, x, y)
PEAK_DEFINE(peak_neon_f32, , float32x4_t, float)
#undef PEAK_SET
#undef PEAK_FMA
#define PEAK_SET            vdupq_n_f64
#define PEAK_FMA(x, y, add) vfmaq_f64(add, x, y)
PEAK_DEFINE(peak_neon_f64, , float64x2_t, double)
#undef PEAK_SET
#undef PEAK_FMA
#endif
#undef PEAK_DEFINE
#undef PEAK_DEFINE_PORTABLE

/* The stretches of a path, by element type, and their multiply-adds. */
struct peak_kernel {
    const char *path;
    double (*run[2])(void);
    unsigned multiply_adds[2]; /* of a step of all chains */
};

static const struct peak_kernel peak_kernels[] = {
#if defined(__GNUC__) && defined(__x86_64__)
    {"avx512", {peak_avx512_f32, peak_avx512_f64}, {PEAK_CHAIN_COUNT * 16, PEAK_CHAIN_COUNT * 8}},
    {"avx2", {peak_avx2_f32, peak_avx2_f64}, {PEAK_CHAIN_COUNT * 8, PEAK_CHAIN_COUNT * 4}},
#endif
#if defined(__GNUC__) && defined(__aarch64__)
    {"neon", {peak_neon_f32, peak_neon_f64}, {PEAK_CHAIN_COUNT * 4, PEAK_CHAIN_COUNT * 2}},
#endif
    {NULL, {peak_portable_f32, peak_portable_f64}, {1, 1}},
};

static const struct peak_kernel *peak_kernel_of(const struct mlprt_path *path)
{
    const struct peak_kernel *k = peak_kernels;
    while (k->path && strcmp(k->path, path->name) != 0)
        k++;
    return k;
}

/* What threads measure: it stands where a batch has its samples. */
struct peak_task {
    double (*run)(void);
    double flops; /* of a stretch */
    double *rate; /* [threads] */
};

/* A thread's own peak, while the others are at it too: nobody waits for anybody in between. */
static void peak_part(const struct mlprt_batch *batch, size_t part, size_t parts)
{
    const struct peak_task *task = batch->source;
    const double start = mlprt_progress_clock();
    double least = peak_time, now = start;
    volatile double sink;
    (void)parts;
    while (now < start + peak_time) {
        const double before = now;
        sink = task->run();
        now = mlprt_progress_clock();
        least = now - before < least ? now - before : least;
    }
    (void)sink;
    task->rate[part] = task->flops / least;
}

double mlprt_peak_measure(const struct mlprt_session *s)
{
    const struct peak_kernel *kernel = peak_kernel_of(s->path);
    const enum mlprt_element element = s->model->element;
    double rate[MLPRT_THREADS_MAX] = {0}, sum = 0;
    const struct peak_task task = {kernel->run[element],
                                   2.0 * (double)PEAK_STEPS * kernel->multiply_adds[element], rate};
    const struct mlprt_batch batch = {.source = &task};
    s->model->parallel(s->threads, peak_part, &batch);
    for (uint32_t i = 0; i < s->threads; i++)
        sum += rate[i];
    return sum;
}

double mlprt_peak_seconds(const struct mlprt_session *s, double peak, uint64_t slots)
{
    return (double)slots * 2 * s->path->lanes * s->threads / peak;
}

double mlprt_peak_shared(const struct mlprt_session *s, double peak, uint64_t slots, int times)
{
    const double waiting = s->threads > 1 ? times * handover_seconds : 0;
    return mlprt_peak_seconds(s, peak, slots) / s->threads + waiting;
}
