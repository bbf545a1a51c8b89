/* The tree as text, for --dump=ast. */
#ifndef MLPGEN_AST_PRINT_H
#define MLPGEN_AST_PRINT_H

#include "ast.h"
#include "strbuf.h"

/* Appends one line for each let, block and statement, indented as they nest. Expressions are
 * written with all their parentheses, so that the tree can be seen. */
void ast_print(const struct ast_file *file, struct strbuf *out);
/* Appends a string in quotes, with the escapes of the language: it reads back the same. */
void ast_print_string(const char *string, struct strbuf *out);

#endif
