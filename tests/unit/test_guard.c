/* What is not finite is found, wherever it is, and nothing else. */
#include "guard.h"

#include "handnet.h"

#include <criterion/criterion.h>

#include <float.h>

static struct mlprt_model model;
static struct mlprt_options options;
static struct mlprt_session s;
static struct handnet_arena *arena;
static struct mlprt_fault fault;
static struct mlprt_error e;

static void prepare(void)
{
    model = handnet_model();
    options = (struct mlprt_options){.lr = 0.5, .epochs = 1, .threads = 1, .seed = 1};
    cr_assert_eq(mlprt_session_open(&s, &model, &options, &e), MLPRT_OK, "%s", e.text);
    mlprt_param_initialize(&model, s.arena, 1);
    arena = s.arena;
}

static void clean(void)
{
    mlprt_session_close(&s);
}

TestSuite(guard, .init = prepare, .fini = clean);

static uint32_t two_threads(void)
{
    return 2;
}

static void expect(bool found, const char *what, uint32_t line)
{
    cr_expect(found, "nothing but %s", what);
    cr_expect_str_eq(fault.what, what);
    cr_expect_eq(fault.line, line);
}

Test(guard, knows_the_finite_numbers)
{
    static const double finite[] = {0, -0.0, 1, DBL_MAX, -DBL_MAX, DBL_MIN, 5e-324, 1e38, 1e39};
    for (size_t i = 0; i < sizeof finite / sizeof *finite; i++)
        cr_expect(mlprt_guard_number(finite[i]), "%g", finite[i]);
    cr_expect(!mlprt_guard_number(INFINITY));
    cr_expect(!mlprt_guard_number(-INFINITY));
    cr_expect(!mlprt_guard_number((double)NAN));
    cr_expect(!mlprt_guard_number(-(double)NAN));
}

/* A tensor longer than the blocks of the scan, with one element that is not finite. */
static void find_everywhere(enum mlprt_element element, size_t size)
{
    enum { UNITS = 53 };
    static _Alignas(64) unsigned char memory[64 * sizeof(double)];
    struct mlprt_param p = {
        .name = "w", .rank = 1, .units = UNITS, .depth = 1, .panel = 64, .line = 7};
    static const double values[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};

    model.params = &p;
    model.param_count = 1;
    model.element = element;
    struct mlprt_session small = {.model = &model, .arena = memory};
    for (uint32_t at = 0; at < UNITS; at++)
        for (size_t v = 0; v < 3; v++) {
            for (size_t i = 0; i < UNITS; i++)
                mlprt_arena_set(&model, memory, 0, i, i % 2 ? (double)-FLT_MAX : 1e-45);
            memset(memory + UNITS * size, 0xff, (64 - UNITS) * size); /* padding: NaNs */
            cr_expect(!mlprt_guard_weights(&small, &fault));
            mlprt_arena_set(&model, memory, 0, at, values[v]);
            expect(mlprt_guard_weights(&small, &fault), "w", 7);
            memset(memory + UNITS * size, 0, (64 - UNITS) * size);
            expect(mlprt_guard_weights(&small, &fault), "w", 7);
        }
}

Test(guard, finds_one_element_among_many)
{
    find_everywhere(MLPRT_F32, sizeof(float));
    find_everywhere(MLPRT_F64, sizeof(double));
}

Test(guard, names_the_first_weights)
{
    cr_expect(!mlprt_guard_weights(&s, &fault));
    arena->w2[0][1][1] = arena->b1[1][0] = INFINITY;
    expect(mlprt_guard_weights(&s, &fault), "hidden.bias", 3);
}

static void note(size_t thread, size_t param, unsigned lane)
{
    const size_t block = thread * model.param_count + param;
    ((handnet_real *)s.fault)[block * MLPRT_LANES + lane] = (handnet_real)NAN;
}

Test(guard, names_the_last_gradient_that_was_noted)
{
    mlprt_session_close(&s);
    model.threads = two_threads;
    options.threads = 2;
    cr_assert_eq(mlprt_session_open(&s, &model, &options, &e), MLPRT_OK, "%s", e.text);
    arena = s.arena;
    memset(s.arena, 0, model.arena_size);
    arena->w1[0][1][1] = arena->w2[0][0][1] = arena->b2[0][0] = INFINITY;
    cr_expect(!mlprt_guard_gradients(&s, &fault));
    note(0, 0, 0);
    note(1, 2, MLPRT_LANES - 1);
    expect(mlprt_guard_gradients(&s, &fault), "the gradient of output.weight", 4);
    cr_expect(!mlprt_guard_gradients(&s, &fault), "said once");
    note(1, 0, 3);
    expect(mlprt_guard_gradients(&s, &fault), "the gradient of hidden.weight", 3);
}

Test(guard, does_not_mind_what_padding_takes)
{
    note(0, 0, 0);
    cr_expect(!mlprt_guard_gradients(&s, &fault), "all weights are finite");
}

static uint32_t batch_size = 3;

/* Samples 2, 0 and 3 of xor, evaluated in training with seed 3. */
static void trace(double w1, double w2)
{
    static const uint32_t index[] = {2, 0, 3};
    struct mlprt_splits data;

    arena->w1[0][0][0] = (handnet_real)w1;
    arena->w2[0][0][0] = (handnet_real)w2;
    fault = (struct mlprt_fault){0};
    cr_assert_eq(mlprt_session_load(&s, &data, MLPRT_WANT_TRAIN, &e), MLPRT_OK, "%s", e.text);
    struct mlprt_batch batch = mlprt_session_batch(&s, &data.train, index, batch_size, 0, true);
    batch.seed = 3;
    memset(arena->input, 0xff, sizeof arena->input); /* may be gone after the backward pass */
    mlprt_guard_trace(&s, &data.train, index, &batch, &fault);
    mlprt_splits_free(&data);
}

Test(guard, traces_the_first_layer)
{
    handnet_relu = true;
    trace(INFINITY, 1);
    expect(true, "the output of hidden (dense)", 3);
    trace(1, INFINITY);
    expect(true, "the output of output (dense)", 4);
    handnet_loss_factor = NAN;
    trace(1, 1);
    expect(true, "the loss", 0);
}

/* Outputs of three samples side by side, of which the others' are not computed. */
static void evaluate_in_columns(const struct mlprt_batch *b)
{
    handnet_real *output = &arena->output[0][0];

    handnet_plain.evaluate(b);
    output[HANDNET_BATCH] = output[1];
    for (int i = 1; i < HANDNET_BATCH; i++)
        output[i] = output[HANDNET_BATCH + i] = (handnet_real)NAN;
}

Test(guard, traces_a_layer_in_columns)
{
    struct mlprt_layer layers[3];
    struct mlprt_path path = handnet_plain;

    memcpy(layers, handnet_layers, sizeof layers);
    layers[2].value_block = HANDNET_BATCH;
    model.layers = layers;
    path.evaluate = evaluate_in_columns;
    s.path = &path;
    handnet_relu = true;
    handnet_loss_factor = NAN;
    trace(1, 1);
    expect(true, "the loss", 0);
    arena->w2[0][0][1] = INFINITY;
    trace(1, 1);
    expect(true, "the output of output (dense)", 4);
}

/* The first unit of the first sample is dropped in training by seed 3, but not by the options' 1.
 */
Test(guard, traces_with_the_masks_of_training)
{
    handnet_relu = handnet_dropout = true;
    batch_size = 1;
    trace(INFINITY, 1);
    expect(true, "the loss", 0);
}

Test(guard, traces_the_samples)
{
    static const double rows[] = {0, 0, 0, 0, 1, 1, 1, NAN, 1, 1, 1, 0};
    model.train.rows = rows;
    trace(1, 1);
    expect(true, "the input of sample 2 (counted from 0)", 0);
}

Test(guard, traces_numeric_targets)
{
    static const double rows[] = {0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, (double)INFINITY};
    model.train =
        (struct mlprt_source){.format = MLPRT_TABLE, .rows = rows, .row_count = 4, .row_length = 4};
    model.target = MLPRT_NUMBERS;
    model.target_offset = offsetof(struct handnet_arena, dw1);
    model.target_stride = 2;
    trace(1, 1);
    expect(true, "the target of sample 3 (counted from 0)", 0);
}

/* Only the second mini-batch has the sample whose output is not finite. */
Test(guard, traces_a_split)
{
    struct mlprt_splits data;

    handnet_relu = true;
    arena->w1[0][0][0] = arena->w1[0][1][0] = 5;
    arena->b1[0][0] = -7; /* above zero, 3, for the last sample only, [1, 1] */
    arena->w2[0][0][0] = 3e38F;
    cr_assert_eq(mlprt_session_load(&s, &data, MLPRT_WANT_TRAIN, &e), MLPRT_OK);
    cr_expect_eq(mlprt_guard_split(&s, &data.train, NULL, &fault, &e), MLPRT_OK);
    expect(true, "the output of output (dense)", 4);
    mlprt_splits_free(&data);
}
