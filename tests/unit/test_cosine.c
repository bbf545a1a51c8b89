/* Tests of runtime/cosine.h. */
#include <criterion/criterion.h>

#include "cosine.h"

Test(cosine, exact)
{
    cr_assert_eq(mlprt_cosine_pi(0), 1);
    cr_assert_eq(mlprt_cosine_pi(0.5), 0);
    cr_assert_eq(mlprt_cosine_pi(1), -1);
}

/* cos(π·t) by long double, whose argument is rounded finely enough. */
Test(cosine, error)
{
    const long double pi = 3.14159265358979323846264338327950288L;
    for (double t = 0; t <= 1; t += 0x1.003p-14) {
        const long double error = mlprt_cosine_pi(t) - cosl(pi * t);
        cr_assert_lt((double)fabsl(error), 1e-15, "at %a: %Lg", t, error);
    }
}

/* Also from each float64 to the next where the two series meet. */
Test(cosine, never_rises)
{
    double last = 1;
    for (double t = 0; t <= 1; t += 0x1.003p-14) {
        cr_assert_leq(mlprt_cosine_pi(t), last, "at %a", t);
        last = mlprt_cosine_pi(t);
    }
    for (double middle = 0.25; middle < 1; middle += 0.5) {
        last = 1;
        for (double t = middle - 1e-13; t < middle + 1e-13; t = nextafter(t, 1)) {
            cr_assert_leq(mlprt_cosine_pi(t), last, "at %a", t);
            last = mlprt_cosine_pi(t);
        }
    }
}

Test(cosine, symmetric)
{
    for (double t = 0; t <= 0.5; t += 0x1p-12) {
        cr_assert_eq(mlprt_cosine_pi(1 - t), -mlprt_cosine_pi(t), "at %a", t);
    }
}
