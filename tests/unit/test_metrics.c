/* Loss, accuracy and root mean square error over batches of known outputs, and how they are
 * written. */
#include "evaluate.h"

#include "handnet.h"
#include "scratch.h"

#include <float.h>

enum { OUTPUTS = 3, STRIDE = 4, SAMPLES = 2 };

/* What a forward pass would leave behind; the last column lies between the rows. Targets are only
 * here where the input is the target. */
static struct {
    float output[SAMPLES][STRIDE], target[SAMPLES][STRIDE], loss[SAMPLES];
} arena = {.output = {{1, 3, 3, 9}, {5, -1, 2, 9}},
           .target = {{1, 1, 3, 0}, {5, -1, 4, 0}},
           .loss = {0.5f, 0.25f}};

static struct mlprt_model model = {.element = MLPRT_F32,
                                   .output_size = OUTPUTS,
                                   .output_offset = offsetof(__typeof__(arena), output),
                                   .target_offset = offsetof(__typeof__(arena), target),
                                   .loss_offset = offsetof(__typeof__(arena), loss),
                                   .output_stride = STRIDE,
                                   .output_block = 1,
                                   .target_stride = STRIDE};

static struct mlprt_session session = {.model = &model, .arena = &arena};

/* The targets as the data has them: samples 0 and 1 of the batch are its rows 1 and 0. */
static double targets[SAMPLES][OUTPUTS] = {{5, -1, 4}, {1, 1, 3}};
static struct mlprt_dataset data = {
    .samples = SAMPLES, .target = {MLPRT_STORED_F64, SAMPLES, OUTPUTS, 2, targets, NULL}};
static const uint32_t order[SAMPLES] = {1, 0};

static void add(struct mlprt_metrics *m, uint32_t first, uint32_t second)
{
    const uint32_t label[SAMPLES] = {first, second};
    const struct mlprt_batch batch = {.label = label, .n = SAMPLES};
    mlprt_metrics_add(m, &session, &data, order, &batch);
}

Test(metrics, count_the_first_of_the_largest_outputs)
{
    struct mlprt_metrics m = {0};

    model.target = MLPRT_CLASS;
    add(&m, 1, 0);
    cr_expect_eq(mlprt_metrics_accuracy(&m), 1);
    add(&m, 2, 1); /* as large as the first, and none of the largest */
    cr_expect_eq(mlprt_metrics_accuracy(&m), 0.5);
    cr_expect_eq(mlprt_metrics_loss(&m), 0.375);
    cr_expect_eq(m.samples, 4);
}

Test(metrics, square_what_numbers_are_off)
{
    struct mlprt_metrics m = {0};

    model.target = MLPRT_NUMBERS;
    add(&m, 0, 0);
    cr_expect_eq(mlprt_metrics_rmse(&m), sqrt((4.0 + 4.0) / 6));
}

/* Outputs are made numbers of the target's own units first: twice those of the arena. */
Test(metrics, are_in_the_targets_own_units)
{
    struct mlprt_metrics m = {0};

    model.target = MLPRT_NUMBERS;
    session.normalizers.target.how = (struct mlprt_normalize){MLPRT_SCALE, 0.5};
    add(&m, 0, 0);
    cr_expect_eq(mlprt_metrics_rmse(&m), sqrt((1.0 + 25 + 9 + 25 + 1 + 0) / 6));
}

/* The last column was constant, 10, in training: that is said, and the error is what it is. */
Test(metrics, know_what_constant_columns_are)
{
    struct mlprt_metrics m = {0};
    float offset[] = {1, 0, 10}, factor[] = {0.5f, 4, 0};

    model.target = MLPRT_NUMBERS;
    session.normalizers.target =
        (struct mlprt_normalizer){{MLPRT_STANDARDIZE, 0}, OUTPUTS, offset, factor};
    add(&m, 0, 0);
    cr_expect_eq(mlprt_metrics_rmse(&m), sqrt((4 + 0.0625 + 49 + 36 + 0.5625 + 36) / 6));
}

/* The same outputs, of both samples side by side. */
Test(metrics, read_outputs_in_columns)
{
    struct mlprt_metrics m = {0};
    const float columns[SAMPLES * STRIDE] = {1, 5, 3, -1, 3, 2, 9, 9};

    memcpy(arena.output, columns, sizeof columns);
    model.output_block = SAMPLES;
    model.output_stride = OUTPUTS;
    model.target = MLPRT_CLASS;
    add(&m, 1, 0);
    cr_expect_eq(mlprt_metrics_accuracy(&m), 1);
    add(&m, 2, 1);
    cr_expect_eq(mlprt_metrics_accuracy(&m), 0.5);
}

Test(metrics, compare_with_the_input_as_the_network_has_it)
{
    struct mlprt_metrics m = {0};

    model.target = MLPRT_NUMBERS;
    data.target.rows = 0;
    add(&m, 0, 0);
    cr_expect_eq(mlprt_metrics_rmse(&m), sqrt((4.0 + 4.0) / 6));
}

Test(metrics, count_outputs_on_the_right_side)
{
    struct mlprt_metrics m = {0};
    const float outputs[SAMPLES][STRIDE] = {{2, -1, 0, 9}, {-3, 1e-9f, 5, 9}};
    const float ones[SAMPLES][STRIDE] = {{1, 0, 1, 0}, {1, 1, 0, 0}};

    memcpy(arena.output, outputs, sizeof outputs);
    memcpy(arena.target, ones, sizeof ones);
    model.target = MLPRT_BINARY;
    add(&m, 0, 0);
    cr_expect_eq(mlprt_metrics_accuracy(&m), 3 / 6.0);
    char text[MLPRT_METRICS_TEXT];
    mlprt_metrics_text(text, &m);
    cr_expect_str_eq(text, "loss 0.3750  accuracy 0.5000");
    mlprt_metrics_json(text, &m);
    cr_expect_str_eq(text, "{\"loss\": 0.375, \"accuracy\": 0.5, \"samples\": 2}");
}

Test(metrics, add_losses_in_order_and_in_double)
{
    arena.loss[0] = 0x1p24f;
    arena.loss[1] = 1; /* lost in a float */
    cr_expect_eq(mlprt_metrics_add_losses(&session, SAMPLES, 0x1p52), 0x1p52 + 0x1p24 + 1);
    cr_expect_eq(mlprt_metrics_add_losses(&session, SAMPLES, 0x1p53), 0x1p53 + 0x1p24);
}

static void written(double value, const char *text)
{
    char number[MLPRT_NUMBER_TEXT];
    mlprt_metrics_number(number, value);
    cr_expect_str_eq(number, text);
}

Test(metrics, are_written_to_be_read)
{
    struct mlprt_metrics m = {.target = MLPRT_CLASS, .samples = 3, .correct = 2, .loss_sum = 1};
    char text[MLPRT_METRICS_TEXT];

    mlprt_metrics_text(text, &m);
    cr_expect_str_eq(text, "loss 0.3333  accuracy 0.6667");
    m = (struct mlprt_metrics){
        .target = MLPRT_NUMBERS, .samples = 2, .outputs = 4, .loss_sum = 3, .square_sum = 9};
    mlprt_metrics_text(text, &m);
    cr_expect_str_eq(text, "loss 1.5000  rmse 1.5000");
    written(0, "0.0000");
    written(0.001, "0.0010");
    written(0.00099, "9.900e-04");
    written(999999, "999999.0000");
    written(1e6, "1.000e+06");
    written(DBL_MAX, "1.798e+308");
    written(INFINITY, "inf");
}

Test(metrics, are_written_to_be_parsed)
{
    struct mlprt_metrics m = {.target = MLPRT_CLASS, .samples = 3, .correct = 2, .loss_sum = 1};
    char text[MLPRT_METRICS_TEXT];

    mlprt_metrics_json(text, &m);
    cr_expect_str_eq(text, "{\"loss\": 0.33333333333333331, \"accuracy\": 0.66666666666666663, "
                           "\"samples\": 3}");
    m = (struct mlprt_metrics){.target = MLPRT_NUMBERS,
                               .samples = 1,
                               .outputs = 1,
                               .loss_sum = NAN,
                               .square_sum = DBL_MAX};
    mlprt_metrics_json(text, &m);
    cr_expect_str_eq(text, "{\"loss\": null, \"rmse\": 1.3407807929942596e+154, \"samples\": 1}");
}

Test(metrics, of_a_split_do_not_depend_on_its_batches)
{
    struct mlprt_model net = handnet_model();
    const struct mlprt_options options = {.seed = 1};
    struct mlprt_error e = {""};
    struct mlprt_session s;
    struct mlprt_splits d;
    struct mlprt_metrics together, apart;

    handnet_dropout = true; /* which only training has */
    cr_assert_eq(mlprt_session_open(&s, &net, &options, &e), MLPRT_OK);
    mlprt_param_initialize(&net, s.arena, 1);
    cr_assert_eq(mlprt_session_load(&s, &d, MLPRT_WANT_TEST, &e), MLPRT_OK, "%s", e.text);
    cr_assert_eq(mlprt_evaluate(&s, &d.test, &together, &e), MLPRT_OK);
    net.batch = 1;
    cr_assert_eq(mlprt_evaluate(&s, &d.test, &apart, &e), MLPRT_OK);
    cr_expect_eq(together.samples, 4);
    cr_expect_eq(apart.samples, 4);
    cr_expect_eq(together.loss_sum, apart.loss_sum);
    cr_expect_eq(together.correct, apart.correct);
    mlprt_splits_free(&d);
    mlprt_session_close(&s);
}
