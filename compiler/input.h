/* Reading the model file: all of it, or a message. */
#ifndef MLPGEN_INPUT_H
#define MLPGEN_INPUT_H

#include "strbuf.h"

#include <stdbool.h>

/* What messages call the file that path names: "-" is standard input, "<stdin>". */
const char *input_name(const char *path);
/* Reads path ("-": standard input) to its end. Where it cannot be read or is larger than
 * SOURCE_MAX, puts a message in error and returns false. */
bool input_read(const char *path, struct strbuf *text, struct strbuf *error);

#endif
