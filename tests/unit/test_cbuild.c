/* The C tree's builders: what they fold, what they refuse. */
#include "ctree.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include <string.h>

enum { EXIT_INTERNAL = 70 };

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

/* As start, where an ICE is to come: its message is not the test's output. */
static void start_broken(void)
{
    cr_redirect_stderr();
    start();
}

TestSuite(cbuild, .init = start, .fini = stop);
TestSuite(cbuild_ice, .init = start_broken, .fini = stop);

static struct cx *name(enum ctype type, const char *text)
{
    return cx_name(&cb, type, text);
}

static struct cx *product(void)
{
    return cx_mul(&cb, name(CT_REAL, "a"), name(CT_REAL, "b"));
}

/* The text of an expression, as a statement of its own. */
static void expect(struct cx *e, const char *text)
{
    struct strbuf out = {0};
    struct cbuild one;
    cbuild_init(&one, &arena, false);
    cb_do(&one, e);
    cprint_file(&one.file, &out);
    cr_assert(out.len >= 2);
    out.text[out.len - 2] = '\0'; /* ";\n" */
    cr_expect_str_eq(out.text, text, "%s is not %s", out.text, text);
    strbuf_free(&out);
}

Test(cbuild, integer_sums_fold)
{
    struct cx *i = name(CT_INT, "i");
    expect(cx_add(&cb, cx_int(&cb, 2), cx_int(&cb, 3)), "5");
    expect(cx_add(&cb, i, cx_int(&cb, 0)), "i");
    expect(cx_add(&cb, cx_int(&cb, 0), i), "i");
    expect(cx_add(&cb, cx_int(&cb, 3), i), "i + 3");
    expect(cx_add(&cb, cx_add(&cb, i, cx_int(&cb, 1)), cx_int(&cb, 2)), "i + 3");
    expect(cx_sub(&cb, cx_add(&cb, i, cx_int(&cb, 1)), cx_int(&cb, 1)), "i");
    expect(cx_sub(&cb, cx_add(&cb, i, cx_int(&cb, 1)), cx_int(&cb, 4)), "i - 3");
    expect(cx_add(&cb, i, cx_int(&cb, -2)), "i - 2");
    expect(cx_neg(&cb, cx_int(&cb, 7)), "-7");
}

Test(cbuild, integer_products_fold)
{
    struct cx *i = name(CT_INT, "i");
    expect(cx_mul(&cb, cx_int(&cb, 6), cx_int(&cb, 7)), "42");
    expect(cx_mul(&cb, i, cx_int(&cb, 1)), "i");
    expect(cx_mul(&cb, cx_int(&cb, 0), i), "0");
    expect(cx_mul(&cb, cx_int(&cb, 4), i), "i * 4");
    expect(cx_mul(&cb, cx_mul(&cb, i, cx_int(&cb, 4)), cx_int(&cb, 8)), "i * 32");
    expect(cx_div(&cb, cx_int(&cb, 7), cx_int(&cb, 2)), "3");
    expect(cx_div(&cb, i, cx_int(&cb, 1)), "i");
    expect(cx_mod(&cb, cx_int(&cb, 7), cx_int(&cb, 4)), "3");
}

Test(cbuild, pointers_fold_into_their_index)
{
    struct cx *x = name(CT_REALS, "x"), *i = name(CT_INT, "i");
    struct cx *row = cx_add(&cb, x, cx_int(&cb, 784));
    expect(cx_add(&cb, x, cx_int(&cb, 0)), "x");
    expect(cx_at(&cb, row, cx_int(&cb, 2)), "x[786]");
    expect(cx_at(&cb, cx_add(&cb, x, i), cx_int(&cb, 2)), "x[i + 2]");
    cr_expect_eq(cx_at(&cb, row, i)->type, CT_REAL);
    cr_expect_eq(cx_at(&cb, name(CT_BYTES, "m"), i)->type, CT_INT);
    cr_expect_eq(cx_at(&cb, name(CT_LABELS, "t"), i)->type, CT_INT);
}

Test(cbuild, reals_never_fold)
{
    struct cx *x = name(CT_REAL, "x"), *zero = cx_real(&cb, 0), *one = cx_real(&cb, 1);
    expect(cx_add(&cb, x, zero), "x + 0.0f");
    expect(cx_add(&cb, one, one), "1.0f + 1.0f");
    expect(cx_mul(&cb, x, one), "x * 1.0f");
    expect(cx_neg(&cb, cx_neg(&cb, x)), "-(-x)");
    /* A constant that may be real: its type was not said. */
    expect(cx_add(&cb, name(CT_OTHER, "y"), cx_int(&cb, 0)), "y + 0");
}

Test(cbuild, product_follows_the_value)
{
    struct cx *p = product(), *x = name(CT_REAL, "x");
    cr_expect(p->product);
    cr_expect(cx_neg(&cb, p)->product);
    cr_expect(cx_cast(&cb, CT_OTHER, "double", p)->product);
    cr_expect(cx_select(&cb, cx_gt(&cb, x, p), x, p)->product);
    cr_expect(cx_mul(&cb, name(CT_OTHER, "d"), cx_double(&cb, 2))->product);
    cr_expect(cx_call_product(&cb, CT_VEC, "_mm256_mul_ps", 2, x, x)->product);
    cr_expect(cb_local(&cb, CT_REAL, "v", p)->product);
    struct cx *late = cb_local(&cb, CT_REAL, "late", NULL);
    cr_expect_not(late->product);
    cb_set(&cb, late, p);
    cr_expect(late->product);
}

Test(cbuild, product_ends_in_a_rounding_of_its_own)
{
    struct cx *p = product(), *x = name(CT_REAL, "x"), *i = name(CT_INT, "i");
    cr_expect_not(cx_fma(&cb, x, x, p)->product);
    cr_expect_not(cx_div(&cb, p, x)->product);
    cr_expect_not(cx_gt(&cb, p, x)->product);
    cr_expect_not(cx_mul(&cb, i, i)->product);
    cr_expect_not(cx_cast(&cb, CT_INT, "size_t", p)->product);
}

Test(cbuild_ice, product_in_a_call_that_may_add_it, .exit_code = EXIT_INTERNAL)
{
    cx_call(&cb, CT_REAL, "mlprt_expf", 1, product());
}

Test(cbuild_ice, product_in_a_sum, .exit_code = EXIT_INTERNAL)
{
    cx_add(&cb, name(CT_REAL, "x"), product());
}

Test(cbuild_ice, product_first_in_a_sum, .exit_code = EXIT_INTERNAL)
{
    cx_add(&cb, product(), name(CT_REAL, "x"));
}

Test(cbuild_ice, product_in_a_difference, .exit_code = EXIT_INTERNAL)
{
    cx_sub(&cb, product(), name(CT_REAL, "x"));
}

Test(cbuild_ice, product_in_a_sum_by_way_of_a_local, .exit_code = EXIT_INTERNAL)
{
    struct cx *v = cb_local(&cb, CT_REAL, "v", NULL);
    cb_set(&cb, v, cx_neg(&cb, product()));
    cx_add(&cb, v, v);
}

Test(cbuild_ice, product_in_a_vector_sum, .exit_code = EXIT_INTERNAL)
{
    struct cx *v = name(CT_VEC, "v");
    struct cx *p = cx_call_product(&cb, CT_VEC, "_mm256_mul_ps", 2, v, v);
    cx_call(&cb, CT_VEC, "_mm256_add_ps", 2, v, p);
}

Test(cbuild_ice, product_stored, .exit_code = EXIT_INTERNAL)
{
    cb_set(&cb, cx_at(&cb, name(CT_REALS, "y"), cx_int(&cb, 0)), product());
}

Test(cbuild_ice, product_returned, .exit_code = EXIT_INTERNAL)
{
    cb_return(&cb, product());
}

Test(cbuild_ice, constant_overflow, .exit_code = EXIT_INTERNAL)
{
    cx_mul(&cb, cx_int(&cb, INT64_MAX), cx_int(&cb, 2));
}

Test(cbuild_ice, infinite_constant, .exit_code = EXIT_INTERNAL)
{
    cx_real(&cb, 1e39); /* a double, but no float */
}

Test(cbuild_ice, end_without_a_body, .exit_code = EXIT_INTERNAL)
{
    cb_end(&cb);
}

Test(cbuild_ice, nesting_without_end, .exit_code = EXIT_INTERNAL)
{
    for (int i = 0; i <= CBUILD_DEPTH_MAX; i++)
        cb_block(&cb);
}

Test(cbuild, statements_carry_their_place)
{
    cb.at = (struct span){10, 20};
    cb_blank(&cb);
    cb_block(&cb);
    cb.at = (struct span){30, 40};
    cb_comment(&cb, "inside");
    cb_end(&cb);
    cb_return(&cb, NULL);
    const struct cs *blank = cb.file.first, *block = blank->next;
    cr_expect_eq(blank->at.beg, 10);
    cr_expect_eq(block->at.end, 20);
    cr_expect_eq(block->body->at.beg, 30);
    cr_expect_eq(block->next->kind, CS_RETURN);
    cr_expect_eq(block->next->at.end, 40);
}

Test(cbuild, element_type_decides_names)
{
    expect(cx_fma(&cb, name(CT_REAL, "a"), name(CT_REAL, "b"), cx_real(&cb, 0.1)),
           "fmaf(a, b, 0.1f)");
    cbuild_init(&cb, &arena, true);
    cr_expect_str_eq(cb_real_name(&cb), "double");
    expect(cx_fma(&cb, name(CT_REAL, "a"), name(CT_REAL, "b"), cx_real(&cb, 0.1)),
           "fma(a, b, 0.1)");
}

Test(cbuild, declared_arrays_are_named_without_brackets)
{
    struct cx *rows = cb_declare(&cb, "__m256", CT_VEC, "rows[3]", NULL);
    expect(cx_at(&cb, rows, cx_int(&cb, 1)), "rows[1]");
    cr_expect_eq(cx_at(&cb, rows, cx_int(&cb, 1))->type, CT_VEC);
}

Test(cbuild, long_lists_keep_their_items)
{
    struct cx *list = cx_list(&cb, false);
    for (int i = 0; i < 1000; i++)
        cx_list_add(&cb, list, i % 2 ? "[1]" : NULL, cx_int(&cb, i));
    cr_assert_eq(list->count, 1000);
    for (int i = 0; i < 1000; i++) {
        cr_expect_eq(list->args[i]->integer, i);
        cr_expect_eq(list->designators[i] != NULL, i % 2);
    }
}

Test(cbuild_ice, choice_that_reads_an_array, .exit_code = EXIT_INTERNAL)
{
    struct cx *x = name(CT_REAL, "x");
    cx_select(&cb, cx_gt(&cb, x, x), cx_at(&cb, name(CT_REALS, "y"), cx_int(&cb, 0)), x);
}

Test(cbuild, statements_apart_are_put_behind_later_ones)
{
    struct cs *apart = NULL, **here = cb_redirect(&cb, &apart);
    cb_comment(&cb, "third");
    cb_comment(&cb, "fourth");
    cb_redirect(&cb, here);
    cb_comment(&cb, "first");
    cb_comment(&cb, "second");
    cb_append(&cb, apart);
    cb_comment(&cb, "fifth");

    static const char *const order[] = {"first", "second", "third", "fourth", "fifth"};
    const struct cs *s = cb.file.first;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++, s = s->next)
        cr_assert_str_eq(s->text, order[i]);
    cr_assert_null(s);
}

Test(cbuild, calls_are_found_wherever_they_stand)
{
    struct cx *x = name(CT_REAL, "x"), *one = cx_int(&cb, 1);
    struct cx *inner = cx_call(&cb, CT_REAL, "inner", 1, x);
    cb_if(&cb, cx_gt(&cb, x, cx_call(&cb, CT_REAL, "condition", 0)));
    cb_for(&cb, "i", one, one, 1);
    cb_do(&cb, cx_call(&cb, CT_REAL, "outer", 2, x, cx_neg(&cb, inner)));
    cb_end(&cb);
    cb_else(&cb);
    cb_set(&cb, cx_at(&cb, name(CT_REALS, "y"), one), cx_call(&cb, CT_REAL, "other", 0));
    cb_end(&cb);
    static const char *const names[] = {"inner", "outer", "condition", "other", "inn", "x"};
    bool called[6] = {false};
    const struct callees callees = {6, names, called};
    cs_mark_calls(NULL, &callees);
    cr_expect_not(called[0]);
    cs_mark_calls(cb.file.first, &callees);
    for (size_t i = 0; i < 6; i++)
        cr_expect_eq(called[i], i < 4, "%s", names[i]);
}
