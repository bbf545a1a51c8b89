/* A random model while it is being put together, as the text of its blocks.
 *
 * Words and arguments are drawn by walking the vocabulary: what is added to its tables is drawn
 * without a change here. What the tables cannot say stands in small rules: which numbers suit an
 * argument (draft.c), where layers stand (layers.c), what a source's rows are (data.c). Whether it
 * all fits together is the checker's to say; a draft that it refuses is drawn anew (smith.c). */
#ifndef SMITH_DRAFT_H
#define SMITH_DRAFT_H

#include "choices.h"

#include "arena.h"
#include "model.h"
#include "nameset.h"

struct draft {
    struct arena *arena;
    struct choices *choices;
    struct strbuf lets; /* "let v1 = ...;" lines: what the blocks refer to */
    uint32_t let_count;
    struct nameset names; /* of layers */

    uint32_t inputs;      /* of the model */
    uint32_t width;       /* of the last layer drawn; 0 before the inputs are */
    double layer_weights; /* that a dense layer may have at most */
    double weights;       /* that all dense layers to come may have */
    uint32_t times;       /* how often the layer that is drawn stands in the model */
    uint32_t repeats;     /* of the last group drawn */

    const struct model *model; /* checked, what it reads not yet known; for draw_source */
    const char *folder;        /* where data files are put */
    uint32_t file_count;
    uint32_t rows; /* left of the training split; 0 before it is drawn */
};

/* How many words may stand at a place; one of them, the first is 0; NULL beyond the last. */
uint32_t draft_words(enum place place);
const struct vocab_word *draft_word(enum place place, uint32_t i);

/* A word that may stand at a place, with arguments. */
const char *draw_word(struct draft *d, enum place place);
/* A word that was chosen, with arguments. */
const char *draw_call(struct draft *d, const struct vocab_word *word);
/* The name of a new let with that value. */
const char *draft_let(struct draft *d, const char *value);
/* A block's properties, each on a line. */
const char *draw_properties(struct draft *d, enum word_id block);
/* The model's layers, each on a line. */
const char *draw_layers(struct draft *d);
/* The model's name. */
const char *draw_name(struct draft *d);
/* A source of samples that fit the model, its files written. */
const char *draw_source(struct draft *d);

#endif
