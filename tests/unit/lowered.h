/* A model text as IR, and values for the evaluator to start from. The functions are static: every
 * test file has its own. */
#ifndef TEST_LOWERED_H
#define TEST_LOWERED_H

#include "program.h"

#include "ir.h"
#include "ir_eval.h"
#include "lower.h"
#include "pass.h"

/* How many passes have run, by the name of the last. */
enum { AUTODIFF = 1, PRUNE, FUSE, SCHEDULE, MEMORY };

/* A model of these layers and one of two units behind them, for classes. */
#define NET(layers)                                                                                \
    "model net { input = 3; loss = softmax_cross_entropy; " layers " dense(2); }\n"                \
    "data { train = table([0.5, -1, 2, 0], [1, 0.25, -0.75, 1], [-2, 1, 0.5, 0]); }\n"             \
    "train { optimizer = sgd(lr = 0.1, momentum = 0.9); batch = 2; epochs = 1; }\n"

/* The IR of a model's text after its first `passes_run` passes. */
static inline struct ir *ir_of(struct program *p, const char *text, size_t passes_run,
                               enum unroll unroll)
{
    const struct pass_options options = {.unroll = unroll};
    program_open_good(p, text);
    struct ir *ir = lower_model(&p->arena, p->model, false);
    ir_check(ir, "lower");
    for (size_t i = 0; i < passes_run; i++) {
        passes[i].run(ir, &options);
        ir_check(ir, passes[i].name);
    }
    return ir;
}

static inline const struct op *op_of(const struct ir *ir, enum op_kind kind, size_t which)
{
    for (size_t i = 0; i < ir->ops.len; i++)
        if (ir->ops.at[i].kind == kind && which-- == 0)
            return &ir->ops.at[i];
    cr_assert_fail("no such op");
    return NULL;
}

static inline size_t size_of(const struct tensor *t)
{
    return (size_t)t->depth * t->units;
}

/* Parameters between -½ and ½, the same of every model that has the same. */
static inline void fill_params(const struct ir_eval *ev)
{
    uint32_t state = 12345;
    for (size_t i = 0; i < ev->ir->params.len; i++) {
        const int value = ev->ir->params.at[i].value;
        for (size_t k = 0; k < size_of(ir_at(ev->ir, value)); k++) {
            state = state * 1664525u + 1013904223u;
            ev->value[value][k] = ev_round(ev, (double)(state >> 8) / (1 << 24) - 0.5);
        }
    }
}

#endif
