/* Shapes, sizes and initialisers. */
#include "check_shapes.h"

#include "check_words.h"

#include <math.h>

/* The arena holds a parameter five times at the most (itself, gradient, two states, transposed
 * copy; the sums over its columns are next to nothing) and a value of a sample less than six times
 * (itself, derivative, mask, pack, and of the outputs alone probabilities and targets), and has
 * fewer than 2³¹ elements (ARENA_ELEMENTS_MAX): 5 · 2²⁸ + 6 · 2²⁷. Rows and columns are counted
 * with their padding. */
#define PARAMETERS_MAX   ((uint64_t)1 << 28)
#define BATCH_VALUES_MAX ((uint64_t)1 << 27)

static enum word_id layer_id(const struct layer *layer)
{
    return layer->word ? layer->word->vocab->id : WORD_NONE;
}

/* ---- widths ---- */

static uint32_t input_size(const struct word *block)
{
    double product = 1;
    if (!words_has(block, MODEL_INPUT))
        return 0;
    for (uint32_t i = 0; i < block->args[MODEL_INPUT].count; i++)
        product *= block->args[MODEL_INPUT].numbers[i];
    return (uint32_t)product;
}

/* Units that a layer makes of `in` units; 0: not known. */
static uint32_t output_units(const struct layer *layer)
{
    switch (layer_id(layer)) {
    case WORD_DENSE:
        return words_has(layer->word, DENSE_UNITS) ? (uint32_t)layer->word->args[DENSE_UNITS].number
                                                   : 0;
    case WORD_DROPOUT:
    case WORD_PRELU:
    case WORD_IDENTITY:
    case WORD_ACTIVATION: return layer->in;
    default: return 0;
    }
}

static void infer_widths(struct model *m)
{
    m->input_size = input_size(m->block);
    uint32_t units = m->input_size;
    for (size_t i = 0; i < m->layer_count; i++) {
        m->layers[i].in = units;
        units = m->layers[i].out = output_units(&m->layers[i]);
    }
    m->output_size = m->layer_count ? units : 0;
}

/* ---- limits ---- */

/* A layer that is not known might be one to train. */
static bool may_train(const struct layer *layer)
{
    if (layer_id(layer) == WORD_PRELU)
        return true;
    if (layer_id(layer) != WORD_DENSE)
        return layer_id(layer) == WORD_NONE;
    const struct value *frozen = &layer->word->args[DENSE_FROZEN];
    return frozen->bad || !frozen->truth;
}

static uint64_t whole_panels(uint32_t columns)
{
    return ((uint64_t)columns + PANEL - 1) / PANEL * PANEL;
}

/* Elements of a weight matrix or of its transposed copy, whichever is padded to more. */
static uint64_t padded_weights(uint32_t in, uint32_t out)
{
    const uint64_t weights = in * whole_panels(out), copy = out * whole_panels(in);
    return weights > copy ? weights : copy;
}

/* Parameters of a layer, padded. */
static uint64_t parameters_of(const struct layer *layer)
{
    switch (layer_id(layer)) {
    case WORD_DENSE:
        return padded_weights(layer->in, layer->out) +
               (layer->word->args[DENSE_BIAS].truth ? layer->out : 0);
    case WORD_PRELU: return layer->word->args[PRELU_PER_UNIT].truth ? layer->out : 1;
    default: return 0;
    }
}

static void check_parameters(struct scope *s, const struct model *m)
{
    uint64_t total = 0; /* at most LAYERS_MAX · (UNITS_MAX + 32)² < 2⁶¹ */
    bool trainable = false;
    for (size_t i = 0; i < m->layer_count; i++) {
        const struct layer *layer = &m->layers[i];
        trainable = trainable || may_train(layer);
        if (total > PARAMETERS_MAX)
            continue;
        total += parameters_of(layer);
        if (total > PARAMETERS_MAX)
            diag_report(s->diags, DIAG_TOO_LARGE, layer->span,
                        "with this layer the parameters, padded, are more than %llu",
                        (unsigned long long)PARAMETERS_MAX);
    }
    if (!trainable && m->layer_count) {
        diag_report(s->diags, DIAG_NOTHING_TO_TRAIN, m->block->span, "nothing to train");
        diag_help(s->diags, "a dense layer that is not frozen has to be there, or a prelu");
    }
}

static void check_batch(struct scope *s, const struct model *m)
{
    if (!words_has(m->train, TRAIN_BATCH))
        return;
    uint64_t values = m->input_size + ROW_PADDING_MAX; /* at most 4097 · (2²⁴ + 31) */
    for (size_t i = 0; i < m->layer_count; i++)
        values += m->layers[i].out + ROW_PADDING_MAX;
    const struct value *batch = &m->train->args[TRAIN_BATCH];
    if (values * (uint64_t)batch->number <= BATCH_VALUES_MAX)
        return;
    diag_report(s->diags, DIAG_TOO_LARGE, batch->span,
                "a batch of this model makes more than %llu numbers, padding counted",
                (unsigned long long)BATCH_VALUES_MAX);
    diag_help(s->diags, "one sample makes %llu", (unsigned long long)values);
}

/* ---- initialisers ---- */

static bool is_activation(const struct layer *layer)
{
    const enum word_id id = layer_id(layer);
    return id == WORD_ACTIVATION || id == WORD_PRELU || id == WORD_IDENTITY;
}

/* What `auto` means for layers[i]: the first activation before the next dense layer decides. */
static enum init_family next_family(const struct model *m, size_t i)
{
    for (i++; i < m->layer_count && layer_id(&m->layers[i]) != WORD_DENSE; i++)
        if (is_activation(&m->layers[i]))
            return m->layers[i].word->vocab->init_family;
    return INIT_FAMILY_XAVIER;
}

static enum word_id auto_init(enum init_family family)
{
    switch (family) {
    case INIT_FAMILY_HE: return WORD_HE_NORMAL;
    case INIT_FAMILY_LECUN: return WORD_LECUN_NORMAL;
    case INIT_FAMILY_XAVIER: break;
    }
    return WORD_XAVIER_UNIFORM;
}

static struct init_rule normal(double std)
{
    return (struct init_rule){INIT_NORMAL, 0, std};
}

static struct init_rule within(double bound)
{
    return (struct init_rule){INIT_UNIFORM, -bound, bound};
}

/* The rule of an initialiser for a layer of in inputs and out outputs.
 * He et al. 2015, Glorot and Bengio 2010, LeCun et al. 1998. */
static struct init_rule resolve_init(const struct word *init, enum init_family family, double in,
                                     double out)
{
    const struct value *args = init->args;
    enum word_id id = init->vocab->id;
    switch (id == WORD_AUTO ? auto_init(family) : id) {
    case WORD_NORMAL:
        return (struct init_rule){INIT_NORMAL, args[NORMAL_MEAN].number, args[NORMAL_STD].number};
    case WORD_UNIFORM:
        return (struct init_rule){INIT_UNIFORM, args[UNIFORM_LOW].number,
                                  args[UNIFORM_HIGH].number};
    case WORD_CONSTANT: return (struct init_rule){INIT_CONSTANT, args[CONSTANT_VALUE].number, 0};
    case WORD_HE_NORMAL: return normal(sqrt(2 / in));
    case WORD_HE_UNIFORM: return within(sqrt(6 / in));
    case WORD_XAVIER_NORMAL: return normal(sqrt(2 / (in + out)));
    case WORD_XAVIER_UNIFORM: return within(sqrt(6 / (in + out)));
    case WORD_LECUN_NORMAL: return normal(sqrt(1 / in));
    default: return (struct init_rule){INIT_CONSTANT, 0, 0}; /* zeros */
    }
}

static void infer_inits(struct model *m)
{
    for (size_t i = 0; i < m->layer_count; i++) {
        struct layer *layer = &m->layers[i];
        if (layer_id(layer) == WORD_PRELU)
            layer->weight_init =
                (struct init_rule){INIT_CONSTANT, layer->word->args[PRELU_SLOPE].number, 0};
        if (layer_id(layer) != WORD_DENSE || !layer->in || !layer->out)
            continue;
        const struct word *init = model_dense_init(m, layer->word);
        const struct word *bias_init = layer->word->args[DENSE_BIAS_INIT].word;
        enum init_family family = next_family(m, i);
        if (init)
            layer->weight_init = resolve_init(init, family, layer->in, layer->out);
        if (bias_init)
            layer->bias_init = resolve_init(bias_init, family, layer->in, layer->out);
    }
}

void shapes_infer(struct scope *s, struct model *m)
{
    infer_widths(m);
    check_parameters(s, m);
    check_batch(s, m);
    infer_inits(m);
}
