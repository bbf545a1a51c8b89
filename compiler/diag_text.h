/* A diagnostic as text: its place, its message, the line with a caret, help, a second place. */
#ifndef MLPGEN_DIAG_TEXT_H
#define MLPGEN_DIAG_TEXT_H

#include "diag.h"

void diag_text(const struct diags *d, const struct diag *g, bool color, struct strbuf *out);
/* "mlpgen: error: …" of an error that has no place. */
void diag_text_plain(const char *error, bool color, struct strbuf *out);

#endif
