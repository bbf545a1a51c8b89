/* Lets, -D and arithmetic. */
#include "program.h"

#include <stdio.h>

#define MODEL(layers)                                                                              \
    "model net { input = 2; loss = half_squared; " layers " }\n"                                   \
    "data { train = table([0, 0, 1]); }\n"                                                         \
    "train { optimizer = sgd(lr = 0.1); batch = 1; epochs = 1; }\n"

/* The units of the first layer of a good program. */
static double units(const char *text, const char *name, const char *value)
{
    struct override override = {name, value};
    struct program p;
    program_open(&p, text, &override, name ? 1 : 0);
    struct strbuf messages = program_messages(&p);
    cr_assert_not_null(p.model, "%s", messages.text);
    double n = p.model->layers[0].word->args[DENSE_UNITS].number;
    strbuf_free(&messages);
    program_close(&p);
    return n;
}

Test(eval, arithmetic_is_that_of_doubles)
{
    cr_expect_eq(units(MODEL("dense(1 + 2 * 3); dense(1);"), NULL, NULL), 7);
    cr_expect_eq(units(MODEL("dense((1 + 2) * 3); dense(1);"), NULL, NULL), 9);
    cr_expect_eq(units(MODEL("dense(7 / 2 * 2); dense(1);"), NULL, NULL), 7);
    cr_expect_eq(units(MODEL("dense(- -3); dense(1);"), NULL, NULL), 3);
    cr_expect_eq(units(MODEL("dense(10 - 4 - 3); dense(1);"), NULL, NULL), 3);
}

Test(eval, a_let_is_its_value)
{
    cr_expect_eq(units("let a = 3; let b = a * a;" MODEL("dense(b); dense(1);"), NULL, NULL), 9);
    cr_expect_eq(units("let l = dense(5);" MODEL("l; dense(1);"), NULL, NULL), 5);
    cr_expect_eq(units("let a = 3; let l = dense(a); " MODEL("l; l; dense(1);"), NULL, NULL), 3);
    /* Shadowing a word: without parentheses the let, with them and before the let the word. */
    cr_expect_eq(
        units("let x = relu; let relu = dense(2);" MODEL("relu; relu(); x; dense(1);"), NULL, NULL),
        2);
}

Test(eval, values_are_shared_and_not_copied)
{
    /* Written out, the last list had 2^40 elements. */
    char text[4096] = "let a0 = [1, 1];";
    for (int i = 1; i < 40; i++) {
        char let[64];
        snprintf(let, sizeof let, "let a%d = [a%d, a%d];", i, i - 1, i - 1);
        strcat(text, let);
    }
    strcat(text, MODEL("dense(3); dense(1);"));
    cr_expect_eq(units(text, NULL, NULL), 3);
}

Test(eval, an_override_replaces_a_value_before_later_lets)
{
    const char *text = "let a = 2; let b = a * 10;" MODEL("dense(b); dense(1);");
    cr_expect_eq(units(text, NULL, NULL), 20);
    cr_expect_eq(units(text, "a", "3"), 30);
    cr_expect_eq(units(text, "a", "1 + 3"), 40);
    cr_expect_eq(units(text, "b", "a * 7"), 14);
}

Test(eval, the_last_override_wins)
{
    struct override overrides[] = {{"a", "nonsense("}, {"a", "4"}};
    struct program p;
    program_open(&p, "let a = 2;" MODEL("dense(a); dense(1);"), overrides, 2);
    cr_assert_not_null(p.model);
    cr_expect_eq(p.model->layers[0].out, 4);
    program_close(&p);
}

Test(eval, a_string_is_overridden_by_the_text_as_it_stands)
{
    struct override override = {"path", "1 + \"2"};
    struct program p;
    program_open(&p,
                 "let path = \"images\";\n"
                 "model net { input = 2; loss = half_squared; dense(1); }\n"
                 "data { train = idx(path, \"targets\"); }\n"
                 "train { optimizer = sgd(lr = 0.1); batch = 1; epochs = 1; }\n",
                 &override, 1);
    cr_assert_not_null(p.model);
    cr_expect_str_eq(p.model->data->args[DATA_TRAIN].word->args[IDX_PATH].text, "1 + \"2");
    program_close(&p);
}

static void expect_override(const char *let, const char *name, const char *value, const char *slug,
                            unsigned column)
{
    struct override override = {name, value};
    char text[1024];
    snprintf(text, sizeof text, "%s%s", let, MODEL("dense(1);"));
    program_expect(text, &override, 1, slug, 1, column);
}

Test(eval, mistakes_in_overrides)
{
    expect_override("let width = 2;", "widht", "3", "unknown-let", 1);
    expect_override("let a = 2;", "a", "\"text\"", "override-kind", 1);
    expect_override("let a = 2;", "a", "true", "override-kind", 1);
    expect_override("let a = relu;", "a", " 3", "override-kind", 2);
    expect_override("let a = [1];", "a", "3", "override-kind", 1);
    expect_override("let a = 2;", "a", "1 / 0", "division-by-zero", 5);
    expect_override("let a = 2;", "a", "a + 1", "use-before-let", 1);
    expect_override("let a = 2; let b = 3;", "a", "b", "use-before-let", 1);
    expect_override("let a = \"\";", "a", "x\ny", "override-kind", 2);
    expect_override("let a = \"\";", "a", "\xEF\xBB\xBF\xFF", "override-kind", 1);
}

Test(eval, an_override_of_a_kind_is_placed_in_the_override)
{
    struct override override = {"a", "true"};
    struct program p;
    program_open(&p, "let a = 2;" MODEL("dense(a);"), &override, 1);
    cr_assert_eq(p.diags.len, 1);
    cr_expect_str_eq(source_position(&p.sources, p.diags.at[0].at).source->name, "-D a=true");
    program_close(&p);
}

Test(eval, mistakes_in_lets)
{
    program_expect("let a = a + 1;\n" MODEL("dense(a); dense(1);"), NULL, 0, "use-before-let", 1,
                   9);
    program_expect("let a = b;\nlet b = 1;\n" MODEL("dense(a); dense(b);"), NULL, 0,
                   "use-before-let", 1, 9);
    program_expect(MODEL("dense(a);") "let a = 1;\n", NULL, 0, "use-before-let", 1, 51);
    program_expect("let a = 1;\nlet a = 2;\n" MODEL("dense(a);"), NULL, 0, "duplicate-let", 2, 5);
    program_expect("let a = 1 / (2 - 2);\n" MODEL("dense(a); dense(a + 1);"), NULL, 0,
                   "division-by-zero", 1, 13);
    program_expect("let a = 1e300 * 1e300 * 0;\n" MODEL("dense(a);"), NULL, 0, "not-finite", 1, 9);
    program_expect("let a = \"x\" + 1;\n" MODEL("dense(a);"), NULL, 0, "arithmetic", 1, 9);
    program_expect("let a = -[1];\n" MODEL("dense(a);"), NULL, 0, "arithmetic", 1, 10);
    program_expect("let a = 1 + relu;\n" MODEL("dense(a);"), NULL, 0, "arithmetic", 1, 13);
    program_expect("let a = [widht];\n" MODEL("dense(1);"), NULL, 0, "unknown-name", 1, 10);
    program_expect("let width = 1;\n" MODEL("dense(widht);"), NULL, 0, "unknown-name", 2, 51);
    program_expect("let width = 1;\n" MODEL("dense(width());"), NULL, 0, "unknown-name", 2, 51);
}

Test(eval, strings_are_bounded)
{
    char text[2048] = {0}, let[4096];
    struct override override = {"a", text};
    struct program p;
    memset(text, 'x', 2000);
    program_open(&p, "let a = \"\";" MODEL("dense(1);"), &override, 1);
    cr_expect_not_null(p.model);
    program_close(&p);
    snprintf(let, sizeof let, "let a = \"%s\";", text);
    cr_expect_eq(units(strcat(let, MODEL("dense(1);")), NULL, NULL), 1);

    text[2000] = 'x';
    expect_override("let a = \"\";", "a", text, "too-long", 1);
    snprintf(let, sizeof let, "let a = \"%s\";", text);
    program_expect(strcat(let, MODEL("dense(1);")), NULL, 0, "too-long", 1, 9);
}
