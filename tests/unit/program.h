/* A model text, parsed and checked, for the tests of what it means. The functions are static: every
 * test file has its own. */
#ifndef TEST_PROGRAM_H
#define TEST_PROGRAM_H

#include "check.h"
#include "parse.h"

#include <criterion/criterion.h>

#include <string.h>

struct program {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct model *model; /* NULL after an error */
};

static inline void program_open(struct program *p, const char *text,
                                const struct override *overrides, size_t count)
{
    *p = (struct program){0};
    p->sources.arena = p->diags.arena = &p->arena;
    p->diags.sources = &p->sources;
    struct source *source = source_add(&p->sources, "test.mlp", text, strlen(text));
    struct ast_file *file = parse_file(&p->arena, source, &p->diags);
    p->model = check_program(&p->arena, file, overrides, count, &p->sources, &p->diags);
}

static inline void program_close(struct program *p)
{
    arena_free(&p->arena);
}

/* What was reported, as it is printed; freed by the caller. */
static inline struct strbuf program_messages(const struct program *p)
{
    struct strbuf messages = {0};
    diag_print(&p->diags, (struct diag_style){0}, &messages);
    strbuf_puts(&messages, "");
    return messages;
}

/* Asserts that a text means something. */
static inline void program_open_good(struct program *p, const char *text)
{
    program_open(p, text, NULL, 0);
    struct strbuf messages = program_messages(p);
    cr_assert_not_null(p->model, "%s", messages.text);
    strbuf_free(&messages);
}

/* Asserts that the one message about a text is `slug` at line:column. */
static inline void program_expect(const char *text, const struct override *overrides, size_t count,
                                  const char *slug, unsigned line, unsigned column)
{
    struct program p;
    program_open(&p, text, overrides, count);
    struct strbuf messages = program_messages(&p);
    cr_expect_null(p.model, "%s", text);
    cr_expect_eq(p.diags.len, 1, "%s\n%s", text, messages.text);
    if (p.diags.len) {
        struct position at = source_position(&p.sources, p.diags.at[0].at);
        cr_expect_str_eq(diag_slug(p.diags.at[0].slug), slug, "%s", messages.text);
        cr_expect(at.line == line && at.column == column, "expected %u:%u:\n%s", line, column,
                  messages.text);
    }
    strbuf_free(&messages);
    program_close(&p);
}

#endif
