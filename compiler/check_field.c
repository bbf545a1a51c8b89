/* Warnings on layers that undo each other, on steps that cannot settle, and on weights that cannot
 * learn. Each is of something that is known: where it depends on the data, nothing is said. */
#include "check_field.h"

#include "check_words.h"
#include "number.h"

#include <math.h>

/* The size of outputs, for inputs of about 1, from which on initial weights are called too large: a
 * softmax of numbers of that size is 0 and 1 to the last bit, and its loss is as large as they are.
 */
#define INITIAL_OUTPUT_MAX 100.0

/* From this rate on Adam and its like, which move each weight by about lr a step, move weights by
 * more than they are large: an initialiser makes them of some 1/√in. */
#define ADAPTIVE_RATE_MAX 1.0

static enum word_id id_of(const struct layer *layer)
{
    return layer->word->vocab->id;
}

static bool is_nonlinear(const struct layer *layer)
{
    return id_of(layer) == WORD_ACTIVATION || id_of(layer) == WORD_PRELU;
}

/* ---- layers ---- */

/* Two dense layers in a row are one affine map; `identity` between them says that it is meant. */
static void check_collapse(struct scope *s, const struct model *m)
{
    /* A dense layer behind which there was nothing but dropout. */
    const struct layer *before = NULL;
    for (size_t i = 0; i < m->layer_count; i++) {
        const struct layer *layer = &m->layers[i];
        if (id_of(layer) == WORD_DENSE && before) {
            diag_report(s->diags, DIAG_COLLAPSING_LAYERS, layer->span,
                        "nothing between this dense layer and the one before bends: together they "
                        "are one affine map");
            diag_note(s->diags, before->span, "the one before");
            diag_help(s->diags, "put an activation between them, or 'identity;' if that is meant");
        }
        if (id_of(layer) == WORD_DENSE)
            before = layer;
        else if (id_of(layer) != WORD_DROPOUT)
            before = NULL;
    }
}

static size_t last_dense(const struct model *m)
{
    size_t i = m->layer_count;
    while (i > 0 && id_of(&m->layers[i - 1]) != WORD_DENSE)
        i--;
    return i - 1; /* SIZE_MAX where there is none */
}

static void check_output_activation(struct scope *s, const struct layer *layer,
                                    const struct vocab_word *loss)
{
    const struct vocab_word *vocab = layer->word->vocab;
    const char *applies = loss->target == TARGET_CLASS ? "softmax" : "sigmoid";
    if (loss->target == TARGET_NUMBERS)
        return;
    if (loss->target == TARGET_BINARY && vocab->id == WORD_ACTIVATION &&
        vocab->activation == ACTIVATION_sigmoid) {
        diag_report(s->diags, DIAG_APPLIED_TWICE, layer->span,
                    "the sigmoid is applied twice: here and by '%s'", loss->name);
        diag_help(s->diags, "leave it out; the loss applies it");
        return;
    }
    diag_report(s->diags, DIAG_ACTIVATION_ON_LOGITS, layer->span,
                "'%s' on the outputs, which '%s' takes as they are", vocab->name, loss->name);
    diag_help(s->diags, "leave it out: the loss applies the %s, to numbers of both signs", applies);
}

/* What stands behind the last dense layer. */
static void check_output(struct scope *s, const struct model *m)
{
    const struct vocab_word *loss = m->block->args[MODEL_LOSS].word->vocab;
    const size_t last = last_dense(m);
    for (size_t i = last + 1; last != SIZE_MAX && i < m->layer_count; i++) {
        const struct layer *layer = &m->layers[i];
        if (id_of(layer) == WORD_DROPOUT) {
            diag_report(s->diags, DIAG_DROPOUT_ON_OUTPUT, layer->span,
                        "dropout on the outputs: the loss is of answers that were struck out");
            diag_help(s->diags, "put it before the last dense layer");
        } else if (is_nonlinear(layer)) {
            check_output_activation(s, layer, loss);
        }
    }
}

/* ---- rates ---- */

static double number_arg(const struct word *word, const char *name)
{
    const struct value *v = word_arg(word, name);
    return v && !v->absent ? v->number : 0;
}

/* The second derivative of the loss by a bias of the outputs where it is the same everywhere: those
 * of the squared losses, if nothing stands behind the last layer. Else 0. */
static double output_curvature(const struct model *m)
{
    const struct word *loss = m->block->args[MODEL_LOSS].word;
    const struct layer *last = &m->layers[m->layer_count - 1];
    if (id_of(last) != WORD_DENSE || !last->word->args[DENSE_BIAS].truth ||
        last->word->args[DENSE_FROZEN].truth || loss->vocab->id != WORD_NUMBER_LOSS)
        return 0;
    switch (loss->vocab->loss) {
    case LOSS_half_squared: return 1;
    case LOSS_mse: return 2.0 / m->output_size;
    default: return 0;
    }
}

/* The product of rate and curvature beyond which gradient descent with momentum moves away from a
 * minimum, whatever else is done: 2(1+m), after Polyak 1964; with Nesterov's momentum
 * 2(1+m)/(1+2m). (The roots of the recurrence leave the unit circle.) */
static double stable_product(const struct word *sgd)
{
    const double momentum = sgd->args[SGD_MOMENTUM].number;
    const double product = 2 * (1 + momentum);
    return sgd->args[SGD_NESTEROV].truth ? product / (1 + 2 * momentum) : product;
}

static void report_rate(struct scope *s, const struct value *lr, double most, const char *reason)
{
    diag_report(s->diags, DIAG_DIVERGING_RATE, lr->span,
                "a learning rate of %s diverges: with %s, rates above %s lead away from every "
                "minimum",
                number_text(lr->number).at, reason, arena_printf(s->arena, "%.3g", most));
    diag_help(s->diags, "start at %.1g", most / 100);
}

static void check_rate(struct scope *s, const struct model *m)
{
    const struct word *optimizer = m->train->args[TRAIN_OPTIMIZER].word;
    const struct value *lr = &optimizer->args[OPTIMIZER_LR];
    const double decay = number_arg(optimizer, "weight_decay");
    const bool is_sgd = optimizer->vocab->id == WORD_SGD;
    const double curvature = is_sgd ? output_curvature(m) : 0;
    const double stable = is_sgd ? stable_product(optimizer) : 2;
    if (words_has(m->train, TRAIN_CLIP_NORM)) /* no step is longer than that */
        return;
    if (lr->number * curvature > stable)
        report_rate(s, lr, stable / curvature,
                    arena_printf(s->arena, "'%s'", m->block->args[MODEL_LOSS].word->vocab->name));
    else if ((is_sgd || optimizer->vocab->id == WORD_ADAMW) && lr->number * decay > stable)
        report_rate(s, lr, stable / decay, "this weight_decay");
    else if (!is_sgd && lr->number >= ADAPTIVE_RATE_MAX) {
        diag_report(s->diags, DIAG_DIVERGING_RATE, lr->span,
                    "a learning rate of %s: '%s' moves each weight by about as much every step, "
                    "which is more than weights are large",
                    number_text(lr->number).at, optimizer->vocab->name);
        diag_help(s->diags, "start at 0.001");
    }
}

static void check_warmup(struct scope *s, const struct model *m)
{
    const struct value *schedule = &m->train->args[TRAIN_SCHEDULE];
    const double epochs = m->train->args[TRAIN_EPOCHS].number;
    if (!schedule->word || schedule->word->vocab->id != WORD_COSINE)
        return;
    const struct value *warmup = &schedule->word->args[COSINE_WARMUP];
    if (warmup->number < epochs)
        return;
    diag_report(s->diags, DIAG_ENDLESS_WARMUP, warmup->span,
                "the way up takes all of the %s epochs: no step is as long as lr",
                number_text(epochs).at);
}

/* ---- initial weights ---- */

static struct span init_place(const struct model *m, const struct layer *dense)
{
    const struct value *own = &dense->word->args[DENSE_INIT], *all = &m->block->args[MODEL_INIT];
    return own->given ? own->span : all->given ? all->span : dense->span;
}

static bool is_constant(const struct init_rule *rule)
{
    return rule->kind == INIT_CONSTANT || (rule->kind == INIT_NORMAL && rule->b == 0) ||
           (rule->kind == INIT_UNIFORM && rule->a == rule->b);
}

/* Units that start alike, and whose outputs are used alike, have the same gradients for ever. */
static void check_symmetry(struct scope *s, const struct model *m)
{
    const struct layer *before = NULL; /* a dense layer of equal units; dropout makes them differ */
    for (size_t i = 0; i < m->layer_count; i++) {
        const struct layer *layer = &m->layers[i];
        if (id_of(layer) == WORD_DROPOUT)
            before = NULL;
        if (id_of(layer) != WORD_DENSE)
            continue;
        if (before && is_constant(&layer->weight_init)) {
            diag_report(s->diags, DIAG_SYMMETRIC_INIT, init_place(m, before),
                        "all units of this layer start alike and learn alike: they stay one unit");
            diag_help(s->diags, "init = auto draws weights that differ");
        }
        const bool alike = is_constant(&layer->weight_init) && is_constant(&layer->bias_init) &&
                           layer->out > 1 && !layer->word->args[DENSE_FROZEN].truth;
        before = alike ? layer : NULL;
    }
}

static double mean_square(const struct init_rule *rule)
{
    switch (rule->kind) {
    case INIT_CONSTANT: return rule->a * rule->a;
    case INIT_NORMAL: return rule->a * rule->a + rule->b * rule->b;
    case INIT_UNIFORM: return (rule->a * rule->a + rule->a * rule->b + rule->b * rule->b) / 3;
    }
    return 0;
}

/* What an activation leaves of the mean square of its inputs, about. */
static double square_behind(const struct layer *layer, double square)
{
    if (!is_nonlinear(layer))
        return square;
    const struct vocab_word *vocab = layer->word->vocab;
    if (vocab->id == WORD_ACTIVATION &&
        (vocab->activation == ACTIVATION_sigmoid || vocab->activation == ACTIVATION_tanh ||
         vocab->activation == ACTIVATION_hardtanh))
        return fmin(square, 1);
    return square / 2; /* half of the inputs, those below 0, become small */
}

static void check_growth(struct scope *s, const struct model *m)
{
    double square = 1; /* of a layer's values, in the mean, for inputs of about 1 */
    for (size_t i = 0; i < m->layer_count; i++) {
        const struct layer *layer = &m->layers[i];
        if (id_of(layer) != WORD_DENSE)
            square = square_behind(layer, square);
        else if (layer->word->args[DENSE_FROZEN].truth)
            square = 1; /* its weights come from a file */
        else
            square *= layer->in * mean_square(&layer->weight_init);
        if (sqrt(square) <= INITIAL_OUTPUT_MAX)
            continue;
        diag_report(s->diags, DIAG_DIVERGING_INIT, init_place(m, layer),
                    "initial weights of this size make values of about %.1g of inputs of about 1",
                    sqrt(square));
        diag_help(s->diags, "init = auto keeps them at about 1");
        return;
    }
}

void field_check(struct scope *s, const struct model *m)
{
    check_collapse(s, m);
    check_output(s, m);
    check_rate(s, m);
    check_warmup(s, m);
    check_symmetry(s, m);
    check_growth(s, m);
}
