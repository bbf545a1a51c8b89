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

/* Whether the file is written for a language that is understood; reported if not. Of any other a
 * parser says nothing. */
bool check_version(const struct ast_file *file, struct diags *diags);

/* Checks a parsed file (the first of sources): looks every name up, computes lets (with overrides
 * put in, the last of a name wins) and arguments, fills defaults in, and works shapes and
 * initialisers out. Returns NULL if there was any error (reported to diags).
 *
 * A mistake in an override itself (no such let, no expression, another kind of value) is placed in
 * a source of its own, "-D NAME=VALUE": the driver tells by it that the command line is wrong. A
 * good override that the model cannot take is a mistake at its use in the file. */
struct model *check_program(struct arena *arena, const struct ast_file *file,
                            const struct override *overrides, size_t override_count,
                            struct sources *sources, struct diags *diags);

#endif
