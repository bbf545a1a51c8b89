/* C constants as text. */
#ifndef MLPGEN_LITERAL_H
#define MLPGEN_LITERAL_H

#include "strbuf.h"

#include <stdint.h>

/* An integer, with the suffix that its size needs. */
void literal_put_int(struct strbuf *out, int64_t v);
/* A finite number in the fewest digits that read back to it; suffix is "f" for a float, else "". */
void literal_put_real(struct strbuf *out, double v, const char *suffix);
/* A character between the quotes of a string; previous is the one before it or NUL, so that no
 * trigraph arises. */
void literal_put_character(struct strbuf *out, char c, char previous);

#endif
