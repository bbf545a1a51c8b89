/* Properties: what the mathematics says must hold, held against the reference evaluator
 * (docs/numerics.md). None of them needs to know a network's numbers. */
#include "lowered.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 5, INPUTS = 3, OUTPUTS = 4 };

static const uint32_t labels[SAMPLES] = {0, 2, 1, 3, 0};

/* A network in training, its samples and targets in place. */
struct net {
    struct program p;
    struct ir *ir;
    struct ir_eval ev;
};

static void put_sample(struct net *n, uint32_t row, uint32_t sample)
{
    for (uint32_t j = 0; j < ir_at(n->ir, n->ir->input)->units; j++)
        *ev_at(&n->ev, n->ir->input, row, j) = (int)((sample * 7 + j * 5) % 11 - 5) / 4.0;
    const struct tensor *target = ir_at(n->ir, n->ir->target);
    for (uint32_t j = 0; target->role == ROLE_TARGET && j < target->units; j++)
        *ev_at(&n->ev, n->ir->target, row, j) = (int)((sample * 3 + j * 4) % 5 - 2) / 2.0;
}

static void net_open_with(struct net *n, bool f64, const char *model, const char *optimizer)
{
    char text[1024];
    snprintf(text, sizeof text,
             "model net { %s }\n"
             "data { train = idx(\"x\", \"y\"); }\n"
             "train { optimizer = %s; batch = %d; epochs = 1; }\n",
             model, optimizer, SAMPLES);
    n->ir = ir_of(&n->p, text, PRUNE, UNROLL_AUTO);
    ir_eval_init(&n->ev, &n->p.arena, n->ir, f64);
    fill_params(&n->ev);
    n->ev.n = SAMPLES;
    n->ev.label = labels;
    n->ev.training = true;
    n->ev.lr = 0.25;
    for (uint32_t r = 0; r < SAMPLES; r++)
        put_sample(n, r, r);
}

static void net_open(struct net *n, bool f64, const char *model)
{
    net_open_with(n, f64, model, "sgd(lr = 0.25)");
}

static void net_close(struct net *n)
{
    program_close(&n->p);
}

static double *param_of(const struct net *n, size_t which)
{
    return n->ev.value[n->ir->params.at[which].value];
}

static const double *gradient_of(const struct net *n, size_t which)
{
    return n->ev.value[n->ir->params.at[which].grad];
}

static size_t param_size(const struct net *n, size_t which)
{
    return size_of(ir_at(n->ir, n->ir->params.at[which].value));
}

static double output_at(const struct net *n, uint32_t row, uint32_t unit)
{
    return *ev_at(&n->ev, n->ir->output, row, unit);
}

/* What one unit with that activation makes of x. */
static double activated(bool f64, const char *activation, double x)
{
    char model[256];
    struct net n;
    snprintf(model, sizeof model, "input = 1; loss = mse; dense(1, bias = false); %s;", activation);
    net_open(&n, f64, model);
    *param_of(&n, 0) = 1;
    *ev_at(&n.ev, n.ir->input, 0, 0) = x;
    ir_eval_run(&n.ev, SECTION_FORWARD, SECTION_FORWARD);
    const double y = output_at(&n, 0, 0);
    net_close(&n);
    return y;
}

/* Of values up to 2; both functions are within 3 ULP, those of 2σ being twice as large. */
Test(properties, tanh_is_a_sigmoid_of_twice_the_width)
{
    for (int i = -96; i <= 96; i++) {
        const double x = i / 8.0;
        cr_expect_float_eq(activated(true, "tanh", x) + 1, 2 * activated(true, "sigmoid", 2 * x),
                           0x1p-51, "at %g", x);
        cr_expect_float_eq(activated(false, "tanh", x) + 1, 2 * activated(false, "sigmoid", 2 * x),
                           9 * 0x1p-24, "at %g, in float", x);
    }
}

enum { LINE_POINTS = 16000 };

/* The network's first output along a straight line through its inputs. */
static void walk(struct net *n, double y[LINE_POINTS])
{
    static const double from[INPUTS] = {-2, 3, -1.5}, direction[INPUTS] = {1, -1.25, 0.5};
    for (size_t i = 0; i < LINE_POINTS; i++) {
        for (uint32_t j = 0; j < INPUTS; j++)
            *ev_at(&n->ev, n->ir->input, 0, j) = from[j] + (double)i / 4096 * direction[j];
        ir_eval_run(&n->ev, SECTION_FORWARD, SECTION_FORWARD);
        y[i] = output_at(n, 0, 0);
    }
}

/* How far a point is from the straight line through its neighbours, if not by rounding. */
static double bend_at(const double y[LINE_POINTS], size_t i)
{
    const double bend = y[i - 1] - 2 * y[i] + y[i + 1];
    return fabs(bend) > 1e-12 ? bend : 0;
}

/* Along a line a unit of the first layer bends once, and one of the second once between any two
 * bends of the first. A bend between two points is seen from both, to the same side; a jump would
 * be seen as a bend to one side and back. */
Test(properties, relu_and_prelu_make_piecewise_linear_continuous_networks)
{
    enum { FIRST = 5, SECOND = 4, MOST = FIRST + SECOND * (FIRST + 1) };
    static const char *const kinds[] = {"relu", "prelu", "leaky_relu(slope = 0.5)"};
    static double y[LINE_POINTS];
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        char model[256];
        struct net n;
        snprintf(model, sizeof model,
                 "input = %d; loss = mse; dense(%d); %s; dense(%d); %s; dense(1);", INPUTS, FIRST,
                 kinds[k], SECOND, kinds[k]);
        net_open(&n, true, model);
        walk(&n, y);
        size_t bends = 0;
        for (size_t i = 1; i + 2 < LINE_POINTS; i++) {
            bends += bend_at(y, i) != 0;
            cr_expect_geq(bend_at(y, i) * bend_at(y, i + 1), 0, "%s: a jump", kinds[k]);
        }
        cr_expect(bends > 2 && bends <= 2 * MOST, "%s: %zu bends", kinds[k], bends);
        net_close(&n);
    }
}

/* out [depth, units] = a·b + start, a [depth, inner]; start [units] or NULL. */
static void multiply(double *out, const double *a, const double *b, const double *start,
                     size_t depth, size_t inner, size_t units)
{
    for (size_t i = 0; i < depth; i++)
        for (size_t j = 0; j < units; j++) {
            double sum = start ? start[j] : 0;
            for (size_t k = 0; k < inner; k++)
                sum += a[i * inner + k] * b[k * units + j];
            out[i * units + j] = sum;
        }
}

Test(properties, dense_after_dense_is_one_dense)
{
    enum { INNER = 6 };
    struct net two, one;
    net_open(&two, true, "input = 3; loss = mse; dense(6); identity; dense(4);");
    net_open(&one, true, "input = 3; loss = mse; dense(4);");
    multiply(param_of(&one, 0), param_of(&two, 0), param_of(&two, 2), NULL, INPUTS, INNER, OUTPUTS);
    multiply(param_of(&one, 1), param_of(&two, 1), param_of(&two, 2), param_of(&two, 3), 1, INNER,
             OUTPUTS);
    ir_eval_run(&two.ev, SECTION_FORWARD, SECTION_FORWARD);
    ir_eval_run(&one.ev, SECTION_FORWARD, SECTION_FORWARD);
    for (uint32_t r = 0; r < SAMPLES; r++)
        for (uint32_t j = 0; j < OUTPUTS; j++)
            cr_expect_float_eq(output_at(&two, r, j), output_at(&one, r, j), 1e-14);
    net_close(&two);
    net_close(&one);
}

/* Scores made of the inputs alone, to which the biases add a constant. */
static const double *softmax_of(struct net *n, double constant)
{
    for (size_t j = 0; j < OUTPUTS; j++)
        param_of(n, 1)[j] = constant;
    ir_eval_run(&n->ev, SECTION_FORWARD, SECTION_LOSS);
    return n->ev.value[op_of(n->ir, OP_SOFTMAX_CROSS_ENTROPY, 0)->out[1]];
}

/* In float; inputs are quarters and weights become eighths, so that adding the constant is exact
 * and softmax, which subtracts the largest score first, has to give the same bits. */
Test(properties, softmax_rows_sum_to_1_and_do_not_see_a_constant)
{
    static const double constants[] = {1, -3.5, 4096, -10000};
    double before[SAMPLES * OUTPUTS];
    struct net n;
    net_open(&n, false, "input = 3; loss = softmax_cross_entropy; dense(4);");
    for (size_t k = 0; k < param_size(&n, 0); k++)
        param_of(&n, 0)[k] = round(param_of(&n, 0)[k] * 8) / 8;
    memcpy(before, softmax_of(&n, 0), sizeof before);
    for (size_t r = 0; r < SAMPLES; r++) {
        double sum = 0;
        for (size_t j = 0; j < OUTPUTS; j++)
            sum += before[r * OUTPUTS + j];
        cr_expect_float_eq(sum, 1, OUTPUTS * 0x1p-24);
    }
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        cr_expect_arr_eq(softmax_of(&n, constants[i]), before, sizeof before, "%g", constants[i]);
    net_close(&n);
}

/* Both have the same parameters, gradients and, after `steps` steps, weights: bit for bit, in
 * float. */
static bool same_training(struct net *a, struct net *b, int steps)
{
    bool same = a->ir->params.len == b->ir->params.len;
    for (int step = 0; step < steps; step++) {
        a->ev.step = b->ev.step = (uint32_t)step;
        ir_eval_run(&a->ev, SECTION_FORWARD, SECTION_UPDATE);
        ir_eval_run(&b->ev, SECTION_FORWARD, SECTION_UPDATE);
    }
    for (size_t i = 0; same && i < a->ir->params.len; i++) {
        const size_t size = param_size(a, i) * sizeof(double);
        same = size == param_size(b, i) * sizeof(double) &&
               memcmp(param_of(a, i), param_of(b, i), size) == 0 &&
               memcmp(gradient_of(a, i), gradient_of(b, i), size) == 0;
    }
    return same;
}

Test(properties, dropout_of_nothing_is_no_dropout)
{
    static const char *const modes[] = {"inverted", "classic"};
    for (size_t i = 0; i < 2; i++)
        for (int some = 0; some < 2; some++) {
            char model[256];
            struct net with, without;
            snprintf(model, sizeof model,
                     "input = 3; loss = softmax_cross_entropy; dense(9); tanh; "
                     "dropout(%s, mode = %s); dense(4);",
                     some ? "0.25" : "0", modes[i]);
            net_open(&with, false, model);
            net_open(&without, false,
                     "input = 3; loss = softmax_cross_entropy; dense(9); tanh; dense(4);");
            cr_expect_eq(same_training(&with, &without, 3), !some, "%s", model);
            net_close(&with);
            net_close(&without);
        }
}

/* Of each optimizer: λ = 0, one that is too small to change anything, and one that does. */
Test(properties, decay_by_nothing_is_no_decay)
{
    static const char *const optimizers[][2] = {
        {"sgd(lr = 0.25, momentum = 0.5", "sgd(lr = 0.25, momentum = 0.5"},
        {"sgd(lr = 0.25, momentum = 0.5, nesterov = true",
         "sgd(lr = 0.25, momentum = 0.5, nesterov = true"},
        {"adam(lr = 0.25", "adam(lr = 0.25"},
        {"adamw(lr = 0.25", "adam(lr = 0.25"},
        {"rmsprop(lr = 0.25", "rmsprop(lr = 0.25"},
    };
    static const char *const decays[] = {"0", "1e-30", "0.125"};
    static const char *const model = "input = 3; loss = huber; dense(6); tanh; dense(4);";
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++)
        for (size_t d = 0; d < 3; d++) {
            char decaying[128], plain[128];
            struct net with, without;
            snprintf(decaying, sizeof decaying, "%s, weight_decay = %s, decay_bias = true)",
                     optimizers[i][0], decays[d]);
            snprintf(plain, sizeof plain, "%s)", optimizers[i][1]);
            net_open_with(&with, false, model, decaying);
            net_open_with(&without, false, model, plain);
            cr_expect_eq(same_training(&with, &without, 3), d < 2, "%s", decaying);
            net_close(&with);
            net_close(&without);
        }
}

/* Adds the gradients of each sample by itself to sum, which has room for those of all parameters.
 */
static void add_single_gradients(const char *model, double *sum)
{
    struct net n;
    net_open(&n, true, model);
    n.ev.n = 1;
    for (uint32_t sample = 0; sample < SAMPLES; sample++) {
        n.ev.label = &labels[sample];
        put_sample(&n, 0, sample);
        ir_eval_run(&n.ev, SECTION_FORWARD, SECTION_BACKWARD);
        for (size_t i = 0, at = 0; i < n.ir->params.len; i++)
            for (size_t k = 0; k < param_size(&n, i); k++)
                sum[at++] += gradient_of(&n, i)[k];
    }
    net_close(&n);
}

/* Gradients are sums over the batch: the division by its size comes with the update. */
Test(properties, the_gradient_of_a_batch_is_the_mean_of_its_samples)
{
    static const char *const losses[] = {
        "softmax_cross_entropy", "sigmoid_cross_entropy", "half_squared", "mse", "mae", "huber"};
    for (size_t l = 0; l < sizeof losses / sizeof *losses; l++) {
        char model[256];
        double sum[128] = {0};
        struct net n;
        snprintf(model, sizeof model,
                 "input = 3; loss = %s; dense(6); prelu; dense(5); gelu; dense(4);", losses[l]);
        add_single_gradients(model, sum);
        net_open(&n, true, model);
        ir_eval_run(&n.ev, SECTION_FORWARD, SECTION_BACKWARD);
        size_t at = 0;
        for (size_t i = 0; i < n.ir->params.len; i++)
            for (size_t k = 0; k < param_size(&n, i); k++, at++)
                cr_expect_float_eq(gradient_of(&n, i)[k], sum[at], 1e-13, "%s", losses[l]);
        cr_expect_leq(at, sizeof sum / sizeof *sum);
        net_close(&n);
    }
}
