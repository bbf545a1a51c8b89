/* Source texts: offsets to lines and columns, line endings, encoding. */
#include "source.h"

#include <criterion/criterion.h>

#include <string.h>

static struct position at(const struct sources *set, uint32_t offset)
{
    return source_position(set, (struct span){offset, offset});
}

static void expect_line(const struct source *s, uint32_t line, const char *text)
{
    uint32_t len;
    const char *beg = source_line(s, line, &len);
    cr_expect_eq(len, strlen(text), "line %u is %u bytes long", line, len);
    cr_expect(strncmp(beg, text, len) == 0, "line %u", line);
}

Test(source, positions_of_bytes_and_of_the_end)
{
    struct arena arena = {0};
    struct sources set = {.arena = &arena};
    const char *text = "ab\n\tc\n\nlast";
    struct source *s = source_add(&set, "x.mlp", text, strlen(text));
    static const struct {
        uint32_t offset, line, column;
    } expected[] = {{0, 1, 1}, {1, 1, 2}, {2, 1, 3}, {3, 2, 1},  {4, 2, 2},
                    {5, 2, 3}, {6, 3, 1}, {7, 4, 1}, {10, 4, 4}, {11, 4, 5}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct position p = at(&set, expected[i].offset);
        cr_expect_eq(p.line, expected[i].line, "line of offset %u", expected[i].offset);
        cr_expect_eq(p.column, expected[i].column, "column of offset %u", expected[i].offset);
        cr_expect_eq(p.source, s);
    }
    cr_expect_eq(s->line_count, 4);
    arena_free(&arena);
}

Test(source, lines_are_without_their_endings)
{
    struct arena arena = {0};
    struct sources set = {.arena = &arena};
    struct source *unix_text = source_add(&set, "a", "one\n\ntwo\n", 9);
    cr_expect_eq(unix_text->line_count, 3, "a final newline starts no line");
    expect_line(unix_text, 1, "one");
    expect_line(unix_text, 2, "");
    expect_line(unix_text, 3, "two");
    struct source *dos_text = source_add(&set, "b", "one\r\ntwo", 8);
    expect_line(dos_text, 1, "one");
    expect_line(dos_text, 2, "two");
    struct position end = at(&set, unix_text->base + 9);
    cr_expect_eq(end.line, 3, "the end is a place on the last line");
    cr_expect_eq(end.column, 4);
    cr_expect_eq(at(&set, dos_text->base + 4).column, 4, "no column lies within a line ending");
    arena_free(&arena);
}

Test(source, texts_have_their_own_ranges)
{
    struct arena arena = {0};
    struct sources set = {.arena = &arena};
    struct source *texts[20];
    for (size_t i = 0; i < 20; i++)
        texts[i] = source_add(&set, "t", "xyz", i % 4); /* some are empty */
    for (size_t i = 0; i < 20; i++) {
        cr_expect_eq(at(&set, texts[i]->base).source, texts[i], "start of %zu", i);
        cr_expect_eq(at(&set, texts[i]->base + texts[i]->len).source, texts[i], "end of %zu", i);
    }
    arena_free(&arena);
}

Test(source, an_empty_text_has_one_line)
{
    struct arena arena = {0};
    struct sources set = {.arena = &arena};
    struct source *s = source_add(&set, "x", NULL, 0);
    cr_expect_eq(s->line_count, 1);
    cr_expect_eq(at(&set, 0).line, 1);
    cr_expect_eq(at(&set, 0).column, 1);
    arena_free(&arena);
}

Test(source, a_byte_order_mark_is_left_out)
{
    struct arena arena = {0};
    struct sources set = {.arena = &arena};
    struct source *s = source_add(&set, "x", "\xEF\xBB\xBFmlp", 6);
    cr_expect_eq(s->len, 3);
    expect_line(s, 1, "mlp");
    arena_free(&arena);
}

Test(source, utf8_lengths)
{
    static const struct {
        const char *text;
        size_t length;
    } rows[] = {
        {"a", 1},
        {"\x7F", 1},
        {"", 0},
        {"\xC2\x80", 2},         /* U+0080, the first of two bytes */
        {"\xC3\xB6x", 2},        /* ö */
        {"\xE0\xA0\x80", 3},     /* U+0800 */
        {"\xED\x9F\xBF", 3},     /* U+D7FF, the last before the surrogates */
        {"\xEF\xBF\xBF", 3},     /* U+FFFF */
        {"\xF0\x90\x80\x80", 4}, /* U+10000 */
        {"\xF4\x8F\xBF\xBF", 4}, /* U+10FFFF */
        {"\x80", 0},             /* a continuation alone */
        {"\xC0\x80", 0},         /* overlong */
        {"\xC1\xBF", 0},         /* overlong */
        {"\xE0\x9F\xBF", 0},     /* overlong */
        {"\xF0\x8F\xBF\xBF", 0}, /* overlong */
        {"\xED\xA0\x80", 0},     /* a surrogate */
        {"\xF4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", 0},
        {"\xFF", 0},
        {"\xC3", 0},         /* cut */
        {"\xE2\x82", 0},     /* cut */
        {"\xF0\x9F\x98", 0}, /* cut */
        {"\xC3(", 0},
        {"\xE2\x82(", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(source_utf8_length(rows[i].text, strlen(rows[i].text)), rows[i].length,
                     "row %zu", i);
}
