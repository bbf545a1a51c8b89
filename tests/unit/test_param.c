/* Tests of param.c, normal.h and status.c. */
#include <criterion/criterion.h>

#include "normal.h"
#include "param.h"
#include "status.h"

#include <string.h>

/* ---- quantiles ---- */

/* The values that AS241's paper gives for checking, and symmetry. */
Test(normal, known_quantiles)
{
    cr_assert_float_eq(mlprt_normal_quantile(0.25), -0.6744897501960817, 1e-15);
    cr_assert_float_eq(mlprt_normal_quantile(0.001), -3.090232306167814, 4e-15);
    cr_assert_float_eq(mlprt_normal_quantile(1e-20), -9.262340089798408, 1e-14);
    cr_assert(mlprt_normal_quantile(0.5) == 0);
    for (int k = 1; k <= 33; k++) { /* 1 - 2^-k is exact */
        const double p = ldexp(1, -k);
        cr_assert(mlprt_normal_quantile(p) == -mlprt_normal_quantile(1 - p));
    }
}

/* The distribution function takes each quantile back, over all three ranges. It multiplies errors
 * of the quantile by z², in the tail. */
Test(normal, inverts_the_distribution)
{
    for (double p = 1e-300; p < 0.9999; p = p < 0.01 ? p * 1.9 : p + 0.003) {
        const double z = mlprt_normal_quantile(p);
        const double back = 0.5 * erfc(-z * sqrt(0.5));
        cr_assert_float_eq(back / p, 1, 1e-15 * (2 + z * z), "p = %g: %g", p, back);
    }
}

Test(normal, log_is_accurate)
{
    for (double x = 1e-307; x < 1e308; x *= 1.013) {
        const double want = log(x);
        cr_assert_float_eq(mlprt_log_f64(x), want, 4e-16 * fmax(fabs(want), 0.5), "at %g", x);
    }
    for (double x = 0.7; x < 1.42; x += 0.0007) {
        const double want = log(x);
        cr_assert_float_eq(mlprt_log_f64(x), want, 1e-15 * fabs(want), "at %g", x);
    }
    cr_assert(mlprt_log_f64(1) == 0);
}

/* ---- parameters ---- */

enum { UNITS = 301, DEPTH = 67, PANEL = 16, PADDED = 304, ARENA = 2 * PADDED * DEPTH + 64 };

/* A matrix and a vector behind it, in an arena of NaNs. */
struct tensors {
    struct mlprt_param params[2];
    struct mlprt_model model;
    double arena[ARENA];
};

static struct tensors *tensors(enum mlprt_element element, enum mlprt_init init, double a, double b)
{
    static struct tensors t;
    const size_t size = element == MLPRT_F32 ? sizeof(float) : sizeof(double);
    memset(&t, 0, sizeof t);
    memset(t.arena, 0xff, sizeof t.arena);
    t.params[0] = (struct mlprt_param){.rank = 2,
                                       .units = UNITS,
                                       .depth = DEPTH,
                                       .panel = PANEL,
                                       .offset = 64,
                                       .stream = 0,
                                       .init = init,
                                       .a = a,
                                       .b = b};
    t.params[1] = t.params[0];
    t.params[1].offset = 64 + PADDED * DEPTH * size;
    t.params[1].stream = 1;
    t.model.element = element;
    t.model.params = t.params;
    t.model.param_count = 2;
    return &t;
}

static double element(const struct tensors *t, int param, uint32_t unit, uint32_t k)
{
    const struct mlprt_param *p = &t->params[param];
    return mlprt_arena_get(&t->model, t->arena, p->offset, mlprt_param_index(p, unit, k));
}

/* Mean of (x - mean)^power over a parameter. */
static double moment(const struct tensors *t, double mean, int power)
{
    double sum = 0;
    for (uint32_t unit = 0; unit < UNITS; unit++) {
        for (uint32_t k = 0; k < DEPTH; k++) {
            sum += pow(element(t, 0, unit, k) - mean, power);
        }
    }
    return sum / (UNITS * DEPTH);
}

Test(param, get_and_set)
{
    struct tensors *t = tensors(MLPRT_F32, MLPRT_CONSTANT, 0, 0);
    mlprt_arena_set(&t->model, t->arena, 64, 3, 0.1);
    cr_assert(mlprt_arena_get(&t->model, t->arena, 64, 3) == (double)0.1f);
    cr_assert(((float *)t->arena)[16 + 3] == 0.1f);

    t = tensors(MLPRT_F64, MLPRT_CONSTANT, 0, 0);
    mlprt_arena_set(&t->model, t->arena, 64, 3, 0.1);
    cr_assert(mlprt_arena_get(&t->model, t->arena, 64, 3) == 0.1);
    cr_assert(t->arena[8 + 3] == 0.1);
}

/* Every column beyond the last unit is zero, and nothing around the parameters is touched. */
Test(param, padding)
{
    struct tensors *t = tensors(MLPRT_F32, MLPRT_CONSTANT, 2.5, 0);
    mlprt_param_initialize(&t->model, t->arena, 1);
    const float *stored = (const float *)t->arena;
    size_t zeros = 0;
    for (size_t i = 16; i < 16 + 2 * PADDED * DEPTH; i++) {
        cr_assert(stored[i] == 2.5f || stored[i] == 0);
        zeros += stored[i] == 0;
    }
    cr_assert_eq(zeros, 2 * (PADDED - UNITS) * DEPTH);
    cr_assert(isnan(stored[15]) && isnan(stored[16 + 2 * PADDED * DEPTH]));
    cr_assert(element(t, 1, UNITS - 1, DEPTH - 1) == 2.5);
}

/* Each value is that of the table in rng.h: its element's word and nothing else. */
Test(param, by_the_table)
{
    struct tensors *t = tensors(MLPRT_F64, MLPRT_UNIFORM, -1, 3);
    const uint64_t seed = UINT64_C(0x123456789abcdef0);
    mlprt_param_initialize(&t->model, t->arena, seed);
    for (uint32_t i = 0; i < UNITS * DEPTH; i++) {
        const struct mlprt_words words = mlprt_philox(seed, i / 4, 0, 0, 1);
        const double want = -1 + 4 * ((words.w[i % 4] + 0.5) / 0x1p32);
        cr_assert_float_eq(element(t, 1, i / DEPTH, i % DEPTH), want, 1e-15, "element %u", i);
    }
}

/* 20167 values: four standard deviations of the mean are 0.0163 of the range's, and so on. */
Test(param, uniform_moments)
{
    struct tensors *t = tensors(MLPRT_F32, MLPRT_UNIFORM, -0.5, 1.5);
    mlprt_param_initialize(&t->model, t->arena, 3);
    const double deviation = 2 / sqrt(12);
    cr_assert_float_eq(moment(t, 0, 1), 0.5, 0.029 * deviation);
    cr_assert_float_eq(moment(t, 0.5, 2), deviation * deviation, 0.03 * deviation * deviation);
    for (uint32_t unit = 0; unit < UNITS; unit++) {
        for (uint32_t k = 0; k < DEPTH; k++) {
            cr_assert(element(t, 0, unit, k) >= -0.5 && element(t, 0, unit, k) <= 1.5);
        }
    }
}

Test(param, normal_moments)
{
    struct tensors *t = tensors(MLPRT_F32, MLPRT_NORMAL, 0.25, 0.5);
    mlprt_param_initialize(&t->model, t->arena, 4);
    cr_assert_float_eq(moment(t, 0, 1), 0.25, 0.029 * 0.5);
    cr_assert_float_eq(moment(t, 0.25, 2), 0.25, 0.04 * 0.25);
    cr_assert_float_eq(moment(t, 0.25, 3) / 0.125, 0, 0.11);
    cr_assert_float_eq(moment(t, 0.25, 4) / 0.0625, 3, 0.28);
}

Test(param, keyed_by_seed_and_stream)
{
    struct tensors *t = tensors(MLPRT_F32, MLPRT_NORMAL, 0, 1);
    mlprt_param_initialize(&t->model, t->arena, 1);
    const double first = element(t, 0, 5, 6);
    cr_assert(first != element(t, 1, 5, 6));
    mlprt_param_initialize(&t->model, t->arena, 2);
    cr_assert(first != element(t, 0, 5, 6));
    mlprt_param_initialize(&t->model, t->arena, 1);
    cr_assert(first == element(t, 0, 5, 6));
}

/* The panel's width moves elements about and changes none. */
Test(param, values_do_not_depend_on_the_panel)
{
    struct tensors *t = tensors(MLPRT_F32, MLPRT_NORMAL, 0, 1);
    static double wide[UNITS];
    mlprt_param_initialize(&t->model, t->arena, 1);
    for (uint32_t unit = 0; unit < UNITS; unit++) {
        wide[unit] = element(t, 0, unit, 11);
    }
    t->params[0].panel = 1;
    mlprt_param_initialize(&t->model, t->arena, 1);
    for (uint32_t unit = 0; unit < UNITS; unit++) {
        cr_assert(wide[unit] == element(t, 0, unit, 11));
    }
}

/* ---- status ---- */

Test(status, fail_writes_and_returns)
{
    struct mlprt_error e;
    cr_assert_eq(mlprt_fail(&e, MLPRT_IO, "%s: row %d", "a.csv", 7), MLPRT_IO);
    cr_assert_str_eq(e.text, "a.csv: row 7");
}

Test(status, long_messages_are_cut)
{
    struct mlprt_error e;
    mlprt_fail(&e, MLPRT_MISMATCH, "%2000d", 1);
    cr_assert_eq(strlen(e.text), sizeof e.text - 1);
}
