/* Constructors of the tree's expressions: they work the depth out. */
#include "ast.h"

static struct ast_expr *expr_new(struct arena *a, enum ast_expr_kind kind, struct span at)
{
    struct ast_expr *e = ARENA_NEW(a, struct ast_expr);
    *e = (struct ast_expr){.kind = kind, .depth = 1, .span = at};
    return e;
}

static void hold(struct ast_expr *parent, const struct ast_expr *child)
{
    if (parent->depth <= child->depth)
        parent->depth = child->depth + 1;
}

struct ast_expr *ast_number(struct arena *a, struct span at, double number)
{
    struct ast_expr *e = expr_new(a, AST_NUMBER, at);
    e->u.number = number;
    return e;
}

struct ast_expr *ast_string(struct arena *a, struct span at, const char *string)
{
    struct ast_expr *e = expr_new(a, AST_STRING, at);
    e->u.string = string;
    return e;
}

struct ast_expr *ast_bool(struct arena *a, struct span at, bool truth)
{
    struct ast_expr *e = expr_new(a, AST_BOOL, at);
    e->u.truth = truth;
    return e;
}

struct ast_expr *ast_list(struct arena *a, struct span at, struct ast_expr *first)
{
    struct ast_expr *e = expr_new(a, AST_LIST, at);
    e->u.list = first;
    for (const struct ast_expr *element = first; element; element = element->next)
        hold(e, element);
    return e;
}

struct ast_expr *ast_word(struct arena *a, struct ast_word word)
{
    struct ast_expr *e = expr_new(a, AST_WORD, word.span);
    e->u.word = word;
    for (const struct ast_arg *arg = word.args; arg; arg = arg->next)
        hold(e, arg->value);
    return e;
}

struct ast_expr *ast_error(struct arena *a, struct span at)
{
    return expr_new(a, AST_ERROR, at);
}

struct ast_expr *ast_negate(struct arena *a, struct span at, struct ast_expr *operand)
{
    struct ast_expr *e = expr_new(a, AST_NEGATE, at);
    e->u.binary.op = '-';
    e->u.binary.left = operand;
    hold(e, operand);
    return e;
}

struct ast_expr *ast_binary(struct arena *a, char op, struct ast_expr *left, struct ast_expr *right)
{
    struct ast_expr *e = expr_new(a, AST_BINARY, span_join(left->span, right->span));
    e->u.binary.op = op;
    e->u.binary.left = left;
    e->u.binary.right = right;
    hold(e, left);
    hold(e, right);
    return e;
}
