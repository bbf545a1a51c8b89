/* Predicting the time that a path takes.
 *
 * The unit is the slot: the time of one vector multiply-add where a machine does as many as it can.
 * A machine's measured peak turns slots into seconds, so that what is predicted here is the same
 * everywhere. Every constant of the prediction stands in cost.c. */
#ifndef MLPGEN_COST_H
#define MLPGEN_COST_H

#include "ir.h"
#include "isa.h"

/* Slots of a training step on a full batch, on one thread. */
uint64_t cost_step(const struct ir *ir, const struct isa *isa);
/* … of the forward pass and the loss of a full batch. */
uint64_t cost_evaluate(const struct ir *ir, const struct isa *isa);
/* … of the forward pass of one sample. */
uint64_t cost_infer(const struct ir *ir, const struct isa *isa);

/* The share of slots that such an amount of floating-point operations needs at the peak. */
double cost_share(const struct ir *ir, const struct isa *isa, uint64_t flops, uint64_t slots);

#endif
