/* Compile-time expressions: lets, -D and arithmetic.
 *
 * An expression's value is a datum. Data are immutable and shared: a name stands for the very datum
 * of its let, so that lets of lists of lists cost no more than their text. A mistake is reported
 * once and gives a poisoned datum; whoever meets one keeps silent and poisons what depends on it.
 */
#ifndef MLPGEN_EVAL_H
#define MLPGEN_EVAL_H

#include "ast.h"
#include "check.h"
#include "diag.h"

enum datum_kind {
    DATUM_POISON, /* was reported */
    DATUM_NUMBER, /* always finite */
    DATUM_STRING,
    DATUM_BOOL,
    DATUM_WORD, /* a word with its arguments, not looked up yet: its place decides what it is */
    DATUM_LIST
};

/* A datum where it stands: an argument, a property, an element of a list. */
struct given {
    struct ast_name name; /* text NULL: by place */
    struct span span;     /* of the value */
    const struct datum *value;
};

struct call {
    struct ast_name name;
    bool parenthesised;
    struct given *args;
    size_t arg_count;
};

struct datum {
    enum datum_kind kind;
    double number;
    bool truth;
    const char *string;
    struct call call;
    struct given *elements;
    size_t count;
};

extern const struct datum datum_poison;

struct let {
    const struct ast_let *ast;
    const struct datum *value;
    struct span given; /* where the value stands: in the file, or in a -D */
};

/* What names mean at the place that is being checked. */
struct scope {
    struct arena *arena;
    struct sources *sources;
    struct diags *diags;
    struct let *lets; /* in the order of the file */
    size_t count;
    size_t visible;             /* lets[0 … visible) have been defined here */
    bool in_let;                /* a let or -D is computed: no place will look its words up */
    const struct let **by_name; /* lets sorted by name, then by order */
    size_t compared;            /* names, for suggestions so far */
    bool incomplete;            /* a let may have been left out: an unknown name is no news */
};

/* Computes all lets of a file, overrides put in. Afterwards none is visible. */
void eval_lets(struct scope *s, const struct ast_let *first, const struct override *overrides,
               size_t override_count);
/* Makes the lets visible that are defined before a place. */
void eval_enter(struct scope *s, struct span at);
/* The let of that name, wherever in the file it stands, or NULL. */
const struct let *eval_find_let(const struct scope *s, const char *name);

/* The value of an expression. */
const struct datum *eval_expr(struct scope *s, const struct ast_expr *expr);
/* The value of NAME or NAME(args), as eval_expr: a visible let's value or a word. */
const struct datum *eval_word(struct scope *s, const struct ast_word *word);

/* Whether a datum is of the kind that its place needs. If not, reports it by slug as "expected …,
 * got …" (or as an unknown name), unless it is poison. */
bool eval_expect(struct scope *s, enum datum_kind kind, const struct datum *d, struct span at,
                 enum slug slug, const char *expected);
/* Adds "did you mean" to the newest diagnostic: the nearest to name among the visible lets and n
 * more names; says whether there was one. */
bool eval_suggest(struct scope *s, const char *name, const char *const *names, size_t n);
/* Adds where a value stands to the newest diagnostic, if it is a let's. */
void eval_note_let(struct scope *s, const struct datum *value);
/* Adds "what: …" to the newest diagnostic: n names, some of them NULL, if that is not too much. */
void eval_offer(struct scope *s, const char *what, const char *const *names, size_t n);
/* "a string", "the layer 'relu'": what a reader calls a datum. */
const char *eval_describe(const struct scope *s, const struct datum *d);

#endif
