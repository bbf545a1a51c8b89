/* The parser's door: one parse from its source to its tree. */
#include "parser.h"

#include <string.h>

static bool starts_with(const struct source *s, const char *bytes)
{
    size_t len = strlen(bytes);
    return s->len >= len && memcmp(s->text, bytes, len) == 0;
}

/* The first byte that is not UTF-8 is reported, and no other: the whole file was saved wrongly. */
static void check_encoding(struct parser *p)
{
    const struct source *s = p->source;
    uint32_t i = 0;
    size_t n;
    while (i < s->len && (n = source_utf8_length(s->text + i, s->len - i)) > 0)
        i += (uint32_t)n;
    if (i == s->len)
        return;
    struct span at = {s->base + i, s->base + i + 1};
    if (starts_with(s, "\xFF\xFE") || starts_with(s, "\xFE\xFF")) {
        diag_report(p->diags, DIAG_ENCODING, at, "the text is UTF-16");
        p->stopped = true;
    } else {
        diag_report(p->diags, DIAG_ENCODING, at, "byte 0x%02X is not UTF-8",
                    (unsigned)(unsigned char)s->text[i]);
    }
    diag_help(p->diags, "save the file as UTF-8");
}

static void run(struct parser *p)
{
    p->file = ARENA_NEW(p->arena, struct ast_file);
    check_encoding(p);
    scan_begin(p);
    int failed = yyparse(p);
    scan_end(p);
    p->file->incomplete |= failed || p->stopped;
}

struct ast_file *parse_file(struct arena *arena, const struct source *source, struct diags *diags)
{
    struct parser p = {.arena = arena, .source = source, .diags = diags, .whole_file = true};
    run(&p);
    return p.file;
}

struct ast_expr *parse_expression(struct arena *arena, const struct source *source,
                                  struct diags *diags)
{
    struct parser p = {.arena = arena, .source = source, .diags = diags};
    size_t errors = diags->errors;
    run(&p);
    return diags->errors == errors ? p.expr : NULL;
}
