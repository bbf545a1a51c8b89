/* The learning rate of each step, from the number of the step alone. */
#include "posix.h"

#include "cosine.h"
#include "schedule.h"

/* factor^n, by squaring; a product that meets no sum. */
static double schedule_power(double factor, uint32_t n)
{
    double power = 1.0;
    for (; n > 0; n >>= 1) {
        if (n & 1)
            power *= factor;
        factor *= factor;
    }
    return power;
}

static double schedule_cosine(const struct mlprt_schedule *s, double lr, uint32_t step,
                              uint32_t batches, uint32_t epochs)
{
    const uint64_t steps = (uint64_t)batches * epochs, warm = (uint64_t)batches * s->epochs;
    if (step < warm)
        return lr * ((double)step + 1.0) / (double)warm;
    const double way = (double)(step - warm) / (double)(steps - warm);
    const double height = 0.5 * (1.0 + mlprt_cosine_pi(way));
    return lr * fma(1.0 - s->factor, height, s->factor);
}

double mlprt_schedule_rate(const struct mlprt_schedule *s, double lr, uint32_t step,
                           uint32_t batches, uint32_t epochs)
{
    switch (s->kind) {
    case MLPRT_ALWAYS: break;
    case MLPRT_STEP: return lr * schedule_power(s->factor, step / batches / s->epochs);
    case MLPRT_COSINE: return schedule_cosine(s, lr, step, batches, epochs);
    }
    return lr;
}
