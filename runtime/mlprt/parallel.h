/* Work split over threads by OpenMP where the program is compiled with it; else one does it all.
 *
 * Every part of the work is one thread's own and every number is one thread's own sum, so the
 * results do not depend on how many parts there are. */
#ifndef MLPRT_PARALLEL_H
#define MLPRT_PARALLEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef _OPENMP
#include <fenv.h>
#include <omp.h>
#endif

struct mlprt_batch;

/* Part `part` of `parts` of the work on a batch. */
typedef void mlprt_part(const struct mlprt_batch *batch, size_t part, size_t parts);

/* Where part number `part` of `parts` parts of `total` things starts; the next one's start is its
 * end. */
static inline size_t mlprt_share(size_t total, size_t part, size_t parts)
{
    return (size_t)((uint64_t)total * part / parts);
}

/* The same where things are shared in whole blocks of so many; the last may have fewer. */
static inline size_t mlprt_share_blocks(size_t total, size_t block, size_t part, size_t parts)
{
    const size_t start = mlprt_share((total + block - 1) / block, part, parts) * block;
    return start < total ? start : total;
}

/* Does the work in at most `threads` parts; returns when all of it is done. Each thread computes in
 * the default floating-point environment, whatever it was started in. */
static inline void mlprt_parallel(uint32_t threads, mlprt_part *work,
                                  const struct mlprt_batch *batch)
{
#ifdef _OPENMP
    if (threads > 1) {
#pragma omp parallel num_threads((int)threads)
        {
            fesetenv(FE_DFL_ENV);
            work(batch, (size_t)omp_get_thread_num(), (size_t)omp_get_num_threads());
        }
        return;
    }
#else
    (void)threads;
#endif
    work(batch, 0, 1);
}

/* Threads that OpenMP would take; 0 where the program is compiled without it. */
static inline uint32_t mlprt_threads(void)
{
#ifdef _OPENMP
    return (uint32_t)omp_get_max_threads();
#else
    return 0;
#endif
}

#endif
