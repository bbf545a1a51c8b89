/* The C tree: what mlpgen writes, as expressions and statements, and the builders that read like
 * the C they make.
 *
 *     cb_function(cb, "static void", "relu", "const float *x, float *y, size_t n");
 *     struct cx *i = cb_for(cb, "i", cx_int(cb, 0), cx_name(cb, CT_INT, "n"), 1);
 *     struct cx *v = cb_local(cb, CT_REAL, "v", cx_at(cb, cx_name(cb, CT_REALS, "x"), i));
 *     struct cx *y = cx_at(cb, cx_name(cb, CT_REALS, "y"), i);
 *     cb_set(cb, y, cx_select(cb, cx_gt(cb, v, zero), v, zero));
 *     cb_end(cb);
 *     cb_end(cb);
 *
 * Contract:
 * - Everything lives in cb->arena. Trees are immutable once built and may be shared.
 * - Statements are appended at the cursor by one function, which stamps them with cb->at (the place
 *   in the .mlp file that they come from).
 * - Constructors simplify integers locally (constants fold, x + 0, x * 1, x * 0) and never touch
 *   reals: the order and number of roundings is the definition of the program.
 * - No rounded product reaches a + or −: a real (or vector) CX_MUL marks its expression `product`;
 *   a local declared with or set to a product, a cast, select or negation of one is a product too.
 *   Adding or subtracting a product, passing it to any call but an fma's, storing it anywhere but
 *   in a local name, or returning it is a bug in the emitter and stops mlpgen (an ICE): a compiler
 *   might contract it. Sums of products are written with cx_fma.
 * - The arms of a cx_select read no array: gcc 12.2 at -O3 compiles groups of conditional loads
 *   into masked vector loads that take elements under the wrong mask. Load into a local first. */
#ifndef MLPGEN_CTREE_H
#define MLPGEN_CTREE_H

#include "source.h"
#include "strbuf.h"

#include <stdbool.h>
#include <stdint.h>

/* What an expression is, as far as the builders care. */
enum ctype {
    CT_OTHER,
    CT_INT,    /* size_t or an integer constant */
    CT_REAL,   /* the element type: float or double */
    CT_VEC,    /* a vector of them */
    CT_REALS,  /* pointer to elements: indexing gives CT_REAL */
    CT_BYTES,  /* pointer to unsigned char: indexing gives CT_INT */
    CT_LABELS, /* pointer to uint32_t: indexing gives CT_INT */
};

enum cx_kind {
    CX_INT,
    CX_REAL,
    CX_STRING,
    CX_NAME,
    CX_INDEX,  /* a[b] */
    CX_MEMBER, /* a->text */
    CX_UNARY,  /* text a */
    CX_BINARY, /* a text b */
    CX_SELECT, /* a ? b : c */
    CX_CAST,   /* (text)a */
    CX_CALL,   /* text(args) */
    CX_LIST    /* { items }: an initialiser */
};

struct cx {
    enum cx_kind kind;
    enum ctype type;
    union {
        int64_t integer; /* INT */
        double real;     /* REAL */
    };
    const char *text; /* name, operator, member, type, callee, string */
    struct cx *a, *b, *c;
    struct cx **args;         /* CALL: arguments; LIST: items */
    const char **designators; /* LIST: ".name" or "[INDEX]" for each item, or NULL */
    uint32_t count;
    bool product; /* its value may be a rounded product: see above */
    bool tall;    /* LIST: one item a line */
};

enum cs_kind {
    CS_COMMENT, /* text may have several lines */
    CS_ENUM,    /* enum {items of list a}; */
    CS_DECL,    /* text is the declarator's type: "float x = init;" */
    CS_ASSIGN,  /* lhs op rhs; */
    CS_EXPR,
    CS_RETURN,
    CS_FOR, /* for (size_t name = from; name < to; name += step) body */
    CS_IF,
    CS_BLOCK,
    CS_FUNCTION,
    CS_BLANK,   /* an empty line */
    CS_VERBATIM /* text as it is: preprocessor lines and nothing else */
};

struct cs {
    enum cs_kind kind;
    struct span at;
    const char *by; /* the line of the emitter that made it */
    unsigned by_line;
    const char *type, *name, *text; /* FUNCTION: "static void", its name, its parameters */
    struct cx *a, *b;
    uint64_t step;
    struct cs *body, *otherwise;
    struct cs *next;
};

struct cfile {
    struct cs *first;
};

enum {
    CBUILD_DEPTH_MAX = 16, /* nested statements: emitters nest a handful */
    CBUILD_SMALL = 64 /* whole numbers from 0 that are there once, however often they are used */
};

struct cbuild {
    struct arena *arena;
    bool f64;       /* the element type: false float, true double */
    struct span at; /* stamped on every statement … */
    const char *by; /* … with the place in the emitter that it is made at */
    unsigned by_line;
    struct cfile file;
    struct cs **tail; /* where the next statement is linked */
    struct cs **outer[CBUILD_DEPTH_MAX];
    struct cs *open[CBUILD_DEPTH_MAX];
    size_t depth;
    struct cx *small[CBUILD_SMALL];
};

void cbuild_init(struct cbuild *cb, struct arena *arena, bool f64);
/* The element type's name: "float" or "double". */
const char *cb_real_name(const struct cbuild *cb);

/* Expressions. */
struct cx *cx_int(struct cbuild *cb, int64_t v);
/* A constant of the element type, printed so that it reads back exactly: 0.5f, 1e-05f, 0.5;
 * v is rounded to the element type first. */
struct cx *cx_real(struct cbuild *cb, double v);
/* A double constant whatever the element type. */
struct cx *cx_double(struct cbuild *cb, double v);
struct cx *cx_string(struct cbuild *cb, const char *text); /* escaped; no trigraph, newline, … */
struct cx *cx_name(struct cbuild *cb, enum ctype type, const char *name);
struct cx *cx_namef(struct cbuild *cb, enum ctype type, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct cx *cx_at(struct cbuild *cb, struct cx *array, struct cx *index);
struct cx *cx_member(struct cbuild *cb, enum ctype type, struct cx *pointer, const char *name);
struct cx *cx_add(struct cbuild *cb, struct cx *a, struct cx *b); /* pointers too: p + i */
struct cx *cx_sub(struct cbuild *cb, struct cx *a, struct cx *b);
struct cx *cx_mul(struct cbuild *cb, struct cx *a, struct cx *b);
struct cx *cx_div(struct cbuild *cb, struct cx *a, struct cx *b);
struct cx *cx_mod(struct cbuild *cb, struct cx *a, struct cx *b); /* integers */
struct cx *cx_neg(struct cbuild *cb, struct cx *a);
struct cx *cx_lt(struct cbuild *cb, struct cx *a, struct cx *b);
struct cx *cx_gt(struct cbuild *cb, struct cx *a, struct cx *b);
struct cx *cx_le(struct cbuild *cb, struct cx *a, struct cx *b);
struct cx *cx_eq(struct cbuild *cb, struct cx *a, struct cx *b);
struct cx *cx_select(struct cbuild *cb, struct cx *cond, struct cx *yes, struct cx *no);
struct cx *cx_cast(struct cbuild *cb, enum ctype type, const char *name, struct cx *a);
/* fmaf(a, b, c) or fma(a, b, c): a·b + c rounded once. */
struct cx *cx_fma(struct cbuild *cb, struct cx *a, struct cx *b, struct cx *c);
/* A call; n arguments of type struct cx * follow. The result is never a product. */
struct cx *cx_call(struct cbuild *cb, enum ctype type, const char *callee, size_t n, ...);
struct cx *cx_call_array(struct cbuild *cb, enum ctype type, const char *callee, size_t n,
                         struct cx *const *args);
/* A call whose result is a rounded product: _mm256_mul_ps. */
struct cx *cx_call_product(struct cbuild *cb, enum ctype type, const char *callee, size_t n, ...);
/* An initialiser list; tall: one item a line. */
struct cx *cx_list(struct cbuild *cb, bool tall);
void cx_list_add(struct cbuild *cb, struct cx *list, const char *designator, struct cx *item);
/* Functions by name, and which of them are called. */
struct callees {
    size_t count;
    const char *const *name;
    bool *called; /* [count] */
};
/* Marks those that e, which may be NULL, or an expression in it calls. */
void cx_mark_calls(const struct cx *e, const struct callees *callees);

/* Statements. */
void cb_comment(struct cbuild *cb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cb_blank(struct cbuild *cb);
void cb_verbatim(struct cbuild *cb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "ctype name = init;" (init may be NULL); returns the name as an expression of that type. The
 * C type is spelled by type: "float acc", "size_t i"; CT_REALS: "const float *x"; CT_VEC and
 * CT_OTHER need cb_declare. */
struct cx *cb_local(struct cbuild *cb, enum ctype type, const char *name, struct cx *init);
/* The same with the C type spelled out: "static const uint32_t", "__m256 *restrict"; name may carry
 * array brackets: "rows[3]". */
struct cx *cb_declare(struct cbuild *cb, const char *spelling, enum ctype type, const char *name,
                      struct cx *init);
/* "enum {A = 1, B = 2};": constants are a list's items, their names its designators. */
void cb_enum(struct cbuild *cb, struct cx *list);
void cb_set(struct cbuild *cb, struct cx *lhs, struct cx *rhs);
/* lhs += rhs for integers. */
void cb_advance(struct cbuild *cb, struct cx *lhs, struct cx *rhs);
void cb_do(struct cbuild *cb, struct cx *call);
void cb_return(struct cbuild *cb, struct cx *value); /* value may be NULL */

/* These open a body; cb_end closes it. */
struct cx *cb_for(struct cbuild *cb, const char *name, struct cx *from, struct cx *to,
                  uint64_t step);
void cb_if(struct cbuild *cb, struct cx *cond);
void cb_else(struct cbuild *cb); /* in place of cb_end: opens the other branch */
void cb_block(struct cbuild *cb);
/* type: "static void", with attributes before it on a line of their own where given as
 * "ATTRIBUTE\nstatic void". */
void cb_function(struct cbuild *cb, const char *type, const char *name, const char *params);
void cb_end(struct cbuild *cb);

/* Moves the cursor to the end of another list and returns where it was:
 *
 *     struct cs *apart = NULL, **here = cb_redirect(cb, &apart);
 *     …                        statements go to `apart`
 *     cb_redirect(cb, here);
 *     cb_append(cb, apart); */
struct cs **cb_redirect(struct cbuild *cb, struct cs **tail);
void cb_append(struct cbuild *cb, struct cs *list);
/* Marks those that a statement of the list, or one in it, calls. */
void cs_mark_calls(const struct cs *list, const struct callees *callees);

/* Names the place in the emitter of what is made next; returns cb. */
struct cbuild *cb_made_at(struct cbuild *cb, const char *by, unsigned line);

/* So every statement knows the line that made it, for --blame. */
#ifndef CTREE_WITHOUT_PLACES
#define CB_HERE(cb)          cb_made_at((cb), __FILE__, __LINE__)
#define cb_comment(cb, ...)  cb_comment(CB_HERE(cb), __VA_ARGS__)
#define cb_blank(cb)         cb_blank(CB_HERE(cb))
#define cb_verbatim(cb, ...) cb_verbatim(CB_HERE(cb), __VA_ARGS__)
#define cb_local(cb, ...)    cb_local(CB_HERE(cb), __VA_ARGS__)
#define cb_declare(cb, ...)  cb_declare(CB_HERE(cb), __VA_ARGS__)
#define cb_enum(cb, ...)     cb_enum(CB_HERE(cb), __VA_ARGS__)
#define cb_set(cb, ...)      cb_set(CB_HERE(cb), __VA_ARGS__)
#define cb_advance(cb, ...)  cb_advance(CB_HERE(cb), __VA_ARGS__)
#define cb_do(cb, ...)       cb_do(CB_HERE(cb), __VA_ARGS__)
#define cb_return(cb, ...)   cb_return(CB_HERE(cb), __VA_ARGS__)
#define cb_for(cb, ...)      cb_for(CB_HERE(cb), __VA_ARGS__)
#define cb_if(cb, ...)       cb_if(CB_HERE(cb), __VA_ARGS__)
#define cb_block(cb)         cb_block(CB_HERE(cb))
#define cb_function(cb, ...) cb_function(CB_HERE(cb), __VA_ARGS__)
#endif

/* The file as C text: four spaces, lines of at most 100 columns where a list or call can be
 * broken, parentheses from precedence alone (and where gcc -Wall asks for them). */
void cprint_file(const struct cfile *file, struct strbuf *out);
/* The same; returns the innermost statement that line number `line` of it (from 1) belongs to, NULL
 * if it has no such line. */
const struct cs *cprint_blame(const struct cfile *file, size_t line, struct strbuf *out);

#endif
