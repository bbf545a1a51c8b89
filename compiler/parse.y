/* Grammar of a model file (docs/language.md). Actions only build the tree; every name is looked up
 * later, in tables, so that a new word never touches this file. The tokens come from the filter in
 * token.c: brackets match, and a statement always ends, with MISSING where its ';' was forgotten.
 *
 * Generates parse.tab.c and parse.tab.h. */
%require "3.8"
%define api.pure full
%define api.location.type {struct span}
%define api.token.prefix {T_}
%define api.token.raw
%define api.value.type union
%define api.header.include {"parse.tab.h"}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct parser *p}

%code requires {
#include "ast.h"

struct parser;
/* Lists grow at their end. */
struct stmt_list { struct ast_stmt *first, *last; };
struct expr_list { struct ast_expr *first, *last; };
struct arg_list { struct ast_arg *first, *last; };
}

%code {
#include "parser.h"

/* An empty rule's place is the one behind what came before it. */
#define YYLLOC_DEFAULT(current, rhs, n)                                                            \
    ((current) = (n) ? span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n))                               \
                     : (struct span){YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end})
#define ADD(list, node)                                                                            \
    ((list).first ? (void)((list).last->next = (node)) : (void)((list).first = (node)),            \
     (list).last = (node))

static void yyerror(const struct span *at, struct parser *p, const char *message);
static struct ast_name name(const char *text, struct span at);
static struct ast_expr *bounded(struct parser *p, struct ast_expr *e);
static struct ast_expr *binary(struct parser *p, struct ast_expr *left, char op,
                               struct ast_expr *right);
static struct ast_word word(const char *text, struct span name_at, bool parenthesised,
                            struct ast_arg *args, struct span at);
static struct ast_arg *arg(struct parser *p, struct ast_name name, struct ast_expr *value,
                           struct span at);
static struct ast_stmt *property(struct parser *p, struct ast_name name, struct ast_expr *value,
                                 struct span at);
static struct ast_stmt *layer(struct parser *p, struct ast_name label, struct ast_word word,
                              struct span at);
static void add_version(struct parser *p, double version, struct span at);
static struct ast_let *let(struct parser *p, struct ast_name name, struct ast_expr *value,
                           struct span at);
static void add_let(struct parser *p, struct ast_let *let);
static void add_block(struct parser *p, struct ast_name kind, struct ast_name name,
                      struct ast_stmt *body, struct span at);
}

%token END 0 LET TRUE FALSE LBRACE "{" RBRACE "}" LPAREN "(" RPAREN ")" LBRACKET "[" RBRACKET "]"
%token EQUALS "=" SEMICOLON ";" COLON ":" COMMA "," PLUS "+" MINUS "-" STAR "*" SLASH "/"
%token <const char *> NAME STRING
%token <double> NUMBER
/* From the filter: "mlp" at the start, an end of statement that is not there, what to parse. */
%token MLP MISSING FILE_FOLLOWS EXPRESSION_FOLLOWS

%nterm <struct ast_let *> let
%nterm <struct stmt_list> body stmts
%nterm <struct ast_stmt *> stmt layer
%nterm <struct ast_name> block_name
%nterm <struct ast_word> word
%nterm <struct arg_list> args
%nterm <struct ast_arg *> arg
%nterm <struct expr_list> exprs
%nterm <struct ast_expr *> expr

%left "+" "-"
%left "*" "/"
%precedence NEGATE

%%

start
    : FILE_FOLLOWS file
    | EXPRESSION_FOLLOWS expr           { p->expr = $expr; }
    ;

file
    : %empty
    | version
    | items
    | version items
    ;

version
    : MLP NUMBER stop                   { add_version(p, $NUMBER, @NUMBER); }
    | MLP skipped                       { p->file->incomplete = true; }
    ;

items
    : item
    | items item
    ;

item
    : let                               { p->outside = false; add_let(p, $let); }
    | block                             { p->outside = false; }
    | skipped                           { p->file->incomplete = true;
                                          if (p->outside && p->last_block)
                                              p->last_block->incomplete = true; }
    ;

let
    : LET NAME "=" expr stop            { $$ = let(p, name($NAME, @NAME), $expr, @$); }
    | LET NAME "=" skipped              { $$ = let(p, name($NAME, @NAME),
                                                   ast_error(p->arena, @skipped), @$); }
    ;

block
    : NAME block_name body              { add_block(p, name($NAME, @NAME), $block_name,
                                                    $body.first, @$); }
    ;

block_name
    : %empty                            { $$ = name(NULL, @$); }
    | NAME                              { $$ = name($NAME, @$); }
    ;

body
    : "{" stmts "}"                     { $$ = $stmts; }
    ;

stmts
    : %empty                            { $$ = (struct stmt_list){0}; }
    | stmts[before] stmt                { $$ = $before; ADD($$, $stmt); }
    | stmts[before] let                 { $$ = $before;
                                          syntax_let_in_block(p, @let);
                                          p->file->incomplete = true; }
    | stmts[before] skipped             { $$ = $before; p->block_incomplete = true; }
    ;

stmt
    : NAME "=" expr stop                { $$ = property(p, name($NAME, @NAME), $expr,
                                                        span_join(@NAME, @expr)); }
    | NAME "=" skipped                  { $$ = property(p, name($NAME, @NAME),
                                                        ast_error(p->arena, @skipped), @$); }
    | layer stop
    | layer body                        { $$ = $layer;
                                          $$->has_body = true;
                                          $$->body = $body.first; }
    ;

/* Recovery: a statement that was given up, up to its end or through its block. */
skipped
    : error ";"                         { yyerrok; }
    | error MISSING                     { yyerrok; }
    | error body                        { yyerrok; }
    ;

stop
    : ";"
    | MISSING                           { syntax_missing_semicolon(p); }
    ;

layer
    : word                              { $$ = layer(p, name(NULL, @$), $word, @$); }
    | NAME ":" word                     { $$ = layer(p, name($NAME, @NAME), $word, @$); }
    ;

word
    : NAME                              { $$ = word($NAME, @NAME, false, NULL, @$); }
    | NAME "(" ")"                      { $$ = word($NAME, @NAME, true, NULL, @$); }
    | NAME "(" args ")"                 { $$ = word($NAME, @NAME, true, $args.first, @$); }
    | NAME "(" args "," ")"             { $$ = word($NAME, @NAME, true, $args.first, @$); }
    ;

args
    : arg                               { $$ = (struct arg_list){$arg, $arg}; }
    | args[before] "," arg              { $$ = $before; ADD($$, $arg); }
    ;

arg
    : expr                              { $$ = arg(p, name(NULL, @$), $expr, @$); }
    | NAME "=" expr                     { $$ = arg(p, name($NAME, @NAME), $expr, @$); }
    ;

exprs
    : expr                              { $$ = (struct expr_list){$expr, $expr}; }
    | exprs[before] "," expr            { $$ = $before; ADD($$, $expr); }
    ;

expr
    : NUMBER                            { $$ = ast_number(p->arena, @$, $NUMBER); }
    | STRING                            { $$ = ast_string(p->arena, @$, $STRING); }
    | TRUE                              { $$ = ast_bool(p->arena, @$, true); }
    | FALSE                             { $$ = ast_bool(p->arena, @$, false); }
    | word                              { $$ = bounded(p, ast_word(p->arena, $word)); }
    | "[" "]"                           { $$ = ast_list(p->arena, @$, NULL); }
    | "[" exprs "]"                     { $$ = bounded(p, ast_list(p->arena, @$, $exprs.first)); }
    | "[" exprs "," "]"                 { $$ = bounded(p, ast_list(p->arena, @$, $exprs.first)); }
    | "(" expr[inner] ")"               { $$ = $inner; $$->span = @$; }
    | "-" expr[operand] %prec NEGATE    { $$ = bounded(p, ast_negate(p->arena, @$, $operand)); }
    | expr[left] "+" expr[right]        { $$ = binary(p, $left, '+', $right); }
    | expr[left] "-" expr[right]        { $$ = binary(p, $left, '-', $right); }
    | expr[left] "*" expr[right]        { $$ = binary(p, $left, '*', $right); }
    | expr[left] "/" expr[right]        { $$ = binary(p, $left, '/', $right); }
    ;

%%

static struct ast_name name(const char *text, struct span at)
{
    return (struct ast_name){text, at};
}

static struct ast_expr *bounded(struct parser *p, struct ast_expr *e)
{
    if (e->depth <= AST_DEPTH_MAX)
        return e;
    syntax_too_deep(p, e->span);
    return ast_error(p->arena, e->span);
}

static struct ast_expr *binary(struct parser *p, struct ast_expr *left, char op,
                               struct ast_expr *right)
{
    return bounded(p, ast_binary(p->arena, op, left, right));
}

static struct ast_word word(const char *text, struct span name_at, bool parenthesised,
                            struct ast_arg *args, struct span at)
{
    return (struct ast_word){name(text, name_at), parenthesised, args, at};
}

static struct ast_arg *arg(struct parser *p, struct ast_name name, struct ast_expr *value,
                           struct span at)
{
    struct ast_arg *a = ARENA_NEW(p->arena, struct ast_arg);
    *a = (struct ast_arg){.name = name, .value = value, .span = at};
    return a;
}

static struct ast_stmt *property(struct parser *p, struct ast_name name, struct ast_expr *value,
                                 struct span at)
{
    struct ast_stmt *s = ARENA_NEW(p->arena, struct ast_stmt);
    *s = (struct ast_stmt){.kind = AST_PROPERTY, .span = at, .name = name, .value = value};
    return s;
}

static struct ast_stmt *layer(struct parser *p, struct ast_name label, struct ast_word word,
                              struct span at)
{
    struct ast_stmt *s = ARENA_NEW(p->arena, struct ast_stmt);
    *s = (struct ast_stmt){.kind = AST_LAYER, .span = at, .name = label, .word = word};
    return s;
}

/* Of a newer language nothing more can be understood; check.c says so. */
static void add_version(struct parser *p, double version, struct span at)
{
    p->file->version = ast_number(p->arena, at, version);
    if (version > 1)
        p->stopped = true;
}

static struct ast_let *let(struct parser *p, struct ast_name name, struct ast_expr *value,
                           struct span at)
{
    struct ast_let *l = ARENA_NEW(p->arena, struct ast_let);
    *l = (struct ast_let){.name = name, .value = value, .span = at};
    return l;
}

static void add_let(struct parser *p, struct ast_let *let)
{
    struct ast_let **end = p->last_let ? &p->last_let->next : &p->file->lets;
    *end = let;
    p->last_let = let;
}

static void add_block(struct parser *p, struct ast_name kind, struct ast_name name,
                      struct ast_stmt *body, struct span at)
{
    struct ast_block *block = ARENA_NEW(p->arena, struct ast_block);
    *block = (struct ast_block){.kind = kind, .name = name, .body = body, .span = at};
    block->incomplete = p->block_incomplete;
    p->block_incomplete = false;
    struct ast_block **end = p->last_block ? &p->last_block->next : &p->file->blocks;
    *end = block;
    p->last_block = block;
}

/* The set of tokens that would have been right; api.token.raw makes symbols and tokens one set. */
static int yyreport_syntax_error(const yypcontext_t *context, struct parser *p)
{
    yysymbol_kind_t symbols[YYNTOKENS];
    bool expected[YYNTOKENS] = {false};
    int n = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
    for (int i = 0; i < n; i++)
        expected[symbols[i]] = true;
    syntax_error(p, expected);
    return 0;
}

/* Called only where the parser's stack is full. */
static void yyerror(const struct span *at, struct parser *p, const char *message)
{
    (void)message;
    syntax_too_deep(p, *at);
}
