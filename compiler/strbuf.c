/* A growing text buffer. Without memory mlpgen says so and exits with 3. */
#include "strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct strbuf *b, size_t more)
{
    if (b->cap - b->len > more)
        return;
    size_t cap = b->cap ? b->cap : 256;
    while (cap - b->len <= more)
        cap *= 2;
    char *text = realloc(b->text, cap);
    if (!text) {
        fputs("mlpgen: error: out of memory\n", stderr);
        exit(3);
    }
    b->text = text;
    b->cap = cap;
}

void strbuf_put(struct strbuf *b, const char *text, size_t len)
{
    reserve(b, len);
    if (len)
        memcpy(b->text + b->len, text, len);
    b->len += len;
    b->text[b->len] = '\0';
}

void strbuf_puts(struct strbuf *b, const char *text)
{
    strbuf_put(b, text, strlen(text));
}

void strbuf_putc(struct strbuf *b, char c)
{
    strbuf_put(b, &c, 1);
}

void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    reserve(b, 0);
    const size_t room = b->cap - b->len;
    const int len = vsnprintf(b->text + b->len, room, fmt, ap);
    if (len >= 0 && (size_t)len >= room) {
        reserve(b, (size_t)len);
        vsnprintf(b->text + b->len, (size_t)len + 1, fmt, again);
    }
    b->len += len > 0 ? (size_t)len : 0;
    b->text[b->len] = '\0';
    va_end(again);
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    strbuf_vprintf(b, fmt, ap);
    va_end(ap);
}

void strbuf_free(struct strbuf *b)
{
    free(b->text);
    *b = (struct strbuf){0};
}

/* Bytes are counted eight at a time where there are as many: most of the printer's time would go
 * into this. A byte that continues a character has its upper bit set and the next one clear. */
size_t strbuf_columns(const char *text, size_t len)
{
    const uint64_t lowest = UINT64_C(0x0101010101010101);
    size_t n = len, i = 0;
    for (; i + sizeof(uint64_t) <= len; i += sizeof(uint64_t)) {
        uint64_t bytes;
        memcpy(&bytes, text + i, sizeof bytes);
        const uint64_t behind = bytes >> 7 & ~(bytes >> 6) & lowest;
        n -= (size_t)(behind * lowest >> 56);
    }
    for (; i < len; i++)
        n -= ((unsigned char)text[i] & 0xC0) == 0x80;
    return n;
}
