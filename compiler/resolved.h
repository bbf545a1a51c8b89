/* The resolved program: the checked model as a .mlp text with every default written out. It
 * compiles to the same C, and is what weights record. */
#ifndef MLPGEN_RESOLVED_H
#define MLPGEN_RESOLVED_H

#include "model.h"
#include "strbuf.h"

/* Appends the text. Numbers are printed so that they read back to the same double. */
void resolved_print(const struct model *m, struct strbuf *out);
/* Appends what the model's hash covers: the model block, and of data the normalisation. */
void resolved_print_identity(const struct model *m, struct strbuf *out);

#endif
