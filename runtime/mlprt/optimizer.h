/* What the optimizers compute once a step, in double: the same bits everywhere, since nothing is
 * used but + − × ÷ √, and a product reaches a sum only through an fma. */
#ifndef MLPRT_OPTIMIZER_H
#define MLPRT_OPTIMIZER_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* 1 − beta^t for t from 1 on, the power by squaring: the same for a run that was resumed at step t.
 * The last factor meets the 1 in an fma, so that there is no product to fuse with it. */
static inline double mlprt_bias_correction(double beta, uint64_t t)
{
    double power = 1.0, square = beta; /* beta^(2^i) */

    for (uint64_t n = t - 1; n > 0; n >>= 1) {
        if (n & 1)
            power *= square;
        square *= square;
    }
    return fma(-power, beta, 1.0);
}

/* Adam's step size at step t, from 1 on: lr / (1 − beta1^t). */
static inline double mlprt_adam_rate(double lr, double beta1, uint64_t t)
{
    return lr / mlprt_bias_correction(beta1, t);
}

/* What adam divides the root of the mean square by: √(1 − beta2^t). */
static inline double mlprt_adam_root(double beta2, uint64_t t)
{
    return sqrt(mlprt_bias_correction(beta2, t));
}

/* What AdamW's decay leaves of a weight: 1 − lr·decay. */
static inline double mlprt_decay_kept(double lr, double decay)
{
    return fma(-lr, decay, 1.0);
}

/* sum + x[0] + … + x[n-1], one after the other. */
static inline double mlprt_sum_f32(double sum, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum;
}

static inline double mlprt_sum_f64(double sum, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* What gradients are multiplied by so that their norm, √squares, is at most `most`. No number where
 * the squares were too large for one: a factor of 0 would stop the training without a word. */
static inline double mlprt_clip(double most, double squares)
{
    const double share = most / sqrt(squares);
    return squares > DBL_MAX ? (double)NAN : share < 1.0 ? share : 1.0;
}

#endif
