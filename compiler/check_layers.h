/* The layers of a model: calls in the order of the file, then written out with all groups. */
#ifndef MLPGEN_CHECK_LAYERS_H
#define MLPGEN_CHECK_LAYERS_H

#include "eval.h"
#include "model.h"

/* Fills in m->items and m->layers with everything but shapes and initialisers. A layer whose call
 * means none (reported) has the word NULL. incomplete: a statement was left out of the model. */
void layers_build(struct scope *s, struct model *m, const struct ast_block *block);

#endif
