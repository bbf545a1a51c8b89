/* The IR: what each pass leaves behind, how it is printed and verified. */
#include "lowered.h"

enum { EXIT_INTERNAL = 70 };

static size_t ops_of(const struct ir *ir, enum op_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < ir->ops.len; i++)
        n += ir->ops.at[i].kind == kind;
    return n;
}

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

/* A series loads the samples of all its steps before the first and is read behind the last. */
Test(ir, what_a_series_needs_lives_through_all_of_its_steps)
{
    struct program p;
    const struct ir *ir = ir_of(&p, NET("dense(6); tanh; dense(5);"), MEMORY, UNROLL_AUTO);
    const struct life *lives = ir_lives(ir);
    cr_assert_gt(ir->series, 1);
    for (size_t i = 0; i < ir->tensors.len; i++) {
        const struct tensor *t = ir_at(ir, (int)i);
        if (t->role != ROLE_INPUT && t->role != ROLE_TARGET && t->role != ROLE_LOSS)
            continue;
        cr_expect_eq(tensor_stored(ir, t), (uint64_t)ir->series * ir->batch * t->stride, "%s",
                     t->name);
        cr_expect(lives[i].from == PHASE_PREPARE && lives[i].to == PHASE_UPDATE, "%s", t->name);
    }
    program_close(&p);
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
