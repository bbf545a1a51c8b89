/* The tree of what was written: no defaults, no shapes, no meaning. Nodes live in an arena, each
 * with its span.
 *
 * After a mistake (which was reported) the tree holds what was understood, and says what to be
 * silent about: a value that was not understood is an AST_ERROR; where a statement was left out,
 * its block is `incomplete`, and that something is missing there is no news. */
#ifndef MLPGEN_AST_H
#define MLPGEN_AST_H

#include "arena.h"
#include "source.h"

#include <stdbool.h>

enum {
    AST_DEPTH_MAX = 1000 /* of an expression: whoever walks the tree may recurse */
};

/* A name as it stands in the text. */
struct ast_name {
    const char *text; /* NULL where there is none */
    struct span span;
};

enum ast_expr_kind {
    AST_NUMBER,
    AST_STRING,
    AST_BOOL,
    AST_WORD, /* NAME or NAME(args) */
    AST_LIST,
    AST_NEGATE,
    AST_BINARY,
    AST_ERROR /* not understood: any value would do here */
};

struct ast_word {
    struct ast_name name;
    bool parenthesised; /* relu() is the word relu; only a bare NAME can be a let's */
    struct ast_arg *args;
    struct span span; /* with the parentheses */
};

struct ast_expr {
    enum ast_expr_kind kind;
    unsigned depth; /* 1 of a leaf */
    struct span span;
    union {
        double number;
        const char *string; /* escapes resolved */
        bool truth;
        struct ast_word word;
        struct ast_expr *list; /* its first element, linked by next */
        struct {
            char op; /* + - * / ; NEGATE has only left */
            struct ast_expr *left, *right;
        } binary;
    } u;
    struct ast_expr *next; /* in a list */
};

struct ast_arg {
    struct ast_name name; /* text NULL: given by place */
    struct ast_expr *value;
    struct span span;
    struct ast_arg *next;
};

enum ast_stmt_kind { AST_PROPERTY, AST_LAYER };

struct ast_stmt {
    enum ast_stmt_kind kind;
    struct span span;       /* without its ';' and without its body */
    struct ast_name name;   /* a property's name, a layer's label (text NULL: none) */
    struct ast_expr *value; /* of a property */
    struct ast_word word;   /* of a layer */
    bool has_body;          /* word { body } */
    struct ast_stmt *body;
    struct ast_stmt *next;
};

struct ast_let {
    struct ast_name name;
    struct ast_expr *value;
    struct span span;
    struct ast_let *next;
};

struct ast_block {
    struct ast_name kind; /* model, data, train, or something that check.c will refuse */
    struct ast_name name; /* of a model */
    struct ast_stmt *body;
    bool incomplete;  /* a statement in it was left out */
    struct span span; /* up to its closing brace */
    struct ast_block *next;
};

/* Lets and blocks in the order in which they stand in the file; `order` in span offsets tells which
 * came first. */
struct ast_file {
    struct ast_expr *version; /* the NUMBER behind "mlp", or NULL */
    struct ast_let *lets;
    struct ast_block *blocks;
    bool incomplete; /* a let or a block was left out */
};

/* Constructors. A node's text is not copied. */
struct ast_expr *ast_number(struct arena *a, struct span at, double number);
struct ast_expr *ast_string(struct arena *a, struct span at, const char *string);
struct ast_expr *ast_bool(struct arena *a, struct span at, bool truth);
struct ast_expr *ast_list(struct arena *a, struct span at, struct ast_expr *first);
struct ast_expr *ast_word(struct arena *a, struct ast_word word);
struct ast_expr *ast_error(struct arena *a, struct span at);
struct ast_expr *ast_negate(struct arena *a, struct span at, struct ast_expr *operand);
struct ast_expr *ast_binary(struct arena *a, char op, struct ast_expr *left,
                            struct ast_expr *right);

#endif
