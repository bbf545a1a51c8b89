/* The learning rate of each step. */
#ifndef MLPRT_SCHEDULE_H
#define MLPRT_SCHEDULE_H

#include "mlprt.h"

/* The rate of step `step`, counted from 0 over a run of `epochs` epochs of `batches` steps each,
 * where lr is what was asked for:
 *
 *     always   lr
 *     step     lr·factor^⌊epoch / every⌋                          the same within an epoch
 *     cosine   lr·(step + 1) / warm                               for the first warm steps
 *              lr·(final + (1 − final)·½(1 + cos π·(step − warm) / (steps − warm)))   afterwards
 *
 * (Loshchilov, Hutter: SGDR; 2017. Linear warm-up: Goyal et al.; 2017.) In double, the same bits
 * everywhere. */
double mlprt_schedule_rate(const struct mlprt_schedule *s, double lr, uint32_t step,
                           uint32_t batches, uint32_t epochs);

#endif
