/* Messages for people: the form that compilers of C use, a line of the source with a caret. */
#include "diag_text.h"

#include "harmless.h"

#include <string.h>

enum {
    LINE_SHOWN_MAX = 120, /* characters of a source line: more would wrap on most screens */
    BEFORE_CARET_MAX = 40 /* of these, where the line is cut, before the caret */
};

/* Escape sequences of ECMA-48, in the colours that compilers of C have. */
#define BOLD    "1"
#define RED     "1;31"
#define MAGENTA "1;35"
#define CYAN    "1;36"
#define GREEN   "1;32"

static void start(struct strbuf *out, bool color, const char *how)
{
    if (color)
        strbuf_printf(out, "\x1b[%sm", how);
}

static void stop(struct strbuf *out, bool color)
{
    if (color)
        strbuf_puts(out, "\x1b[0m");
}

/* ---- lines ---- */

/* The offset at most `count` characters behind from. */
static size_t forward(const char *text, size_t len, size_t from, size_t count)
{
    while (count-- > 0 && from < len)
        from += harmless_length(text + from, len - from);
    return from;
}

static size_t back(const char *text, size_t from, size_t count)
{
    while (count-- > 0 && from > 0) {
        from--;
        while (from > 0 && ((unsigned char)text[from] & 0xC0) == 0x80)
            from--;
    }
    return from;
}

/* The source line of a place and a caret under it; a span over several lines is underlined to the
 * end of its first. */
static void print_line(const struct position *where, struct span at, bool color, struct strbuf *out)
{
    uint32_t line_len;
    const char *line = source_line(where->source, where->line, &line_len);
    size_t caret = where->column - 1, beg = 0, end = line_len;
    if (forward(line, line_len, 0, LINE_SHOWN_MAX) < line_len) {
        beg = back(line, caret, BEFORE_CARET_MAX);
        end = forward(line, line_len, beg, LINE_SHOWN_MAX);
    }
    strbuf_printf(out, "%5u | %s", where->line, beg > 0 ? "..." : "");
    harmless_put(out, line + beg, end - beg);
    strbuf_printf(out, "%s\n      | %s", end < line_len ? "..." : "", beg > 0 ? "   " : "");
    for (size_t i = beg; i < caret; i = forward(line, line_len, i, 1))
        strbuf_putc(out, line[i] == '\t' ? '\t' : ' ');
    start(out, color, GREEN);
    strbuf_putc(out, '^');
    size_t last = caret + (at.end - at.beg);
    for (size_t i = forward(line, line_len, caret, 1); i < last && i < end;
         i = forward(line, line_len, i, 1))
        strbuf_putc(out, '~');
    stop(out, color);
    strbuf_putc(out, '\n');
}

/* ---- messages ---- */

static void print_severity(enum severity severity, bool color, struct strbuf *out)
{
    static const struct {
        const char *name, *color;
    } of[] = {
        [SEVERITY_NOTE] = {"note", CYAN},
        [SEVERITY_WARNING] = {"warning", MAGENTA},
        [SEVERITY_ERROR] = {"error", RED},
    };
    start(out, color, of[severity].color);
    strbuf_printf(out, "%s:", of[severity].name);
    stop(out, color);
    strbuf_putc(out, ' ');
}

/* A message at its place; a note has no slug. */
static void print_place(const struct diags *d, struct span at, enum severity severity,
                        const char *message, const char *slug, bool color, struct strbuf *out)
{
    struct position where = source_position(d->sources, at);
    start(out, color, BOLD);
    harmless_puts(out, where.source->name);
    strbuf_printf(out, ":%u:%u:", where.line, where.column);
    stop(out, color);
    strbuf_putc(out, ' ');
    print_severity(severity, color, out);
    harmless_puts(out, message);
    if (slug)
        strbuf_printf(out, " [%s]", slug);
    strbuf_putc(out, '\n');
    print_line(&where, at, color, out);
}

static void print_help(const char *help, size_t len, bool color, struct strbuf *out)
{
    strbuf_puts(out, "      ");
    start(out, color, CYAN);
    strbuf_puts(out, "help:");
    stop(out, color);
    strbuf_putc(out, ' ');
    harmless_put(out, help, len);
    strbuf_putc(out, '\n');
}

void diag_text(const struct diags *d, const struct diag *g, bool color, struct strbuf *out)
{
    print_place(d, g->at, g->severity, g->message, diag_slug(g->slug), color, out);
    if (g->help)
        print_help(g->help, strlen(g->help), color, out);
    if (g->note)
        print_place(d, g->also, SEVERITY_NOTE, g->note, NULL, color, out);
}

void diag_text_plain(const char *error, bool color, struct strbuf *out)
{
    const char *help = strstr(error, DIAG_HELP);
    start(out, color, BOLD);
    strbuf_puts(out, "mlpgen:");
    stop(out, color);
    strbuf_putc(out, ' ');
    print_severity(SEVERITY_ERROR, color, out);
    harmless_put(out, error, help ? (size_t)(help - error) : strlen(error));
    strbuf_putc(out, '\n');
    if (help) {
        help += strlen(DIAG_HELP);
        print_help(help, strlen(help), color, out);
    }
}
