/* A fuzz target: any text through scanner, parser and check, and its messages in every form. What
 * has a tree keeps it when it is laid out anew, and a second time changes nothing; what has a
 * meaning has a resolved program that resolves to itself. */
#include "ast_print.h"
#include "check.h"
#include "format.h"
#include "parse.h"
#include "resolved.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct front {
    struct sources sources;
    struct diags diags;
    struct source *source;
    struct ast_file *file;
    bool parsed;         /* without errors */
    struct model *model; /* NULL after an error */
};

static void front_open(struct front *f, struct arena *arena, const char *text, size_t len)
{
    *f = (struct front){0};
    f->sources.arena = f->diags.arena = arena;
    f->diags.sources = &f->sources;
    f->source = source_add(&f->sources, "fuzz.mlp", arena_strndup(arena, text, len), len);
    f->file = parse_file(arena, f->source, &f->diags);
    f->parsed = check_version(f->file, &f->diags) && f->diags.errors == 0;
    f->model = check_program(arena, f->file, NULL, 0, &f->sources, &f->diags);
}

static void expect_equal(const char *what, const struct strbuf *a, const struct strbuf *b)
{
    if (a->len == b->len && (a->len == 0 || memcmp(a->text, b->text, a->len) == 0))
        return;
    fprintf(stderr, "%s:\n%s\n--- and\n%s\n", what, a->text, b->text);
    abort();
}

static void print_messages(const struct front *f)
{
    struct strbuf out = {0};
    diag_print(&f->diags, (struct diag_style){.color = true}, &out);
    diag_print(&f->diags, (struct diag_style){.json = true}, &out);
    strbuf_free(&out);
}

static void check_layout(const struct front *f, struct arena *arena)
{
    struct strbuf once = {0}, twice = {0}, before = {0}, after = {0};
    struct front again;
    format_source(arena, f->source, &once);
    front_open(&again, arena, once.text ? once.text : "", once.len);
    format_source(arena, again.source, &twice);
    ast_print(f->file, &before);
    ast_print(again.file, &after);
    expect_equal("the tree of what is laid out is another", &before, &after);
    expect_equal("laid out twice", &once, &twice);
    strbuf_free(&once);
    strbuf_free(&twice);
    strbuf_free(&before);
    strbuf_free(&after);
}

static void check_resolved(const struct front *f, struct arena *arena)
{
    struct strbuf once = {0}, twice = {0}, messages = {0};
    struct front again;
    resolved_print(f->model, &once);
    front_open(&again, arena, once.text, once.len);
    if (!again.model) {
        diag_print(&again.diags, (struct diag_style){0}, &messages);
        fprintf(stderr, "a resolved program is wrong:\n%s", messages.text);
        abort();
    }
    resolved_print(again.model, &twice);
    expect_equal("resolved twice", &once, &twice);
    strbuf_free(&once);
    strbuf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct front f;
    front_open(&f, &arena, size ? (const char *)data : "", size);
    print_messages(&f);
    if (f.parsed)
        check_layout(&f, &arena);
    if (f.model)
        check_resolved(&f, &arena);
    arena_free(&arena);
    return 0;
}
