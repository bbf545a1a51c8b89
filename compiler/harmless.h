/* Text from a file as it may be shown on a terminal: what could do something there, move the cursor
 * or change the order of the text around it, becomes a question mark, and so does what is not
 * UTF-8. */
#ifndef MLPGEN_HARMLESS_H
#define MLPGEN_HARMLESS_H

#include "strbuf.h"

/* Bytes of the first character of len > 0; an invalid byte counts as one. */
size_t harmless_length(const char *text, size_t len);
void harmless_put(struct strbuf *out, const char *text, size_t len);
void harmless_puts(struct strbuf *out, const char *text);

#endif
