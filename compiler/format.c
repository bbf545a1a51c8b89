/* --format: a model file laid out anew: tokens and comments to lines, lines to columns. */
#include "format.h"

#include "parser.h"
#include "vec.h"

#include <string.h>

enum {
    INDENT = 4,
    COMMENT_GAP = 2,         /* between a statement and the comment behind it */
    COMMENT_COLUMN_MAX = 60, /* comments behind longer lines stand where these end */
    ALIGN_MAX = 60           /* the same of lines that go on in a bracket */
};

struct comment {
    struct span at;
    bool behind; /* a token on its line */
    bool apart;  /* a blank line before it */
};

/* A token with what stands before it. */
struct item {
    struct token token;
    size_t first_comment, comment_count;
    bool line;  /* on another line than what is before it */
    bool apart; /* a blank line before it */
    bool tall;  /* a brace: its statements stand on lines of their own */
};

enum cell { CELL_NONE, CELL_PROPERTY, CELL_LET, CELL_LABEL };

/* A line to be: what is aligned with its neighbours, the rest, a comment. */
struct line {
    size_t indent;
    enum cell cell;
    const char *head; /* up to '=', or with ':' */
    const char *text;
    const char *comment; /* or NULL */
    bool goes_on;        /* its statement ends on a later line */
    size_t anchor;       /* 1 + the line with whose text it is aligned, or 0 */
    size_t shift;        /* what the text was moved by to align cells */
};

struct bracket {
    size_t outside; /* the indent of the line that it is opened on */
    size_t inside;  /* of lines in it … */
    size_t anchor;  /* … 1 + the line that they are aligned with, or 0 */
    bool brace;
};

struct format {
    struct arena *arena;
    const struct source *source;
    VEC(struct comment) comments;
    VEC(struct item) items;
    VEC(struct line) lines;
    struct bracket open[NEST_MAX];
    size_t depth;
    /* The line under way. */
    struct line line;
    struct strbuf text;
    size_t width; /* of its indent and head */
    size_t tokens;
};

/* ---- reading ---- */

static const char *text_at(const struct format *f, struct span at)
{
    return f->source->text + (at.beg - f->source->base);
}

/* Comments and line ends between two tokens. */
static void read_gap(struct format *f, uint32_t from, struct item *item)
{
    size_t lines = 0;
    item->first_comment = f->comments.len;
    for (uint32_t i = from; i < item->token.span.beg; i++) {
        const char *c = text_at(f, (struct span){i, i});
        lines += *c == '\n';
        if (*c != '#')
            continue;
        size_t len = strcspn(c, "\n");
        while (c[len - 1] == ' ' || c[len - 1] == '\t' || c[len - 1] == '\r')
            len--;
        *VEC_PUSH(f->arena, &f->comments) =
            (struct comment){.at = {i, i + (uint32_t)len},
                             .behind = lines == 0 && f->items.len > 0,
                             .apart = lines > 1};
        i += (uint32_t)strcspn(c, "\n") - 1;
        lines = 0;
        item->line = true;
        item->comment_count++;
    }
    item->line = item->line || lines > 0;
    item->apart = lines > 1;
}

static void read_items(struct format *f, struct parser *p)
{
    uint32_t from = f->source->base;
    scan_begin(p);
    for (int kind = -1; kind != T_END;) {
        struct item item = {.token = scan_next(p)};
        kind = item.token.kind;
        read_gap(f, from, &item);
        from = item.token.span.end;
        *VEC_PUSH(f->arena, &f->items) = item;
    }
    scan_end(p);
}

/* A brace is tall where what is in it stands on more than one line. */
static void find_tall(struct format *f)
{
    size_t open[NEST_MAX], depth = 0;
    for (size_t i = 0; i < f->items.len; i++) {
        struct item *item = &f->items.at[i];
        const int kind = item->token.kind;
        for (size_t k = item->line && kind != T_LBRACE ? depth : 0; k-- > 0;)
            f->items.at[open[k]].tall = true;
        if (kind == T_LBRACE || kind == T_LPAREN || kind == T_LBRACKET)
            open[depth++] = i;
        else if (token_is_closing(kind))
            item->tall = f->items.at[open[--depth]].tall;
    }
}

/* ---- lines ---- */

static const char *take_text(struct format *f)
{
    const char *text = arena_strndup(f->arena, f->text.text ? f->text.text : "", f->text.len);
    f->text.len = 0;
    return text;
}

static void end_line(struct format *f, bool goes_on)
{
    if (f->tokens == 0 && !f->line.comment)
        return;
    f->line.text = take_text(f);
    f->line.goes_on = goes_on;
    *VEC_PUSH(f->arena, &f->lines) = f->line;
    f->line = (struct line){0};
    f->tokens = 0;
}

static void blank_line(struct format *f)
{
    if (f->lines.len > 0)
        *VEC_PUSH(f->arena, &f->lines) = (struct line){.text = ""};
}

static const struct bracket *innermost(const struct format *f)
{
    return f->depth > 0 ? &f->open[f->depth - 1] : NULL;
}

/* A line in the innermost bracket, or where it goes on with a statement that is in none. */
static void start_line(struct format *f, bool continues)
{
    f->line = (struct line){0};
    if (f->depth > 0) {
        f->line.indent = innermost(f)->inside;
        f->line.anchor = innermost(f)->anchor;
    }
    if (continues && (f->depth == 0 || innermost(f)->brace))
        f->line.indent += INDENT;
    f->width = f->line.indent;
}

/* The line of a closing bracket stands where the one does that opened it. */
static void start_closing_line(struct format *f)
{
    f->line = (struct line){.indent = innermost(f)->outside};
    f->width = f->line.indent;
}

static void put_comments(struct format *f, const struct item *item, bool first_in_brace,
                         bool goes_on)
{
    for (size_t i = 0; i < item->comment_count; i++) {
        const struct comment *c = &f->comments.at[item->first_comment + i];
        const char *text = arena_strndup(f->arena, text_at(f, c->at), c->at.end - c->at.beg);
        if (!c->behind) {
            end_line(f, goes_on);
            if (c->apart && (i > 0 || !first_in_brace))
                blank_line(f);
            start_line(f, false);
        }
        f->line.comment = text;
        end_line(f, goes_on);
    }
}

/* ---- tokens ---- */

static bool is_operator(int kind)
{
    return kind == T_PLUS || kind == T_MINUS || kind == T_STAR || kind == T_SLASH ||
           kind == T_EQUALS;
}

static bool ends_value(int kind)
{
    return kind == T_NAME || kind == T_NUMBER || kind == T_STRING || kind == T_TRUE ||
           kind == T_FALSE || kind == T_RPAREN || kind == T_RBRACKET;
}

static int kind_at(const struct format *f, size_t i)
{
    return i < f->items.len ? f->items.at[i].token.kind : T_END;
}

/* Is token i a minus or plus before its operand, rather than between two? */
static bool is_sign(const struct format *f, size_t i)
{
    const int kind = kind_at(f, i);
    return (kind == T_MINUS || kind == T_PLUS) && (i == 0 || !ends_value(kind_at(f, i - 1)));
}

/* Does token i start a line? */
static bool breaks(const struct format *f, size_t i)
{
    const struct item *item = &f->items.at[i];
    const int kind = item->token.kind, before = kind_at(f, i - 1);
    const struct bracket *open = innermost(f);
    if (i == 0 || item->comment_count > 0)
        return true;
    if (kind == T_LBRACE)
        return false;
    if (before == T_LBRACE || kind == T_RBRACE)
        return before == T_LBRACE ? f->items.at[i - 1].tall : item->tall;
    if (open && !open->brace)
        return item->line;
    if (before == T_SEMICOLON || before == T_RBRACE)
        return item->line || !open || (before == T_RBRACE && f->items.at[i - 1].tall);
    return item->line && is_operator(before);
}

static bool has_space(const struct format *f, size_t i)
{
    const int kind = kind_at(f, i), before = kind_at(f, i - 1);
    if (kind == T_COMMA || kind == T_SEMICOLON || kind == T_COLON || kind == T_RPAREN ||
        kind == T_RBRACKET || before == T_LPAREN || before == T_LBRACKET)
        return false;
    if (before == T_LBRACE && kind == T_RBRACE)
        return false;
    if (kind == T_LPAREN && before == T_NAME)
        return false;
    return !is_sign(f, i - 1);
}

/* Lines in a bracket are aligned with what follows it, if anything does on its line. */
static void open_bracket(struct format *f, size_t i, size_t column)
{
    const int kind = kind_at(f, i);
    const bool brace = kind == T_LBRACE;
    const struct item *next = &f->items.at[i + 1];
    const bool hangs = brace || next->line || column > ALIGN_MAX;
    f->open[f->depth++] = (struct bracket){.outside = f->line.indent,
                                           .inside = hangs ? f->line.indent + INDENT : column,
                                           .anchor = hangs ? f->line.anchor : f->lines.len + 1,
                                           .brace = brace};
}

/* What is aligned with the lines around: "lr" of "lr = 1", "let n" of "let n = 1", "out:". */
static void end_head(struct format *f, enum cell cell)
{
    f->width += strbuf_columns(f->text.text, f->text.len);
    f->line.cell = cell;
    f->line.head = take_text(f);
}

static enum cell cell_of(const struct format *f, size_t i)
{
    const struct bracket *open = innermost(f);
    const int kind = kind_at(f, i);
    if (open && !open->brace)
        return CELL_NONE;
    if (kind == T_EQUALS && f->tokens == 1)
        return CELL_PROPERTY;
    if (kind == T_EQUALS && f->tokens == 2 && kind_at(f, i - 2) == T_LET)
        return CELL_LET;
    return CELL_NONE;
}

static void put_token(struct format *f, size_t i)
{
    const struct token *token = &f->items.at[i].token;
    const enum cell cell = cell_of(f, i);
    const bool label = token->kind == T_COLON && f->tokens == 1;
    if (cell != CELL_NONE)
        end_head(f, cell);
    if (f->tokens > 0 && f->text.len > 0 && has_space(f, i))
        strbuf_putc(&f->text, ' ');
    strbuf_put(&f->text, text_at(f, token->span), token->span.end - token->span.beg);
    f->tokens++;
    if (label)
        end_head(f, CELL_LABEL);
    const size_t column = f->width + (f->line.cell != CELL_NONE) +
                          strbuf_columns(f->text.text ? f->text.text : "", f->text.len);
    if (token->kind == T_LBRACE || token->kind == T_LPAREN || token->kind == T_LBRACKET)
        open_bracket(f, i, column);
    else if (token_is_closing(token->kind))
        f->depth--;
}

static void lay_out(struct format *f)
{
    for (size_t i = 0; i < f->items.len; i++) {
        const struct item *item = &f->items.at[i];
        const int kind = item->token.kind, before = i > 0 ? kind_at(f, i - 1) : T_SEMICOLON;
        const bool first_in_brace = before == T_LBRACE;
        const bool between = before == T_SEMICOLON || before == T_RBRACE || first_in_brace;
        put_comments(f, item, first_in_brace, !between);
        if (kind == T_END)
            break;
        if (breaks(f, i)) {
            end_line(f, !between);
            if (item->apart && !token_is_closing(kind) &&
                !(first_in_brace && item->comment_count == 0))
                blank_line(f);
            if (token_is_closing(kind))
                start_closing_line(f);
            else
                start_line(f, !between);
        }
        put_token(f, i);
    }
    end_line(f, false);
}

/* ---- columns ---- */

static size_t head_columns(const struct line *line)
{
    return line->head ? strbuf_columns(line->head, strlen(line->head)) : 0;
}

/* The lines from i on that have the same cell: one after the other, each a statement. */
static size_t run_end(const struct format *f, size_t i)
{
    size_t end = i + 1;
    while (end < f->lines.len && !f->lines.at[end - 1].goes_on &&
           f->lines.at[end].cell == f->lines.at[i].cell &&
           f->lines.at[end].indent == f->lines.at[i].indent)
        end++;
    return end;
}

/* Puts head and text of each line together. */
static void align_cells(struct format *f)
{
    for (size_t i = 0, end; i < f->lines.len; i = end) {
        size_t widest = 0;
        end = run_end(f, i);
        for (size_t k = i; k < end; k++)
            if (head_columns(&f->lines.at[k]) > widest)
                widest = head_columns(&f->lines.at[k]);
        for (size_t k = i; k < end && f->lines.at[i].cell != CELL_NONE; k++) {
            struct line *line = &f->lines.at[k];
            line->shift = widest - head_columns(line);
            line->text =
                arena_printf(f->arena, "%s%*s %s", line->head, (int)line->shift, "", line->text);
        }
    }
}

/* What is aligned with a text that was moved moves with it. */
static void shift_lines(struct format *f)
{
    for (size_t i = 0; i < f->lines.len; i++) {
        struct line *line = &f->lines.at[i];
        if (line->anchor == 0)
            continue;
        line->shift += f->lines.at[line->anchor - 1].shift;
        line->indent += f->lines.at[line->anchor - 1].shift;
    }
}

static size_t line_columns(const struct line *line)
{
    return line->indent + strbuf_columns(line->text, strlen(line->text));
}

static size_t comment_column(const struct format *f)
{
    size_t column = 0;
    for (size_t i = 0; i < f->lines.len; i++) {
        const struct line *line = &f->lines.at[i];
        const size_t end = line_columns(line);
        if (line->comment && line->text[0] && end <= COMMENT_COLUMN_MAX && end > column)
            column = end;
    }
    return column;
}

static void print_lines(const struct format *f, struct strbuf *out)
{
    const size_t column = comment_column(f);
    for (size_t i = 0; i < f->lines.len; i++) {
        const struct line *line = &f->lines.at[i];
        const size_t end = line_columns(line);
        if (line->text[0] || line->comment)
            strbuf_printf(out, "%*s%s", (int)line->indent, "", line->text);
        if (line->comment && line->text[0])
            strbuf_printf(out, "%*s", (int)((end < column ? column - end : 0) + COMMENT_GAP), "");
        strbuf_printf(out, "%s\n", line->comment ? line->comment : "");
    }
}

void format_source(struct arena *arena, const struct source *source, struct strbuf *out)
{
    struct diags diags = {.arena = arena};
    struct parser p = {.arena = arena, .source = source, .diags = &diags, .whole_file = true};
    struct format f = {.arena = arena, .source = source};
    read_items(&f, &p);
    find_tall(&f);
    lay_out(&f);
    align_cells(&f);
    shift_lines(&f);
    print_lines(&f, out);
    strbuf_free(&f.text);
}

void format_check(const struct source *source, const struct strbuf *formatted, struct diags *diags)
{
    uint32_t i = 0;
    while (!source->marked && i < source->len && i < formatted->len &&
           source->text[i] == formatted->text[i])
        i++;
    if (!source->marked && i == source->len && i == formatted->len)
        return;
    struct span at = {source->base + i, source->base + i + (i < source->len)};
    diag_report(diags, DIAG_NOT_FORMATTED, at, "the layout is not the one that --format gives");
    if (strcmp(source->name, "<stdin>") != 0)
        diag_help(diags, "mlpgen --format %s", source->name);
}
