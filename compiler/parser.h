/* What scanner (scan.l), token filter (token.c), grammar (parse.y) and messages (syntax.c) share:
 * the state of one parse. Nobody else includes this; the parser's door is parse.h.
 *
 * How one mistake comes to make one message: the filter hands the grammar brackets that match and
 * statements that end, puts in what is missing and says so. The grammar then has to recover in one
 * place only, the end of a statement, and what the grammar was told about by the others it passes
 * over in silence. */
#ifndef MLPGEN_PARSER_H
#define MLPGEN_PARSER_H

#include "parse.h"
#include "parse.tab.h"

enum {
    NAME_MAX_BYTES = 64, /* of the language: an identifier of C made of a few names stays handy */
    NEST_MAX = 100,      /* open brackets: three or four are common */
    TOKENS_AHEAD = 3     /* NAME NAME { is a block that starts */
};

struct token {
    int kind;
    YYSTYPE value;
    struct span span;
    bool made; /* put in by the filter; its span is the empty one behind the token before */
};

struct parser {
    struct arena *arena;
    const struct source *source;
    struct diags *diags;
    struct ast_file *file; /* what was understood so far; its lists grow at their ends: */
    struct ast_let *last_let;
    struct ast_block *last_block;
    struct ast_expr *expr; /* the result of parse_expression */
    bool whole_file;       /* else one expression */

    /* Scanner. */
    void *scanner;
    uint32_t offset;      /* of the next byte, in the address space of spans */
    bool encoding_broken; /* some byte is not UTF-8, which was said once */

    /* Filter: tokens read but not handed out, the last two handed out, the open brackets. */
    struct token ahead[TOKENS_AHEAD];
    int ahead_count;
    struct token last, before_last;
    struct token first; /* of the statement under way */
    struct token open[NEST_MAX];
    int open_count;

    /* Where silence is due. */
    bool panic;          /* until the end of this statement: it was given up */
    bool stopped;        /* until the end of the file: nothing more can be understood */
    bool brace_reported; /* until the block ends: that a '}' is missing in it was said */
    int excused;         /* closing braces that may follow without a '{', for the same reason */
    bool outside;        /* statements outside of blocks, of which the first was reported */
    bool block_incomplete;
};

/* Scanner: from the source's text to tokens, reporting what is no token. A T_YYerror stands for
 * what was reported and cannot be understood. */
void scan_begin(struct parser *p);
void scan_end(struct parser *p);
struct token scan_next(struct parser *p);

/* Filter: what the grammar sees. */
int yylex(YYSTYPE *value, struct span *at, struct parser *p);
/* Whether a name is that of a block: it cannot be anything else before a '{'. */
bool token_is_block_kind(const struct token *t);

/* What kinds of tokens stand for. */
bool token_ends_statement(int kind); /* or starts a body: a new statement may follow */
bool token_starts_value(int kind);
bool token_is_closing(int kind); /* a parenthesis, bracket or brace */

/* Messages. Reports that the grammar cannot take p->last; expected[k]: it could take a kind k. */
void syntax_error(struct parser *p, const bool *expected);
/* Reports that p->last, a MISSING, stands for a ';'. */
void syntax_missing_semicolon(struct parser *p);
/* Reports a let in a block, unless that is the same mistake as a '}' that was missed before. */
void syntax_let_in_block(struct parser *p, struct span at);
/* Reports that brackets or operators nest too deep at that place, and gives the file up. */
void syntax_too_deep(struct parser *p, struct span at);
/* What a message calls a token: 'dense', a string, end of file. */
const char *syntax_token(struct parser *p, const struct token *t);
/* The text at a place in quotes, cut where it is too long for a message. */
const char *syntax_quote(struct parser *p, struct span at);

#endif
