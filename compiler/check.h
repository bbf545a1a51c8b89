/* Meaning: AST to checked model. Every user error is reported by the end of this step. */
#ifndef MLPGEN_CHECK_H
#define MLPGEN_CHECK_H

#include "ast.h"
#include "diag.h"
#include "model.h"

/* A -D NAME=VALUE. */
struct override {
    const char *name, *value;
};

/* Checks a parsed file: looks every name up, computes lets (with overrides put in, the last of a
 * name wins) and arguments, fills defaults in, and works shapes and initialisers out. Returns NULL
 * if there was any error (reported to diags). */
struct model *check_program(struct arena *arena, const struct ast_file *file,
                            const struct override *overrides, size_t override_count,
                            struct sources *sources, struct diags *diags);

#endif
