/* Vector functions: the runtime's mathematics (runtime/mlprt/math.h) for the vectors of an
 * instruction set.
 *
 * They take the steps of the scalar functions in the same order, so that every lane has a scalar
 * function's bits; constants are referred to by the names that they have in math.h. */
#ifndef MLPGEN_LANE_MATH_H
#define MLPGEN_LANE_MATH_H

#include "ctree.h"
#include "isa.h"

/* Emits the functions that `users` call by lane_call, and those that these call in turn. */
void lane_math_emit(struct cbuild *cb, const struct isa *isa, const struct cs *users);

#endif
