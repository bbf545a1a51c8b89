/* Any text as a C comment that stays one. */
#include "comment.h"

#include "source.h"

#include <stdbool.h>
#include <string.h>

/* U+2000 to U+206F, where the marks are that turn the direction of text and make a comment look
 * like code. */
static bool is_invisible(const unsigned char *s)
{
    return s[0] == 0xE2 && (s[1] == 0x80 || (s[1] == 0x81 && s[2] < 0xB0));
}

/* Copies text so that it stays a comment: no start or end of one, no trigraph, no control
 * characters, nothing that is not visible text in UTF-8. Line ends stay. */
static void defuse(const char *text, struct strbuf *out)
{
    const char *end = text + strlen(text);
    char previous = '\0';
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        size_t len = source_utf8_length((const char *)s, (size_t)(end - (const char *)s));
        char c = (char)*s;
        if (len == 0 || is_invisible(s) || (*s < ' ' && *s != '\n') || *s == 0x7F)
            c = *s == '\t' ? ' ' : '.';
        bool pair = (previous == '*' && c == '/') || (previous == '/' && c == '*') ||
                    (previous == '?' && c == '?');
        if (pair)
            strbuf_putc(out, ' ');
        if (c == (char)*s)
            strbuf_put(out, (const char *)s, len);
        else
            strbuf_putc(out, c);
        previous = c;
        s += len ? len : 1;
    }
}

static void next_line(struct strbuf *out, size_t indent, bool empty)
{
    if (out->text[out->len - 1] == '\\')
        strbuf_putc(out, '.'); /* no line continuation */
    strbuf_putc(out, '\n');
    for (size_t i = 0; i < indent; i++)
        strbuf_putc(out, ' ');
    strbuf_puts(out, empty ? " *" : " * ");
}

/* The bytes of [text, end) to put on a line with room columns: up to a space, if there is one. */
static size_t line_break(const char *text, const char *end, size_t room)
{
    const size_t len = (size_t)(end - text);
    size_t best = len, columns = 0;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && text[i] == ' ') {
            if (columns > room && best < len)
                return best;
            best = i;
        }
        columns += strbuf_columns(text + i, 1);
    }
    return columns <= room ? len : best;
}

void comment_put(struct strbuf *out, const char *text, size_t indent, size_t width)
{
    struct strbuf safe = {0};
    size_t end_mark = strlen(" */"), frame = indent + strlen("/* ") + end_mark;
    size_t room = width > frame ? width - frame : 1; /* of the last line */
    defuse(text, &safe);
    strbuf_puts(out, "/* ");
    for (const char *s = safe.text ? safe.text : ""; *s;) {
        const char *end = s + strcspn(s, "\n");
        while (s < end) {
            size_t len = line_break(s, end, *end ? room + end_mark : room);
            strbuf_put(out, s, len);
            s += len;
            s += strspn(s, " ");
            if (s < end)
                next_line(out, indent, false);
        }
        if (*s == '\n') {
            s++;
            next_line(out, indent, *s == '\n');
        }
    }
    strbuf_puts(out, " */\n");
    strbuf_free(&safe);
}
