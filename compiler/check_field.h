/* Mistakes of the field: models that have a meaning, but hardly the one that was meant. */
#ifndef MLPGEN_CHECK_FIELD_H
#define MLPGEN_CHECK_FIELD_H

#include "eval.h"
#include "model.h"

/* Warns of them. The model is one without errors. */
void field_check(struct scope *s, const struct model *m);

#endif
