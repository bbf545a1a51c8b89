/* Diagnostics: kept as they come, sorted and laid out when they are printed. */
#include "diag.h"

#include "vec.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_SHOWN_MAX = 120, /* characters of a source line: more would wrap on most screens */
    BEFORE_CARET_MAX = 40 /* of these, where the line is cut, before the caret */
};

static const struct {
    const char *name, *explanation;
    enum severity severity;
} rows[DIAG_COUNT] = {
#define DIAG(id, text, level, why) {text, why, SEVERITY_##level},
#include "diag.def"
#undef DIAG
};

const char *diag_slug(enum slug slug)
{
    return rows[slug].name;
}

const char *diag_explanation(enum slug slug)
{
    return rows[slug].explanation;
}

enum severity diag_severity(enum slug slug)
{
    return rows[slug].severity;
}

void diag_report(struct diags *d, enum slug slug, struct span at, const char *fmt, ...)
{
    d->errors += rows[slug].severity == SEVERITY_ERROR;
    if (d->len == DIAG_KEPT_MAX) {
        d->lost++;
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    const char *message = arena_vprintf(d->arena, fmt, ap);
    va_end(ap);
    *VEC_PUSH(d->arena, d) = (struct diag){.slug = slug, .at = at, .message = message};
}

void diag_help(struct diags *d, const char *fmt, ...)
{
    if (d->lost > 0)
        return;
    va_list ap;
    va_start(ap, fmt);
    d->at[d->len - 1].help = arena_vprintf(d->arena, fmt, ap);
    va_end(ap);
}

void diag_note(struct diags *d, struct span also, const char *fmt, ...)
{
    if (d->lost > 0)
        return;
    va_list ap;
    va_start(ap, fmt);
    d->at[d->len - 1].note = arena_vprintf(d->arena, fmt, ap);
    d->at[d->len - 1].also = also;
    va_end(ap);
}

/* ---- characters ---- */

static size_t character_length(const char *text, size_t len)
{
    size_t n = source_utf8_length(text, len);
    return n > 0 ? n : 1; /* an invalid byte counts as a character */
}

/* Whether a character might do something to a terminal, or change the order of the text around it:
 * a control character (ASCII or U+0080–9F), a bidirectional one (U+202A–E, U+2066–9), or none. */
static bool is_harmful(const char *c, size_t n)
{
    const unsigned char *u = (const unsigned char *)c;
    if (n == 1)
        return (u[0] < 0x20 && u[0] != '\t') || u[0] >= 0x7F;
    if (n == 2)
        return u[0] == 0xC2 && u[1] < 0xA0;
    if (n == 3 && u[0] == 0xE2)
        return (u[1] == 0x80 && u[2] >= 0xAA && u[2] <= 0xAE) ||
               (u[1] == 0x81 && u[2] >= 0xA6 && u[2] <= 0xA9);
    return false;
}

static void put_harmlessly(struct strbuf *out, const char *text, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        n = character_length(text + i, len - i);
        if (is_harmful(text + i, n))
            strbuf_putc(out, '?');
        else
            strbuf_put(out, text + i, n);
    }
}

/* The offset at most `count` characters behind from. */
static size_t forward(const char *text, size_t len, size_t from, size_t count)
{
    while (count-- > 0 && from < len)
        from += character_length(text + from, len - from);
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

/* ---- layout ---- */

/* The source line of a place and a caret under it; a span over several lines is underlined to the
 * end of its first. */
static void print_line(const struct position *where, struct span at, struct strbuf *out)
{
    uint32_t line_len;
    const char *line = source_line(where->source, where->line, &line_len);
    size_t caret = where->column - 1, beg = 0, end = line_len;
    if (forward(line, line_len, 0, LINE_SHOWN_MAX) < line_len) {
        beg = back(line, caret, BEFORE_CARET_MAX);
        end = forward(line, line_len, beg, LINE_SHOWN_MAX);
    }
    strbuf_printf(out, "%5u | %s", where->line, beg > 0 ? "..." : "");
    put_harmlessly(out, line + beg, end - beg);
    strbuf_printf(out, "%s\n      | %s", end < line_len ? "..." : "", beg > 0 ? "   " : "");
    for (size_t i = beg; i < caret; i = forward(line, line_len, i, 1))
        strbuf_putc(out, line[i] == '\t' ? '\t' : ' ');
    strbuf_putc(out, '^');
    size_t last = caret + (at.end - at.beg);
    for (size_t i = forward(line, line_len, caret, 1); i < last && i < end;
         i = forward(line, line_len, i, 1))
        strbuf_putc(out, '~');
    strbuf_putc(out, '\n');
}

static void print_place(const struct diags *d, struct span at, const char *severity,
                        const char *message, const char *slug, struct strbuf *out)
{
    struct position where = source_position(d->sources, at);
    strbuf_printf(out, "%s:%u:%u: %s: ", where.source->name, where.line, where.column, severity);
    put_harmlessly(out, message, strlen(message));
    if (slug)
        strbuf_printf(out, " [%s]", slug);
    strbuf_putc(out, '\n');
    print_line(&where, at, out);
}

static void print_diag(const struct diags *d, const struct diag *g, struct strbuf *out)
{
    const char *severity = diag_severity(g->slug) == SEVERITY_ERROR ? "error" : "warning";
    print_place(d, g->at, severity, g->message, diag_slug(g->slug), out);
    if (g->help) {
        strbuf_puts(out, "      help: ");
        put_harmlessly(out, g->help, strlen(g->help));
        strbuf_putc(out, '\n');
    }
    if (g->note)
        print_place(d, g->also, "note", g->note, NULL, out);
}

/* By place; at the same place in the order of reporting, which is that of the addresses. */
static int by_place(const void *a, const void *b)
{
    const struct diag *const *x = a, *const *y = b;
    if ((*x)->at.beg != (*y)->at.beg)
        return (*x)->at.beg < (*y)->at.beg ? -1 : 1;
    return *x < *y ? -1 : *x > *y;
}

static bool same(const struct diag *a, const struct diag *b)
{
    return a->slug == b->slug && a->at.end == b->at.end && strcmp(a->message, b->message) == 0;
}

static bool is_repeated(const struct diag *const *sorted, size_t i)
{
    for (size_t j = i; j > 0 && sorted[j - 1]->at.beg == sorted[i]->at.beg; j--) {
        if (same(sorted[j - 1], sorted[i]))
            return true;
    }
    return false;
}

void diag_print(const struct diags *d, struct strbuf *out)
{
    if (d->len == 0)
        return;
    const struct diag **sorted = ARENA_ARRAY(d->arena, const struct diag *, d->len);
    for (size_t i = 0; i < d->len; i++)
        sorted[i] = &d->at[i];
    qsort(sorted, d->len, sizeof *sorted, by_place);
    size_t shown = 0, more = d->lost;
    for (size_t i = 0; i < d->len; i++) {
        if (is_repeated(sorted, i))
            continue;
        if (shown == DIAG_SHOWN_MAX) {
            more++;
        } else {
            print_diag(d, sorted[i], out);
            shown++;
        }
    }
    if (more > 0)
        strbuf_printf(out, "mlpgen: %zu more message%s\n", more, more == 1 ? "" : "s");
}
