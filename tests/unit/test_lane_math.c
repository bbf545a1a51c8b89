/* Tests of the emission of vector functions: which of them, and in what order. That their bits are
 * the scalar ones' is for tests/math/check_math.c. */
#include "lane_math.h"

#include "lane.h"

#include <criterion/criterion.h>

#include <string.h>

static struct arena arena;
static struct cbuild cb;

static void stop(void)
{
    arena_free(&arena);
}

TestSuite(lane_math, .fini = stop);

/* The instruction set of that name. */
static const struct isa *isa_named(const char *name)
{
    size_t i = 0;
    while (strcmp(isas[i].name, name) != 0)
        i++;
    return &isas[i];
}

/* The C text of what a call of f on vectors of AVX2 needs. */
static const char *needed_by(enum lane_function f)
{
    struct strbuf out = {0};
    cbuild_init(&cb, &arena, false);
    const struct isa *isa = isa_named("avx2");
    const struct lane l = {.cb = &cb, .vector = &isa->f32};
    struct cs *users = NULL, **here = cb_redirect(&cb, &users);
    cb_function(&cb, "static __m256", "user", "__m256 x");
    cb_return(&cb, lane_call(&l, f, cx_name(&cb, CT_VEC, "x")));
    cb_end(&cb);
    cb_redirect(&cb, here);
    lane_math_emit(&cb, isa, users);
    cprint_file(&cb.file, &out);
    const char *text = arena_printf(&arena, "%s", out.text ? out.text : "");
    strbuf_free(&out);
    return text;
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (; (text = strstr(text, part)) != NULL; text++)
        n++;
    return n;
}

Test(lane_math, only_what_is_called)
{
    const char *text = needed_by(LANE_TANH);
    cr_expect_eq(count(text, "static inline"), 2);
    cr_assert(strstr(text, "inline __m256 exp_tail_avx2(__m256 r)"));
    cr_assert(strstr(text, "inline __m256 tanh_avx2(__m256 x)"));
}

Test(lane_math, the_called_come_first)
{
    const char *text = needed_by(LANE_SIGMOID);
    cr_expect_eq(count(text, "static inline"), 3);
    const char *tail = strstr(text, "inline __m256 exp_tail_avx2("),
               *exp = strstr(text, "inline __m256 exp_avx2(");
    const char *sigmoid = strstr(text, "inline __m256 sigmoid_avx2(");
    cr_assert(tail && exp && sigmoid);
    cr_expect(tail < exp && exp < sigmoid);
}

Test(lane_math, every_function_is_there)
{
    for (int f = 0; f < LANE_FUNCTION_COUNT; f++) {
        const char *name = lane_function_name((enum lane_function)f);
        const char *head = arena_printf(&arena, "static inline __m256 %s_avx2(__m256 x)\n", name);
        cr_expect_eq(count(needed_by((enum lane_function)f), head), 1, "%s", name);
    }
}

/* A spelling orders its operands and nests as it likes. */
Test(lane_math, spelling)
{
    struct strbuf out = {0};
    cbuild_init(&cb, &arena, false);
    struct cx *a = cx_name(&cb, CT_VEC, "x"), *b = cx_name(&cb, CT_VEC, "y"),
              *c = cx_name(&cb, CT_VEC, "z");
    cb_do(&cb, lane_spell(&cb, "vfmaq_f32(c, a, b)", a, b, c));
    cb_do(&cb, lane_spell(&cb, "cmp(a, to(or(b), a), _CMP_GT_OQ)", a, b, NULL));
    cb_do(&cb, lane_spell(&cb, "zero()", NULL, NULL, NULL));
    cprint_file(&cb.file, &out);
    cr_expect_str_eq(out.text, "vfmaq_f32(z, x, y);\ncmp(x, to(or(y), x), _CMP_GT_OQ);\nzero();\n");
    strbuf_free(&out);
}

Test(lane_math, no_user_no_functions)
{
    cbuild_init(&cb, &arena, false);
    lane_math_emit(&cb, isa_named("avx2"), NULL);
    cr_expect_null(cb.file.first);
}
