/* C constants as text. */
#include "literal.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void literal_put_int(struct strbuf *out, int64_t v)
{
    uint64_t magnitude = v < 0 ? (uint64_t)-v : (uint64_t)v;
    const char *suffix = magnitude > UINT32_MAX ? "ull" : magnitude > INT32_MAX ? "u" : "";
    if (v < 0 && magnitude > INT32_MAX)
        suffix = "ll"; /* minus an unsigned constant would be positive */
    strbuf_printf(out, "%s%llu%s", v < 0 ? "-" : "", (unsigned long long)magnitude, suffix);
}

void literal_put_real(struct strbuf *out, double v, const char *suffix)
{
    enum { DOUBLE_DIGITS = 17 /* always enough; of a float 9 are */ };
    const double whole_max = 1e7; /* "%g" would write 10 as 1e+01 */
    char text[40];
    if (v == trunc(v) && fabs(v) < whole_max) {
        strbuf_printf(out, "%.0f.0%s", v, suffix);
        return;
    }
    for (int digits = 1; digits <= DOUBLE_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        bool exact = suffix[0] ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v;
        if (exact)
            break;
    }
    strbuf_puts(out, text);
    if (!strpbrk(text, ".e"))
        strbuf_puts(out, ".0");
    strbuf_puts(out, suffix);
}

void literal_put_character(struct strbuf *out, char c, char previous)
{
    switch (c) {
    case '\n': strbuf_puts(out, "\\n"); return;
    case '\t': strbuf_puts(out, "\\t"); return;
    case '"': strbuf_puts(out, "\\\""); return;
    case '\\': strbuf_puts(out, "\\\\"); return;
    default: break;
    }
    if (c == '?' && previous == '?')
        strbuf_puts(out, "\\?");
    else if (c < ' ' || c > '~')
        strbuf_printf(out, "\\%03o", (unsigned)(unsigned char)c);
    else
        strbuf_putc(out, c);
}
