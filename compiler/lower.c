/* Lowering: one op (or two) for each layer, in order; the loss behind them. */
#include "lower.h"

#include "ice.h"
#include "ops/ops.h"

struct lowering {
    struct ir *ir;
    const struct model *model;
    int x;          /* the value that the next layer reads */
    uint32_t layer; /* its index */
};

/* What sets one trained tensor apart from another. */
struct param_shape {
    const char *key, *name; /* "weight", "w" */
    uint32_t rank, depth, units;
    struct init_rule init;
    bool frozen, decays;
};

static int add_state(struct ir *ir, const struct param_shape *shape, const char *name,
                     const char *suffix, uint32_t layer)
{
    return ir_tensor(ir, arena_printf(ir->arena, "%s_%s", name, suffix), ROLE_STATE, shape->depth,
                     shape->units, layer);
}

/* Adds a trained tensor with its gradient and the optimizer's states. Returns its value's tensor.
 */
static int add_param(struct lowering *l, const struct param_shape *shape)
{
    struct ir *ir = l->ir;
    const struct layer *layer = &l->model->layers[l->layer];
    struct arena *arena = ir->arena;
    struct param p = {.key = arena_printf(arena, "%s.%s", layer->name, shape->key),
                      .rank = shape->rank,
                      .layer = l->layer,
                      .init = shape->init,
                      .frozen = shape->frozen,
                      .decays = shape->decays,
                      .grad = NO_TENSOR,
                      .state = {NO_TENSOR, NO_TENSOR}};
    const char *name = arena_printf(arena, "%s_%s", layer->name, shape->name);
    p.value = ir_tensor(ir, name, ROLE_PARAM, shape->depth, shape->units, l->layer);
    if (!shape->frozen) {
        struct update_state states[STATE_MAX];
        const size_t count = update_states(l->model->train->args[TRAIN_OPTIMIZER].word, states);
        p.grad = ir_tensor(ir, arena_printf(arena, "d_%s", name), ROLE_GRAD, shape->depth,
                           shape->units, l->layer);
        for (size_t i = 0; i < count; i++)
            p.state[i] = add_state(ir, shape, name, states[i].suffix, l->layer);
    }
    *VEC_PUSH(arena, &ir->params) = p;
    return p.value;
}

static struct op layer_op(const struct lowering *l, enum op_kind kind)
{
    struct op op = ir_op(kind, SECTION_FORWARD, PHASE_ROWS);
    op.layer = l->layer;
    op.stream = l->layer;
    op.span = l->model->layers[l->layer].span;
    return op;
}

/* Gives op its value: a new tensor named like the layer, the next layer's x. */
static void new_value(struct lowering *l, struct op *op)
{
    const struct layer *layer = &l->model->layers[l->layer];
    op->out[0] = ir_tensor(l->ir, layer->name, ROLE_VALUE, 1, layer->out, l->layer);
    op->base = ir_at(l->ir, op->out[0])->name;
    l->x = op->out[0];
}

static void lower_dense(struct lowering *l, const struct layer *layer)
{
    const struct value *args = layer->word->args;
    const struct word *optimizer = l->model->train->args[TRAIN_OPTIMIZER].word;
    const bool frozen = args[DENSE_FROZEN].truth;
    struct op op = layer_op(l, OP_DENSE);
    op.in[0] = l->x;
    op.in[1] = add_param(l, &(struct param_shape){.key = "weight",
                                                  .name = "w",
                                                  .rank = 2,
                                                  .depth = layer->in,
                                                  .units = layer->out,
                                                  .init = layer->weight_init,
                                                  .frozen = frozen,
                                                  .decays = true});
    if (args[DENSE_BIAS].truth)
        op.in[2] =
            add_param(l, &(struct param_shape){.key = "bias",
                                               .name = "b",
                                               .rank = 1,
                                               .depth = 1,
                                               .units = layer->out,
                                               .init = layer->bias_init,
                                               .frozen = frozen,
                                               .decays = word_arg(optimizer, "decay_bias")->truth});
    new_value(l, &op);
    ir_append(l->ir, op);
}

static void lower_prelu(struct lowering *l, const struct layer *layer)
{
    const bool per_unit = layer->word->args[PRELU_PER_UNIT].truth;
    struct op op = layer_op(l, OP_PRELU);
    op.in[0] = l->x;
    op.in[1] = add_param(l, &(struct param_shape){.key = "weight",
                                                  .name = "slope",
                                                  .rank = 1,
                                                  .depth = 1,
                                                  .units = per_unit ? layer->out : 1,
                                                  .init = layer->weight_init});
    new_value(l, &op);
    ir_append(l->ir, op);
}

static void lower_dropout(struct lowering *l, const struct layer *layer)
{
    const struct value *args = layer->word->args;
    struct op op = layer_op(l, OP_DROPOUT);
    op.attr[DROPOUT_ATTR_P] = args[DROPOUT_P].number;
    op.attr[DROPOUT_ATTR_CLASSIC] = args[DROPOUT_MODE].word->vocab->id == WORD_CLASSIC;

    struct op mask = op;
    mask.kind = OP_DROPOUT_MASK;
    mask.out[0] = ir_tensor(l->ir, arena_printf(l->ir->arena, "%s_mask", layer->name), ROLE_MASK, 1,
                            layer->out, l->layer);
    op.in[0] = l->x;
    op.in[1] = mask.out[0];
    new_value(l, &op);
    mask.base = op.base;
    ir_append(l->ir, mask);
    ir_append(l->ir, op);
}

/* The word's arguments as the op's attributes: those of activations and losses are numbers. */
static void take_arguments(struct op *op, const struct word *word)
{
    for (size_t i = 0; i < word->vocab->param_count; i++)
        op->attr[i] = word->args[i].number;
}

static void lower_activation(struct lowering *l, const struct layer *layer)
{
    struct op op = layer_op(l, OP_ACT);
    op.activation = layer->word->vocab->activation;
    take_arguments(&op, layer->word);
    op.in[0] = l->x;
    new_value(l, &op);
    ir_append(l->ir, op);
}

static void lower_layer(struct lowering *l)
{
    const struct layer *layer = &l->model->layers[l->layer];
    switch (layer->word->vocab->id) {
    case WORD_DENSE: lower_dense(l, layer); return;
    case WORD_DROPOUT: lower_dropout(l, layer); return;
    case WORD_ACTIVATION: lower_activation(l, layer); return;
    case WORD_PRELU: lower_prelu(l, layer); return;
    case WORD_IDENTITY: return;
    default: ICE("layer '%s' has no lowering", layer->word->vocab->name);
    }
}

static void lower_loss(struct lowering *l)
{
    struct ir *ir = l->ir;
    const struct word *loss = l->model->block->args[MODEL_LOSS].word;
    const uint32_t last = (uint32_t)l->model->layer_count - 1;
    const bool classes = loss->vocab->target == TARGET_CLASS;
    struct op op = ir_op(classes ? OP_SOFTMAX_CROSS_ENTROPY : OP_LOSS, SECTION_LOSS, PHASE_ROWS);
    op.loss = loss->vocab->loss;
    take_arguments(&op, loss);
    op.layer = last;
    op.span = loss->span;
    ir->loss = ir_tensor(ir, "loss", ROLE_LOSS, 1, 1, last);
    ir->target = classes ? ir_tensor(ir, "label", ROLE_LABEL, 1, 1, last)
                         : ir_tensor(ir, "target", ROLE_TARGET, 1, l->model->output_size, last);
    ir->output = l->x;
    op.base = ir_at(ir, ir->loss)->name;
    op.in[0] = l->x;
    op.in[1] = ir->target;
    op.out[0] = ir->loss;
    if (classes)
        op.out[1] = ir_tensor(ir, "p", ROLE_VALUE, 1, l->model->output_size, last);
    ir_append(ir, op);
}

struct ir *lower_model(struct arena *arena, const struct model *model, bool f64)
{
    struct ir *ir = ARENA_NEW(arena, struct ir);
    ir->arena = arena;
    ir->model = model;
    ir->f64 = f64;
    ir->batch = (uint32_t)model->train->args[TRAIN_BATCH].number;

    struct lowering l = {.ir = ir, .model = model};
    ir->input = ir_tensor(ir, "input", ROLE_INPUT, 1, model->input_size, 0);
    l.x = ir->input;
    for (l.layer = 0; l.layer < model->layer_count; l.layer++)
        lower_layer(&l);
    lower_loss(&l);
    return ir;
}
