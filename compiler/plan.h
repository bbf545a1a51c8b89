/* The plan: what the compiler decided, as a text that people read, of the IR after its last pass.
 * The same model gives the same plan on every machine. */
#ifndef MLPGEN_PLAN_H
#define MLPGEN_PLAN_H

#include "ir.h"
#include "isa.h"
#include "work.h"

struct plan_options {
    const char *file;              /* base name of the input */
    const struct sources *sources; /* for line numbers */
    const char *target;            /* as isa_wanted takes it */
};

/* Appends the plan. */
void plan_print(const struct ir *ir, const struct works *works, const struct plan_options *options,
                struct strbuf *out);

#endif
