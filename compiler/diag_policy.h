/* -W options: which warnings are shown, and which are errors. */
#ifndef MLPGEN_DIAG_POLICY_H
#define MLPGEN_DIAG_POLICY_H

#include "diag.h"

/* Takes what stands behind -W, in the order of the command line: "no-SLUG", "error=SLUG",
 * "no-error=SLUG"; "error" and "no-error" mean all warnings that are not off. Where it is none of
 * these, or names no warning, puts a message in error and returns false. */
bool diag_policy_set(struct arena *arena, struct diag_policy *policy, const char *what,
                     struct strbuf *error);

/* The name of a slug in slug; where there is none like it, a message in error, and false. */
bool diag_policy_find(struct arena *arena, const char *name, enum slug *slug, struct strbuf *error);

#endif
