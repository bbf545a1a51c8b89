/* What a model takes, compared with what it is by hand; and what a prediction has to keep to,
 * whatever its constants are. */
#include "lowered.h"

#include "cost.h"
#include "table.h"
#include "work.h"

#include <stdio.h>

Test(work, parameters_and_operations_are_those_counted_by_hand)
{
    struct program p;
    struct ir *ir = ir_of(&p, NET("dense(20); relu;"), MEMORY, UNROLL_NEVER);
    const struct works w = work_of(ir);
    cr_expect_eq(w.layers[0].parameters, 3 * 20 + 20);
    cr_expect_eq(w.layers[1].parameters, 0);
    cr_expect_eq(w.layers[2].parameters, 20 * 2 + 2);
    cr_expect_eq(w.all.parameters, 80 + 42);
    /* A multiply-add for each weight; backwards one more for dW, one for dX but of the first layer,
     * and a sum for each unit's bias. */
    cr_expect_eq(w.layers[0].forward, 2 * 60);
    cr_expect_eq(w.layers[0].backward, 2 * 60 + 20);
    cr_expect_eq(w.layers[2].forward, 2 * 40);
    cr_expect_eq(w.layers[2].backward, 2 * 40 + 2 * 40 + 2);
    /* Of a class: maximum, difference, exp, sum, division; its slope. */
    cr_expect_eq(w.loss.forward, 5 * 2);
    cr_expect_eq(w.loss.backward, 2);
    cr_expect_eq(w.all.forward, 120 + 80 + 10);
    cr_expect_eq(w.all.backward, 140 + 162 + 2);
    cr_expect_eq(work_step(ir, &w), 2 * (w.all.forward + w.all.backward));
    cr_expect(work_is_serial(ir, &w));
    program_close(&p);
}

Test(work, bytes_are_those_of_whole_panels)
{
    enum { ROW = 48, LAST_ROW = 16 }; /* 20 and 2 units: panels, and an odd number of cache lines */
    struct program p;
    struct ir *ir = ir_of(&p, NET("dense(20); relu;"), MEMORY, UNROLL_NEVER);
    const struct works w = work_of(ir);
    const uint64_t first = 4 * (2 * 16 * 3 + 2 * 16), second = 4 * (16 * 20 + 16);
    cr_expect_eq(w.layers[0].weights, first);
    cr_expect_eq(w.layers[2].weights, second);
    cr_expect_eq(w.all.gradients, first + second);
    cr_expect_eq(w.all.states, first + second);
    cr_expect_eq(w.all.copies, 4 * 2 * 16 * 2);
    /* Of two samples: two layers' outputs and the probabilities; slopes, and the first output in
     * panels of an odd number of rows. */
    cr_expect_eq(w.all.activations, 2 * 4 * (ROW + 2 * LAST_ROW));
    cr_expect_eq(w.all.derivatives, 2 * 4 * (ROW + LAST_ROW) + 4 * 2 * 16 * 3);
    /* Inputs and losses, of all steps of a series. */
    cr_expect_eq(w.all.samples, ir->series * 2 * 4 * (LAST_ROW + 1));
    cr_expect_eq(w.all.row, 4 * (LAST_ROW + ROW + 2 * LAST_ROW));
    program_close(&p);
}

/* The model of those layers, after the last pass. */
static const struct ir *scheduled(struct program *p, const char *layers)
{
    char text[512];
    snprintf(text, sizeof text, NET("%s"), layers);
    return ir_of(p, text, MEMORY, UNROLL_AUTO);
}

/* 784-256-10 with that batch. */
static struct ir *large(struct program *p, unsigned batch)
{
    char text[512];
    snprintf(
        text, sizeof text,
        "model net { input = 784; loss = softmax_cross_entropy; dense(256); relu; dense(10); }\n"
        "data { train = idx(\"x\", \"t\"); }\n"
        "train { optimizer = sgd(lr = 0.1); batch = %u; epochs = 1; }\n",
        batch);
    return ir_of(p, text, MEMORY, UNROLL_AUTO);
}

/* The weights of a large layer travel where threads share rows, and do not where they share units.
 */
Test(work, threads_share_units_of_small_batches_and_rows_of_large_ones)
{
    static const struct {
        unsigned batch;
        bool by_units, serial;
    } cases[] = {{1, true, true}, {8, true, false}, {64, true, false}, {256, false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program p;
        const struct ir *ir = large(&p, cases[i].batch);
        const struct works w = work_of(ir);
        unsigned shared = 0; /* forward product, gradient, step; the small layer has none */
        for (size_t k = 0; k < ir->ops.len; k++)
            shared += ir->ops.at[k].by_units;
        cr_expect_eq(shared, cases[i].by_units ? 3 : 0, "batch %u", cases[i].batch);
        cr_expect_eq(work_is_serial(ir, &w), cases[i].serial, "batch %u", cases[i].batch);
        program_close(&p);
    }
}

/* The arena holds all that is alive at once, and nothing twice. */
Test(work, the_arena_is_no_larger_than_the_sum)
{
    static const char *const layers[] = {"", "dense(20); relu;", "dense(40); prelu; dropout(0.5);"};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        struct program p;
        const struct ir *ir = scheduled(&p, layers[i]);
        const struct works w = work_of(ir);
        const uint64_t arena = ir->arena_elements * ir_element(ir);
        cr_expect_leq(arena, work_bytes(&w.all));
        cr_expect_geq(arena, w.all.weights + w.all.states + w.all.copies + w.all.samples);
        uint64_t sum = 0;
        for (size_t k = 0; k < ir->model->layer_count; k++)
            sum += work_bytes(&w.layers[k]);
        cr_expect_eq(sum, work_bytes(&w.all));
        program_close(&p);
    }
}

Test(cost, nothing_is_faster_than_the_peak)
{
    static const char *const layers[] = {"", "dense(20); relu;", "dense(512); dense(512); tanh;"};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        struct program p;
        const struct ir *ir = scheduled(&p, layers[i]);
        const struct works w = work_of(ir);
        for (size_t k = 0; k < isa_count; k++) {
            const uint64_t step = cost_step(ir, &isas[k]);
            const double share = cost_share(ir, &isas[k], work_step(ir, &w), step);
            cr_expect(share > 0 && share < 1, "%s: %g", isas[k].name, share);
            cr_expect_lt(cost_infer(ir, &isas[k]), cost_evaluate(ir, &isas[k]));
            cr_expect(ir->series || cost_evaluate(ir, &isas[k]) < step);
        }
        program_close(&p);
    }
}

Test(cost, a_large_product_is_near_the_peak)
{
    struct program p;
    struct ir *ir = ir_of(&p,
                          "model net { input = 512; loss = mse; dense(480); relu; dense(480); }\n"
                          "data { train = idx(\"x\", \"t\"); }\n"
                          "train { optimizer = sgd(lr = 0.1); batch = 192; epochs = 1; }\n",
                          MEMORY, UNROLL_AUTO);
    const struct works w = work_of(ir);
    for (size_t k = 0; k + 1 < isa_count; k++) {
        const double share = cost_share(ir, &isas[k], work_step(ir, &w), cost_step(ir, &isas[k]));
        cr_expect(share > 0.6 && share < 1, "%s: %g", isas[k].name, share);
    }
    program_close(&p);
}

Test(table, columns_are_as_wide_as_their_widest_cell)
{
    struct arena arena = {0};
    struct strbuf out = {0};
    struct table t = {.arena = &arena, .columns = "lrl"};
    table_text(&t, "name");
    table_text(&t, "bytes");
    table_text(&t, "note");
    table_text(&t, "a");
    table_number(&t, 1234567);
    table_text(&t, "%s", "");
    table_text(&t, "%s", "");
    table_number(&t, 0);
    table_text(&t, "x");
    table_print(&t, &out);
    cr_expect_str_eq(out.text, "name    bytes  note\n"
                               "a     1234567\n"
                               "            -  x\n");
    strbuf_free(&out);
    arena_free(&arena);
}
