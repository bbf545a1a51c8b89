/* The search for a number of threads, with a clock that the tests make. */
#include "tuner.h"

#include <criterion/criterion.h>

/* Steps whose times are given for 1, 2, 3 … threads, until the search is over; returns how many. */
static uint32_t found(struct mlprt_tuner *t, const double *seconds)
{
    uint32_t steps = 0;
    for (; mlprt_tuner_searches(t); steps++)
        mlprt_tuner_note(t, seconds[t->threads - 1]);
    return steps;
}

Test(tuner, takes_the_fastest)
{
    static const struct {
        uint32_t most, expected, steps;
        double seconds[4];
    } row[] = {
        {2, 2, 16, {2, 1}},       {2, 1, 16, {1, 2}},
        {2, 1, 16, {1, 1}}, /* a tie: other programs may want the rest */
        {2, 1, 16, {1.01, 1}},    {2, 2, 16, {1.03, 1}},
        {4, 4, 16, {4, 2, 9, 1}}, /* two are so slow that one is not tried */
        {4, 2, 24, {4, 2, 9, 3}}, {4, 1, 24, {1, 2, 9, 3}},
        {3, 2, 24, {4, 2, 3}},    {1, 1, 0, {1}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct mlprt_tuner t = mlprt_tuner_of(row[i].most, false);
        const uint32_t steps = found(&t, row[i].seconds);
        cr_expect_eq(t.threads, row[i].expected, "row %zu: %u", i, t.threads);
        cr_expect_eq(steps, row[i].steps, "row %zu: %u steps", i, steps);
    }
}

/* The first step on a number of threads does not count, and of the others the fastest. */
Test(tuner, is_not_misled_by_noise)
{
    struct mlprt_tuner t = mlprt_tuner_of(2, false);
    static const double two[8] = {0.1, 9, 9, 9, 1, 9, 9, 9}, one[8] = {0.1, 2, 2, 2, 2, 2, 2, 2};
    for (int i = 0; i < 8; i++)
        mlprt_tuner_note(&t, two[i]);
    cr_expect_eq(t.threads, 1);
    for (int i = 0; i < 8; i++)
        mlprt_tuner_note(&t, one[i]);
    cr_expect_eq(t.threads, 2);
    cr_expect_not(mlprt_tuner_searches(&t));
}

Test(tuner, searches_again)
{
    struct mlprt_tuner t = mlprt_tuner_of(2, false);
    uint32_t steps = 0;
    found(&t, (double[]){1, 2});
    cr_expect_eq(t.threads, 1);
    for (; !mlprt_tuner_searches(&t); steps++)
        mlprt_tuner_note(&t, 0);
    cr_expect_eq(steps, 1024);
    cr_expect_eq(t.threads, 2);
    found(&t, (double[]){2, 1});
    cr_expect_eq(t.threads, 2);
}

Test(tuner, leaves_a_fixed_number)
{
    struct mlprt_tuner t = mlprt_tuner_of(2, true);
    for (int i = 0; i < 5000; i++) {
        cr_assert_not(mlprt_tuner_searches(&t));
        cr_assert_eq(t.threads, 2);
        mlprt_tuner_note(&t, t.threads);
    }
}
