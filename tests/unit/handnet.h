/* A network written by hand as mlpgen would write it: 2-3-2, tanh or relu, softmax cross-entropy,
 * plain gradient descent, trained on the truth table of xor. Define HANDNET_F64 for doubles.
 * What a test may turn are the handnet_… variables. */
#ifndef HANDNET_H
#define HANDNET_H

#include "mlprt.h"
#include "param.h"

#include <math.h>
#include <string.h>

#ifdef HANDNET_F64
typedef double handnet_real;
#else
typedef float handnet_real;
#endif

enum { HANDNET_IN = 2, HANDNET_HIDDEN = 3, HANDNET_OUT = 2, HANDNET_BATCH = 3, HANDNET_PANEL = 2 };

static bool handnet_relu;              /* instead of tanh */
static bool handnet_dropout;           /* of hidden units in training */
static double handnet_fault = 1;       /* factor of the gradient of hidden.weight[1,0] */
static double handnet_bias_fault;      /* added to that of hidden.bias[0] */
static double handnet_sure;            /* added to the output of a sample's class */
static double handnet_loss_factor = 1; /* NAN: a loss that is not finite */
static double handnet_factor = 1;      /* of the steps that weights take */
static uint32_t handnet_steps, handnet_series_taken; /* calls of update and series so far */
static void (*handnet_on_update)(uint32_t step);     /* called before every update */

struct handnet_arena {
    _Alignas(MLPRT_ALIGN) handnet_real input[HANDNET_BATCH][HANDNET_IN];
    handnet_real hidden[HANDNET_BATCH][HANDNET_HIDDEN], output[HANDNET_BATCH][HANDNET_OUT];
    handnet_real loss[HANDNET_BATCH];
    handnet_real w1[2][HANDNET_IN][HANDNET_PANEL], b1[2][HANDNET_PANEL]; /* [panel][k][unit] */
    handnet_real w2[1][HANDNET_HIDDEN][HANDNET_PANEL], b2[1][HANDNET_PANEL];
    handnet_real dw1[2][HANDNET_IN][HANDNET_PANEL], db1[2][HANDNET_PANEL];
    handnet_real dw2[1][HANDNET_HIDDEN][HANDNET_PANEL], db2[1][HANDNET_PANEL];
};

static bool handnet_dropped(const struct mlprt_batch *b, uint32_t sample, uint32_t unit)
{
    return handnet_dropout && b->training && (sample + unit + b->step + b->seed) % 3 == 0;
}

static double handnet_log_sum_exp(const handnet_real z[HANDNET_OUT])
{
    const double largest = fmax((double)z[0], (double)z[1]);
    return largest + log(exp((double)z[0] - largest) + exp((double)z[1] - largest));
}

static void handnet_evaluate(const struct mlprt_batch *b)
{
    struct handnet_arena *a = b->arena;
    b->load(b, 0, b->n, 0);
    for (uint32_t i = 0; i < b->n; i++) {
        for (uint32_t j = 0; j < HANDNET_HIDDEN; j++) {
            double z = (double)a->b1[j / 2][j % 2];
            for (int k = 0; k < HANDNET_IN; k++)
                z += (double)a->w1[j / 2][k][j % 2] * (double)a->input[i][k];
            const double y = handnet_relu ? (z > 0 ? z : 0) : tanh(z);
            a->hidden[i][j] = (handnet_real)(handnet_dropped(b, i, j) ? 0 : y);
        }
        for (int j = 0; j < HANDNET_OUT; j++) {
            double z = (double)a->b2[0][j] + (j == (int)b->label[i] ? handnet_sure : 0);
            for (int k = 0; k < HANDNET_HIDDEN; k++)
                z += (double)a->w2[0][k][j] * (double)a->hidden[i][k];
            a->output[i][j] = (handnet_real)z;
        }
        const double loss = handnet_log_sum_exp(a->output[i]) - (double)a->output[i][b->label[i]];
        a->loss[i] = (handnet_real)(handnet_loss_factor * loss);
    }
}

static void handnet_nothing(const struct mlprt_batch *b)
{
    (void)b;
}

/* With the gradients, while it is at it. */
static void handnet_backward(const struct mlprt_batch *b)
{
    struct handnet_arena *a = b->arena;
    handnet_evaluate(b);
    memset(a->dw1, 0, sizeof a->dw1 + sizeof a->db1 + sizeof a->dw2 + sizeof a->db2);
    for (uint32_t i = 0; i < b->n; i++) {
        double p[HANDNET_OUT], sum = 0;
        for (int j = 0; j < HANDNET_OUT; j++)
            sum += p[j] = exp((double)a->output[i][j]);
        for (uint32_t j = 0; j < HANDNET_OUT; j++) {
            p[j] = p[j] / sum - (j == b->label[i]);
            a->db2[0][j] += (handnet_real)p[j];
            for (int k = 0; k < HANDNET_HIDDEN; k++)
                a->dw2[0][k][j] += (handnet_real)(p[j] * (double)a->hidden[i][k]);
        }
        for (uint32_t k = 0; k < HANDNET_HIDDEN; k++) {
            const double y = (double)a->hidden[i][k];
            const double slope = handnet_relu ? y > 0 : 1 - y * y;
            double d = 0;
            for (int j = 0; j < HANDNET_OUT; j++)
                d += p[j] * (double)a->w2[0][k][j];
            d *= handnet_dropped(b, i, k) ? 0 : slope;
            a->db1[k / 2][k % 2] += (handnet_real)d;
            for (int m = 0; m < HANDNET_IN; m++)
                a->dw1[k / 2][m][k % 2] += (handnet_real)(d * (double)a->input[i][m]);
        }
    }
    a->dw1[0][0][1] *= (handnet_real)handnet_fault;
    a->db1[0][0] += (handnet_real)handnet_bias_fault;
}

/* w - lr · g / n for `count` elements of a parameter. */
static void handnet_step(const struct mlprt_batch *b, size_t param, handnet_real *w,
                         const handnet_real *g, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        w[i] -= (handnet_real)(b->lr * handnet_factor * (double)g[i] / b->n);
        if (!isfinite((double)g[i]))
            ((handnet_real *)b->fault)[param * MLPRT_LANES] = (handnet_real)NAN;
    }
}

static void handnet_update(const struct mlprt_batch *b)
{
    struct handnet_arena *a = b->arena;
    handnet_steps++;
    if (handnet_on_update)
        handnet_on_update(b->step);
    handnet_step(b, 0, &a->w1[0][0][0], &a->dw1[0][0][0], sizeof a->w1 / sizeof(handnet_real));
    handnet_step(b, 1, &a->b1[0][0], &a->db1[0][0], sizeof a->b1 / sizeof(handnet_real));
    handnet_step(b, 2, &a->w2[0][0][0], &a->dw2[0][0][0], sizeof a->w2 / sizeof(handnet_real));
    handnet_step(b, 3, &a->b2[0][0], &a->db2[0][0], sizeof a->b2 / sizeof(handnet_real));
}

static bool handnet_always(void)
{
    return true;
}

static bool handnet_never(void)
{
    return false;
}

/* Where samples are there already. */
static void handnet_loaded(const struct mlprt_batch *b, size_t first, size_t last, size_t row)
{
    (void)b, (void)first, (void)last, (void)row;
}

static void handnet_series(const struct mlprt_batch *series)
{
    struct handnet_arena *a = series->arena;
    handnet_real losses[HANDNET_BATCH];
    struct mlprt_batch one = *series;

    handnet_series_taken++;
    one.load = handnet_loaded;
    for (uint32_t i = 0; i < series->steps; i++) {
        one.lr = series->rates[i];
        one.step = series->step + i;
        one.label = series->label + (size_t)i * series->n;
        series->load(series, (size_t)i * series->n, (size_t)(i + 1) * series->n, 0);
        handnet_backward(&one);
        handnet_update(&one);
        memcpy(losses + i * series->n, a->loss, series->n * sizeof *losses);
    }
    memcpy(a->loss, losses, series->steps * series->n * sizeof *losses);
}

#define HANDNET_PATH(name_, usable_)                                                               \
    {                                                                                              \
        .name = name_, .usable = usable_, .evaluate = handnet_evaluate,                            \
        .prepare = handnet_nothing, .backward = handnet_backward, .gradient = handnet_nothing,     \
        .update = handnet_update, .series = handnet_series                                         \
    }
static const struct mlprt_path handnet_fancy = HANDNET_PATH("fancy", handnet_never),
                               handnet_plain = HANDNET_PATH("plain", handnet_always),
                               handnet_other = HANDNET_PATH("other", handnet_always);
#undef HANDNET_PATH
static const struct mlprt_path *const handnet_paths[] = {&handnet_fancy, &handnet_plain,
                                                         &handnet_other};

static const struct mlprt_param handnet_params[] = {
    {.name = "hidden.weight",
     .rank = 2,
     .units = 3,
     .depth = 2,
     .panel = HANDNET_PANEL,
     .offset = offsetof(struct handnet_arena, w1),
     .grad_offset = offsetof(struct handnet_arena, dw1),
     .line = 3,
     .stream = 0,
     .init = MLPRT_UNIFORM,
     .a = -1,
     .b = 1},
    {.name = "hidden.bias",
     .rank = 1,
     .units = 3,
     .depth = 1,
     .panel = HANDNET_PANEL,
     .offset = offsetof(struct handnet_arena, b1),
     .grad_offset = offsetof(struct handnet_arena, db1),
     .line = 3,
     .stream = 1,
     .init = MLPRT_CONSTANT},
    {.name = "output.weight",
     .rank = 2,
     .units = 2,
     .depth = 3,
     .panel = HANDNET_PANEL,
     .offset = offsetof(struct handnet_arena, w2),
     .grad_offset = offsetof(struct handnet_arena, dw2),
     .line = 4,
     .stream = 2,
     .init = MLPRT_NORMAL,
     .b = 1},
    {.name = "output.bias",
     .rank = 1,
     .units = 2,
     .depth = 1,
     .panel = HANDNET_PANEL,
     .offset = offsetof(struct handnet_arena, b2),
     .grad_offset = offsetof(struct handnet_arena, db2),
     .line = 4,
     .stream = 3,
     .init = MLPRT_CONSTANT},
};

static const struct mlprt_layer handnet_layers[] = {
    {"hidden", "dense", 2, 3, 3, offsetof(struct handnet_arena, hidden), HANDNET_HIDDEN, 1},
    {"tanh1", "tanh", 3, 3, 3, 0, 0, 0},
    {"output", "dense", 3, 2, 4, offsetof(struct handnet_arena, output), HANDNET_OUT, 1},
};

static const double handnet_rows[] = {0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0};

static const char *const handnet_program[] = {"mlp 1;", "model handnet {", "}", NULL};

/* xor as the training split, and as the test split too. */
static struct mlprt_model handnet_model(void)
{
    const struct mlprt_source xor
        = {.format = MLPRT_TABLE, .rows = handnet_rows, .row_count = 4, .row_length = 3};
    return (struct mlprt_model){
        .abi = MLPRT_ABI,
        .name = "handnet",
        .file = "handnet.mlp",
        .compiler = "hand 1",
        .hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        .program = handnet_program,
        .element = sizeof(handnet_real) == sizeof(double) ? MLPRT_F64 : MLPRT_F32,
        .input_size = HANDNET_IN,
        .output_size = HANDNET_OUT,
        .batch = HANDNET_BATCH,
        .target = MLPRT_CLASS,
        .layers = handnet_layers,
        .layer_count = 3,
        .params = handnet_params,
        .param_count = 4,
        .paths = handnet_paths,
        .path_count = 3,
        .arena_size = sizeof(struct handnet_arena),
        .input_offset = offsetof(struct handnet_arena, input),
        .output_offset = offsetof(struct handnet_arena, output),
        .loss_offset = offsetof(struct handnet_arena, loss),
        .input_stride = HANDNET_IN,
        .output_stride = HANDNET_OUT,
        .output_block = 1,
        .train = xor,
        .test = xor,
        .lr = 0.5,
        .epochs = 3,
        .seed = 1,
        .shuffle = true};
}

#endif
