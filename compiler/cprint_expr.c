/* The printer of the C tree: expressions.
 *
 * An expression is printed on the rest of its line where it fits there, else broken inside: a call
 * between its arguments, a list between its items, an operation behind its operator, a string
 * behind its line ends. Whether it fits is found by printing it flat and, if not, taking that back.
 */
#include "cprint.h"
#include "literal.h"

#include <math.h>
#include <string.h>

size_t cprint_column(const struct printer *p)
{
    size_t beg = p->out->len;
    while (beg > 0 && p->out->text[beg - 1] != '\n')
        beg--;
    return strbuf_columns(p->out->text + beg, p->out->len - beg);
}

void cprint_spaces(struct printer *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        strbuf_putc(p->out, ' ');
}

void cprint_newline(struct printer *p, size_t indent)
{
    strbuf_putc(p->out, '\n');
    cprint_spaces(p, indent);
}

static void take_back(struct printer *p, size_t mark)
{
    p->out->len = mark;
    p->out->text[mark] = '\0';
}

/* What cannot be flat says so. */
static void refuse_flat(struct printer *p)
{
    p->hopeless = true;
}

/* From here on without breaks, to see whether it fits … */
static void try_flat(struct printer *p)
{
    p->mark = p->out->len;
    p->start = cprint_column(p);
    p->flat = true;
    p->hopeless = false;
}

/* Has what is printed flat stayed on its line, with room for tail columns more? It has no more
 * columns than bytes, which are there to be seen. */
static bool within(const struct printer *p, size_t tail)
{
    const size_t bytes = p->out->len - p->mark;
    return p->start + bytes + tail <= WIDTH ||
           p->start + strbuf_columns(p->out->text + p->mark, bytes) + tail <= WIDTH;
}

/* … as it does if this is true; else what was printed since is taken back. */
static bool flat_fits(struct printer *p, size_t tail)
{
    bool fits = !p->hopeless && within(p, tail);
    p->flat = p->hopeless = false;
    if (!fits)
        take_back(p, p->mark);
    return fits;
}

size_t cprint_alignment(const struct printer *p)
{
    if (p->flat)
        return 0;
    size_t here = cprint_column(p);
    return here <= ALIGN_MAX ? here : p->indent + 2 * STEP;
}

static void put_string(struct printer *p, const char *s, size_t tail)
{
    enum { CHARACTER_MAX = 4 /* columns: a backslash and three digits */ };
    size_t at = cprint_alignment(p);
    strbuf_putc(p->out, '"');
    for (char previous = '\0'; *s && !p->hopeless; previous = *s++) {
        bool line = previous == '\n';
        if (p->flat && (line || !within(p, 0)))
            refuse_flat(p);
        if (!p->flat && (line || cprint_column(p) + CHARACTER_MAX + 1 + tail > WIDTH)) {
            strbuf_putc(p->out, '"');
            cprint_newline(p, at);
            strbuf_putc(p->out, '"');
        }
        literal_put_character(p->out, *s, previous);
    }
    strbuf_putc(p->out, '"');
}

static enum binding binding_of(const struct cx *e)
{
    switch (e->kind) {
    case CX_INT: return e->integer < 0 ? BIND_UNARY : BIND_POSTFIX;
    case CX_REAL: return signbit(e->real) ? BIND_UNARY : BIND_POSTFIX;
    case CX_UNARY:
    case CX_CAST: return BIND_UNARY;
    case CX_SELECT: return BIND_SELECT;
    case CX_LIST: return BIND_ARGUMENT;
    case CX_BINARY:
        switch (e->text[0]) {
        case '*':
        case '/':
        case '%': return BIND_PRODUCT;
        case '+':
        case '-': return BIND_SUM;
        default: return BIND_COMPARE;
        }
    default: return BIND_POSTFIX;
    }
}

/* On the rest of the line where it fits, else on the next one; text stands between. */
static void put_next(struct printer *p, const struct cx *e, enum binding least, size_t at,
                     size_t tail)
{
    if (!p->flat) {
        try_flat(p);
        strbuf_putc(p->out, ' ');
        cprint_expression(p, e, least, tail);
        if (flat_fits(p, tail))
            return;
        cprint_newline(p, at);
    } else {
        strbuf_putc(p->out, ' ');
    }
    cprint_expression(p, e, least, tail);
}

static void put_call(struct printer *p, const struct cx *e, size_t tail)
{
    strbuf_puts(p->out, e->text);
    strbuf_putc(p->out, '(');
    size_t at = cprint_alignment(p);
    for (size_t i = 0; i < e->count; i++) {
        size_t behind = i + 1 < e->count ? 1 : tail + 1;
        if (i == 0) {
            cprint_expression(p, e->args[i], BIND_ARGUMENT, behind);
            continue;
        }
        strbuf_putc(p->out, ',');
        put_next(p, e->args[i], BIND_ARGUMENT, at, behind);
    }
    strbuf_putc(p->out, ')');
}

static void put_item(struct printer *p, const struct cx *list, size_t i)
{
    if (list->designators[i])
        strbuf_printf(p->out, "%s = ", list->designators[i]);
    cprint_expression(p, list->args[i], BIND_ARGUMENT, 1);
}

static void put_list_flat(struct printer *p, const struct cx *e)
{
    if (e->tall)
        refuse_flat(p);
    strbuf_putc(p->out, '{');
    for (size_t i = 0; i < e->count && !p->hopeless; i++) {
        if (i)
            strbuf_puts(p->out, ", ");
        put_item(p, e, i);
    }
    strbuf_putc(p->out, '}');
}

/* A broken list: the items on lines of their own, as many as fit on each (one, if tall). */
static void put_list(struct printer *p, const struct cx *e)
{
    size_t outside = p->indent;
    p->indent += STEP;
    strbuf_putc(p->out, '{');
    for (size_t i = 0; i < e->count; i++) {
        bool row = i > 0 && p->out->text[p->out->len - 2] == '}'; /* lists in a list: one a line */
        bool follows = i > 0 && !e->tall && !row;
        if (follows) {
            try_flat(p);
            strbuf_putc(p->out, ' ');
            put_item(p, e, i);
            follows = flat_fits(p, 1);
        }
        if (!follows) {
            cprint_newline(p, p->indent);
            put_item(p, e, i);
        }
        if (e->tall || i + 1 < e->count)
            strbuf_putc(p->out, ',');
    }
    p->indent = outside;
    cprint_newline(p, p->indent);
    strbuf_putc(p->out, '}');
}

static void put_binary(struct printer *p, const struct cx *e, size_t tail)
{
    enum binding own = binding_of(e);
    enum binding left = own; /* sums and products group to the left */
    if (own == BIND_COMPARE) /* comparisons do not mix */
        left = BIND_SUM;
    size_t at = cprint_alignment(p);
    cprint_expression(p, e->a, left, strlen(e->text) + 1);
    strbuf_putc(p->out, ' ');
    strbuf_puts(p->out, e->text);
    put_next(p, e->b, own + 1, at, tail);
}

/* "? " or ": ", on a line of its own unless all is printed flat. */
static void put_choice(struct printer *p, const char *mark, size_t at)
{
    if (p->flat)
        strbuf_putc(p->out, ' ');
    else
        cprint_newline(p, at);
    strbuf_puts(p->out, mark);
}

static void put_select(struct printer *p, const struct cx *e, size_t tail)
{
    size_t at = cprint_alignment(p) + STEP;
    cprint_expression(p, e->a, BIND_SELECT + 1, 0);
    put_choice(p, "? ", at);
    cprint_expression(p, e->b, BIND_SELECT + 1, 0);
    put_choice(p, ": ", at);
    cprint_expression(p, e->c, BIND_SELECT, tail);
}

static void put_unary(struct printer *p, const struct cx *e, size_t tail)
{
    strbuf_puts(p->out, e->text);
    bool negative = e->a->kind == CX_UNARY || e->a->kind == CX_INT || e->a->kind == CX_REAL;
    /* -(-x), never --x */
    cprint_expression(p, e->a, e->text[0] == '-' && negative ? BIND_POSTFIX : BIND_UNARY, tail);
}

static void put_bare(struct printer *p, const struct cx *e, size_t tail)
{
    switch (e->kind) {
    case CX_INT: literal_put_int(p->out, e->integer); break;
    case CX_REAL: literal_put_real(p->out, e->real, e->text); break;
    case CX_STRING: put_string(p, e->text, tail); break;
    case CX_NAME: strbuf_puts(p->out, e->text); break;
    case CX_INDEX:
        cprint_expression(p, e->a, BIND_POSTFIX, 1);
        strbuf_putc(p->out, '[');
        cprint_expression(p, e->b, BIND_ANY, tail + 1);
        strbuf_putc(p->out, ']');
        break;
    case CX_MEMBER:
        cprint_expression(p, e->a, BIND_POSTFIX, strlen(e->text) + 2 + tail);
        strbuf_printf(p->out, "->%s", e->text);
        break;
    case CX_UNARY: put_unary(p, e, tail); break;
    case CX_BINARY: put_binary(p, e, tail); break;
    case CX_SELECT: put_select(p, e, tail); break;
    case CX_CAST:
        strbuf_printf(p->out, "(%s)", e->text);
        cprint_expression(p, e->a, BIND_UNARY, tail);
        break;
    case CX_CALL: put_call(p, e, tail); break;
    case CX_LIST:
        if (e->count == 0)
            strbuf_puts(p->out, "{0}"); /* C11 has no empty one */
        else if (p->flat)
            put_list_flat(p, e);
        else
            put_list(p, e);
        break;
    }
}

static void put_grouped(struct printer *p, const struct cx *e, enum binding least, size_t tail)
{
    bool group = binding_of(e) < least;
    if (group)
        strbuf_putc(p->out, '(');
    put_bare(p, e, tail + group);
    if (group)
        strbuf_putc(p->out, ')');
}

void cprint_expression(struct printer *p, const struct cx *e, enum binding least, size_t tail)
{
    if (p->flat) {
        if (!p->hopeless)
            put_grouped(p, e, least, tail);
        if (!within(p, 0))
            refuse_flat(p);
        return;
    }
    try_flat(p);
    put_grouped(p, e, least, tail);
    if (!flat_fits(p, tail))
        put_grouped(p, e, least, tail);
}
