/* The reference evaluator: gradients, steps, dropout, and that no pass changes a bit. */
#include "lowered.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static const double samples[3][3] = {{0.5, -1, 2}, {1, 0.25, -0.75}, {-2, 1, 0.5}};
static const uint32_t labels[3] = {0, 1, 0};

static void fill(struct ir_eval *ev, const struct ir *ir)
{
    fill_params(ev);
    for (uint32_t r = 0; r < ir->batch; r++)
        for (uint32_t j = 0; j < 3; j++)
            *ev_at(ev, ir->input, r, j) = samples[r][j];
    if (ir_at(ir, ir->target)->role == ROLE_TARGET)
        for (uint32_t r = 0; r < ir->batch; r++)
            for (uint32_t j = 0; j < ir_at(ir, ir->target)->units; j++)
                *ev_at(ev, ir->target, r, j) = 0.3 * r - 0.2 * j;
    ev->label = labels;
    ev->n = ir->batch;
    ev->training = true;
    ev->seed = 7;
    ev->lr = 0.25;
}

static double loss_of(struct ir_eval *ev)
{
    double sum = 0;
    ir_eval_run(ev, SECTION_FORWARD, SECTION_LOSS);
    for (uint32_t r = 0; r < ev->n; r++)
        sum += *ev_at(ev, ev->ir->loss, r, 0);
    return sum;
}

/* Every gradient of the model against central differences, in double. */
static void expect_gradients(const char *text)
{
    const double h = 1e-6;
    struct program p;
    struct ir_eval ev;
    struct ir *ir = ir_of(&p, text, PRUNE, UNROLL_AUTO);
    ir_eval_init(&ev, &p.arena, ir, true);
    fill(&ev, ir);
    ir_eval_run(&ev, SECTION_FORWARD, SECTION_BACKWARD);
    for (size_t i = 0; i < ir->params.len; i++) {
        const struct param *param = &ir->params.at[i];
        const struct tensor *t = ir_at(ir, param->value);
        double largest = 0;
        for (size_t k = 0; k < size_of(t); k++) {
            double *w = &ev.value[param->value][k], at = *w;
            const double analytic = ev.value[param->grad][k];
            *w = at + h;
            const double above = loss_of(&ev);
            *w = at - h;
            const double below = loss_of(&ev);
            *w = at;
            const double numeric = (above - below) / (2 * h);
            cr_expect(fabs(analytic - numeric) <= 1e-7 * (1 + fabs(numeric)),
                      "%s[%zu]: %.12g, differences say %.12g\n%s", param->key, k, analytic, numeric,
                      text);
            largest = fmax(largest, fabs(analytic));
        }
        cr_expect_gt(largest, 0, "%s has no gradient at all\n%s", param->key, text);
    }
    program_close(&p);
}

Test(ir_eval, gradients_of_every_combination)
{
    static const char *const activations[] = {"", "relu;", "sigmoid;", "tanh;"};
    static const char *const dropouts[] = {"", "dropout(0.4);", "dropout(0.4, mode = classic);"};
    static const char *const losses[] = {"softmax_cross_entropy", "half_squared"};
    static const char *const rows[] = {"[0.5, -1, 2, 0], [1, 0.25, -0.75, 1]",
                                       "[0.5, -1, 2, 0, 1], [1, 0.25, -0.75, 1, 0]"};
    for (size_t a = 0; a < 4; a++)
        for (size_t d = 0; d < 3; d++)
            for (size_t l = 0; l < 2; l++)
                for (size_t last = 0; last < 2; last++) {
                    char text[1024];
                    snprintf(text, sizeof text,
                             "model net { input = 3; loss = %s; dense(5); %s %s dense(4); %s %s "
                             "dense(2); %s }\n"
                             "data { train = table(%s); }\n"
                             "train { optimizer = sgd(lr = 0.1); batch = 3; epochs = 1; }\n",
                             losses[l], activations[a], dropouts[d], activations[a], dropouts[d],
                             last ? activations[a] : "", rows[l]);
                    expect_gradients(text);
                }
}

/* Fusing and scheduling change no bit of what the evaluator computes. */
Test(ir_eval, passes_keep_the_bits)
{
    static const char *const text = NET("dense(7); relu; dropout(0.3); dense(5); tanh;");
    struct program before, after;
    struct ir_eval naive, scheduled;
    struct ir *a = ir_of(&before, text, PRUNE, UNROLL_AUTO);
    struct ir *b = ir_of(&after, text, MEMORY, UNROLL_NEVER);
    ir_eval_init(&naive, &before.arena, a, false);
    ir_eval_init(&scheduled, &after.arena, b, false);
    fill(&naive, a);
    fill(&scheduled, b);
    for (int step = 0; step < 3; step++) {
        ir_eval_run(&naive, SECTION_FORWARD, SECTION_UPDATE);
        ir_eval_run(&scheduled, SECTION_FORWARD, SECTION_UPDATE);
    }
    for (size_t i = 0; i < a->params.len; i++) {
        const struct tensor *t = ir_at(a, a->params.at[i].value);
        cr_expect_arr_eq(naive.value[a->params.at[i].value], scheduled.value[b->params.at[i].value],
                         size_of(t) * sizeof(double), "%s", a->params.at[i].key);
    }
    program_close(&before);
    program_close(&after);
}

/* sgd by its definition, on one weight with a known gradient: x = 1, so that dw = Σ dy. */
static void expect_sgd(const char *optimizer, double momentum, double decay, bool nesterov)
{
    char text[512];
    struct program p;
    struct ir_eval ev;
    snprintf(text, sizeof text,
             "model net { input = 1; loss = half_squared; dense(1, bias = false); }\n"
             "data { train = table([1, 0]); }\n"
             "train { optimizer = sgd(lr = 0.25, %s); batch = 1; epochs = 1; }\n",
             optimizer);
    struct ir *ir = ir_of(&p, text, PRUNE, UNROLL_AUTO);
    ir_eval_init(&ev, &p.arena, ir, true);
    ev.n = 1;
    ev.training = true;
    ev.lr = 0.25;
    *ev_at(&ev, ir->input, 0, 0) = 1;
    double *w = ev_at(&ev, ir->params.at[0].value, 0, 0);
    double expected = *w = 2, v = 0;
    for (int step = 0; step < 4; step++) {
        const double g = expected + decay * expected; /* the loss is ½w² */
        v = step ? momentum * v + g : g;
        expected -= 0.25 * (nesterov ? g + momentum * v : momentum > 0 ? v : g);
        ir_eval_run(&ev, SECTION_FORWARD, SECTION_UPDATE);
        cr_expect_float_eq(*w, expected, 1e-15, "%s, step %d: %.17g, not %.17g", optimizer, step,
                           *w, expected);
    }
    program_close(&p);
}

Test(ir_eval, sgd)
{
    expect_sgd("weight_decay = 0", 0, 0, false);
    expect_sgd("weight_decay = 0.5", 0, 0.5, false);
    expect_sgd("momentum = 0.5", 0.5, 0, false);
    expect_sgd("momentum = 0.5, weight_decay = 0.25", 0.5, 0.25, false);
    expect_sgd("momentum = 0.5, nesterov = true, weight_decay = 0.25", 0.5, 0.25, true);
}

/* Where an input of 0 gives no gradient, half of v is left after a step. */
static void expect_state(bool f64, double v, double left)
{
    static const char *const text =
        "model net { input = 1; loss = half_squared; dense(1, bias = false); }\n"
        "data { train = table([0, 0]); }\n"
        "train { optimizer = sgd(lr = 0.25, momentum = 0.5); batch = 1; epochs = 1; }\n";
    struct program p;
    struct ir_eval ev;
    struct ir *ir = ir_of(&p, text, PRUNE, UNROLL_AUTO);
    ir_eval_init(&ev, &p.arena, ir, f64);
    ev.n = 1;
    double *state = ev_at(&ev, ir->params.at[0].state[0], 0, 0);
    *state = v;
    ir_eval_run(&ev, SECTION_FORWARD, SECTION_UPDATE);
    cr_expect_eq(*state, left, "%g leaves %g, not %g", v, *state, left);
    program_close(&p);
}

Test(ir_eval, states_are_never_subnormal)
{
    const double least = (double)FLT_MIN;
    expect_state(false, -2 * least, -least);
    expect_state(false, 1.5 * least, 0);
    expect_state(false, (double)-FLT_TRUE_MIN, 0);
    expect_state(true, 1.5 * least, 0.75 * least);
    expect_state(true, 2 * DBL_MIN, DBL_MIN);
    expect_state(true, -1.5 * DBL_MIN, 0);
}

/* In evaluation classic dropout scales by 1 − p and inverted dropout does nothing. */
Test(ir_eval, dropout_in_evaluation)
{
    static const char *const modes[] = {"inverted", "classic"};
    for (size_t i = 0; i < 2; i++) {
        char text[512];
        struct program p;
        struct ir_eval ev;
        snprintf(
            text, sizeof text,
            "model net { input = 1; loss = half_squared; dropout(0.75, mode = %s); d: dense(1, "
            "bias = false); }\n"
            "data { train = table([1, 0]); }\n"
            "train { optimizer = sgd(lr = 0.25); batch = 1; epochs = 1; }\n",
            modes[i]);
        struct ir *ir = ir_of(&p, text, PRUNE, UNROLL_AUTO);
        ir_eval_init(&ev, &p.arena, ir, true);
        ev.n = 1;
        *ev_at(&ev, ir->input, 0, 0) = 8;
        *ev_at(&ev, ir->params.at[0].value, 0, 0) = 1;
        ir_eval_run(&ev, SECTION_FORWARD, SECTION_LOSS);
        cr_expect_eq(*ev_at(&ev, ir->output, 0, 0), i ? 2 : 8);
        program_close(&p);
    }
}

/* Training drops the share p, other elements in each layer, sample and step; what inverted dropout
 * keeps it divides by 1 − p. */
static void expect_dropout(const char *mode, double kept)
{
    enum { UNITS = 400, ROWS = 5, ALL = UNITS * ROWS };
    char text[512];
    struct program p;
    struct ir_eval ev;
    snprintf(text, sizeof text,
             "model net { input = 400; loss = half_squared; dropout(0.25, mode = %s); "
             "dropout(0.25, mode = %s); dense(1); }\n"
             "data { train = idx(\"inputs\", \"targets\"); }\n"
             "train { optimizer = sgd(lr = 0.1); batch = 5; epochs = 1; }\n",
             mode, mode);
    struct ir *ir = ir_of(&p, text, PRUNE, UNROLL_AUTO);
    ir_eval_init(&ev, &p.arena, ir, true);
    ev.n = ROWS;
    ev.training = true;
    ev.seed = 7;
    for (size_t i = 0; i < ALL; i++)
        ev.value[ir->input][i] = 1;
    ir_eval_run(&ev, SECTION_FORWARD, SECTION_FORWARD);

    const struct op *first = op_of(ir, OP_DROPOUT, 0), *second = op_of(ir, OP_DROPOUT, 1);
    const double *mask = ev.value[first->in[1]];
    size_t dropped = 0;
    for (size_t i = 0; i < ALL; i++) {
        const double y = ev.value[first->out[0]][i];
        cr_expect(y == 0 || fabs(y - kept) < 1e-15, "%s: %g, not %g", mode, y, kept);
        dropped += y == 0;
    }
    cr_expect(dropped > ALL / 4 - 60 && dropped < ALL / 4 + 60, "%s: %zu dropped", mode, dropped);
    cr_expect_arr_neq(mask, ev.value[second->in[1]], ALL * sizeof *mask, "one mask for all layers");
    cr_expect_arr_neq(mask, mask + UNITS, UNITS * sizeof *mask, "one mask for all samples");

    double old[ALL];
    memcpy(old, mask, sizeof old);
    ev.step = 1;
    ir_eval_run(&ev, SECTION_FORWARD, SECTION_FORWARD);
    cr_expect_arr_neq(mask, old, sizeof old, "one mask for all steps");
    program_close(&p);
}

Test(ir_eval, dropout_in_training)
{
    expect_dropout("inverted", 1 / 0.75);
    expect_dropout("classic", 1);
}

/* The loss of one sample and its gradient by the scores z, in float and in double. The identity in
 * front of the loss makes the inputs the scores. */
static void expect_loss(const char *words, const double z[3], uint32_t label,
                        const double target[3], double loss, const double slopes[3])
{
    char text[512];
    snprintf(text, sizeof text,
             "model net { input = 3; loss = %s; dense(3, bias = false); }\n"
             "data { train = idx(\"inputs\", \"targets\"); }\n"
             "train { optimizer = sgd(lr = 0.1); batch = 1; epochs = 1; }\n",
             words);
    for (int f64 = 0; f64 < 2; f64++) {
        struct program p;
        struct ir_eval ev;
        struct ir *ir = ir_of(&p, text, PRUNE, UNROLL_AUTO);
        ir_eval_init(&ev, &p.arena, ir, f64);
        ev.n = 1;
        ev.label = &label;
        for (uint32_t j = 0; j < 3; j++) {
            *ev_at(&ev, ir->input, 0, j) = z[j];
            *ev_at(&ev, ir->params.at[0].value, j, j) = 1;
            if (target)
                *ev_at(&ev, ir->target, 0, j) = target[j];
        }
        ir_eval_run(&ev, SECTION_FORWARD, SECTION_BACKWARD);
        const double got = *ev_at(&ev, ir->loss, 0, 0);
        cr_expect(fabs(got - loss) <= 1e-6 * fabs(loss), "%s: loss %.9g, not %.9g", words, got,
                  loss);
        for (uint32_t j = 0; j < 3; j++) {
            const double slope = *ev_at(&ev, op_of(ir, OP_DENSE_DW, 0)->in[1], 0, j);
            cr_expect_float_eq(slope, slopes[j], 1e-7, "%s: slope %u is %.9g, not %.9g", words, j,
                               slope, slopes[j]);
        }
        program_close(&p);
    }
}

/* Scores as far apart as they get: nothing overflows, and nothing is lost where they are equal. */
Test(ir_eval, losses_of_far_scores)
{
    static const double far[3] = {1e4, -1e4, 0}, equal[3] = {7, 7, 7};
    const char *softmax = "softmax_cross_entropy";
    expect_loss(softmax, far, 0, NULL, 0, (double[]){0, 0, 0});
    expect_loss(softmax, far, 1, NULL, 2e4, (double[]){1, -1, 0});
    expect_loss(softmax, far, 2, NULL, 1e4, (double[]){1, 0, -1});
    expect_loss(softmax, equal, 1, NULL, log(3), (double[]){1 / 3., -2 / 3., 1 / 3.});
    expect_loss("softmax_cross_entropy(label_smoothing = 0.3)", far, 0, NULL, 3000,
                (double[]){0.2, -0.1, -0.1});
    expect_loss("sigmoid_cross_entropy", far, 0, (double[]){1, 0, 0}, log(2) / 3,
                (double[]){0, 0, 0.5 / 3});
    expect_loss("sigmoid_cross_entropy", far, 0, (double[]){0, 1, 1}, (2e4 + log(2)) / 3,
                (double[]){1 / 3., -1 / 3., -0.5 / 3});
}
