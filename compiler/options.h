/* mlpgen's command line, from one table of options. */
#ifndef MLPGEN_OPTIONS_H
#define MLPGEN_OPTIONS_H

#include "arena.h"
#include "check.h"
#include "pass.h"
#include "strbuf.h"

#include <stdbool.h>

enum options_action { ACTION_COMPILE, ACTION_HELP, ACTION_VERSION, ACTION_LIST };
enum options_emit { EMIT_TRAINER, EMIT_RESOLVED, EMIT_PLAN };

struct options {
    enum options_action action;
    const char *input;  /* "-" is standard input */
    const char *output; /* "-" is standard output */
    enum options_emit emit;
    const char *dump; /* "ast", the name of a pass, or NULL */
    bool standalone, f64;
    const char *target; /* the name of an instruction set, or NULL: all */
    enum unroll unroll;
    struct override *overrides;
    size_t override_count;
};

/* Reads a command line. Where it is wrong, puts a message in error and returns false. */
bool options_parse(struct options *o, struct arena *arena, int argc, char **argv,
                   struct strbuf *error);

/* What --help, --version and --dump=list show. */
void options_print(const struct options *o, struct strbuf *out);

/* Appends the options that change what is emitted, in one spelling and order. */
void options_print_effective(const struct options *o, struct strbuf *out);

#endif
