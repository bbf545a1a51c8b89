/* Replaces what could act on a terminal by '?'. */
#include "harmless.h"

#include "source.h"

#include <stdbool.h>
#include <string.h>

size_t harmless_length(const char *text, size_t len)
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

void harmless_put(struct strbuf *out, const char *text, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        n = harmless_length(text + i, len - i);
        if (is_harmful(text + i, n))
            strbuf_putc(out, '?');
        else
            strbuf_put(out, text + i, n);
    }
}

void harmless_puts(struct strbuf *out, const char *text)
{
    harmless_put(out, text, strlen(text));
}
