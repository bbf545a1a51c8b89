/* Helpers of the parser's tests: a text, its tree and its mistakes. */
#ifndef TESTS_PARSING_H
#define TESTS_PARSING_H

#include "ast_print.h"
#include "parse.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct source *source;
    struct strbuf text;
};

static inline void begin(struct fixture *f, const char *text, size_t len)
{
    *f = (struct fixture){0};
    f->sources.arena = &f->arena;
    f->diags = (struct diags){.arena = &f->arena, .sources = &f->sources};
    f->source = source_add(&f->sources, "t", text, len);
}

static inline struct ast_file *parse(struct fixture *f, const char *text)
{
    begin(f, text, strlen(text));
    return parse_file(&f->arena, f->source, &f->diags);
}

static inline void end(struct fixture *f)
{
    strbuf_free(&f->text);
    arena_free(&f->arena);
}

/* The places and slugs of all messages, "LINE:COLUMN slug" each on a line, in the order of place.
 */
static inline const char *mistakes(struct fixture *f)
{
    struct strbuf all = {0};
    f->text.len = 0;
    diag_print(&f->diags, (struct diag_style){0}, &all);
    for (char *line = all.text; line && *line; line = strchr(line, '\n') + 1) {
        unsigned row, column;
        int len = (int)strcspn(line, "\n");
        if (sscanf(line, "t:%u:%u: error:", &row, &column) != 2 || line[len - 1] != ']')
            continue;
        int slug = len;
        while (line[slug - 1] != '[')
            slug--;
        strbuf_printf(&f->text, "%u:%u %.*s\n", row, column, len - slug - 1, line + slug);
    }
    strbuf_free(&all);
    return f->text.len ? f->text.text : "";
}

/* text is without mistakes and prints as tree. */
static inline void expect_tree(const char *text, const char *tree)
{
    struct fixture f;
    const struct ast_file *file = parse(&f, text);
    cr_expect_str_eq(mistakes(&f), "", "%s", text);
    cr_expect(!file->incomplete, "%s", text);
    f.text.len = 0;
    ast_print(file, &f.text);
    cr_expect_str_eq(f.text.len ? f.text.text : "", tree, "%s", text);
    end(&f);
}

static inline void expect_mistakes(const char *text, const char *expected)
{
    struct fixture f;
    parse(&f, text);
    cr_expect_str_eq(mistakes(&f), expected, "%s", text);
    end(&f);
}

/* text has these mistakes, and what was understood prints as tree. */
static inline void expect_both(const char *text, const char *expected, const char *tree)
{
    struct fixture f;
    const struct ast_file *file = parse(&f, text);
    cr_expect_str_eq(mistakes(&f), expected, "%s", text);
    f.text.len = 0;
    ast_print(file, &f.text);
    cr_expect_str_eq(f.text.len ? f.text.text : "", tree, "%s", text);
    end(&f);
}

/* Whether a message to text contains part. */
static inline void expect_message(const char *text, const char *part)
{
    struct fixture f;
    parse(&f, text);
    diag_print(&f.diags, (struct diag_style){0}, &f.text);
    cr_expect_not_null(f.text.text, "no message: %s", text);
    if (f.text.text)
        cr_expect_not_null(strstr(f.text.text, part), "%s gives\n%s", text, f.text.text);
    end(&f);
}

#endif
