/* The checked model: what was meant. Every default is filled in, every shape is known, and no user
 * error is left: what check_program returns without errors compiles. */
#ifndef MLPGEN_MODEL_H
#define MLPGEN_MODEL_H

#include "source.h"
#include "vocab.h"

#include <stdint.h>

struct word;
struct call;

/* A resolved argument; which member counts is said by its vocab_param's type. */
struct value {
    struct span span; /* where it was given; for a default, the word it belongs to */
    bool given;       /* false: the default of the vocabulary */
    bool absent;      /* an optional argument without a default that was not given */
    bool bad;         /* was reported as wrong; never in a finished model */
    double number;    /* NUMBER, COUNT (whole) */
    bool truth;
    const char *text;   /* STRING; of STRING_OR_WORD: NULL where it is a word */
    const char **texts; /* NAMES: count of them */
    struct word *word;  /* WORD */
    double *numbers;    /* COUNTS: count elements. ROWS: count rows of `columns` numbers each */
    uint32_t count, columns;
};

struct word {
    const struct vocab_word *vocab;
    struct span span;
    const struct call *call;             /* as it was written: for messages of later checks */
    struct value args[VOCAB_PARAMS_MAX]; /* in the order of vocab->params */
};

/* A layer call as it stands in the file; groups (repeat) hold others. For --emit=resolved. */
struct item {
    struct word *word;
    struct span span;  /* of the label, else of the call */
    const char *label; /* as written, or NULL */
    const char *name;  /* the label, else kind and number: "dense2" */
    bool bad;          /* its name was reported; never in a finished model */
    struct item *body;
    struct item *next;
};

/* How initial values are drawn, once `auto` and fans are worked out. */
enum init_kind { INIT_CONSTANT, INIT_NORMAL, INIT_UNIFORM };
struct init_rule {
    enum init_kind kind;
    double a, b; /* constant: value; normal: mean, std; uniform: low, high */
};

/* One layer of the flattened model: groups are written out. */
struct layer {
    struct word *word;
    const char *name;                        /* "hidden1", "dense2", "block.0.dense1" */
    struct span span;                        /* of the call in the file */
    uint32_t in, out;                        /* units per sample */
    struct init_rule weight_init, bias_init; /* of a dense layer; prelu's slope is weight_init */
};

struct model {
    const char *name;
    uint32_t input_size;               /* product of the dimensions of `input` */
    struct word *block, *data, *train; /* the blocks as words; data, train NULL where absent */
    struct item *items;
    struct layer *layers;
    size_t layer_count;
    uint32_t output_size;
    uint64_t seed;
};

/* What the model's loss asks for. */
static inline enum target_kind model_target(const struct model *m)
{
    return m->block->args[MODEL_LOSS].word->vocab->target;
}

/* An argument of a word that its vocabulary has under that name, or NULL. */
const struct value *word_arg(const struct word *w, const char *name);

/* The initialiser of a dense layer's weights: its own, else the model's. */
static inline const struct word *model_dense_init(const struct model *m, const struct word *dense)
{
    const struct value *own = &dense->args[DENSE_INIT];
    return own->given ? own->word : m->block->args[MODEL_INIT].word;
}

enum {
    /* Columns of a panel, to which looped layers are padded: 16 floats are one cache line, two AVX2
     * vectors, one AVX-512 vector. */
    PANEL = 16,
    /* What a sample's row is padded by at the most: to a panel, and by a cache line. */
    ROW_PADDING_MAX = 31,
    /* Layers after groups are written out: far beyond any use, and compiles in bounded time. */
    LAYERS_MAX = 4096,
};

#endif
