/* Diagnostics: the layout of messages, their order and number. */
#include "diag.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct source *source;
};

static void setup(struct fixture *f, const char *text)
{
    *f = (struct fixture){0};
    f->sources.arena = &f->arena;
    f->diags = (struct diags){.arena = &f->arena, .sources = &f->sources};
    f->source = source_add(&f->sources, "xor.mlp", text, strlen(text));
}

static void expect(struct fixture *f, const char *text)
{
    struct strbuf out = {0};
    diag_print(&f->diags, (struct diag_style){0}, &out);
    cr_expect_str_eq(out.text ? out.text : "", text);
    strbuf_free(&out);
    arena_free(&f->arena);
}

/* The place of a word in the text. */
static struct span word(const struct fixture *f, const char *text)
{
    const char *found = strstr(f->source->text, text);
    cr_assert_not_null(found);
    uint32_t beg = f->source->base + (uint32_t)(found - f->source->text);
    return (struct span){beg, beg + (uint32_t)strlen(text)};
}

Test(diag, nothing_prints_nothing)
{
    struct fixture f;
    setup(&f, "");
    expect(&f, "");
}

Test(diag, the_example_of_the_manual)
{
    struct fixture f;
    setup(&f, "\n\n\n    dense(8); tahn;\n");
    diag_report(&f.diags, DIAG_UNKNOWN_LAYER, word(&f, "tahn"), "unknown layer '%s'", "tahn");
    diag_help(&f.diags, "did you mean '%s'?", "tanh");
    expect(&f, "xor.mlp:4:15: error: unknown layer 'tahn' [unknown-layer]\n"
               "    4 |     dense(8); tahn;\n"
               "      |               ^~~~\n"
               "      help: did you mean 'tanh'?\n");
}

Test(diag, a_note_shows_the_second_place)
{
    struct fixture f;
    setup(&f, "a = 1;\nb = 2;\na = 3;\n");
    struct span second = word(&f, "a = 3");
    second.end = second.beg + 1;
    diag_report(&f.diags, DIAG_DUPLICATE_PROPERTY, second, "'a' is given twice");
    diag_note(&f.diags, word(&f, "a"), "first given here");
    expect(&f, "xor.mlp:3:1: error: 'a' is given twice [duplicate-property]\n"
               "    3 | a = 3;\n"
               "      | ^\n"
               "xor.mlp:1:1: note: first given here\n"
               "    1 | a = 1;\n"
               "      | ^\n");
}

Test(diag, sorted_by_place_and_without_repetitions)
{
    struct fixture f;
    setup(&f, "a b\nc\n");
    diag_report(&f.diags, DIAG_SYNTAX, word(&f, "c"), "third");
    diag_report(&f.diags, DIAG_SYNTAX, word(&f, "b"), "second");
    diag_report(&f.diags, DIAG_SYNTAX, word(&f, "a"), "first");
    diag_report(&f.diags, DIAG_SYNTAX, word(&f, "b"), "another");
    diag_report(&f.diags, DIAG_SYNTAX, word(&f, "b"), "second");
    cr_expect_eq(f.diags.errors, 5);
    expect(&f, "xor.mlp:1:1: error: first [syntax]\n    1 | a b\n      | ^\n"
               "xor.mlp:1:3: error: second [syntax]\n    1 | a b\n      |   ^\n"
               "xor.mlp:1:3: error: another [syntax]\n    1 | a b\n      |   ^\n"
               "xor.mlp:2:1: error: third [syntax]\n    2 | c\n      | ^\n");
}

Test(diag, tabs_and_characters_of_several_bytes_keep_the_caret_in_place)
{
    struct fixture f;
    setup(&f, "\ta\t\"\xC3\xB6\xE2\x82\xAC\" bad \xC3\xB6\xC3\xB6;\n");
    diag_report(&f.diags, DIAG_SYNTAX, word(&f, "bad"), "one");
    diag_report(&f.diags, DIAG_SYNTAX, word(&f, "\xC3\xB6\xC3\xB6"), "two");
    expect(&f, "xor.mlp:1:12: error: one [syntax]\n"
               "    1 | \ta\t\"\xC3\xB6\xE2\x82\xAC\" bad \xC3\xB6\xC3\xB6;\n"
               "      | \t \t     ^~~\n"
               "xor.mlp:1:16: error: two [syntax]\n"
               "    1 | \ta\t\"\xC3\xB6\xE2\x82\xAC\" bad \xC3\xB6\xC3\xB6;\n"
               "      | \t \t         ^~\n");
}

Test(diag, what_could_harm_a_terminal_is_shown_as_a_question_mark)
{
    struct fixture f;
    setup(&f, "a \x1B[31m\x7F\xC2\x9B\xE2\x80\xAE\xFF b\r\n");
    diag_report(&f.diags, DIAG_SYNTAX, word(&f, "b"), "\x1B here");
    expect(&f, "xor.mlp:1:16: error: ? here [syntax]\n"
               "    1 | a ?[31m???? b\n"
               "      |             ^\n");
}

Test(diag, a_span_over_several_lines_is_underlined_to_the_end_of_the_first)
{
    struct fixture f;
    setup(&f, "x = f(1,\n  2);\n");
    diag_report(&f.diags, DIAG_SYNTAX, word(&f, "f(1,\n  2)"), "long");
    expect(&f, "xor.mlp:1:5: error: long [syntax]\n"
               "    1 | x = f(1,\n"
               "      |     ^~~~\n");
}

Test(diag, an_empty_span_at_the_end_of_the_text)
{
    struct fixture f;
    setup(&f, "x = 3");
    diag_report(&f.diags, DIAG_SYNTAX, (struct span){5, 5}, "more");
    expect(&f, "xor.mlp:1:6: error: more [syntax]\n"
               "    1 | x = 3\n"
               "      |      ^\n");
}

/* 40 characters before the caret, 120 in all. */
Test(diag, a_long_line_is_cut_around_the_caret)
{
    struct fixture f;
    char text[302], expected[1000];
    memset(text, 'x', 301);
    text[301] = '\0';
    memcpy(text + 100, "HERE", 4);
    setup(&f, text);
    diag_report(&f.diags, DIAG_SYNTAX, word(&f, "HERE"), "long");
    snprintf(expected, sizeof expected,
             "xor.mlp:1:101: error: long [syntax]\n"
             "    1 | ...%.*sHERE%.*s...\n"
             "      | %*s^~~~\n",
             40, text, 76, text, 43, "");
    expect(&f, expected);
}

Test(diag, the_first_twenty_are_printed)
{
    struct fixture f;
    setup(&f, "0123456789012345678901234567890123456789");
    for (uint32_t i = 25; i-- > 0;)
        diag_report(&f.diags, DIAG_SYNTAX, (struct span){i, i + 1}, "number %u", i);
    struct strbuf out = {0};
    diag_print(&f.diags, (struct diag_style){0}, &out);
    cr_expect_not_null(strstr(out.text, "error: number 19 "));
    cr_expect_null(strstr(out.text, "error: number 20 "));
    cr_expect_str_eq(strrchr(out.text, '^') + 1, "\nmlpgen: 5 more messages\n");
    strbuf_free(&out);
    arena_free(&f.arena);
}

Test(diag, what_is_kept_is_bounded_and_counted)
{
    struct fixture f;
    setup(&f, "x");
    for (unsigned i = 0; i < DIAG_KEPT_MAX + 7; i++) {
        diag_report(&f.diags, DIAG_SYNTAX, (struct span){0, 1}, "number %u", i);
        diag_help(&f.diags, "help %u", i);
        diag_note(&f.diags, (struct span){0, 1}, "note %u", i);
    }
    cr_expect_eq(f.diags.len, DIAG_KEPT_MAX);
    cr_expect_eq(f.diags.errors, DIAG_KEPT_MAX + 7);
    char last[32];
    snprintf(last, sizeof last, "help %d", DIAG_KEPT_MAX - 1);
    cr_expect_str_eq(f.diags.at[DIAG_KEPT_MAX - 1].help, last, "no help is given to another");
    struct strbuf out = {0};
    diag_print(&f.diags, (struct diag_style){0}, &out);
    cr_expect_not_null(strstr(out.text, "mlpgen: 987 more messages\n"));
    strbuf_free(&out);
    arena_free(&f.arena);
}

Test(diag, every_slug_has_its_own_name_and_an_explanation)
{
    for (int i = 0; i < DIAG_COUNT; i++) {
        cr_expect_gt(strlen(diag_explanation((enum slug)i)), 20, "%s", diag_slug((enum slug)i));
        for (int j = 0; j < i; j++)
            cr_expect_str_neq(diag_slug((enum slug)i), diag_slug((enum slug)j));
    }
}
