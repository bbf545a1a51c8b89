/* The gradient check in double: right gradients pass, and every way of being wrong is seen. */
#define HANDNET_F64
#include "gradcheck.h"

#include "handnet.h"
#include "scratch.h"

static struct mlprt_error e;
static FILE *output; /* of the last check */

/* Runs the check. */
static enum mlprt_status check(const struct mlprt_model *model, uint64_t seed)
{
    const struct mlprt_options options = {.command = MLPRT_GRADCHECK, .seed = seed};
    struct mlprt_session s;

    output = tmpfile();
    cr_assert_not_null(output);
    cr_assert_neq(dup2(fileno(output), STDOUT_FILENO), -1);
    cr_assert_eq(mlprt_session_open(&s, model, &options, &e), MLPRT_OK);
    e.text[0] = '\0';
    const enum mlprt_status status = mlprt_gradcheck(&s, NULL, &e);
    mlprt_session_close(&s);
    fflush(stdout);
    return status;
}

/* What the last check has printed. */
static const char *printed(void)
{
    static char text[4096];

    rewind(output);
    text[fread(text, 1, sizeof text - 1, output)] = '\0';
    fclose(output);
    return text;
}

Test(gradcheck, passes_a_smooth_network)
{
    const struct mlprt_model model = handnet_model();
    double worst = 1;

    cr_expect_eq(check(&model, 1), MLPRT_OK, "%s", e.text);
    const char *text = printed(), *last = strstr(text, "\nworst relative error ");
    cr_assert_not_null(last, "%s", text);
    cr_expect_eq(sscanf(last, " worst relative error %lf at ", &worst), 1);
    cr_expect(worst > 0 && worst < 1e-9, "%g", worst);
    cr_expect_eq(strchr(last + 1, '\n')[1], '\0', "not the last line: %s", last);
    CONTAINS(text, "hidden.weight                       6          6        0  ");
}

Test(gradcheck, keeps_the_masks_of_training)
{
    const struct mlprt_model model = handnet_model();
    char without[4096];

    cr_expect_eq(check(&model, 1), MLPRT_OK, "%s", e.text);
    strcpy(without, printed());
    handnet_dropout = true;
    cr_expect_eq(check(&model, 1), MLPRT_OK, "%s", e.text);
    const char *with = printed();
    CONTAINS(with, "worst relative error ");
    cr_expect_str_neq(with, without);
}

Test(gradcheck, passes_between_kinks)
{
    const struct mlprt_model model = handnet_model();

    handnet_relu = true; /* with biases that start on the kink, but for the nudge */
    cr_expect_eq(check(&model, 2), MLPRT_OK, "%s", e.text);
    CONTAINS(printed(), "hidden.bias                         3          3        0  ");
}

Test(gradcheck, sees_a_factor_of_one_element)
{
    const struct mlprt_model model = handnet_model();
    static const struct {
        double factor;
        const char *message;
    } fault[] = {{1 + 1e-5, "the gradient at hidden.weight[1,0] is wrong: the error of 1.0e-05"},
                 {1 - 1e-5, "the gradient at hidden.weight[1,0] is wrong: the error of 1.0e-05"},
                 {0, "the gradient at hidden.weight[1,0] is wrong: the error of 1.0e+00"},
                 {-1, "the gradient at hidden.weight[1,0] is wrong: the error of 2.0e+00"},
                 {2, "the gradient at hidden.weight[1,0] is wrong: the error of 5.0e-01"}};

    for (size_t i = 0; i < sizeof fault / sizeof *fault; i++) {
        handnet_fault = fault[i].factor;
        cr_expect_eq(check(&model, 1), MLPRT_CHECK_FAILED);
        CONTAINS(e.text, fault[i].message);
    }
    CONTAINS(printed(), "worst relative error 5.0e-01 at hidden.weight[1,0]\n");
    handnet_fault = 1 + 1e-7; /* within the bound */
    cr_expect_eq(check(&model, 1), MLPRT_OK, "%s", e.text);
}

Test(gradcheck, sees_an_added_error_between_kinks)
{
    const struct mlprt_model model = handnet_model();

    handnet_relu = true;
    handnet_bias_fault = 1e-5;
    cr_expect_eq(check(&model, 2), MLPRT_CHECK_FAILED);
    CONTAINS(e.text, "the gradient at hidden.bias[0] is wrong");
}

/* Biases of zero that are not nudged: the sample of two zeros is on the kink of every relu. */
static struct mlprt_model on_kinks(struct mlprt_param *params)
{
    struct mlprt_model model = handnet_model();

    memcpy(params, handnet_params, sizeof handnet_params);
    params[1].init = MLPRT_UNIFORM; /* from 0 to 0 */
    model.params = params;
    model.train.row_count = HANDNET_BATCH; /* that sample among them */
    handnet_relu = true;
    return model;
}

Test(gradcheck, counts_kinks_and_bears_few)
{
    struct mlprt_param params[4];
    const struct mlprt_model model = on_kinks(params);

    for (uint64_t seed = 1; seed <= 5; seed++) {
        cr_expect_eq(check(&model, seed), MLPRT_CHECK_FAILED);
        CONTAINS(printed(), "hidden.bias                         3          3        3  0.0e+00");
    }
    CONTAINS(e.text, "3 of 17 parameters are on kinks: too many to call the rest checked");
}

Test(gradcheck, lets_no_wrong_gradient_hide_on_a_kink)
{
    struct mlprt_param params[4];
    const struct mlprt_model model = on_kinks(params);
    static const double fault[] = {-3, 3};

    for (size_t i = 0; i < sizeof fault / sizeof *fault; i++) {
        handnet_bias_fault = fault[i];
        cr_expect_eq(check(&model, 3), MLPRT_CHECK_FAILED);
        CONTAINS(e.text, "the gradient at hidden.bias[0] is wrong");
    }
}

Test(gradcheck, sees_a_tensor_of_zeros)
{
    struct mlprt_param params[4];
    struct mlprt_model model = on_kinks(params);

    params[1].init = MLPRT_CONSTANT;
    params[1].a = -100; /* no unit ever fires */
    cr_expect_eq(check(&model, 1), MLPRT_CHECK_FAILED);
    CONTAINS(e.text, " is zero everywhere");
}

/* Of one path, with these in place of the network's. */
static struct mlprt_model model_with(void (*evaluate)(const struct mlprt_batch *),
                                     void (*backward)(const struct mlprt_batch *))
{
    static struct mlprt_path path;
    static const struct mlprt_path *const paths[] = {&path};
    struct mlprt_model model = handnet_model();

    path = handnet_plain;
    path.evaluate = evaluate;
    path.backward = backward;
    model.paths = paths;
    model.path_count = 1;
    return model;
}

/* A loss that nothing moves, and that is never rounded: there is no noise to measure. */
static void evaluate_flat(const struct mlprt_batch *b)
{
    struct handnet_arena *a = b->arena;

    for (uint32_t i = 0; i < b->n; i++)
        a->loss[i] = 1;
}

static void backward_flat(const struct mlprt_batch *b)
{
    struct handnet_arena *a = b->arena;

    memset(a->dw1, 0, sizeof a->dw1 + sizeof a->db1 + sizeof a->dw2 + sizeof a->db2);
}

Test(gradcheck, takes_zero_for_the_slope_of_a_flat_loss)
{
    const struct mlprt_model model = model_with(evaluate_flat, backward_flat);

    cr_expect_eq(check(&model, 1), MLPRT_CHECK_FAILED);
    CONTAINS(e.text, " is zero everywhere");
}

/* A loss that is 1 but for what the network adds in its last digits: over the tiny steps that noise
 * is measured with it rounds to the same number. */
static const double faint = 1e-9;

static void evaluate_faint(const struct mlprt_batch *b)
{
    struct handnet_arena *a = b->arena;

    handnet_evaluate(b);
    for (uint32_t i = 0; i < b->n; i++)
        a->loss[i] = fma(faint, a->loss[i], 1);
}

static void backward_faint(const struct mlprt_batch *b)
{
    struct handnet_arena *a = b->arena;
    const size_t size = sizeof a->dw1 + sizeof a->db1 + sizeof a->dw2 + sizeof a->db2;

    handnet_backward(b);
    for (size_t i = 0; i < size / sizeof(handnet_real); i++)
        (&a->dw1[0][0][0])[i] *= faint;
}

Test(gradcheck, bears_the_last_rounding_of_a_loss)
{
    const struct mlprt_model model = model_with(evaluate_faint, backward_faint);

    for (uint64_t seed = 1; seed <= 10; seed++)
        cr_expect_eq(check(&model, seed), MLPRT_OK, "%s", e.text);
}

/* Losses of some 1e-6 that are rounded as the outputs of 14 that they are taken from. */
Test(gradcheck, bears_the_rounding_of_outputs_that_cancel)
{
    const struct mlprt_model model = handnet_model();

    handnet_sure = 14;
    for (uint64_t seed = 1; seed <= 20; seed++)
        cr_expect_eq(check(&model, seed), MLPRT_OK, "%s", e.text);
}

Test(gradcheck, leaves_frozen_tensors_out)
{
    struct mlprt_param params[4];
    struct mlprt_model model = handnet_model();

    memcpy(params, handnet_params, sizeof handnet_params);
    params[0].frozen = true;
    model.params = params;
    handnet_fault = 2; /* of what is not looked at */
    cr_expect_eq(check(&model, 1), MLPRT_OK, "%s", e.text);
    CONTAINS(printed(), "hidden.weight                       6     frozen");
}

/* The loss is not a number where the first weight, and nothing else, is moved. */
static double first_weight, second_weight;

static void evaluate_nan(const struct mlprt_batch *b)
{
    struct handnet_arena *a = b->arena;

    handnet_evaluate(b);
    if (a->w1[0][0][0] != first_weight && a->w1[0][1][0] == second_weight)
        a->loss[0] = NAN;
}

static void backward_noted(const struct mlprt_batch *b)
{
    const struct handnet_arena *a = b->arena;

    first_weight = a->w1[0][0][0];
    second_weight = a->w1[0][1][0];
    handnet_backward(b);
}

Test(gradcheck, keeps_a_loss_that_is_no_number_in_mind)
{
    const struct mlprt_model model = model_with(evaluate_nan, backward_noted);

    cr_expect_eq(check(&model, 1), MLPRT_CHECK_FAILED);
    CONTAINS(e.text, "the gradient at hidden.weight[0,0] is wrong: the error of inf");
    CONTAINS(printed(), "worst relative error inf at hidden.weight[0,0]");
}

Test(gradcheck, says_what_is_not_finite)
{
    const struct mlprt_model model = handnet_model();

    handnet_loss_factor = INFINITY;
    cr_expect_eq(check(&model, 1), MLPRT_NOT_FINITE);
    CONTAINS(e.text, "handnet.mlp: the loss or a gradient is not finite at the initial weights");
}
