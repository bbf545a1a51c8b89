/* mlpgen's command line, from one table of options. */
#ifndef MLPGEN_OPTIONS_H
#define MLPGEN_OPTIONS_H

#include "arena.h"
#include "check.h"
#include "pass.h"
#include "strbuf.h"

#include <stdbool.h>

enum options_action { ACTION_COMPILE, ACTION_HELP, ACTION_VERSION, ACTION_LIST, ACTION_EXPLAIN };
enum options_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum options_emit { EMIT_TRAINER, EMIT_RESOLVED, EMIT_PLAN, EMIT_DOT };

struct options {
    enum options_action action;
    const char *input;  /* "-" is standard input */
    const char *output; /* "-" is standard output */
    enum options_emit emit;
    const char *dump;   /* "ast", the name of a pass, or NULL */
    bool format, check; /* lay the input out anew; only see whether that changes it */
    size_t blame;       /* the line of the output that is asked for, or 0 */
    bool standalone, f64;
    const char *target; /* the name of an instruction set, or NULL: all */
    enum unroll unroll;
    struct override *overrides;
    size_t override_count;
    struct diag_policy policy;
    bool json; /* messages as JSON */
    enum options_color color;
    const char *explain; /* the name of a message, or "list" */
};

/* Reads a command line. Where it is wrong, puts a message in error and returns false. */
bool options_parse(struct options *o, struct arena *arena, int argc, char **argv,
                   struct strbuf *error);

/* What --help, --version, --dump=list and --explain show. */
void options_print(const struct options *o, struct strbuf *out);

/* Appends the options that change what is emitted, in one spelling and order. */
void options_print_effective(const struct options *o, struct strbuf *out);

#endif
