/* The vocabulary: every word of the language and every argument it takes, as tables.
 *
 * A block (model, data, train) is a word too: its properties are its arguments, all given by name.
 * The parser knows none of this; check.c looks names up here, and the manual is written from it. */
#ifndef MLPGEN_VOCAB_H
#define MLPGEN_VOCAB_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

enum {
    /* A layer's width: counts must fit 32-bit loop variables with room for padding. */
    UNITS_MAX = 1 << 24,
};

/* Where a word may stand. */
enum place {
    PLACE_BLOCK,
    PLACE_LAYER,
    PLACE_LOSS,
    PLACE_INIT,
    PLACE_OPTIMIZER,
    PLACE_SCHEDULE,
    PLACE_EARLY_STOP,
    PLACE_KEEP,
    PLACE_SOURCE,
    PLACE_NORMALIZE,
    PLACE_DROPOUT_MODE,
    PLACE_TARGET, /* the word `input` as a source's target */
    PLACE_COUNT
};

enum value_type {
    VALUE_NUMBER, /* a double within [min, max], or (min, max) where open */
    VALUE_COUNT,  /* a whole number within [min, max] */
    VALUE_COUNTS, /* a count or a list of counts: a shape */
    VALUE_BOOL,
    VALUE_STRING,
    VALUE_NAMES,          /* a list of strings, none of them empty or there twice */
    VALUE_WORD,           /* a word of `place` */
    VALUE_STRING_OR_WORD, /* a path, or a word of `place` */
    VALUE_ROWS            /* all arguments given by place, each a list of numbers: table's rows */
};

enum word_id {
    WORD_NONE,
    /* blocks */
    WORD_MODEL,
    WORD_DATA,
    WORD_TRAIN,
    /* layers */
    WORD_DENSE,
    WORD_DROPOUT,
    WORD_REPEAT,
    WORD_ACTIVATION, /* which one: vocab_word.activation */
    WORD_PRELU,
    WORD_IDENTITY,
    /* losses */
    WORD_SOFTMAX_CROSS_ENTROPY,
    WORD_NUMBER_LOSS, /* which one: vocab_word.loss */
    /* initialisers */
    WORD_AUTO,
    WORD_NORMAL,
    WORD_UNIFORM,
    WORD_XAVIER_UNIFORM,
    WORD_XAVIER_NORMAL,
    WORD_HE_UNIFORM,
    WORD_HE_NORMAL,
    WORD_LECUN_NORMAL,
    WORD_ZEROS,
    WORD_CONSTANT,
    /* optimizers */
    WORD_SGD,
    WORD_ADAM,
    WORD_ADAMW,
    WORD_RMSPROP,
    /* schedules */
    WORD_SCHEDULE_CONSTANT,
    WORD_STEP,
    WORD_EXPONENTIAL,
    WORD_COSINE,
    /* ends of training, and what is kept of it */
    WORD_PATIENCE,
    WORD_BEST,
    WORD_LAST,
    /* sources */
    WORD_IDX,
    WORD_TABLE,
    WORD_HOLDOUT, /* stands for a source, but of the training split */
    /* normalisation */
    WORD_NO_NORMALIZE, /* none */
    WORD_SCALE,
    WORD_STANDARDIZE,
    WORD_MINMAX,
    /* dropout modes */
    WORD_INVERTED,
    WORD_CLASSIC,
    /* a source's target */
    WORD_INPUT,
};

enum activation_id {
#define ACTIVATION(name, init, params, formula) ACTIVATION_##name,
#include "activation.def"
#undef ACTIVATION
    ACTIVATION_COUNT
};

/* Losses on numbers. */
enum loss_id {
#define LOSS(name, target, params, formula) LOSS_##name,
#include "loss.def"
#undef LOSS
    LOSS_COUNT
};

/* What a loss's targets are. */
enum target_kind {
    TARGET_CLASS,   /* one of as many classes as there are outputs */
    TARGET_NUMBERS, /* a number for each output */
    TARGET_BINARY   /* 0 or 1 for each output */
};

/* What init = auto means before an activation. */
enum init_family { INIT_FAMILY_XAVIER, INIT_FAMILY_HE, INIT_FAMILY_LECUN };

/* The places of arguments in vocab_word.params and word.args. */
enum { MODEL_INPUT, MODEL_LOSS, MODEL_INIT };
enum {
    DATA_TRAIN,
    DATA_TEST,
    DATA_VALIDATION,
    DATA_NORMALIZE,
    DATA_NORMALIZE_TARGET,
    DATA_CLASSES
};
enum {
    TRAIN_OPTIMIZER,
    TRAIN_BATCH,
    TRAIN_EPOCHS,
    TRAIN_SEED,
    TRAIN_SHUFFLE,
    TRAIN_DROP_LAST,
    TRAIN_SCHEDULE,
    TRAIN_CLIP_NORM,
    TRAIN_EARLY_STOP,
    TRAIN_KEEP
};
enum { DENSE_UNITS, DENSE_BIAS, DENSE_INIT, DENSE_BIAS_INIT, DENSE_FROZEN };
enum { DROPOUT_P, DROPOUT_MODE };
enum { REPEAT_TIMES };
enum { NORMAL_MEAN, NORMAL_STD };
enum { UNIFORM_LOW, UNIFORM_HIGH };
enum { CONSTANT_VALUE };
enum { SOFTMAX_LABEL_SMOOTHING };
enum { HARDTANH_LOW, HARDTANH_HIGH };
enum { PRELU_SLOPE, PRELU_PER_UNIT };
enum { OPTIMIZER_LR }; /* of every optimizer the first */
enum { SGD_MOMENTUM = OPTIMIZER_LR + 1, SGD_NESTEROV, SGD_WEIGHT_DECAY, SGD_DECAY_BIAS };
enum { ADAM_BETA1 = OPTIMIZER_LR + 1, ADAM_BETA2, ADAM_EPS, ADAM_WEIGHT_DECAY, ADAM_DECAY_BIAS };
enum {
    RMSPROP_ALPHA = OPTIMIZER_LR + 1,
    RMSPROP_EPS,
    RMSPROP_MOMENTUM,
    RMSPROP_WEIGHT_DECAY,
    RMSPROP_DECAY_BIAS
};
enum { STEP_EVERY, STEP_FACTOR };
enum { EXPONENTIAL_FACTOR };
enum { COSINE_WARMUP, COSINE_FINAL };
enum { PATIENCE_EPOCHS, PATIENCE_MIN_DELTA };
enum { IDX_PATH, IDX_TARGET };
enum { TABLE_ROWS };
enum { HOLDOUT_FRACTION, HOLDOUT_SEED, HOLDOUT_SHUFFLE };
enum { SCALE_F };

/* The bound of numbers that have no other: they become elements, and beyond it a float is infinite.
 */
#define REAL_MAX ((double)FLT_MAX)

enum {
    VOCAB_PARAMS_MAX = 10,      /* the longest list is a block's; a check in the unit tests */
    VOCAB_ACTIVATION_PARAMS = 2 /* the same of an element-wise activation or loss, all numbers */
};

struct vocab_param {
    const char *name;
    enum value_type type;
    enum place place;          /* of a VALUE_WORD */
    bool by_place;             /* may be given without its name */
    bool required;             /* else fallback is its value */
    const char *fallback;      /* as a user would write it: "true", "0.9", "auto"; NULL: absent */
    double min, max;           /* of numbers, both included … */
    bool above_min, below_max; /* … or not */
    const char *help;          /* one line for the manual */
};

struct vocab_word {
    enum word_id id;
    enum place place;
    const char *name;
    enum activation_id activation; /* of a WORD_ACTIVATION */
    enum init_family init_family;  /* of a WORD_ACTIVATION */
    enum loss_id loss;             /* of a WORD_NUMBER_LOSS */
    enum target_kind target;       /* of a loss */
    bool has_body;                 /* stands with { layers } */
    struct vocab_param params[VOCAB_PARAMS_MAX];
    size_t param_count;
    const char *help; /* one line for the manual */
};

extern const struct vocab_word vocab_words[];
extern const size_t vocab_word_count;

/* The word of that name that may stand at place, or NULL. */
const struct vocab_word *vocab_find(enum place place, const char *name);
/* The first word of that name wherever it may stand, or NULL. */
const struct vocab_word *vocab_find_anywhere(const char *name);
/* The name here of something that other tools call `name` ("Linear" → "dense"), or NULL. Case and
 * underscores do not count. */
const char *vocab_elsewhere(const char *name);
/* Why a word of other tools is not needed at a place ("flatten"), or NULL. */
const char *vocab_needless(enum place place, const char *name);
/* The layer that applies it. */
const struct vocab_word *vocab_activation(enum activation_id id);
/* "relu" */
const char *vocab_activation_name(enum activation_id id);
/* "mse" */
const char *vocab_loss_name(enum loss_id id);
/* What a reader calls such a word: "layer", "loss", "initialiser", … */
const char *vocab_place_name(enum place place);
/* "a layer", "an optimizer" */
const char *vocab_place_article(struct arena *arena, enum place place);
/* "layers", "losses" */
const char *vocab_place_plural(struct arena *arena, enum place place);
/* What the argument's numbers have to be: "from 1 to 10", "at least 0 and below 1", "above 0"; NULL
 * if any that a float can hold will do. */
const char *vocab_range(struct arena *arena, const struct vocab_param *p);

#endif
