/* Lowering: the checked model as tensors and the ops of its forward pass and loss. */
#ifndef MLPGEN_LOWER_H
#define MLPGEN_LOWER_H

#include "ir.h"

struct ir *lower_model(struct arena *arena, const struct model *model, bool f64);

#endif
