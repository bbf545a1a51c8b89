/* The gradient check in float: wider bounds, no false alarms, gross errors seen. */
#include "gradcheck.h"

#include "handnet.h"
#include "scratch.h"

#include <criterion/redirect.h>

static struct mlprt_error e;

static enum mlprt_status check(uint64_t seed)
{
    const struct mlprt_model model = handnet_model();
    const struct mlprt_options options = {.command = MLPRT_GRADCHECK, .seed = seed};
    struct mlprt_session s;

    cr_redirect_stdout();
    cr_assert_eq(mlprt_session_open(&s, &model, &options, &e), MLPRT_OK);
    const enum mlprt_status status = mlprt_gradcheck(&s, NULL, &e);
    mlprt_session_close(&s);
    fflush(stdout);
    return status;
}

Test(gradcheck_f32, passes_and_says_where_more_is_seen)
{
    char text[4096];

    for (uint64_t seed = 1; seed <= 20; seed++)
        cr_expect_eq(check(seed), MLPRT_OK, "%s", e.text);
    text[fread(text, 1, sizeof text - 1, cr_get_redirected_stdout())] = '\0';
    CONTAINS(text, "this f32 build checks to 1e-03; one made with --dtype=f64 checks to 1e-06\n");
}

Test(gradcheck_f32, sees_a_hundredth)
{
    handnet_fault = 1.01;
    cr_expect_eq(check(1), MLPRT_CHECK_FAILED);
    CONTAINS(e.text, "the gradient at hidden.weight[1,0] is wrong");
}
