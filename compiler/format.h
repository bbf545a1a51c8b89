/* --format: a model file in the one layout that all have.
 *
 * Tokens stay as they are written; comments, the lines that statements are grouped on and single
 * blank lines stay too. What changes is the space between: four columns a block, one space where
 * there is any, lines that go on aligned with what they go on with, and columns: the '=' of
 * properties and the calls behind labels on lines that follow each other, all comments behind
 * statements. */
#ifndef MLPGEN_FORMAT_H
#define MLPGEN_FORMAT_H

#include "diag.h"

/* Appends the source, which parses without errors, laid out anew. */
void format_source(struct arena *arena, const struct source *source, struct strbuf *out);

/* Reports where the source differs from `formatted`, if it does. */
void format_check(const struct source *source, const struct strbuf *formatted, struct diags *diags);

#endif
