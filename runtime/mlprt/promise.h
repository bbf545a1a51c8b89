/* What equal bits rest on and a compiler may take away: looked at in the generated file, which is
 * compiled with its user's flags, and by them. The chains go through volatile numbers, so that they
 * are computed when the program runs, as the generated code is. */
#ifndef MLPRT_PROMISE_H
#define MLPRT_PROMISE_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* A set of them. */
enum mlprt_breach {
    /* The compiler may compute anything near … */
    MLPRT_FAST_MATH = 1 << 0,
    /* … and forget about NaN and infinity. */
    MLPRT_FINITE_MATH = 1 << 1,
    /* Floats are summed in wider registers. */
    MLPRT_LATE_ROUNDING = 1 << 2,
    /* A product and a sum are one operation where they are two, or two where they are one. */
    MLPRT_CONTRACTION = 1 << 3,
    /* Sums, or quotients, are not those that are written. */
    MLPRT_REORDERING = 1 << 4,
    /* Subnormal numbers are taken for zero. */
    MLPRT_FLUSHING = 1 << 5
};

/* (1 + 2⁻¹²)² = 1 + 2⁻¹¹ + 2⁻²⁴; the last term is lost where the product is rounded. */
static inline bool mlprt_contracts(void)
{
    volatile float factor = 0x1.001p0f, term = -0x1.002p0f;
    const float a = factor, b = factor, c = term;
    return fmaf(a, b, -0.0f) + c != 0 || fmaf(a, b, c) != 0x1p-24f;
}

/* In order each 2⁻²⁴ is lost behind the 1. */
static inline bool mlprt_reorders_sums(void)
{
    enum { TERMS = 16 };
    volatile float one = 1, small = 0x1p-24f;
    float term[TERMS], sum = 0;

    term[0] = one;
    for (int i = 1; i < TERMS; i++)
        term[i] = small;
    for (int i = 0; i < TERMS; i++)
        sum += term[i];
    const float a = one, b = small;
    return sum != 1 || (a + b) - a != 0;
}

/* 41/41 is 1, and 41·(1/41) as floats is not. Three quotients make it worth a compiler's while. */
static inline bool mlprt_reorders_quotients(void)
{
    volatile float number = 41;
    const float a = number, b = number, c = number, divisor = number;
    const float first = a / divisor, second = b / divisor, third = c / divisor;
    return first + second + third != 3;
}

/* Subnormal results, and subnormal operands. */
static inline bool mlprt_flushes(void)
{
    volatile float least = FLT_MIN, subnormal = 0x1p-140f;
    const float result = least * 0.5f, scaled = subnormal * 0x1p100f;
    volatile float halved = result;
    return halved * 2.0f != least || scaled != 0x1p-40f;
}

/* What breaks the promise in this build, on this machine: a set of enum mlprt_breach. */
static inline uint32_t mlprt_breaches(void)
{
    uint32_t breaches = 0;
#ifdef __FAST_MATH__
    breaches |= MLPRT_FAST_MATH;
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
    breaches |= MLPRT_FINITE_MATH;
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16 /* 16: like 0 */
    breaches |= MLPRT_LATE_ROUNDING;
#endif
    if (mlprt_contracts())
        breaches |= MLPRT_CONTRACTION;
    if (mlprt_reorders_sums() || mlprt_reorders_quotients())
        breaches |= MLPRT_REORDERING;
    if (mlprt_flushes())
        breaches |= MLPRT_FLUSHING;
    return breaches;
}

#endif
