/* Layers: how many, which, in which groups, and what they are called. */
#include "draft.h"

enum {
    LAYERS = 10,     /* in a model or a group, at most */
    GROUP_DEPTH = 2, /* of groups in groups, at most */
    INDENT = 4
};

/* Names that the C around them may know too: keywords, functions of libraries and of emitted code,
 * its variables and its types. */
static const char *const names[] = {
    "net",    "int",   "main",     "float",    "double",   "restrict", "inline", "static",
    "struct", "bool",  "batch",    "arena",    "part",     "parts",    "first",  "last",
    "label",  "loss",  "target",   "model",    "data",     "train",    "test",   "seed",
    "step",   "lr",    "n",        "r",        "i",        "k",        "w",      "b",
    "x",      "y",     "dy",       "a",        "sum0",     "x0",       "fma",    "fmaf",
    "sqrt",   "tanh",  "printf",   "malloc",   "errno",    "NULL",     "I",      "INFINITY",
    "avx2",   "linux", "portable", "gradient", "evaluate", "update",   "asm",    "typeof",
    "params", "paths", "dense1",   "tanh1",    "dense",    "relu",     "repeat", "register",
};
enum { NAMES = sizeof names / sizeof *names };

static const char *draw_list(struct draft *d, int depth);

const char *draw_name(struct draft *d)
{
    return names[choose(d->choices, NAMES)];
}

/* A label with its colon, or nothing. */
static const char *draw_label(struct draft *d)
{
    if (!chance(d->choices, 4))
        return "";
    const char *name = draw_name(d);
    return nameset_add(d->arena, &d->names, name) ? arena_printf(d->arena, "%s: ", name) : "";
}

/* A third are the vocabulary's first, dense: without them there is nothing to train. */
static const struct vocab_word *draw_kind(struct draft *d, int depth)
{
    const uint32_t n = draft_words(PLACE_LAYER), dense = n / 2, i = choose(d->choices, dense + n);
    const struct vocab_word *word = draft_word(PLACE_LAYER, i < dense ? 0 : i - dense);
    return word->has_body && depth > GROUP_DEPTH ? draft_word(PLACE_LAYER, 0) : word;
}

/* The layers of a group, which stands `repeats` times where it stands. */
static const char *draw_body(struct draft *d, int depth)
{
    const uint32_t times = d->times;
    d->times *= d->repeats;
    const char *body = draw_list(d, depth + 1);
    d->times = times;
    return arena_printf(d->arena, " {\n%s%*s}\n", body, depth * INDENT, "");
}

/* Words may be lets, those without a group. */
static const char *draw_layer(struct draft *d, int depth)
{
    const char *label = draw_label(d);
    const struct vocab_word *word = draw_kind(d, depth);
    const char *call = draw_call(d, word), *end = ";\n";
    if (word->has_body)
        end = draw_body(d, depth);
    else if (chance(d->choices, 12))
        call = draft_let(d, call);
    return arena_printf(d->arena, "%*s%s%s%s", depth * INDENT, "", label, call, end);
}

/* One layer at least. Whether there is one is the first choice of each, also where it has no say,
 * so that any may be left out. */
static const char *draw_list(struct draft *d, int depth)
{
    const char *list = "";
    bool more = true;
    for (int i = 0; more && i < LAYERS; i++) {
        choices_open(d->choices);
        more = choose(d->choices, 6) > 0;
        if (more || i == 0)
            list = arena_printf(d->arena, "%s%s", list, draw_layer(d, depth));
        choices_close(d->choices);
    }
    return list;
}

/* Few units behind a whole panel of them, which mlpgen may put in columns: hardly ever by chance.
 */
static const char *draw_few(struct draft *d)
{
    const uint32_t panels = 1 + choose(d->choices, 3), units = 2 + choose(d->choices, 7);
    return arena_printf(d->arena, "%*sdense(%u);\n%*sdense(%u);\n", INDENT, "", panels * PANEL,
                        INDENT, "", units);
}

/* Now and then as many outputs as inputs, so that the target may be the input. */
const char *draw_layers(struct draft *d)
{
    const char *list = draw_list(d, 1);
    if (chance(d->choices, 5))
        list = arena_printf(d->arena, "%s%*sdense(%u);\n", list, INDENT, "", d->inputs);
    else if (chance(d->choices, 2))
        list = arena_printf(d->arena, "%s%s", list, draw_few(d));
    return list;
}
