/* Any text as a C comment that stays one. */
#ifndef MLPGEN_COMMENT_H
#define MLPGEN_COMMENT_H

#include "strbuf.h"

/* Appends text as a comment that starts at column indent and is broken at spaces where a line would
 * be longer than width columns; a line end in text ends a line. What could end the comment, look
 * like code or draw a compiler's warning is made harmless. A line end follows it. */
void comment_put(struct strbuf *out, const char *text, size_t indent, size_t width);

#endif
