/* What a build or a machine breaks of the promise of equal bits, in words. */
#include "posix.h"

#include "breach.h"

static const struct breach_row {
    enum mlprt_breach breach;
    const char *cause;
} breach_rows[] = {
    {MLPRT_FAST_MATH, "compiled with -ffast-math, as -Ofast is too"},
    {MLPRT_FINITE_MATH, "compiled with -ffinite-math-only"},
    {MLPRT_LATE_ROUNDING, "floats are computed in wider registers (FLT_EVAL_METHOD is not 0)"},
    {MLPRT_CONTRACTION, "products and sums are not rounded as written (-ffp-contract=fast?)"},
    {MLPRT_REORDERING, "sums or quotients are rearranged (-fassociative-math, -freciprocal-math?)"},
    {MLPRT_FLUSHING, "subnormal numbers are taken for zero"},
};

enum { BREACH_ROWS = sizeof breach_rows / sizeof *breach_rows };

uint32_t mlprt_breach_find(const struct mlprt_model *model)
{
    return model->breaches ? model->breaches() : 0;
}

const char *mlprt_breach_cause(uint32_t breaches)
{
    for (int i = 0; i < BREACH_ROWS; i++)
        if (breaches & breach_rows[i].breach)
            return breach_rows[i].cause;
    return "";
}
