/* Writing a result: the whole file or none of it. */
#ifndef MLPGEN_OUTPUT_H
#define MLPGEN_OUTPUT_H

#include "strbuf.h"

#include <stdbool.h>

/* Whether the two paths ("-": the standard streams) name the same regular file. */
bool output_is_input(const char *output, const char *input);

/* Makes text the contents of path ("-": standard output). A file that has these contents already is
 * left alone, so that make sees no change; any other is replaced in one step. Where that fails, the
 * old file stays as it was, error gets a message, and false is returned. */
bool output_write(const char *path, const struct strbuf *text, struct strbuf *error);

#endif
