/* The layers of a model as a graph for Graphviz: `dot -Tsvg`. */
#ifndef MLPGEN_DOT_H
#define MLPGEN_DOT_H

#include "work.h"

/* Appends one: a node for the input, for each layer (its size, its parameters and what they take),
 * for the loss and its target; an edge for what goes from one to the next, with its numbers a
 * sample. */
void dot_print(const struct ir *ir, const struct works *works, struct strbuf *out);

#endif
