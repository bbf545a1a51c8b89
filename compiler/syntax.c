/* The messages of the grammar: what was expected, after what, and what was found. */
#include "parser.h"

#include <string.h>

enum {
    QUOTED_MAX = 40 /* bytes of the text that a message repeats */
};

static const char *text_at(const struct parser *p, uint32_t offset)
{
    return p->source->text + (offset - p->source->base);
}

const char *syntax_quote(struct parser *p, struct span at)
{
    size_t len = at.end - at.beg;
    if (len <= QUOTED_MAX)
        return arena_printf(p->arena, "'%.*s'", (int)len, text_at(p, at.beg));
    len = QUOTED_MAX;
    while (len > 0 && ((unsigned char)text_at(p, at.beg)[len] & 0xC0) == 0x80)
        len--; /* no part of a character */
    return arena_printf(p->arena, "'%.*s...'", (int)len, text_at(p, at.beg));
}

const char *syntax_token(struct parser *p, const struct token *t)
{
    if (t->kind == T_END)
        return p->whole_file ? "end of file" : "the end";
    if (t->kind == T_STRING)
        return "a string";
    if (t->made && t->kind == T_MISSING)
        return syntax_token(p, &p->ahead[0]); /* what stands there in truth */
    if (t->made)
        return t->kind == T_RPAREN ? "')'" : t->kind == T_RBRACKET ? "']'" : "'{'";
    return syntax_quote(p, t->span);
}

void syntax_missing_semicolon(struct parser *p)
{
    if (p->before_last.made) /* behind a ')' that was missing too, and reported */
        return;
    diag_report(p->diags, DIAG_MISSING_SEMICOLON, p->last.span, "expected ';' after %s",
                syntax_token(p, &p->before_last));
}

void syntax_let_in_block(struct parser *p, struct span at)
{
    if (p->brace_reported)
        return;
    diag_report(p->diags, DIAG_LET_IN_BLOCK, at, "let stands in a block");
    diag_help(p->diags, "write it before the block, or close the block with '}' first");
    p->brace_reported = true;
}

void syntax_too_deep(struct parser *p, struct span at)
{
    if (!p->stopped)
        diag_report(p->diags, DIAG_TOO_DEEP, at, "nested too deep");
    p->stopped = true;
}

/* ---- statements outside of blocks ---- */

static bool same_place(struct span a, struct span b)
{
    return a.beg == b.beg && a.end == b.end;
}

/* Whether p->last, which the grammar refused, is the second token of its statement. */
static bool is_second(const struct parser *p)
{
    return p->before_last.kind == T_NAME && same_place(p->before_last.span, p->first.span);
}

static bool is_opening(int kind)
{
    return kind == T_LPAREN || kind == T_LBRACKET || kind == T_LBRACE;
}

/* A property or layer where only lets and blocks stand: the first of them is reported. Returns
 * whether it was one. */
static bool report_outside(struct parser *p)
{
    int found = p->last.kind;
    int depth = p->open_count - is_opening(found);
    if (!p->whole_file || depth > 0 || p->first.kind != T_NAME)
        return false;
    if (p->outside)
        return true;
    bool statement = found == T_EQUALS || found == T_COLON || found == T_LPAREN ||
                     found == T_SEMICOLON || found == T_MISSING;
    if (!is_second(p) || token_is_block_kind(&p->first) || !statement)
        return false;
    const char *name = p->first.value.T_NAME;
    diag_report(p->diags, DIAG_OUTSIDE_BLOCK, p->first.span, "%s '%s' stands outside of a block",
                found == T_EQUALS ? "property" : "layer", name);
    if (found == T_EQUALS)
        diag_help(p->diags, "a name for a value is defined by 'let %s = ...'", name);
    p->outside = true;
    return true;
}

/* ---- what was expected ---- */

/* The version of the language, but not at the start of the file. */
static bool report_late_version(struct parser *p)
{
    if (!is_second(p) || strcmp(p->first.value.T_NAME, "mlp") != 0 || p->last.kind != T_NUMBER)
        return false;
    diag_report(p->diags, DIAG_SYNTAX, span_join(p->first.span, p->last.span),
                "the version of the language stands first in a file");
    return true;
}

static bool report_reserved_word(struct parser *p, const bool *expected)
{
    int found = p->last.kind;
    bool reserved = found == T_LET || found == T_TRUE || found == T_FALSE;
    if (!reserved || !expected[T_NAME] || expected[T_STRING])
        return false;
    diag_report(p->diags, DIAG_RESERVED_WORD, p->last.span, "%s is a reserved word",
                syntax_token(p, &p->last));
    return true;
}

/* The words for a set of tokens: what a reader would write next, not all that would be possible. */
static const char *describe(const struct parser *p, const bool *expected)
{
    if (expected[T_STRING])
        return expected[T_RPAREN]     ? "a value or ')'"
               : expected[T_RBRACKET] ? "a value or ']'"
                                      : "a value";
    if (expected[T_COMMA])
        return expected[T_RPAREN] ? "',' or ')'" : "',' or ']'";
    if (expected[T_SEMICOLON] && expected[T_EQUALS] && p->last.kind == T_NAME)
        return "'=' or ';'";
    if (expected[T_EQUALS] && token_starts_value(p->last.kind))
        return "'='";
    if (expected[T_SEMICOLON])
        return "';'";
    if (expected[T_LBRACE])
        return "'{'";
    if (expected[T_LET])
        return p->open_count > 0 ? "a statement" : "a block or let";
    if (expected[T_NUMBER])
        return "a number";
    if (expected[T_NAME])
        return "a name";
    if (expected[T_RPAREN])
        return "')'";
    return expected[T_EQUALS] ? "'='" : "an operator";
}

/* Inside of parentheses that were opened on an earlier line, the missing ')' may well be there. */
static void note_open_parenthesis(struct parser *p)
{
    int innermost = p->open_count - 1 - is_opening(p->last.kind);
    if (innermost < 0 || p->open[innermost].kind == T_LBRACE)
        return;
    const struct token *open = &p->open[innermost];
    if (memchr(text_at(p, open->span.end), '\n', p->last.span.beg - open->span.end))
        diag_note(p->diags, open->span, "%s opened here", syntax_token(p, open));
}

void syntax_error(struct parser *p, const bool *expected)
{
    const struct token *found = &p->last, *after = &p->before_last;
    if (!token_ends_statement(found->kind))
        p->panic = true;
    if (p->stopped || (found->made && found->kind != T_MISSING)) /* what the filter put in */
        return;
    if (report_outside(p) || report_late_version(p) || report_reserved_word(p, expected))
        return;
    const char *what = describe(p, expected);
    struct span at =
        found->kind == T_END ? (struct span){after->span.end, after->span.end} : found->span;
    if (token_ends_statement(after->kind) || after->kind == T_EXPRESSION_FOLLOWS)
        diag_report(p->diags, DIAG_SYNTAX, at, "expected %s, found %s", what,
                    syntax_token(p, found));
    else
        diag_report(p->diags, DIAG_SYNTAX, at, "expected %s after %s, found %s", what,
                    syntax_token(p, after), syntax_token(p, found));
    if (found->kind == T_SEMICOLON && after->kind == T_RBRACE)
        diag_help(p->diags, "no ';' follows a '}'");
    else if (found->kind == T_COMMA && expected[T_RPAREN] && !expected[T_STRING])
        diag_help(p->diags, "a shape or list stands in square brackets: [28, 28]");
    note_open_parenthesis(p);
}
