/* Tables as text. */
#include "table.h"

#include "ice.h"

#include <stdbool.h>
#include <string.h>

enum { GAP = 2, COLUMNS_MAX = 16 };

void table_text(struct table *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    *VEC_PUSH(t->arena, &t->cells) = arena_vprintf(t->arena, fmt, ap);
    va_end(ap);
}

void table_number(struct table *t, unsigned long long v)
{
    if (v)
        table_text(t, "%llu", v);
    else
        table_text(t, "-");
}

/* One line, without blanks at its end. */
static void print_row(const struct table *t, const char *const *cell, const int *width,
                      struct strbuf *out)
{
    int gap = 0;
    for (size_t i = 0; t->columns[i]; i++) {
        const int blank = width[i] - (int)strlen(cell[i]);
        const bool left = t->columns[i] == 'l';
        if (*cell[i])
            strbuf_printf(out, "%*s%s", gap + (left ? 0 : blank), "", cell[i]);
        gap = *cell[i] ? left ? blank : 0 : gap + width[i];
        gap += GAP;
    }
    strbuf_putc(out, '\n');
}

void table_print(struct table *t, struct strbuf *out)
{
    const size_t columns = strlen(t->columns);
    int width[COLUMNS_MAX] = {0};
    REQUIRE(columns <= COLUMNS_MAX && t->cells.len % columns == 0);
    for (size_t i = 0; i < t->cells.len; i++) {
        const int length = (int)strlen(t->cells.at[i]);
        if (length > width[i % columns])
            width[i % columns] = length;
    }
    for (size_t i = 0; i < t->cells.len; i += columns)
        print_row(t, t->cells.at + i, width, out);
    t->cells.len = 0;
}
