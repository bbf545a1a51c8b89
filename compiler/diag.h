/* Diagnostics: collected while compiling, sorted by place, printed once.
 *
 *     xor.mlp:4:15: error: unknown layer 'tahn' [unknown-layer]
 *         4 |     dense(8); tahn;
 *           |               ^~~~
 *           help: did you mean 'tanh'?
 *
 * A message is lower case without a final stop, quotes names as 'name', says what is wrong; only a
 * help line says how to mend it. A slug means the same for ever (diag.def). An error is a text that
 * has no meaning; a warning is one whose meaning is hardly what was meant. */
#ifndef MLPGEN_DIAG_H
#define MLPGEN_DIAG_H

#include "source.h"
#include "strbuf.h"

#include <stdbool.h>

enum slug {
#define DIAG(id, text, severity, explanation) DIAG_##id,
#include "diag.def"
#undef DIAG
    DIAG_COUNT
};

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

enum {
    DIAG_SHOWN_MAX = 20, /* messages printed: after so many, a reader mends the first ones */
    DIAG_KEPT_MAX =
        1000, /* messages kept to be sorted: a text of nothing but mistakes is bounded */
};

/* What becomes of warnings, as -W options say. */
enum warning { WARNING_SHOWN, WARNING_OFF, WARNING_ERROR };
struct diag_policy {
    bool silent; /* no warnings at all, whatever `of` says */
    enum warning of[DIAG_COUNT];
};

/* How messages are shown: as text for people, with colours or without, or a JSON object a line. */
struct diag_style {
    bool json, color;
};

/* What stands before a help line; where an error has no place, between message and help. */
#define DIAG_HELP "\n      help: "

struct diag {
    enum slug slug;
    enum severity severity; /* an error, or a warning that is shown as one */
    struct span at;
    const char *message;
    const char *help; /* or NULL */
    const char *note; /* what the second place is ("first given here"), or NULL */
    struct span also; /* the second place, where note is not NULL */
};

struct diags {
    struct arena *arena;
    const struct sources *sources;
    const struct diag_policy *policy; /* NULL: every warning is shown */
    struct diag *at;
    size_t len, cap;
    size_t errors;
    size_t lost;  /* reported beyond DIAG_KEPT_MAX, counted only */
    bool skipped; /* the newest was not kept: neither is what is added to it */
};

/* Reports slug (an error or a warning, as diag.def and the policy say) at a place and goes on. */
void diag_report(struct diags *d, enum slug slug, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Add a help line or a second place to the newest diagnostic. */
void diag_help(struct diags *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void diag_note(struct diags *d, struct span also, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* All that was reported, sorted by place, the same message at the same place once, at most
 * DIAG_SHOWN_MAX, then (if any) how many more there were. */
void diag_print(const struct diags *d, struct diag_style style, struct strbuf *out);
/* An error that has no place in a source: "message", or "message" DIAG_HELP "help". */
void diag_print_plain(const char *error, struct diag_style style, struct strbuf *out);

const char *diag_slug(enum slug slug);        /* "unknown-layer" */
const char *diag_explanation(enum slug slug); /* a sentence or two */
enum severity diag_severity(enum slug slug);  /* by itself, without a policy */
bool diag_find(const char *name, enum slug *slug);

#endif
