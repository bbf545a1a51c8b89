/* A growing text buffer, for everything that is printed as a whole: C text, dumps, diagnostics. */
#ifndef MLPGEN_STRBUF_H
#define MLPGEN_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct strbuf {
    char *text; /* NUL-terminated once anything was written, else NULL */
    size_t len, cap;
};

void strbuf_put(struct strbuf *b, const char *text, size_t len);
void strbuf_puts(struct strbuf *b, const char *text);
void strbuf_putc(struct strbuf *b, char c);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
void strbuf_free(struct strbuf *b);
/* Columns of len bytes of UTF-8, one a character. */
size_t strbuf_columns(const char *text, size_t len);

#endif
