/* Shapes, sizes and initialisers of a model whose layers are written out. */
#ifndef MLPGEN_CHECK_SHAPES_H
#define MLPGEN_CHECK_SHAPES_H

#include "eval.h"
#include "model.h"

/* Works input_size, output_size and every layer's in, out and initial values out, and checks the
 * model against the limits. What depends on something wrong stays 0. */
void shapes_infer(struct scope *s, struct model *m);

#endif
