/* --diagnostics=json: messages for programs. */
#include "diag_json.h"

#include "harmless.h"

#include <string.h>

/* What is shown of text is UTF-8 without control characters but the tab: quotes, backslashes and
 * tabs are all that JSON wants escaped. */
static void put_string(const char *text, size_t len, struct strbuf *out)
{
    struct strbuf clean = {0};
    harmless_put(&clean, text, len);
    strbuf_putc(out, '"');
    for (size_t i = 0; i < clean.len; i++) {
        const char c = clean.text[i];
        if (c == '\t') {
            strbuf_puts(out, "\\t");
            continue;
        }
        if (c == '"' || c == '\\')
            strbuf_putc(out, '\\');
        strbuf_putc(out, c);
    }
    strbuf_putc(out, '"');
    strbuf_free(&clean);
}

static void put_member(const char *before, const char *name, const char *text, size_t len,
                       struct strbuf *out)
{
    strbuf_printf(out, "%s\"%s\": ", before, name);
    put_string(text, len, out);
}

static void put_place(const struct diags *d, struct span at, struct strbuf *out)
{
    const struct position from = source_position(d->sources, at);
    const struct position to = source_position(d->sources, (struct span){at.end, at.end});
    put_member(", ", "file", from.source->name, strlen(from.source->name), out);
    strbuf_printf(out, ", \"line\": %u, \"column\": %u, \"end_line\": %u, \"end_column\": %u",
                  from.line, from.column, to.line, to.column);
}

void diag_json(const struct diags *d, const struct diag *g, struct strbuf *out)
{
    strbuf_printf(out, "{\"severity\": \"%s\", \"slug\": \"%s\", ",
                  g->severity == SEVERITY_ERROR ? "error" : "warning", diag_slug(g->slug));
    put_member("", "message", g->message, strlen(g->message), out);
    put_place(d, g->at, out);
    if (g->help)
        put_member(", ", "help", g->help, strlen(g->help), out);
    if (g->note) {
        strbuf_puts(out, ", \"note\": {");
        put_member("", "message", g->note, strlen(g->note), out);
        put_place(d, g->also, out);
        strbuf_putc(out, '}');
    }
    strbuf_puts(out, "}\n");
}

void diag_json_plain(const char *severity, const char *text, struct strbuf *out)
{
    const char *help = strstr(text, DIAG_HELP);
    strbuf_printf(out, "{\"severity\": \"%s\", ", severity);
    put_member("", "message", text, help ? (size_t)(help - text) : strlen(text), out);
    if (help)
        put_member(", ", "help", help + strlen(DIAG_HELP), strlen(help + strlen(DIAG_HELP)), out);
    strbuf_puts(out, "}\n");
}
