/* Data against the model. */
#ifndef MLPGEN_CHECK_DATA_H
#define MLPGEN_CHECK_DATA_H

#include "eval.h"
#include "model.h"

/* Checks the sources of m->data against the model's input, outputs and loss, and fills the rows of
 * tables in. */
void data_check(struct scope *s, struct model *m);

/* Warns of files that a program with the runtime inside cannot read. */
void data_check_standalone(const struct model *m, struct diags *diags);

#endif
