/* Scanner and parser: source text to AST. */
#ifndef MLPGEN_PARSE_H
#define MLPGEN_PARSE_H

#include "ast.h"
#include "diag.h"

/* Parses a whole model file. Mistakes are reported to diags; what could be understood is returned
 * (never NULL). */
struct ast_file *parse_file(struct arena *arena, const struct source *source, struct diags *diags);

/* Parses one expression (the VALUE of -D); NULL if it is none, which is reported to diags. */
struct ast_expr *parse_expression(struct arena *arena, const struct source *source,
                                  struct diags *diags);

#endif
