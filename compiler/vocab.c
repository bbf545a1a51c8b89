/* The vocabulary as tables. A new word is a row here; the grammar knows none of them. */
#include "vocab.h"

#include <string.h>

#define NO_PARAMS .param_count = 0
#define PARAMS(...)                                                                                \
    .params = {__VA_ARGS__},                                                                       \
    .param_count = sizeof((const struct vocab_param[]){__VA_ARGS__}) / sizeof(struct vocab_param)

enum {
    /* Far beyond the rows of a data set that fits a machine, and a count of samples stays 32 bits.
     */
    BATCH_MAX = 1 << 20,
    EPOCHS_MAX = 1 << 30 /* a lifetime of training; a count of epochs stays 32 bits */
};

/* The largest seed: beyond it a double no longer tells neighbours apart. */
#define SEED_MAX 9007199254740991.0

const struct vocab_word vocab_words[] = {
    {.id = WORD_MODEL,
     .place = PLACE_BLOCK,
     .name = "model",
     .help = "the network: input, layers in order, loss",
     PARAMS([MODEL_INPUT] = {"input", VALUE_COUNTS, .required = true, .min = 1, .max = UNITS_MAX,
                             .help = "the shape of a sample, flattened row by row"},
            [MODEL_LOSS] = {"loss", VALUE_WORD, PLACE_LOSS, .required = true,
                            .help = "what training makes small"},
            [MODEL_INIT] = {"init", VALUE_WORD, PLACE_INIT, .fallback = "auto",
                            .help = "initial weights of the dense layers that name none"})},
    {.id = WORD_DATA,
     .place = PLACE_BLOCK,
     .name = "data",
     .help = "where samples and targets come from",
     PARAMS([DATA_TRAIN] = {"train", VALUE_WORD, PLACE_SOURCE, .required = true,
                            .help = "the samples that are trained on"},
            [DATA_TEST] = {"test", VALUE_WORD, PLACE_SOURCE,
                           .help = "the samples that are only evaluated"},
            [DATA_NORMALIZE] = {"normalize", VALUE_WORD, PLACE_NORMALIZE, .fallback = "none",
                                .help = "what is done to the inputs first"})},
    {.id = WORD_TRAIN,
     .place = PLACE_BLOCK,
     .name = "train",
     .help = "how the network is trained",
     PARAMS([TRAIN_OPTIMIZER] = {"optimizer", VALUE_WORD, PLACE_OPTIMIZER, .required = true,
                                 .help = "how weights follow their gradients"},
            [TRAIN_BATCH] = {"batch", VALUE_COUNT, .required = true, .min = 1, .max = BATCH_MAX,
                             .help = "samples per step"},
            [TRAIN_EPOCHS] = {"epochs", VALUE_COUNT, .required = true, .min = 1, .max = EPOCHS_MAX,
                              .help = "times through the training samples"},
            [TRAIN_SEED] = {"seed", VALUE_COUNT, .fallback = "1", .min = 0, .max = SEED_MAX,
                            .help = "what all random numbers come from"},
            [TRAIN_SHUFFLE] = {"shuffle", VALUE_BOOL, .fallback = "true",
                               .help = "a new order of the samples in each epoch"},
            [TRAIN_DROP_LAST] = {"drop_last", VALUE_BOOL, .fallback = "false",
                                 .help = "leave out a last batch that is smaller"})},

    {.id = WORD_DENSE,
     .place = PLACE_LAYER,
     .name = "dense",
     .help = "y = x·W + b",
     PARAMS([DENSE_UNITS] = {"units", VALUE_COUNT, .by_place = true, .required = true, .min = 1,
                             .max = UNITS_MAX, .help = "outputs per sample"},
            [DENSE_BIAS] = {"bias", VALUE_BOOL, .fallback = "true", .help = "whether b is added"},
            [DENSE_INIT] = {"init", VALUE_WORD, PLACE_INIT, .fallback = "auto",
                            .help = "initial weights; not given: the model's init"},
            [DENSE_BIAS_INIT] = {"bias_init", VALUE_WORD, PLACE_INIT, .fallback = "zeros",
                                 .help = "initial biases"},
            [DENSE_FROZEN] = {"frozen", VALUE_BOOL, .fallback = "false",
                              .help = "keep the initial values"})},
    {.id = WORD_DROPOUT,
     .place = PLACE_LAYER,
     .name = "dropout",
     .help = "training zeroes each element with probability p",
     PARAMS([DROPOUT_P] = {"p", VALUE_NUMBER, .by_place = true, .required = true, .min = 0,
                           .max = 1, .below_max = true, .help = "probability of being zeroed"},
            [DROPOUT_MODE] = {"mode", VALUE_WORD, PLACE_DROPOUT_MODE, .fallback = "inverted",
                              .help = "where the missing elements are made up for"})},
    {.id = WORD_REPEAT,
     .place = PLACE_LAYER,
     .name = "repeat",
     .help = "these layers that many times, each with its own parameters",
     .has_body = true,
     PARAMS([REPEAT_TIMES] = {"times", VALUE_COUNT, .by_place = true, .required = true, .min = 1,
                              .max = UNITS_MAX, .help = "how many times"})},
#define ACTIVATION(name_, init_, params_, formula)                                                 \
    {.id = WORD_ACTIVATION,                                                                        \
     .place = PLACE_LAYER,                                                                         \
     .name = #name_,                                                                               \
     .activation = ACTIVATION_##name_,                                                             \
     .init_family = INIT_FAMILY_##init_,                                                           \
     .help = formula,                                                                              \
     params_},
#include "activation.def"
#undef ACTIVATION

    {.id = WORD_SOFTMAX_CROSS_ENTROPY,
     .place = PLACE_LOSS,
     .name = "softmax_cross_entropy",
     .class_target = true,
     .help = "-log of the softmax probability of the sample's class",
     NO_PARAMS},
    {.id = WORD_HALF_SQUARED,
     .place = PLACE_LOSS,
     .name = "half_squared",
     .help = "half the squared distance to the target numbers",
     NO_PARAMS},

    {.id = WORD_AUTO,
     .place = PLACE_INIT,
     .name = "auto",
     .help = "by the first activation before the next dense layer",
     NO_PARAMS},
    {.id = WORD_NORMAL,
     .place = PLACE_INIT,
     .name = "normal",
     .help = "normally distributed",
     PARAMS([NORMAL_MEAN] = {"mean", VALUE_NUMBER, .fallback = "0", .min = -REAL_MAX,
                             .max = REAL_MAX, .help = "the middle"},
            [NORMAL_STD] = {"std", VALUE_NUMBER, .required = true, .min = 0, .max = REAL_MAX,
                            .help = "the standard deviation"})},
    {.id = WORD_UNIFORM,
     .place = PLACE_INIT,
     .name = "uniform",
     .help = "evenly distributed over [low, high)",
     PARAMS([UNIFORM_LOW] = {"low", VALUE_NUMBER, .by_place = true, .required = true,
                             .min = -REAL_MAX, .max = REAL_MAX, .help = "the least value"},
            [UNIFORM_HIGH] = {"high", VALUE_NUMBER, .by_place = true, .required = true,
                              .min = -REAL_MAX, .max = REAL_MAX, .help = "all values stay below"})},
    {.id = WORD_XAVIER_UNIFORM,
     .place = PLACE_INIT,
     .name = "xavier_uniform",
     .help = "uniform within ±sqrt(6 / (in + out))",
     NO_PARAMS},
    {.id = WORD_XAVIER_NORMAL,
     .place = PLACE_INIT,
     .name = "xavier_normal",
     .help = "normal with std = sqrt(2 / (in + out))",
     NO_PARAMS},
    {.id = WORD_HE_UNIFORM,
     .place = PLACE_INIT,
     .name = "he_uniform",
     .help = "uniform within ±sqrt(6 / in)",
     NO_PARAMS},
    {.id = WORD_HE_NORMAL,
     .place = PLACE_INIT,
     .name = "he_normal",
     .help = "normal with std = sqrt(2 / in)",
     NO_PARAMS},
    {.id = WORD_LECUN_NORMAL,
     .place = PLACE_INIT,
     .name = "lecun_normal",
     .help = "normal with std = sqrt(1 / in)",
     NO_PARAMS},
    {.id = WORD_ZEROS, .place = PLACE_INIT, .name = "zeros", .help = "all 0", NO_PARAMS},
    {.id = WORD_CONSTANT,
     .place = PLACE_INIT,
     .name = "constant",
     .help = "all the same value",
     PARAMS([CONSTANT_VALUE] = {"value", VALUE_NUMBER, .by_place = true, .required = true,
                                .min = -REAL_MAX, .max = REAL_MAX, .help = "the value"})},

    {.id = WORD_SGD,
     .place = PLACE_OPTIMIZER,
     .name = "sgd",
     .help = "gradient descent, with momentum where asked for",
     PARAMS([SGD_LR] = {"lr", VALUE_NUMBER, .required = true, .min = 0, .max = REAL_MAX,
                        .above_min = true, .help = "the learning rate"},
            [SGD_MOMENTUM] = {"momentum", VALUE_NUMBER, .fallback = "0", .min = 0, .max = 1,
                              .below_max = true, .help = "how much of the last step is kept"},
            [SGD_NESTEROV] = {"nesterov", VALUE_BOOL, .fallback = "false",
                              .help = "look ahead by the momentum"},
            [SGD_WEIGHT_DECAY] = {"weight_decay", VALUE_NUMBER, .fallback = "0", .min = 0,
                                  .max = REAL_MAX, .help = "λ of L + λ/2·‖w‖²"},
            [SGD_DECAY_BIAS] = {"decay_bias", VALUE_BOOL, .fallback = "false",
                                .help = "whether biases decay too"})},

    {.id = WORD_IDX,
     .place = PLACE_SOURCE,
     .name = "idx",
     .help = "IDX files, plain or .gz",
     PARAMS([IDX_PATH] = {"path", VALUE_STRING, .by_place = true, .required = true,
                          .help = "the samples' file"},
            [IDX_TARGET] =
                {"target", VALUE_STRING_OR_WORD, PLACE_TARGET, .by_place = true, .required = true,
                 .help = "the file of the targets, or the word input, to learn the input itself"})},
    {.id = WORD_TABLE,
     .place = PLACE_SOURCE,
     .name = "table",
     .help = "rows in the file itself: [inputs, target], …",
     PARAMS([TABLE_ROWS] = {"rows", VALUE_ROWS, .by_place = true, .required = true,
                            .help = "the inputs, then one class or the outputs' numbers"})},

    {.id = WORD_NO_NORMALIZE,
     .place = PLACE_NORMALIZE,
     .name = "none",
     .help = "inputs as they are",
     NO_PARAMS},
    {.id = WORD_SCALE,
     .place = PLACE_NORMALIZE,
     .name = "scale",
     .help = "every input times f",
     PARAMS([SCALE_F] = {"f", VALUE_NUMBER, .by_place = true, .required = true, .min = -REAL_MAX,
                         .max = REAL_MAX, .help = "the factor"})},

    {.id = WORD_INVERTED,
     .place = PLACE_DROPOUT_MODE,
     .name = "inverted",
     .help = "training multiplies the kept elements by 1 / (1 - p)",
     NO_PARAMS},
    {.id = WORD_CLASSIC,
     .place = PLACE_DROPOUT_MODE,
     .name = "classic",
     .help = "evaluation multiplies all elements by 1 - p",
     NO_PARAMS},

    {.id = WORD_INPUT,
     .place = PLACE_TARGET,
     .name = "input",
     .help = "the normalised input itself",
     NO_PARAMS},
};

const size_t vocab_word_count = sizeof vocab_words / sizeof *vocab_words;

const struct vocab_word *vocab_find(enum place place, const char *name)
{
    for (size_t i = 0; i < vocab_word_count; i++)
        if (vocab_words[i].place == place && !strcmp(vocab_words[i].name, name))
            return &vocab_words[i];
    return NULL;
}

const struct vocab_word *vocab_find_anywhere(const char *name)
{
    for (int place = 0; place < PLACE_COUNT; place++) {
        const struct vocab_word *word = vocab_find((enum place)place, name);
        if (word)
            return word;
    }
    return NULL;
}

const char *vocab_place_name(enum place place)
{
    static const char *const names[PLACE_COUNT] = {
        [PLACE_BLOCK] = "block",
        [PLACE_LAYER] = "layer",
        [PLACE_LOSS] = "loss",
        [PLACE_INIT] = "initialiser",
        [PLACE_OPTIMIZER] = "optimizer",
        [PLACE_SOURCE] = "source",
        [PLACE_NORMALIZE] = "normalisation",
        [PLACE_DROPOUT_MODE] = "dropout mode",
        [PLACE_TARGET] = "target",
    };
    return names[place];
}

/* What other tools call a thing, and its name here. No aliases: only help lines come from them. */
static const struct {
    const char *theirs, *ours;
} elsewhere[] = {
    {"network", "model"},
    {"net", "model"},
    {"dataset", "data"},
    {"training", "train"},
    {"linear", "dense"},
    {"fully_connected", "dense"},
    {"fc", "dense"},
    {"affine", "dense"},
    {"logistic", "sigmoid"},
    {"softmax", "softmax_cross_entropy"},
    {"cross_entropy", "softmax_cross_entropy"},
    {"cross_entropy_loss", "softmax_cross_entropy"},
    {"categorical_cross_entropy", "softmax_cross_entropy"},
    {"mse", "half_squared"},
    {"mse_loss", "half_squared"},
    {"mean_squared_error", "half_squared"},
    {"nodes", "units"},
    {"neurons", "units"},
    {"features", "units"},
    {"use_bias", "bias"},
    {"rate", "p"},
    {"learning_rate", "lr"},
    {"eta", "lr"},
    {"l2", "weight_decay"},
    {"batch_size", "batch"},
    {"iterations", "epochs"},
    {"random_seed", "seed"},
    {"random_state", "seed"},
    {"objective", "loss"},
    {"glorot", "xavier_uniform"},
    {"glorot_uniform", "xavier_uniform"},
    {"glorot_normal", "xavier_normal"},
    {"xavier", "xavier_uniform"},
    {"he", "he_normal"},
    {"kaiming_uniform", "he_uniform"},
    {"kaiming_normal", "he_normal"},
    {"gaussian", "normal"},
    {"zero", "zeros"},
    {"stddev", "std"},
    {"sigma", "std"},
    {"mnist", "idx"},
};

/* The next byte of a name as it is compared with theirs: LearningRate is learning_rate. */
static char next_letter(const char **name)
{
    *name += strspn(*name, "_");
    char c = **name;
    *name += c != '\0';
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alike(const char *a, const char *b)
{
    char c;
    do {
        c = next_letter(&a);
        if (c != next_letter(&b))
            return false;
    } while (c);
    return true;
}

const char *vocab_elsewhere(const char *name)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (is_alike(elsewhere[i].theirs, name))
            return elsewhere[i].ours;
    return NULL;
}

/* Words of other tools that nothing here takes the place of. */
static const struct {
    enum place place;
    const char *theirs, *remark;
} needless[] = {
    {PLACE_LAYER, "softmax", "the loss applies it: loss = softmax_cross_entropy"},
    {PLACE_LAYER, "flatten", "not needed: input = [28, 28] is flattened"},
};

const char *vocab_needless(enum place place, const char *name)
{
    for (size_t i = 0; i < sizeof needless / sizeof *needless; i++)
        if (needless[i].place == place && is_alike(needless[i].theirs, name))
            return needless[i].remark;
    return NULL;
}

const char *vocab_activation_name(enum activation_id id)
{
    static const char *const names[] = {
#define ACTIVATION(name, init, params, formula) #name,
#include "activation.def"
#undef ACTIVATION
    };
    return names[id];
}
