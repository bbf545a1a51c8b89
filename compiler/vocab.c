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

/* Arguments of the rows in activation.def and loss.def. */
#define PARAM_LEAKY_SLOPE                                                                          \
    {                                                                                              \
        "slope", VALUE_NUMBER, .fallback = "0.01", .min = -REAL_MAX, .max = REAL_MAX,              \
                               .help = "how steep it is below 0"                                   \
    }
#define PARAM_LOW                                                                                  \
    {                                                                                              \
        "low", VALUE_NUMBER, .fallback = "-1", .min = -REAL_MAX, .max = REAL_MAX,                  \
                             .help = "the least value"                                             \
    }
#define PARAM_HIGH                                                                                 \
    {                                                                                              \
        "high", VALUE_NUMBER, .fallback = "1", .min = -REAL_MAX, .max = REAL_MAX,                  \
                              .help = "the largest value"                                          \
    }
#define PARAM_BETA                                                                                 \
    {                                                                                              \
        "beta", VALUE_NUMBER, .fallback = "1", .min = 0, .max = REAL_MAX, .above_min = true,       \
                              .help = "how sharp the bend is"                                      \
    }
#define PARAM_ALPHA                                                                                \
    {                                                                                              \
        "alpha", VALUE_NUMBER, .fallback = "1", .min = -REAL_MAX, .max = REAL_MAX,                 \
                               .help = "minus the value at -inf"                                   \
    }
#define PARAM_DELTA                                                                                \
    {                                                                                              \
        "delta", VALUE_NUMBER, .fallback = "1", .min = 0, .max = REAL_MAX, .above_min = true,      \
                               .help = "the difference from which on it is linear"                 \
    }

/* Arguments that several optimizers have. */
#define PARAM_DECAY(default_, help_)                                                               \
    {                                                                                              \
        "weight_decay", VALUE_NUMBER, .fallback = default_, .min = 0, .max = REAL_MAX,             \
                                      .help = help_                                                \
    }
#define DECAY_OF_LOSS    "λ of the loss L + λ/2·‖w‖²"
#define DECAY_OF_WEIGHTS "λ of w − lr·λ·w, a part of each step"
#define PARAM_DECAY_BIAS                                                                           \
    {                                                                                              \
        "decay_bias", VALUE_BOOL, .fallback = "false", .help = "whether biases decay too"          \
    }
#define PARAM_LR(default_)                                                                         \
    {                                                                                              \
        "lr", VALUE_NUMBER, .fallback = default_, .min = 0, .max = REAL_MAX, .above_min = true,    \
                            .help = "the learning rate"                                            \
    }
#define PARAM_EPS                                                                                  \
    {                                                                                              \
        "eps", VALUE_NUMBER, .fallback = "1e-8", .min = 0, .max = REAL_MAX,                        \
                             .help = "what keeps the divisor from 0"                               \
    }
/* A share that is kept from step to step. */
#define PARAM_SHARE(name_, default_, help_)                                                        \
    {                                                                                              \
        name_, VALUE_NUMBER, .fallback = default_, .min = 0, .max = 1, .below_max = true,          \
                             .help = help_                                                         \
    }
#define PARAMS_ADAM(decay, help)                                                                   \
    PARAMS([OPTIMIZER_LR] = PARAM_LR("0.001"),                                                     \
           [ADAM_BETA1] = PARAM_SHARE("beta1", "0.9", "how much of the mean gradient is kept"),    \
           [ADAM_BETA2] = PARAM_SHARE("beta2", "0.999", "how much of the mean square is kept"),    \
           [ADAM_EPS] = PARAM_EPS, [ADAM_WEIGHT_DECAY] = PARAM_DECAY(decay, help),                 \
           [ADAM_DECAY_BIAS] = PARAM_DECAY_BIAS)

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
            [DATA_VALIDATION] = {"validation", VALUE_WORD, PLACE_SOURCE,
                                 .help = "the samples that say when to stop and what to keep"},
            [DATA_NORMALIZE] = {"normalize", VALUE_WORD, PLACE_NORMALIZE, .fallback = "none",
                                .help = "what is done to the inputs first"},
            [DATA_NORMALIZE_TARGET] = {"normalize_target", VALUE_WORD, PLACE_NORMALIZE,
                                       .fallback = "none",
                                       .help = "what is done to targets that are numbers, and "
                                               "undone where they are shown"},
            [DATA_CLASSES] = {"classes", VALUE_NAMES,
                              .help = "the names of the classes in order, instead of numbers"})},
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
                                 .help = "leave out a last batch that is smaller"},
            [TRAIN_SCHEDULE] = {"schedule", VALUE_WORD, PLACE_SCHEDULE, .fallback = "constant",
                                .help = "how the learning rate changes"},
            [TRAIN_CLIP_NORM] = {"clip_norm", VALUE_NUMBER, .min = 0, .max = REAL_MAX,
                                 .above_min = true,
                                 .help = "the largest norm of all gradients together"},
            [TRAIN_EARLY_STOP] = {"early_stop", VALUE_WORD, PLACE_EARLY_STOP,
                                  .help = "when training ends before its epochs are over"},
            [TRAIN_KEEP] = {"keep", VALUE_WORD, PLACE_KEEP,
                            .help = "which epoch's weights are saved; not given: the best where "
                                    "there is a validation split, else the last"})},

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
            [DROPOUT_MODE] =
                {"mode", VALUE_WORD, PLACE_DROPOUT_MODE, .fallback = "inverted",
                 .help = "whether training or evaluation makes up for the missing elements"})},
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

    {.id = WORD_PRELU,
     .place = PLACE_LAYER,
     .name = "prelu",
     .init_family = INIT_FAMILY_HE,
     .help = "max(x, 0) + slope·min(x, 0), the slope learned",
     PARAMS([PRELU_SLOPE] = {"slope", VALUE_NUMBER, .fallback = "0.25", .min = -REAL_MAX,
                             .max = REAL_MAX, .help = "what the slope starts from"},
            [PRELU_PER_UNIT] = {"per_unit", VALUE_BOOL, .fallback = "false",
                                .help = "a slope for each unit instead of one for all"})},
    {.id = WORD_IDENTITY,
     .place = PLACE_LAYER,
     .name = "identity",
     .help = "x: says that nothing between two layers is meant",
     NO_PARAMS},

    {.id = WORD_SOFTMAX_CROSS_ENTROPY,
     .place = PLACE_LOSS,
     .name = "softmax_cross_entropy",
     .target = TARGET_CLASS,
     .help = "-log of the softmax probability of the sample's class",
     PARAMS([SOFTMAX_LABEL_SMOOTHING] = {"label_smoothing", VALUE_NUMBER, .fallback = "0", .min = 0,
                                         .max = 1, .below_max = true,
                                         .help = "share of the target spread over all classes"})},
#define LOSS(name_, target_, params_, formula)                                                     \
    {.id = WORD_NUMBER_LOSS,                                                                       \
     .place = PLACE_LOSS,                                                                          \
     .name = #name_,                                                                               \
     .loss = LOSS_##name_,                                                                         \
     .target = TARGET_##target_,                                                                   \
     .help = formula,                                                                              \
     params_},
#include "loss.def"
#undef LOSS

    {.id = WORD_AUTO,
     .place = PLACE_INIT,
     .name = "auto",
     .help = "what the next activation before another dense layer wants",
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
     PARAMS([OPTIMIZER_LR] = {"lr", VALUE_NUMBER, .required = true, .min = 0, .max = REAL_MAX,
                              .above_min = true, .help = "the learning rate"},
            [SGD_MOMENTUM] = PARAM_SHARE("momentum", "0", "how much of the last step is kept"),
            [SGD_NESTEROV] = {"nesterov", VALUE_BOOL, .fallback = "false",
                              .help = "look ahead by the momentum"},
            [SGD_WEIGHT_DECAY] = PARAM_DECAY("0", DECAY_OF_LOSS),
            [SGD_DECAY_BIAS] = PARAM_DECAY_BIAS)},
    {.id = WORD_ADAM,
     .place = PLACE_OPTIMIZER,
     .name = "adam",
     .help = "steps of the mean gradient over the root of its mean square",
     PARAMS_ADAM("0", DECAY_OF_LOSS)},
    {.id = WORD_ADAMW,
     .place = PLACE_OPTIMIZER,
     .name = "adamw",
     .help = "adam with the decay apart from the gradient",
     PARAMS_ADAM("0.01", DECAY_OF_WEIGHTS)},
    {.id = WORD_RMSPROP,
     .place = PLACE_OPTIMIZER,
     .name = "rmsprop",
     .help = "steps of the gradient over the root of its mean square",
     PARAMS([OPTIMIZER_LR] = PARAM_LR("0.01"),
            [RMSPROP_ALPHA] = PARAM_SHARE("alpha", "0.99", "how much of the mean square is kept"),
            [RMSPROP_EPS] = PARAM_EPS,
            [RMSPROP_MOMENTUM] = PARAM_SHARE("momentum", "0", "how much of the last step is kept"),
            [RMSPROP_WEIGHT_DECAY] = PARAM_DECAY("0", DECAY_OF_LOSS),
            [RMSPROP_DECAY_BIAS] = PARAM_DECAY_BIAS)},

    {.id = WORD_SCHEDULE_CONSTANT,
     .place = PLACE_SCHEDULE,
     .name = "constant",
     .help = "always lr",
     NO_PARAMS},
    {.id = WORD_STEP,
     .place = PLACE_SCHEDULE,
     .name = "step",
     .help = "times factor after every so many epochs",
     PARAMS([STEP_EVERY] = {"every", VALUE_COUNT, .required = true, .min = 1, .max = EPOCHS_MAX,
                            .help = "epochs between two changes"},
            [STEP_FACTOR] = {"factor", VALUE_NUMBER, .required = true, .min = 0, .max = REAL_MAX,
                             .above_min = true, .help = "what lr is multiplied by"})},
    {.id = WORD_EXPONENTIAL,
     .place = PLACE_SCHEDULE,
     .name = "exponential",
     .help = "times factor after each epoch",
     PARAMS([EXPONENTIAL_FACTOR] = {"factor", VALUE_NUMBER, .required = true, .min = 0,
                                    .max = REAL_MAX, .above_min = true,
                                    .help = "what lr is multiplied by"})},
    {.id = WORD_COSINE,
     .place = PLACE_SCHEDULE,
     .name = "cosine",
     .help = "from 0 up to lr, then down half a cosine, changing with every step",
     PARAMS([COSINE_WARMUP] = {"warmup", VALUE_COUNT, .fallback = "0", .min = 0, .max = EPOCHS_MAX,
                               .help = "epochs of the way up"},
            [COSINE_FINAL] = {"final", VALUE_NUMBER, .fallback = "0", .min = 0, .max = 1,
                              .help = "the share of lr at the end"})},

    {.id = WORD_PATIENCE,
     .place = PLACE_EARLY_STOP,
     .name = "patience",
     .help = "after so many epochs in which the validation loss did not get smaller",
     PARAMS([PATIENCE_EPOCHS] = {"epochs", VALUE_COUNT, .by_place = true, .required = true,
                                 .min = 1, .max = EPOCHS_MAX, .help = "how many epochs"},
            [PATIENCE_MIN_DELTA] = {"min_delta", VALUE_NUMBER, .fallback = "0", .min = 0,
                                    .max = REAL_MAX, .help = "what counts as smaller"})},

    {.id = WORD_BEST,
     .place = PLACE_KEEP,
     .name = "best",
     .help = "the weights of the epoch with the least validation loss",
     NO_PARAMS},
    {.id = WORD_LAST,
     .place = PLACE_KEEP,
     .name = "last",
     .help = "the weights after the last step",
     NO_PARAMS},

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
    {.id = WORD_HOLDOUT,
     .place = PLACE_SOURCE,
     .name = "holdout",
     .help = "samples of the training source that are not trained on",
     PARAMS([HOLDOUT_FRACTION] = {"fraction", VALUE_NUMBER, .by_place = true, .required = true,
                                  .min = 0, .max = 1, .above_min = true, .below_max = true,
                                  .help = "the share of the samples; for validation, of those that "
                                          "the test split leaves"},
            [HOLDOUT_SEED] = {"seed", VALUE_COUNT, .fallback = "1", .min = 0, .max = SEED_MAX,
                              .help = "what the choice is drawn from"},
            [HOLDOUT_SHUFFLE] = {"shuffle", VALUE_BOOL, .fallback = "true",
                                 .help = "whether it is drawn, of each class its share; else the "
                                         "last samples are taken"})},

    {.id = WORD_NO_NORMALIZE,
     .place = PLACE_NORMALIZE,
     .name = "none",
     .help = "numbers as they are",
     NO_PARAMS},
    {.id = WORD_SCALE,
     .place = PLACE_NORMALIZE,
     .name = "scale",
     .help = "every number times f",
     PARAMS([SCALE_F] = {"f", VALUE_NUMBER, .by_place = true, .required = true, .min = -REAL_MAX,
                         .max = REAL_MAX, .help = "the factor"})},

    {.id = WORD_STANDARDIZE,
     .place = PLACE_NORMALIZE,
     .name = "standardize",
     .help = "each column to mean 0 and standard deviation 1 of the training split",
     NO_PARAMS},
    {.id = WORD_MINMAX,
     .place = PLACE_NORMALIZE,
     .name = "minmax",
     .help = "each column to 0 … 1, between the training split's least and largest",
     NO_PARAMS},

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
        [PLACE_SCHEDULE] = "schedule",
        [PLACE_EARLY_STOP] = "early stop",
        [PLACE_KEEP] = "choice",
        [PLACE_SOURCE] = "source",
        [PLACE_NORMALIZE] = "normalisation",
        [PLACE_DROPOUT_MODE] = "dropout mode",
        [PLACE_TARGET] = "target",
    };
    return names[place];
}

const struct vocab_word *vocab_activation(enum activation_id id)
{
    return vocab_find(PLACE_LAYER, vocab_activation_name(id));
}

const char *vocab_loss_name(enum loss_id id)
{
    static const char *const names[] = {
#define LOSS(name, target, params, formula) #name,
#include "loss.def"
#undef LOSS
    };
    return names[id];
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
