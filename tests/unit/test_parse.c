/* Scanner and grammar: every production, every place, every bound. */
#include "parsing.h"

/* ---- the grammar ---- */

Test(parse, nothing_is_a_file)
{
    expect_tree("", "");
    expect_tree("# only a comment", "");
    expect_tree("\n \t\r\n # \xC3\xB6 // /* \" '\n#\n", "");
}

Test(parse, version)
{
    expect_tree("mlp 1;", "mlp 1;\n");
    expect_tree("mlp 1; let a = 1; m {}", "mlp 1;\nlet a = 1;\nm {\n}\n");
    expect_tree("mlp {} mlp mlp {}", "mlp {\n}\nmlp mlp {\n}\n");
}

Test(parse, lets_and_blocks_in_any_order)
{
    expect_tree("let a = 1; x {} let b = 2; y z {} let c = 3;",
                "let a = 1;\nx {\n}\nlet b = 2;\ny z {\n}\nlet c = 3;\n");
}

Test(parse, statements)
{
    expect_tree(
        "model m { a = 1; relu; relu(); l: relu; l: dense(3); model: train; data = model; }",
        "model m {\n    a = 1;\n    relu;\n    relu();\n    l: relu;\n    l: dense(3);\n"
        "    model: train;\n    data = model;\n}\n");
    expect_tree("model m { repeat(3) { a; b; } l: g { g() { } } c; }",
                "model m {\n    repeat(3) {\n        a;\n        b;\n    }\n    l: g {\n"
                "        g() {\n        }\n    }\n    c;\n}\n");
}

Test(parse, arguments)
{
    expect_tree("let a = f(1, b, c = 2, d = g(x),);", "let a = f(1, b, c = 2, d = g(x));\n");
    expect_tree("let a = f(g(h()));", "let a = f(g(h()));\n");
}

Test(parse, values)
{
    expect_tree("let a = [true, false, w, \"s\", [],];", "let a = [true, false, w, \"s\", []];\n");
    expect_tree("let a = [1];", "let a = [1];\n");
    expect_tree("let truelet = letx;", "let truelet = letx;\n");
}

Test(parse, precedence)
{
    expect_tree("let a = 1 + 2 * 3 - 4 / 5 / 6;", "let a = ((1 + (2 * 3)) - ((4 / 5) / 6));\n");
    expect_tree("let a = (1 + 2) * 3;", "let a = ((1 + 2) * 3);\n");
    expect_tree("let a = -1 * -x - -(2);", "let a = (((-1) * (-x)) - (-2));\n");
    expect_tree("let a = 1-1;", "let a = (1 - 1);\n");
}

Test(parse, numbers)
{
    expect_tree("let a = [0, 007, 1.50, 1e3, 1E-3, 2.5e+2, 1e-400];",
                "let a = [0, 7, 1.5, 1000, 0.001, 250, 0];\n");
    char text[1100] = "let a = ", *end_of = text + strlen(text);
    memset(end_of, '0', 1000);
    strcpy(end_of + 1000, "1;");
    expect_tree(text, "let a = 1;\n");
}

Test(parse, strings)
{
    expect_tree("let a = \"\\\"\\\\\\t# // \xC3\xB6\";", "let a = \"\\\"\\\\\\t# // \xC3\xB6\";\n");
    struct fixture f;
    const struct ast_file *file = parse(&f, "let a = \"x\\ty\\\\\";");
    cr_expect_str_eq(file->lets->value->u.string, "x\ty\\");
    end(&f);
}

Test(parse, names_of_64_bytes)
{
    char text[200];
    snprintf(text, sizeof text, "let %064d = 1;", 0);
    memset(text + 4, 'n', 64);
    struct fixture f;
    const struct ast_file *file = parse(&f, text);
    cr_expect_str_eq(mistakes(&f), "");
    cr_expect_eq(strlen(file->lets->name.text), 64);
    end(&f);
    snprintf(text, sizeof text, "let %065d = 1;", 0);
    memset(text + 4, 'n', 65);
    expect_mistakes(text, "1:5 bad-name\n");
}

static void expect_span(const struct fixture *f, struct span at, const char *text)
{
    cr_expect_eq(at.end - at.beg, strlen(text), "%s: %u bytes", text, at.end - at.beg);
    cr_expect(!strncmp(f->source->text + (at.beg - f->source->base), text, strlen(text)), "%s",
              text);
}

Test(parse, spans)
{
    struct fixture f;
    const struct ast_file *file =
        parse(&f, "mlp 1; let l = 1 + (2 * x);\nmodel m { p = -f(a, b = [3]); n: g(4) { h; } }");
    cr_expect_str_eq(mistakes(&f), "");
    expect_span(&f, file->version->span, "1");
    expect_span(&f, file->lets->span, "let l = 1 + (2 * x);");
    expect_span(&f, file->lets->name.span, "l");
    expect_span(&f, file->lets->value->span, "1 + (2 * x)");
    expect_span(&f, file->lets->value->u.binary.right->span, "(2 * x)");
    const struct ast_block *block = file->blocks;
    expect_span(&f, block->kind.span, "model");
    expect_span(&f, block->name.span, "m");
    expect_span(&f, block->span, "model m { p = -f(a, b = [3]); n: g(4) { h; } }");
    const struct ast_stmt *property = block->body, *layer = property->next;
    expect_span(&f, property->span, "p = -f(a, b = [3])");
    expect_span(&f, property->value->span, "-f(a, b = [3])");
    const struct ast_word *word = &property->value->u.binary.left->u.word;
    expect_span(&f, word->span, "f(a, b = [3])");
    expect_span(&f, word->name.span, "f");
    expect_span(&f, word->args->next->span, "b = [3]");
    expect_span(&f, word->args->next->name.span, "b");
    expect_span(&f, layer->span, "n: g(4)");
    expect_span(&f, layer->name.span, "n");
    expect_span(&f, layer->word.span, "g(4)");
    expect_span(&f, layer->body->span, "h");
    end(&f);
}

/* ---- versions ---- */

Test(parse, of_a_newer_language_only_the_version_is_read)
{
    struct fixture f;
    const struct ast_file *file = parse(&f, "mlp 2;\nwhat @ ever ] {{{ \"");
    cr_expect_str_eq(mistakes(&f), "");
    cr_expect(file->incomplete);
    cr_expect_eq(file->version->u.number, 2);
    end(&f);
}

Test(parse, versions_that_are_none)
{
    expect_mistakes("mlp;\nm {}", "1:4 syntax\n");
    expect_mistakes("mlp \"1\"; m { a = ; }", "1:5 syntax\n1:18 syntax\n");
    expect_mistakes("m {}\nmlp 1;\nn { a = ; }", "2:1 syntax\n3:9 syntax\n");
    expect_message("m {}\nmlp 1;", "the version of the language stands first in a file");
}

/* ---- depth ---- */

/* "let a = " open × n "1" close × n ";let b = ;" */
static void expect_nested(const char *open, const char *close, int n, const char *expected)
{
    struct strbuf text = {0};
    strbuf_puts(&text, "let a = ");
    for (int i = 0; i < n; i++)
        strbuf_puts(&text, open);
    strbuf_puts(&text, "1");
    for (int i = 0; i < n; i++)
        strbuf_puts(&text, close);
    strbuf_puts(&text, ";\nlet b = ;");
    expect_mistakes(text.text, expected);
    strbuf_free(&text);
}

Test(parse, depth_is_bounded)
{
    expect_nested("(", ")", 100, "2:9 syntax\n");
    expect_nested("(", ")", 101, "1:109 too-deep\n");
    expect_nested("[", "]", 101, "1:109 too-deep\n");
    expect_nested("-", "", 999, "2:9 syntax\n");
    expect_nested("-", "", 1000, "1:9 too-deep\n");
    expect_nested("-", "", 20000, "1:10003 too-deep\n");
    expect_nested("", "+1", 999, "2:9 syntax\n");
    expect_nested("", "+1", 1000, "1:9 too-deep\n");
}

/* ---- the value of -D ---- */

static void expect_expression(const char *text, bool good, const char *expected)
{
    struct fixture f;
    begin(&f, text, strlen(text));
    cr_expect_eq(parse_expression(&f.arena, f.source, &f.diags) != NULL, good, "%s", text);
    cr_expect_str_eq(mistakes(&f), expected, "%s", text);
    end(&f);
}

Test(parse, one_expression)
{
    expect_expression("12", true, "");
    expect_expression("f(a, b = [1, -2]) # comment\n", true, "");
    expect_expression("", false, "1:1 syntax\n");
    expect_expression("3 4", false, "1:3 syntax\n");
    expect_expression("3;", false, "1:2 syntax\n");
    expect_expression("a = 3", false, "1:3 syntax\n");
    expect_expression("(3", false, "1:3 unclosed\n");
    expect_expression("3)", false, "1:2 unopened\n");
    expect_expression("}", false, "1:1 syntax\n");
    expect_expression("m { }", false, "1:3 syntax\n");
    expect_expression("\"open", false, "1:1 unclosed-string\n");
    expect_expression("let", false, "1:1 syntax\n");
}
