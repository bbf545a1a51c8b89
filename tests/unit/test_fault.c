/* Trainings whose numbers are not finite: where they stop, what they say, what they save. */
#include "param.h"
#include "weights.h"

#include "trained.h"

TestSuite(fault, .init = prepare_training, .fini = clean_training);

enum { TENSORS = 17 * sizeof(float) }; /* bytes at the end of a file */

/* The file saved last and one of the same tensors: those of a run of so many steps. */
static void expect_weights_after(uint32_t steps)
{
    struct mlprt_session s;
    struct mlprt_bytes bad = saved();
    char header[64];

    snprintf(header, sizeof header, "\"epochs\":\"%u\",\"steps\":\"%u\"", steps / 2, steps);
    expect_header(&bad, header);
    handnet_loss_factor = handnet_factor = 1;
    handnet_bias_fault = 0;
    model.keep_best = false;
    signal_to_raise = SIGTERM;
    signal_step = steps - 1;
    handnet_on_update = raise_in_step;
    if (steps) {
        cr_assert_eq((int)train(), 128 + SIGTERM);
    } else {
        const struct mlprt_run run = {.data_sha256 = ""};
        cr_assert_eq(mlprt_session_open(&s, &model, &options, &e), MLPRT_OK);
        mlprt_param_initialize(&model, s.arena, options.seed);
        cr_assert_eq(mlprt_weights_save(&model, s.arena, &run, options.save, &e), MLPRT_OK);
        mlprt_session_close(&s);
    }
    struct mlprt_bytes good = saved();
    cr_expect_arr_eq(bad.data + bad.size - TENSORS, good.data + good.size - TENSORS, TENSORS);
    mlprt_bytes_free(&bad);
    mlprt_bytes_free(&good);
}

static void expect_message(const char *what, const char *weights)
{
    char message[512];
    snprintf(message, sizeof message,
             "handnet.mlp%s; %s are saved in %s; try a lower learning rate than %g, clip_norm, or "
             "normalize the data",
             what, weights, options.save, options.lr);
    cr_expect_str_eq(e.text, message);
}

static uint32_t late_step = 2;
static double late_loss = 1, late_bias;

static void spoil_late(uint32_t step)
{
    if (step == late_step) {
        handnet_loss_factor = late_loss;
        handnet_bias_fault = late_bias;
    }
}

/* Nothing good has come of the epoch that is over: its weights are those whose loss shows it. */
Test(fault, goes_back_behind_weights_that_no_step_was_taken_from)
{
    options.quiet = true;
    late_step = 1;
    late_loss = NAN;
    handnet_on_update = spoil_late;
    model.test.format = MLPRT_NO_SOURCE;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    expect_message(": the loss is not finite in epoch 2, step 3", "the initial weights");
    expect_weights_after(0);
}

Test(fault, stops_at_a_loss_that_is_not_finite)
{
    options.quiet = true;
    late_loss = NAN;
    handnet_on_update = spoil_late; /* seen in the next step, whose update is not made */
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    cr_expect_eq(handnet_steps, 3);
    expect_message(": the loss is not finite in epoch 2, step 4", "the weights after step 2");
    expect_weights_after(2);
}

/* The update has used it by then: the last good weights are those of the end of epoch 1. */
Test(fault, stops_at_a_gradient_that_is_not_finite)
{
    options.quiet = true;
    late_bias = -INFINITY;
    handnet_on_update = spoil_late;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    cr_expect_eq(handnet_steps, 4);
    expect_message(":3: the gradient of hidden.bias is not finite in epoch 2, step 4",
                   "the weights after step 2");
    expect_weights_after(2);
}

static void jump_in_step_1(uint32_t step)
{
    handnet_factor = step == 1 ? 1e300 : 1;
}

/* A series that meets it is taken back and repeated step by step: the same is said, the same saved.
 */
Test(fault, stops_in_a_series_where_single_steps_do)
{
    options.quiet = true;
    model.batch = 1;
    model.series = 3;
    handnet_on_update = jump_in_step_1;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    cr_expect_eq(handnet_series_taken, 1);
    cr_expect_eq(handnet_steps, 3 + 2, "the series, and two of its steps again");
    expect_message(":3: hidden.weight is not finite in epoch 1, step 3", "the initial weights");
    expect_weights_after(0);
}

Test(fault, saves_the_initial_weights_where_there_are_no_better_ones)
{
    options.quiet = true;
    handnet_loss_factor = INFINITY;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    expect_message(": the loss is not finite in epoch 1, step 1", "the initial weights");
    expect_weights_after(0);
}

static void jump_in_step_2(uint32_t step)
{
    handnet_factor = step == 2 ? 1e300 : 1;
}

/* Weights spoil in the first step of epoch 2: the next loss shows it, and the last good ones are
 * those of the end of epoch 1. */
Test(fault, goes_back_to_the_last_epoch_where_weights_are_not_finite)
{
    options.quiet = true;
    handnet_on_update = jump_in_step_2;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    cr_expect_eq(handnet_steps, 3);
    expect_message(":3: hidden.weight is not finite in epoch 2, step 4",
                   "the weights after step 2");
    expect_weights_after(2);
}

static void jump_in_step_3(uint32_t step)
{
    handnet_factor = step == 3 ? 1e300 : 1;
}

/* The last step of an epoch: there is no loss to show it. */
Test(fault, looks_at_the_weights_after_each_epoch)
{
    options.quiet = true;
    handnet_on_update = jump_in_step_3;
    model.test.format = MLPRT_NO_SOURCE;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    cr_expect_eq(handnet_steps, 4);
    expect_message(":3: hidden.weight is not finite in epoch 2, step 4",
                   "the weights after step 2");
    expect_weights_after(2);
}

Test(fault, stops_at_a_test_loss_that_is_not_finite)
{
    options.quiet = true;
    late_step = 3;
    late_loss = INFINITY;
    handnet_on_update = spoil_late;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    expect_message(": the loss on the test split is not finite in epoch 2, step 4",
                   "the weights after step 2");
    struct mlprt_bytes weights = saved();
    expect_header(&weights, "\"epochs\":\"1\",\"steps\":\"2\"");
    mlprt_bytes_free(&weights);
}

/* From step 2 on weights go uphill, until the loss is spoiled. */
static void turn_around_in_step_2(uint32_t step)
{
    handnet_factor = step < 2 ? 1 : -1;
    if (step == 6)
        handnet_loss_factor = NAN;
}

/* With a validation split the best weights are kept, whatever comes after them. */
Test(fault, saves_the_best_weights_where_they_are_kept)
{
    options.quiet = true;
    options.epochs = 9;
    model.validation = model.train;
    model.keep_best = true;
    handnet_on_update = turn_around_in_step_2;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    expect_message(": the loss is not finite in epoch 4, step 8", "the weights after step 2");
    expect_weights_after(2);
}

static void jump_and_stop_in_step_2(uint32_t step)
{
    jump_in_step_2(step);
    if (step == 2)
        raise(SIGTERM);
}

/* No checkpoint that could not be gone on from. */
Test(fault, writes_no_checkpoint_of_weights_that_are_not_finite)
{
    options.quiet = true;
    handnet_on_update = jump_and_stop_in_step_2;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    expect_message(":3: hidden.weight is not finite in epoch 2, step 3",
                   "the weights after step 2");
    cr_expect_eq(scratch_count(&scratch), 1);
}
