/* The printer of the C tree: precedence, constants, broken lines, and text that stays text. */
#include "comment.h"
#include "ctree.h"

#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 100 };

static struct arena arena;
static struct cbuild cb;

static void start(void)
{
    cbuild_init(&cb, &arena, false);
}

static void stop(void)
{
    arena_free(&arena);
}

TestSuite(cprint, .init = start, .fini = stop);

/* Compares what was built since the last call. */
static void expect(const char *text)
{
    struct strbuf out = {0};
    cprint_file(&cb.file, &out);
    cr_expect_str_eq(out.text, text, "expected:\n%s\nprinted:\n%s", text, out.text);
    strbuf_free(&out);
    cbuild_init(&cb, &arena, cb.f64);
}

static struct cx *real(const char *name)
{
    return cx_name(&cb, CT_REAL, name);
}

static void expect_value(struct cx *e, const char *text)
{
    cb_do(&cb, e);
    expect(arena_printf(&arena, "%s;\n", text));
}

Test(cprint, parentheses_come_from_precedence)
{
    struct cx *a = real("a"), *b = real("b"), *c = real("c");
    expect_value(cx_sub(&cb, cx_sub(&cb, a, b), c), "a - b - c");
    expect_value(cx_sub(&cb, a, cx_sub(&cb, b, c)), "a - (b - c)");
    expect_value(cx_add(&cb, a, cx_add(&cb, b, c)), "a + (b + c)");
    expect_value(cx_mul(&cb, cx_add(&cb, a, b), c), "(a + b) * c");
    expect_value(cx_mul(&cb, a, cx_div(&cb, b, c)), "a * (b / c)");
    expect_value(cx_add(&cb, cx_div(&cb, a, b), c), "a / b + c");
    expect_value(cx_neg(&cb, cx_add(&cb, a, b)), "-(a + b)");
    expect_value(cx_mul(&cb, cx_neg(&cb, a), b), "-a * b");
    expect_value(cx_cast(&cb, CT_REAL, "float", cx_add(&cb, a, b)), "(float)(a + b)");
    expect_value(cx_at(&cb, cx_cast(&cb, CT_REALS, "float *", a), cx_int(&cb, 1)),
                 "((float *)a)[1]");
    struct cx *i = cx_name(&cb, CT_INT, "i"), *j = cx_name(&cb, CT_INT, "j");
    expect_value(cx_mod(&cb, cx_add(&cb, i, j), cx_add(&cb, i, j)), "(i + j) % (i + j)");
    expect_value(cx_add(&cb, cx_mod(&cb, i, j), cx_mul(&cb, i, cx_mod(&cb, i, j))),
                 "i % j + i * (i % j)");
    expect_value(cx_member(&cb, CT_INT, cx_name(&cb, CT_OTHER, "m"), "size"), "m->size");
}

Test(cprint, parentheses_that_gcc_asks_for)
{
    struct cx *a = real("a"), *b = real("b");
    struct cx *less = cx_lt(&cb, a, b);
    expect_value(cx_eq(&cb, less, less), "(a < b) == (a < b)");
}

Test(cprint, choices_chain_to_the_right)
{
    struct cx *a = real("a"), *b = real("b"), *c = real("c");
    struct cx *inner = cx_select(&cb, cx_gt(&cb, b, c), b, c);
    expect_value(cx_select(&cb, cx_gt(&cb, a, b), a, inner), "a > b ? a : b > c ? b : c");
    expect_value(cx_select(&cb, cx_gt(&cb, a, b), inner, a), "a > b ? (b > c ? b : c) : a");
    expect_value(cx_add(&cb, inner, a), "(b > c ? b : c) + a");
}

Test(cprint, integers_have_the_suffix_they_need)
{
    expect_value(cx_int(&cb, 2147483647), "2147483647");
    expect_value(cx_int(&cb, 2147483648), "2147483648u");
    expect_value(cx_int(&cb, 4294967295), "4294967295u");
    expect_value(cx_int(&cb, 4294967296), "4294967296ull");
    expect_value(cx_int(&cb, INT64_MAX), "9223372036854775807ull");
    expect_value(cx_int(&cb, -1), "-1");
    expect_value(cx_int(&cb, -2147483648), "-2147483648ll");
}

Test(cprint, reals_are_written_as_reals)
{
    expect_value(cx_real(&cb, 1), "1.0f");
    expect_value(cx_real(&cb, 0.1), "0.1f");
    expect_value(cx_real(&cb, 1e-5), "1e-05f");
    expect_value(cx_real(&cb, 16777216), "16777216.0f");
    expect_value(cx_real(&cb, -0.0), "-0.0f");
    expect_value(cx_real(&cb, 1.0 / 3), "0.33333334f");
    expect_value(cx_double(&cb, 1.0 / 3), "0.3333333333333333");
    expect_value(cx_neg(&cb, cx_real(&cb, -1)), "-(-1.0f)");
    expect_value(cx_sub(&cb, real("a"), cx_real(&cb, -1)), "a - -1.0f");
    cb.f64 = true;
    expect_value(cx_real(&cb, 0.1), "0.1");
    expect_value(cx_real(&cb, 5e-324), "5e-324");
}

/* v, which is a float unless f64 says that reals are doubles, printed and read again. */
static void expect_read_back(double v, bool f64, const char *longest)
{
    struct strbuf out = {0};
    cbuild_init(&cb, &arena, f64);
    cb_do(&cb, cx_real(&cb, v));
    cprint_file(&cb.file, &out);
    const double back = f64 ? strtod(out.text, NULL) : (double)strtof(out.text, NULL);
    cr_assert_eq(memcmp(&v, &back, sizeof v), 0, "%a printed as %s", v, out.text);
    cr_assert_leq(out.len, strlen(longest));
    strbuf_free(&out);
}

Test(cprint, reals_read_back_exactly)
{
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const uint64_t bits64 = (state ^ state >> 32) & 0x7FFFFFFFFFFFFFFF;
        const uint32_t bits32 = (uint32_t)(state >> 32) & 0x7FFFFFFF;
        double v64;
        float v32;
        memcpy(&v64, &bits64, sizeof v64);
        memcpy(&v32, &bits32, sizeof v32);
        if (isfinite(v32))
            expect_read_back(v32, false, "1.23456789e-12f;\n");
        if (isfinite(v64))
            expect_read_back(v64, true, "1.2345678901234567e-123;\n");
    }
}

Test(cprint, strings_cannot_end)
{
    expect_value(cx_string(&cb, "a\"b\\c\td"), "\"a\\\"b\\\\c\\td\"");
    expect_value(cx_string(&cb, "\1\x7f\xc3\xa4"
                                "7"),
                 "\"\\001\\177\\303\\2447\"");
    expect_value(cx_string(&cb, "what?"
                                "?/"),
                 "\"what?\\?/\"");
    expect_value(cx_string(&cb, ""), "\"\"");
    expect_value(cx_string(&cb, "one\n"), "\"one\\n\"");
    expect_value(cx_call(&cb, CT_OTHER, "f", 1, cx_string(&cb, "one\ntwo\n")),
                 "f(\"one\\n\"\n  \"two\\n\")");
}

Test(cprint, statements_look_hand_written)
{
    cb_verbatim(&cb, "#include <mlprt.h>");
    cb_blank(&cb);
    cb_function(&cb, "MLPRT_AVX2\nstatic void", "relu", "const float *x, float *y, size_t n");
    struct cx *x = cx_name(&cb, CT_REALS, "x"), *y = cx_name(&cb, CT_REALS, "y");
    struct cx *i = cb_for(&cb, "i", cx_int(&cb, 0), cx_name(&cb, CT_INT, "n"), 1);
    struct cx *v = cb_local(&cb, CT_REAL, "v", cx_at(&cb, x, i)), *zero = cx_real(&cb, 0);
    cb_set(&cb, cx_at(&cb, y, i), cx_select(&cb, cx_gt(&cb, v, zero), v, zero));
    cb_end(&cb);
    i = cb_for(&cb, "i", cx_int(&cb, 0), cx_int(&cb, 64), 8);
    cb_set(&cb, cx_at(&cb, y, i), zero);
    cb_end(&cb);
    cb_block(&cb);
    struct cx *at = cb_local(&cb, CT_REALS, "at", NULL);
    cb_advance(&cb, at, cx_int(&cb, 8));
    cb_return(&cb, NULL);
    cb_end(&cb);
    cb_end(&cb);
    cb_function(&cb, "int", "one", "");
    cb_return(&cb, cx_int(&cb, 1));
    cb_end(&cb);
    expect("#include <mlprt.h>\n"
           "\n"
           "MLPRT_AVX2\n"
           "static void relu(const float *x, float *y, size_t n)\n"
           "{\n"
           "    for (size_t i = 0; i < n; i++) {\n"
           "        float v = x[i];\n"
           "        y[i] = v > 0.0f ? v : 0.0f;\n"
           "    }\n"
           "    for (size_t i = 0; i < 64; i += 8)\n"
           "        y[i] = 0.0f;\n"
           "    {\n"
           "        const float *at;\n"
           "        at += 8;\n"
           "        return;\n"
           "    }\n"
           "}\n"
           "int one(void)\n"
           "{\n"
           "    return 1;\n"
           "}\n");
}

Test(cprint, else_if_chains)
{
    for (int i = 0; i < 3; i++) {
        cb_if(&cb, cx_namef(&cb, CT_INT, "c%d", i));
        cb_do(&cb, cx_call(&cb, CT_OTHER, "f", 1, cx_int(&cb, i)));
        cb_else(&cb);
    }
    cb_blank(&cb);
    cb_return(&cb, NULL);
    for (int i = 0; i < 3; i++)
        cb_end(&cb);
    expect("if (c0)\n"
           "    f(0);\n"
           "else if (c1)\n"
           "    f(1);\n"
           "else if (c2) {\n"
           "    f(2);\n"
           "} else {\n"
           "\n"
           "    return;\n"
           "}\n");
}

Test(cprint, else_stays_with_its_if)
{
    cb_if(&cb, real("a"));
    cb_if(&cb, real("b"));
    cb_return(&cb, NULL);
    cb_end(&cb);
    cb_else(&cb);
    cb_return(&cb, NULL);
    cb_end(&cb);
    expect("if (a) {\n"
           "    if (b)\n"
           "        return;\n"
           "} else {\n"
           "    return;\n"
           "}\n");
}

/* Every line, as far as it can be broken, ends by column 100; returns the number of lines. */
static size_t lines_fit(const char *text)
{
    size_t lines = 0;
    for (const char *s = text; *s; lines++) {
        size_t len = strcspn(s, "\n");
        cr_expect_leq(strbuf_columns(s, len), WIDTH, "%.*s", (int)len, s);
        s += len + (s[len] == '\n');
    }
    return lines;
}

Test(cprint, long_lines_are_broken)
{
    struct cx *sum = real("first_of_many_summands"), *list = cx_list(&cb, false);
    for (int i = 0; i < 12; i++)
        sum = cx_add(&cb, sum, cx_namef(&cb, CT_REAL, "summand_%d", i));
    for (int i = 0; i < 100; i++)
        cx_list_add(&cb, list, NULL, cx_int(&cb, i));
    cb_function(&cb, "static void", "f",
                "const float *restrict a_long_parameter, const float *restrict another_one, "
                "float *restrict yet_another_one, size_t and_the_last_of_them_all");
    cb_local(&cb, CT_REAL, "sum", sum);
    cb_declare(&cb, "static const int", CT_INT, "list[]", list);
    cb_do(&cb, cx_call(&cb, CT_OTHER, "call", 4, sum, sum, cx_string(&cb, "text"), sum));
    cb_local(&cb, CT_REAL, "v", cx_select(&cb, cx_gt(&cb, sum, real("b")), sum, real("c")));
    cb_return(&cb, cx_string(&cb, "A long text without a line end in it, which is cut where its "
                                  "line is full: after one hundred columns and not before."));
    cb_end(&cb);
    struct strbuf out = {0};
    cprint_file(&cb.file, &out);
    size_t lines = lines_fit(out.text);
    cr_expect_eq(lines, 29, "%zu lines:\n%s", lines, out.text);
    strbuf_free(&out);
}

Test(cprint, lists_of_lists_are_tables)
{
    struct cx *rows = cx_list(&cb, false), *outer = cx_list(&cb, true);
    for (int i = 0; i < 2; i++) {
        struct cx *row = cx_list(&cb, false);
        for (int j = 0; j < 16; j++)
            cx_list_add(&cb, row, NULL, cx_int(&cb, 100 * i + j));
        cx_list_add(&cb, rows, NULL, row);
    }
    cx_list_add(&cb, outer, ".name", cx_string(&cb, "xor"));
    cx_list_add(&cb, outer, ".rows", rows);
    cx_list_add(&cb, outer, "[3]", cx_list(&cb, false));
    cb_declare(&cb, "struct s", CT_OTHER, "s", outer);
    expect("struct s s = {\n"
           "    .name = \"xor\",\n"
           "    .rows = {\n"
           "        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},\n"
           "        {100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, "
           "115}\n"
           "    },\n"
           "    [3] = {0},\n"
           "};\n");
}

static void expect_comment(const char *text, const char *printed)
{
    cb_comment(&cb, "%s", text);
    expect(printed);
}

Test(cprint, comments_cannot_end)
{
    expect_comment("x·W + b   [n,784]", "/* x·W + b   [n,784] */\n");
    expect_comment("one\ntwo\n\nfour", "/* one\n * two\n *\n * four */\n");
    expect_comment("a */ int x; /* b **/", "/* a * / int x; / * b ** / */\n");
    expect_comment("*//*/", "/* * // * / */\n");
    expect_comment("line\\\n/ next", "/* line\\.\n * / next */\n");
    expect_comment("?"
                   "?/ ?"
                   "?"
                   "?/\n",
                   "/* ? ?/ ? ? ?/\n *  */\n");
    expect_comment("tab\there \r\x1b[2J", "/* tab here ..[2J */\n");
    /* A turn of direction; a stray byte, an overlong slash, half a character. */
    expect_comment("\xe2\x80\xae/ x", "/* ./ x */\n");
    expect_comment("\xff \xc0\xaf \xe2\x82", "/* . .. .. */\n");
    expect_comment("*\xe2\x80\xae/", "/* *./ */\n");
}

/* Only the last line has to leave room for the end. */
Test(cprint, comment_lines_use_their_width)
{
    struct strbuf line = {0};
    for (int i = 0; i < 48; i++)
        strbuf_puts(&line, "x ");
    strbuf_putc(&line, 'x');
    cr_assert_eq(line.len, WIDTH - strlen("/* "));
    expect_comment(arena_printf(&arena, "%s\nend", line.text),
                   arena_printf(&arena, "/* %s\n * end */\n", line.text));
    expect_comment(line.text, arena_printf(&arena, "/* %.93s\n * x x */\n", line.text));
    strbuf_free(&line);
}

Test(cprint, long_comments_are_wrapped)
{
    struct strbuf text = {0}, out = {0};
    for (int i = 0; i < 60; i++)
        strbuf_printf(&text, "wörd%d ", i);
    for (int i = 0; i < 120; i++)
        strbuf_putc(&text, 'x'); /* cannot be broken: stands on a line of its own */
    cb_block(&cb);
    cb_comment(&cb, "%s", text.text);
    cb_end(&cb);
    cprint_file(&cb.file, &out);
    char *last = strstr(out.text, "xxx");
    cr_assert_eq(strspn(last, "x"), 120);
    memmove(last, last + 120, strlen(last + 120) + 1);
    cr_expect_eq(lines_fit(out.text), 8, "%s", out.text);
    strbuf_free(&text);
    strbuf_free(&out);
}
