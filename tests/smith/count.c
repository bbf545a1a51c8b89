/* Counting: the vocabulary is walked again, this time along a checked model. */
#include "count.h"

#include "ice.h"

#include <stdio.h>
#include <string.h>

enum {
    WORDS_MAX = 256,
    BLOCK_OF_ROWS = 48 /* that go through all layers together: ROW_BLOCK of emit_path.c */
};

enum width_class { WIDTH_ONE, WIDTH_PANELS, WIDTH_EDGE, WIDTH_PRIME, WIDTH_OTHER, WIDTH_CLASSES };
static const char *const width_names[WIDTH_CLASSES] = {
    [WIDTH_ONE] = "1",       [WIDTH_PANELS] = "multiple of 16",
    [WIDTH_EDGE] = "16k±1",  [WIDTH_PRIME] = "other prime",
    [WIDTH_OTHER] = "other",
};

enum batch_class {
    BATCH_ONE,
    BATCH_ODD,
    BATCH_EVEN,
    BATCH_REST,
    BATCH_BLOCKS,
    BATCH_MORE,
    BATCH_CLASSES
};
static const char *const batch_names[BATCH_CLASSES] = {
    [BATCH_ONE] = "1",
    [BATCH_ODD] = "odd",
    [BATCH_EVEN] = "even",
    [BATCH_REST] = "a smaller last one",
    [BATCH_BLOCKS] = "more than a block of rows",
    [BATCH_MORE] = "more than the data",
};

struct counts {
    bool word[WORDS_MAX];
    bool argument[WORDS_MAX][VOCAB_PARAMS_MAX];
    bool width[WIDTH_CLASSES], batch[BATCH_CLASSES];
    bool columns; /* the last layer's results may stand in columns */
};

static enum width_class width_class(uint32_t width)
{
    if (width == 1)
        return WIDTH_ONE;
    if (width % PANEL == 0)
        return WIDTH_PANELS;
    if (width % PANEL == 1 || width % PANEL == PANEL - 1)
        return WIDTH_EDGE;
    for (uint32_t k = 2; k * k <= width; k++)
        if (width % k == 0)
            return WIDTH_OTHER;
    return WIDTH_PRIME;
}

static bool true_by_default(const struct vocab_param *p)
{
    return !strcmp(p->fallback, "true");
}

static void count_word(struct counts *c, const struct word *w)
{
    const size_t word = (size_t)(w->vocab - vocab_words);
    c->word[word] = true;
    for (size_t i = 0; i < w->vocab->param_count; i++) {
        const struct vocab_param *p = &w->vocab->params[i];
        const struct value *v = &w->args[i];
        if (!v->given)
            continue;
        if (p->type != VALUE_BOOL || v->truth != true_by_default(p))
            c->argument[word][i] = true;
        if (v->word)
            count_word(c, v->word);
    }
}

static void count_items(struct counts *c, const struct item *first)
{
    for (const struct item *item = first; item; item = item->next) {
        count_word(c, item->word);
        count_items(c, item->body);
    }
}

static void count_widths(struct counts *c, const struct model *m)
{
    c->width[width_class(m->input_size)] = true;
    for (size_t i = 0; i < m->layer_count; i++)
        c->width[width_class(m->layers[i].out)] = true;
}

static void count_batch(struct counts *c, uint32_t batch, uint32_t rows)
{
    c->batch[BATCH_ONE] = batch == 1;
    c->batch[BATCH_ODD] = batch > 1 && batch % 2 == 1;
    c->batch[BATCH_EVEN] = batch % 2 == 0;
    c->batch[BATCH_REST] = batch < rows && rows % batch != 0;
    c->batch[BATCH_BLOCKS] = batch > BLOCK_OF_ROWS && rows > BLOCK_OF_ROWS;
    c->batch[BATCH_MORE] = batch > rows;
}

/* Few classes from whole panels of units, for whole panels of samples: what fits_columns of
 * pass_schedule.c asks for, but that the layer is not written out. */
static bool has_columns(const struct model *m)
{
    const struct layer *last = &m->layers[m->layer_count - 1];
    return m->block->args[MODEL_LOSS].word->vocab->id == WORD_SOFTMAX_CROSS_ENTROPY &&
           last->word->vocab->id == WORD_DENSE && !last->word->args[DENSE_FROZEN].truth &&
           last->out > 2 && last->out <= PANEL / 2 && last->in % PANEL == 0 && last->in <= 64 &&
           (uint32_t)m->train->args[TRAIN_BATCH].number % PANEL == 0;
}

/* ---- printing ---- */

static void print_item(const char *group, const char *name)
{
    printf("item %s\t%s\n", group, name);
}

static void print_argument(const struct vocab_word *word, const struct vocab_param *p)
{
    const char *value = "";
    if (p->type == VALUE_BOOL)
        value = true_by_default(p) ? "=false" : "=true";
    printf("item %s\t%s.%s%s\n", vocab_place_name(word->place), word->name, p->name, value);
}

static void print_counts(const struct counts *c)
{
    for (size_t i = 0; i < vocab_word_count; i++) {
        const struct vocab_word *word = &vocab_words[i];
        if (c->word[i] && word->place != PLACE_BLOCK)
            print_item(vocab_place_name(word->place), word->name);
        for (size_t k = 0; k < word->param_count; k++)
            if (c->argument[i][k] && !word->params[k].required)
                print_argument(word, &word->params[k]);
    }
    for (size_t i = 0; i < WIDTH_CLASSES; i++)
        if (c->width[i])
            print_item("width", width_names[i]);
    for (size_t i = 0; i < BATCH_CLASSES; i++)
        if (c->batch[i])
            print_item("batch", batch_names[i]);
    if (c->columns)
        print_item("form", "columns");
}

void count_print(const struct model *m, uint32_t rows)
{
    struct counts c = {0};
    REQUIRE(vocab_word_count <= WORDS_MAX);
    count_word(&c, m->block);
    count_word(&c, m->data);
    count_word(&c, m->train);
    count_items(&c, m->items);
    count_widths(&c, m);
    c.columns = has_columns(m);
    count_batch(&c, (uint32_t)m->train->args[TRAIN_BATCH].number, rows);
    print_counts(&c);
}

void count_print_all(void)
{
    struct counts c;
    memset(&c, true, sizeof c);
    print_counts(&c);
}
