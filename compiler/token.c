/* Token filter, between scanner and grammar: brackets that match, statements that end.
 *
 * Six rules, tried in this order on the next token, put a token before it or take it:
 * 1. A parenthesis or bracket still open where none can be (at ';', a brace, let, a block's head,
 *    the end of the file) is closed.
 * 2. A statement under way before '}', let, a block's head, the end of the file or what can only be
 *    another statement gets a MISSING, which the grammar takes for its ';'.
 * 3. A block's head within a block, or the end of the file, closes all braces: one was forgotten.
 * 4. Where a block's name is followed by a statement, its '{' is put in.
 * 5. A closing bracket that closes nothing, behind a value or statement, is left out.
 * 6. Everything else is handed on.
 * What the filter puts in or leaves out for the first time it reports. */
#include "parser.h"

#include "vocab.h"

#include <string.h>

bool token_is_block_kind(const struct token *t)
{
    return t->kind == T_NAME && vocab_find(PLACE_BLOCK, t->value.T_NAME);
}

/* The token i places behind the last one that was handed out. */
static const struct token *peek(struct parser *p, int i)
{
    while (p->ahead_count <= i)
        p->ahead[p->ahead_count++] = scan_next(p);
    return &p->ahead[i];
}

static struct token take(struct parser *p)
{
    struct token t = *peek(p, 0);
    p->ahead_count--;
    memmove(p->ahead, p->ahead + 1, (size_t)p->ahead_count * sizeof *p->ahead);
    return t;
}

static struct token make(const struct parser *p, int kind)
{
    return (struct token){.kind = kind, .made = true, .span = {p->last.span.end, p->last.span.end}};
}

/* ---- brackets ---- */

static int closing(int open_kind)
{
    return open_kind == T_LPAREN ? T_RPAREN : open_kind == T_LBRACKET ? T_RBRACKET : T_RBRACE;
}

static const struct token *innermost(const struct parser *p)
{
    return p->open_count > 0 ? &p->open[p->open_count - 1] : NULL;
}

/* Whether the innermost open bracket is a '(' or '['. */
static bool in_parentheses(const struct parser *p)
{
    const struct token *open = innermost(p);
    return open && open->kind != T_LBRACE;
}

static void report_unclosed(struct parser *p, struct span at, const char *where)
{
    const struct token *open = innermost(p);
    int kind = closing(open->kind);
    diag_report(p->diags, DIAG_UNCLOSED, at, "expected '%c' %s",
                kind == T_RPAREN     ? ')'
                : kind == T_RBRACKET ? ']'
                                     : '}',
                where);
    diag_note(p->diags, open->span, "%s opened here", syntax_token(p, open));
}

static struct token close_parenthesis(struct parser *p)
{
    struct token made = make(p, closing(innermost(p)->kind));
    if (!p->panic) {
        const char *where = arena_printf(p->arena, "after %s", syntax_token(p, &p->last));
        report_unclosed(p, made.span, where);
    }
    p->open_count--;
    return made;
}

/* next is what shows that a brace was forgotten: a block's head or the end of the file. */
static struct token close_brace(struct parser *p, const struct token *next)
{
    struct token made = make(p, T_RBRACE);
    bool at_end = next->kind == T_END;
    if (!p->brace_reported && at_end)
        report_unclosed(p, made.span, "at end of file");
    else if (!p->brace_reported)
        report_unclosed(p, next->span,
                        arena_printf(p->arena, "before block %s", syntax_token(p, next)));
    p->excused++;
    p->open_count--;
    p->brace_reported = p->open_count > 0;
    return made;
}

static void open_bracket(struct parser *p, const struct token *t)
{
    if (p->open_count == NEST_MAX)
        syntax_too_deep(p, t->span);
    else
        p->open[p->open_count++] = *t;
}

bool token_is_closing(int kind)
{
    return kind == T_RPAREN || kind == T_RBRACKET || kind == T_RBRACE;
}

/* Whether nothing is open that this bracket closes; a '}' closes over no '(' (rule 1 came first).
 */
static bool is_unopened(const struct parser *p, int kind)
{
    for (int i = p->open_count; i-- > 0;) {
        if (closing(p->open[i].kind) == kind)
            return false;
        if (p->open[i].kind == T_LBRACE)
            return true;
    }
    return true;
}

static void drop_unopened(struct parser *p, const struct token *t)
{
    bool brace = t->kind == T_RBRACE;
    if (brace && p->excused > 0)
        p->excused--;
    else if (brace && p->outside)
        p->outside = false;
    else if (!p->panic)
        diag_report(p->diags, DIAG_UNOPENED, t->span, "%s closes nothing", syntax_token(p, t));
}

/* ---- statements ---- */

bool token_ends_statement(int kind)
{
    return kind == T_SEMICOLON || kind == T_MISSING || kind == T_LBRACE || kind == T_RBRACE ||
           kind == T_FILE_FOLLOWS;
}

bool token_starts_value(int kind)
{
    return kind == T_NAME || kind == T_NUMBER || kind == T_STRING || kind == T_TRUE ||
           kind == T_FALSE || kind == T_LPAREN || kind == T_LBRACKET || kind == T_MINUS;
}

static bool ends_value(int kind)
{
    return kind == T_NAME || kind == T_NUMBER || kind == T_STRING || kind == T_TRUE ||
           kind == T_FALSE || kind == T_RPAREN || kind == T_RBRACKET;
}

static bool on_one_line(const struct parser *p, struct span a, struct span b)
{
    return !memchr(p->source->text + (a.end - p->source->base), '\n', b.beg - a.end);
}

/* Whether a block starts here, whatever was to come: `data {`, `model NAME {`. */
static bool is_block_head(struct parser *p)
{
    if (!token_is_block_kind(peek(p, 0)))
        return false;
    int second = peek(p, 1)->kind;
    return second == T_LBRACE || (second == T_NAME && peek(p, 2)->kind == T_LBRACE);
}

/* Whether the next token, a name behind a value, starts another statement. */
static bool is_next_statement(struct parser *p)
{
    if (peek(p, 0)->kind != T_NAME || !ends_value(p->last.kind) || in_parentheses(p) || p->panic)
        return false;
    int second = peek(p, 1)->kind;
    if (p->open_count == 0) /* only a block can follow */
        return (second == T_NAME || second == T_LBRACE) &&
               (p->last.kind == T_NUMBER || p->first.kind == T_LET);
    /* `loss mse;` rather lacks a '=': that is left to the grammar. */
    if (p->last.kind == T_NAME && token_ends_statement(p->before_last.kind) &&
        on_one_line(p, p->last.span, peek(p, 0)->span))
        return false;
    return second == T_NAME || second == T_EQUALS || second == T_COLON || second == T_LPAREN ||
           token_ends_statement(second) || second == T_END;
}

/* Whether the next token starts a statement of a block whose '{' was forgotten: `data train =`,
 * `model NAME dense(`. */
static bool lacks_brace(struct parser *p)
{
    if (p->open_count > 0 || p->panic || p->last.kind != T_NAME || peek(p, 0)->kind != T_NAME)
        return false;
    bool named = p->last.span.beg != p->first.span.beg;
    if (!token_is_block_kind(&p->first) || (named && p->before_last.span.beg != p->first.span.beg))
        return false;
    int second = peek(p, 1)->kind;
    return second == T_EQUALS || second == T_COLON || second == T_LPAREN || second == T_SEMICOLON;
}

static struct token open_brace(struct parser *p)
{
    struct token made = make(p, T_LBRACE);
    diag_report(p->diags, DIAG_SYNTAX, made.span, "expected '{' after %s",
                syntax_token(p, &p->last));
    open_bracket(p, &made);
    return made;
}

/* ---- what the grammar sees ---- */

static struct token hand_out(struct parser *p)
{
    struct token t = take(p);
    switch (t.kind) {
    case T_LPAREN:
    case T_LBRACKET:
    case T_LBRACE: open_bracket(p, &t); break;
    case T_RPAREN:
    case T_RBRACKET:
    case T_RBRACE: p->open_count--; break;
    default: break;
    }
    if (p->open_count == 0 && t.kind == T_RBRACE)
        p->brace_reported = false;
    return t;
}

/* A closing bracket in the text: it closes what is open, or stands for what should. */
static bool close_bracket(struct parser *p, struct token *out)
{
    struct token *t = &p->ahead[0];
    bool unopened = is_unopened(p, t->kind);
    bool brace = t->kind == T_RBRACE;
    if (unopened && !in_parentheses(p)) {
        if (brace ? !p->whole_file : !ends_value(p->last.kind)) {
            *out = take(p); /* something else is missing here: the grammar knows what */
            return true;
        }
        drop_unopened(p, t);
        take(p);
        return false;
    }
    int kind = closing(innermost(p)->kind);
    if (!unopened && t->kind != kind) {
        *out = close_parenthesis(p);
        return true;
    }
    if (t->kind != kind && !p->panic)
        report_unclosed(p, t->span, arena_printf(p->arena, "instead of %s", syntax_token(p, t)));
    t->kind = kind;
    *out = hand_out(p);
    return true;
}

static struct token next_of_file(struct parser *p)
{
    for (;;) {
        const struct token *t = peek(p, 0);
        int kind = t->kind;
        bool head = p->open_count > 0 && is_block_head(p);
        bool cut = head || kind == T_RBRACE || kind == T_LET || kind == T_END;
        bool twice = kind == T_LET && p->last.kind == T_LET;
        struct token out;
        if (p->stopped)
            return make(p, T_END);
        if (in_parentheses(p) && (cut || kind == T_SEMICOLON || kind == T_LBRACE))
            return close_parenthesis(p);
        if (!token_ends_statement(p->last.kind) && !twice && (cut || is_next_statement(p)))
            return make(p, T_MISSING);
        if (p->open_count > 0 && (head || kind == T_END))
            return close_brace(p, t);
        if (lacks_brace(p))
            return open_brace(p);
        if (!token_is_closing(kind))
            return hand_out(p);
        if (close_bracket(p, &out))
            return out;
    }
}

/* An expression ends where its text ends. */
static struct token next_of_expression(struct parser *p)
{
    for (;;) {
        int kind = peek(p, 0)->kind;
        struct token out;
        if (p->stopped)
            return make(p, T_END);
        if (in_parentheses(p) && kind == T_END)
            return close_parenthesis(p);
        if (!token_is_closing(kind))
            return hand_out(p);
        if (close_bracket(p, &out))
            return out;
    }
}

/* What comes first tells the grammar what to expect. "mlp" is a word of its own only there. */
static struct token first_token(struct parser *p)
{
    struct span at = {p->source->base, p->source->base};
    int kind = p->whole_file ? T_FILE_FOLLOWS : T_EXPRESSION_FOLLOWS;
    if (p->whole_file && peek(p, 0)->kind == T_NAME && !strcmp(p->ahead[0].value.T_NAME, "mlp") &&
        peek(p, 1)->kind != T_LBRACE && peek(p, 1)->kind != T_NAME)
        p->ahead[0].kind = T_MLP;
    return (struct token){.kind = kind, .made = true, .span = at};
}

int yylex(YYSTYPE *value, struct span *at, struct parser *p)
{
    bool nothing_yet = p->last.kind == T_END;
    struct token t = nothing_yet     ? first_token(p)
                     : p->whole_file ? next_of_file(p)
                                     : next_of_expression(p);
    if (token_ends_statement(p->last.kind))
        p->first = t;
    if (t.kind == T_YYerror)
        p->panic = true;
    else if (token_ends_statement(t.kind))
        p->panic = false;
    p->before_last = p->last;
    p->last = t;
    *value = t.value;
    *at = t.span;
    return t.kind;
}
