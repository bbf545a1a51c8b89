/* What a build or a machine breaks of the promise of equal bits, in words. */
#ifndef MLPRT_BREACH_H
#define MLPRT_BREACH_H

#include "mlprt.h"

/* The breaches of a model's build on this machine (mlprt/promise.h); 0: there are none. */
uint32_t mlprt_breach_find(const struct mlprt_model *model);
/* What causes the first of them: "compiled with -ffast-math". */
const char *mlprt_breach_cause(uint32_t breaches);

#endif
