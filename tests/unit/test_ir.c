/* The IR: what each pass leaves behind, and the reference evaluator's gradients. */
#include "lowered.h"

#include <math.h>
#include <stdio.h>

enum { EXIT_INTERNAL = 70 };

static size_t ops_of(const struct ir *ir, enum op_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < ir->ops.len; i++)
        n += ir->ops.at[i].kind == kind;
    return n;
}

#define NET(layers)                                                                                \
    "model net { input = 3; loss = softmax_cross_entropy; " layers " dense(2); }\n"                \
    "data { train = table([0.5, -1, 2, 0], [1, 0.25, -0.75, 1], [-2, 1, 0.5, 0]); }\n"             \
    "train { optimizer = sgd(lr = 0.1, momentum = 0.9); batch = 2; epochs = 1; }\n"

Test(ir, the_first_layer_gets_no_dx)
{
    struct program p;
    struct ir *ir = ir_of(&p, NET("dense(4); relu;"), AUTODIFF, UNROLL_AUTO);
    cr_expect_eq(ops_of(ir, OP_DENSE_DX), 2);
    program_close(&p);
    ir = ir_of(&p, NET("dense(4); relu;"), PRUNE, UNROLL_AUTO);
    cr_expect_eq(ops_of(ir, OP_DENSE_DX), 1);
    cr_expect_eq(ops_of(ir, OP_DENSE_DW), 2);
    cr_expect_eq(ops_of(ir, OP_SGD), 4);
    program_close(&p);
}

Test(ir, nothing_is_computed_for_frozen_layers_in_front)
{
    struct program p;
    struct ir *ir = ir_of(&p, NET("dense(4, frozen = true); tanh; dense(5, frozen = true); tanh;"),
                          PRUNE, UNROLL_AUTO);
    cr_expect_eq(ops_of(ir, OP_DENSE_DX), 0);
    cr_expect_eq(ops_of(ir, OP_ACT_GRAD), 0);
    cr_expect_eq(ops_of(ir, OP_DENSE_DW), 1);
    cr_expect_eq(ops_of(ir, OP_SGD), 2);
    program_close(&p);
}

Test(ir, a_frozen_layer_behind_passes_gradients_on)
{
    struct program p;
    struct ir *ir =
        ir_of(&p, NET("dense(4); tanh; dense(5, frozen = true); tanh;"), PRUNE, UNROLL_AUTO);
    cr_expect_eq(ops_of(ir, OP_DENSE_DX), 2);
    cr_expect_eq(ops_of(ir, OP_DENSE_DW), 2);
    program_close(&p);
}

Test(ir, activations_fuse_into_the_products_around_them)
{
    struct program p;
    struct ir *ir = ir_of(&p, NET("h: dense(4); relu;"), FUSE, UNROLL_AUTO);
    cr_expect_eq(ops_of(ir, OP_ACT), 0);
    cr_expect_eq(ops_of(ir, OP_ACT_GRAD), 0);
    const struct op *forward = op_of(ir, OP_DENSE, 0), *dx = op_of(ir, OP_DENSE_DX, 0);
    cr_expect(forward->post_count == 1 && forward->post[0].kind == OP_ACT);
    cr_expect(dx->post_count == 1 && dx->post[0].kind == OP_ACT_GRAD);
    cr_expect_eq(dx->post[0].aux, forward->out[0]);
    cr_expect_str_eq(ir_at(ir, forward->out[0])->name, "h");
    program_close(&p);
}

Test(ir, what_two_ops_read_is_not_fused_away)
{
    struct program p;
    struct ir *ir = ir_of(&p, NET("dense(4); relu; dropout(0.5);"), FUSE, UNROLL_AUTO);
    cr_expect_eq(op_of(ir, OP_DENSE, 0)->post_count, 1);
    cr_expect_eq(ops_of(ir, OP_ACT_GRAD), 1, "dropout's gradient stands between");
    cr_expect_eq(ops_of(ir, OP_DROPOUT), 2);
    program_close(&p);
}

/* Rows of looped layers are an odd number of cache lines apart and hold whole panels. */
Test(ir, layouts)
{
    struct program p;
    struct ir *ir = ir_of(&p, NET("h: dense(256); relu;"), SCHEDULE, UNROLL_NEVER);
    const struct tensor *h = ir_at(ir, op_of(ir, OP_DENSE, 0)->out[0]);
    cr_expect_eq(h->stride, 272);
    cr_expect_eq(ir_at(ir, op_of(ir, OP_DENSE, 1)->in[1])->panel, 16);
    cr_expect_eq(ops_of(ir, OP_TRANSPOSE), 1);
    program_close(&p);
    ir = ir_of(&p, NET("h: dense(5); relu;"), SCHEDULE, UNROLL_AUTO);
    cr_expect_eq(ir_at(ir, op_of(ir, OP_DENSE, 0)->out[0])->stride, 5);
    cr_expect_eq(ir_at(ir, op_of(ir, OP_DENSE, 0)->in[1])->panel, 5);
    cr_expect_eq(ops_of(ir, OP_TRANSPOSE), 0);
    program_close(&p);
}

static bool touches(const struct op *op, int tensor)
{
    for (size_t k = 0; k < OP_IN_MAX; k++)
        if (op->in[k] == tensor)
            return true;
    for (size_t k = 0; k < OP_OUT_MAX; k++)
        if (op->out[k] == tensor)
            return true;
    for (size_t k = 0; k < op->post_count; k++)
        if (op->post[k].aux == tensor)
            return true;
    return false;
}

/* The phases in which a tensor's memory must be its own: from the first that touches it to the
 * last. */
static void phases_of(const struct ir *ir, int tensor, int *from, int *to)
{
    *from = PHASE_UPDATE + 1, *to = -1;
    for (size_t i = 0; i < ir->ops.len; i++)
        if (touches(&ir->ops.at[i], tensor)) {
            const int phase = (int)ir->ops.at[i].phase;
            *from = phase < *from ? phase : *from;
            *to = phase > *to ? phase : *to;
        }
    const enum tensor_role role = ir_at(ir, tensor)->role;
    if (*to < 0 && role != ROLE_PARAM)
        return; /* nothing uses it */
    if (role == ROLE_PARAM || role == ROLE_STATE || role == ROLE_COPY)
        *from = PHASE_PREPARE, *to = PHASE_UPDATE;
    if (role == ROLE_INPUT)
        *from = PHASE_PREPARE;
    if (tensor == ir->output || tensor == ir->loss || role == ROLE_GRAD)
        *to = PHASE_UPDATE;
}

static void expect_no_overlap(const struct ir *ir)
{
    for (int a = 0; a < (int)ir->tensors.len; a++)
        for (int b = 0; b < a; b++) {
            const struct tensor *ta = ir_at(ir, a), *tb = ir_at(ir, b);
            int a_from, a_to, b_from, b_to;
            phases_of(ir, a, &a_from, &a_to);
            phases_of(ir, b, &b_from, &b_to);
            if (a_to < 0 || b_to < 0 || !tensor_in_arena(ta) || !tensor_in_arena(tb))
                continue;
            const bool apart =
                ta->offset + (ta->role == ROLE_MASK ? 1 : tensor_stored(ir, ta)) <= tb->offset ||
                tb->offset + (tb->role == ROLE_MASK ? 1 : tensor_stored(ir, tb)) <= ta->offset;
            cr_expect(apart || a_to < b_from || b_to < a_from, "%s and %s overlap", ta->name,
                      tb->name);
        }
}

Test(ir, memory_is_shared_only_between_phases)
{
    static const char *const texts[] = {
        NET("dense(40); relu; dropout(0.3); dense(17); tanh;"),
        NET("repeat(3) { dense(6); sigmoid; dropout(0.1, mode = classic); }"),
        NET("dense(300, frozen = true); relu; dense(9); tanh;"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int unroll = UNROLL_AUTO; unroll <= UNROLL_NEVER; unroll++) {
            struct program p;
            expect_no_overlap(ir_of(&p, texts[i], MEMORY, (enum unroll)unroll));
            program_close(&p);
        }
}

/* The evaluator. */

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

/* The printer. */

Test(ir, tensors_are_printed_with_their_roles)
{
    static const char *const lines[] = {
        "  input  input[2, 3] ",         "  mask   dropout1_mask[2, 4] ",
        "  norm   d_h_w_squares[1, 4] ", "  grad   d_h_w[3, 4] ",
        "  state  h_w_v[3, 4] ",         "  param  h_w[3, 4] ",
        "  label  label[2, 1] ",         "  loss   loss[2, 1] ",
        "  copy   dense2_w_t[2, 4] ",    "  value  dropout1[2, 4] ",
    };
    struct program p;
    struct strbuf text = {0};
    const struct ir *ir = ir_of(&p,
                                "model net { input = 3; loss = softmax_cross_entropy; "
                                "h: dense(4); dropout(0.5); dense(2); }\n"
                                "data { train = table([0.5, -1, 2, 0], [1, 0.25, -0.75, 1]); }\n"
                                "train { optimizer = sgd(lr = 0.1, momentum = 0.9); clip_norm = 1; "
                                "batch = 2; epochs = 1; }\n",
                                MEMORY, UNROLL_NEVER);
    ir_print(ir, &text);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect_not_null(strstr(text.text, lines[i]), "no line '%s' in\n%s", lines[i], text.text);
    strbuf_free(&text);
    program_close(&p);
}

/* The verifier. */

Test(ir_check, reads_before_writes, .exit_code = EXIT_INTERNAL)
{
    struct program p;
    struct ir *ir = ir_of(&p, NET("dense(4); relu;"), PRUNE, UNROLL_AUTO);
    const struct op first = ir->ops.at[0];
    ir->ops.at[0] = ir->ops.at[1];
    ir->ops.at[1] = first;
    ir_check(ir, "test");
}

Test(ir_check, wrong_shape, .exit_code = EXIT_INTERNAL)
{
    struct program p;
    struct ir *ir = ir_of(&p, NET("dense(4); relu;"), PRUNE, UNROLL_AUTO);
    ir_at(ir, ir->ops.at[0].out[0])->units++;
    ir_check(ir, "test");
}

Test(ir_check, missing_input, .exit_code = EXIT_INTERNAL)
{
    struct program p;
    struct ir *ir = ir_of(&p, NET("dense(4); relu;"), PRUNE, UNROLL_AUTO);
    ir->ops.at[0].in[1] = NO_TENSOR;
    ir_check(ir, "test");
}
