/* A diagnostic as JSON, for editors: one object, one line.
 *
 *     {"severity": "error", "slug": "unknown-layer", "message": "unknown layer 'tahn'",
 *      "file": "xor.mlp", "line": 4, "column": 15, "end_line": 4, "end_column": 19,
 *      "help": "did you mean 'tanh'?"}
 *
 * Lines and columns count from 1, columns in bytes; the end is the place behind the last byte. help
 * is there where text has a help line; "note", an object of message and place, where text has a
 * second place. An error that has no place has severity, message and, it may be, help. */
#ifndef MLPGEN_DIAG_JSON_H
#define MLPGEN_DIAG_JSON_H

#include "diag.h"

void diag_json(const struct diags *d, const struct diag *g, struct strbuf *out);
/* An error, or a note, that has no place. */
void diag_json_plain(const char *severity, const char *text, struct strbuf *out);

#endif
