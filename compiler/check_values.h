/* Values of arguments. */
#ifndef MLPGEN_CHECK_VALUES_H
#define MLPGEN_CHECK_VALUES_H

#include "eval.h"
#include "model.h"

/* Sets v to what was given for parameter p; false if that is wrong, which has been reported. */
bool values_set(struct scope *s, const struct vocab_param *p, const struct given *g,
                struct value *v);

/* Adds to the newest diagnostic that a name may be meant as a string. */
void values_suggest_quotes(struct scope *s, const char *name);

#endif
