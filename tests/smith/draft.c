/* Words and their arguments, drawn from the vocabulary. */
#include "draft.h"

#include "ice.h"
#include "number.h"

#include <math.h>
#include <string.h>

enum {
    MENU_MAX = 24,
    COUNTS = 4,       /* how many counts are drawn where there is no menu: the least and the next */
    STEPS_OF_1 = 1000 /* what other numbers are rounded to */
};

#define MENU(...)                                                                                  \
    .values = {__VA_ARGS__}, .count = sizeof((const double[]){__VA_ARGS__}) / sizeof(double)

/* What an argument of that name is drawn from, the simplest first. The numbers keep most trainings
 * from diverging within a few steps. The widths are 1, primes, multiples of a panel, their
 * neighbours and others. The batches are odd and even, less and more than a block of rows, and more
 * than all data here; whole panels of samples are there twice, for layers in columns. */
struct menu {
    const char *param;
    double values[MENU_MAX];
    uint32_t count;
};
static const struct menu menus[] = {
    {"units", MENU(1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 19, 20, 23, 31, 32, 33, 48)},
    {"batch", MENU(1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 33, 48, 49, 64, 1000, 16, 32, 48, 64)},
    {"seed", MENU(1, 0, 7, 42, 4294967296, 9007199254740991)},
    {"lr", MENU(0.1, 0.05, 0.01, 0.001, 0.3, 1e20)}, /* the last: numbers that are not finite */
    {"momentum", MENU(0.9, 0.5, 0.99)},
    {"weight_decay", MENU(0.01, 1e-4, 0.1)},
    {"eps", MENU(1e-8, 1e-3, 0.1)},
    {"factor", MENU(0.5, 0.9, 1, 1.1)},
    {"std", MENU(0.5, 0.1, 1)},
    {"low", MENU(-1, -0.5, -2, -0.1)},
    {"high", MENU(1, 0.5, 2, 0.1)},
    {"fraction", MENU(0.5, 0.25, 0.1)},
};
static const struct menu any_number = {"", MENU(0.5, 0, 1, 0.1, 0.25, 0.9, 2, -0.5, -1.5)};

/* Arguments that spoil a model where they are often true: a frozen layer shows no gradient. */
static const char *const rarely_true[] = {"frozen"};

static const struct menu *menu_of(const struct vocab_param *p)
{
    for (size_t i = 0; i < sizeof menus / sizeof *menus; i++)
        if (!strcmp(menus[i].param, p->name))
            return &menus[i];
    return NULL;
}

static bool fits(const struct vocab_param *p, double v)
{
    return (p->above_min ? v > p->min : v >= p->min) && (p->below_max ? v < p->max : v <= p->max);
}

/* Draws one of a menu's numbers that the argument takes, at most `most` where that leaves any; one
 * of `more` choices beyond them gives NAN. */
static double draw_from(struct draft *d, const struct menu *menu, const struct vocab_param *p,
                        double most, uint32_t more)
{
    double values[MENU_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < menu->count; i++)
        if (fits(p, menu->values[i]) && (menu->values[i] <= most || n == 0))
            values[n++] = menu->values[i];
    if (n + more == 0)
        return p->min;
    const uint32_t i = choose(d->choices, n + more);
    return i < n ? values[i] : NAN;
}

/* The share of the training samples that is held out: one of them at least, and not all. */
static double draw_fraction(struct draft *d, const struct menu *menu, const struct vocab_param *p)
{
    const double drawn = draw_from(d, menu, p, p->max, 0);
    const double fraction = floor(drawn * d->rows + 0.5) >= 1 ? drawn : 0.5;
    d->rows -= (uint32_t)floor(fraction * d->rows + 0.5);
    return fraction;
}

static double draw_number(struct draft *d, const struct vocab_param *p)
{
    const struct menu *menu = menu_of(p);
    if (!strcmp(p->name, "fraction"))
        return draw_fraction(d, menu, p);
    const double v = draw_from(d, menu ? menu : &any_number, p, p->max, 1);
    const double low = fmax(p->min, -1), high = fmin(p->max, 1);
    if (!isnan(v) || low >= high)
        return isnan(v) ? p->min : v;
    const double share = (1 + choose(d->choices, STEPS_OF_1 - 1)) / (double)STEPS_OF_1;
    return round((low + (high - low) * share) * STEPS_OF_1) / STEPS_OF_1;
}

/* Inputs of the model, or units of a dense layer: as many as a layer's weights may be, and as are
 * left for all of them. */
static double draw_width(struct draft *d, const struct vocab_param *p)
{
    const uint32_t depth = d->width ? d->width : 1;
    const double most = fmin(d->layer_weights, d->weights / d->times) / depth;
    const double units = draw_from(d, &menus[0], p, most, 0);
    if (d->width)
        d->weights -= fmin(d->weights, units * depth * d->times);
    else
        d->inputs = (uint32_t)units;
    d->width = (uint32_t)units;
    return units;
}

static double draw_count(struct draft *d, const struct vocab_param *p)
{
    const struct menu *menu = menu_of(p);
    if (!strcmp(p->name, "units"))
        return draw_width(d, p);
    const double v =
        menu ? draw_from(d, menu, p, p->max, 0) : fmin(p->min + choose(d->choices, COUNTS), p->max);
    if (!strcmp(p->name, "times"))
        d->repeats = (uint32_t)v;
    return v;
}

/* A shape, in one count or in two of its dimensions. */
static const char *draw_counts(struct draft *d, const struct vocab_param *p)
{
    const uint32_t units = (uint32_t)draw_width(d, p);
    uint32_t factor = 2;
    if (!chance(d->choices, 3))
        return arena_printf(d->arena, "%u", units);
    while (factor < units && units % factor)
        factor++;
    if (factor >= units)
        return arena_printf(d->arena, "[%u]", units);
    return arena_printf(d->arena, "[%u, %u]", factor, units / factor);
}

/* Most that are given are not the default. */
static const char *draw_truth(struct draft *d, const struct vocab_param *p)
{
    uint32_t usual = 1, of = 3;
    for (size_t i = 0; i < sizeof rarely_true / sizeof *rarely_true; i++)
        if (!strcmp(p->name, rarely_true[i]))
            usual = 5, of = 6;
    const bool other = choose(d->choices, of) >= usual;
    return other == !strcmp(p->fallback, "true") ? "false" : "true";
}

const char *draft_let(struct draft *d, const char *value)
{
    strbuf_printf(&d->lets, "let v%u = %s;\n", ++d->let_count, value);
    return arena_printf(d->arena, "v%u", d->let_count);
}

/* A value as it is, in parentheses, or by the name of a let. */
static const char *draw_dress(struct draft *d, const char *value)
{
    enum { BARE = 12, PARENTHESES = BARE, LET, DRESSES };
    switch (choose(d->choices, DRESSES)) {
    case PARENTHESES: return arena_printf(d->arena, "(%s)", value);
    case LET: return draft_let(d, value);
    default: return value;
    }
}

/* As many as the model has outputs, no two alike; some with what strings and CSV have to escape. */
static const char *draw_names(struct draft *d)
{
    static const char *const starts[] = {"class ", "\\\"a\\\", \\\\", "\\t, ", "größe "};
    const char *start = starts[choose(d->choices, sizeof starts / sizeof *starts)];
    const char *list = "";
    for (uint32_t i = 0; i < d->model->output_size; i++)
        list = arena_printf(d->arena, "%s%s\"%s%u\"", list, i ? ", " : "", start, i);
    return arena_printf(d->arena, "[%s]", list);
}

static const char *draw_value(struct draft *d, const struct vocab_param *p)
{
    switch (p->type) {
    case VALUE_NUMBER:
        return draw_dress(d, arena_printf(d->arena, "%s", number_text(draw_number(d, p)).at));
    case VALUE_COUNT:
        return draw_dress(d, arena_printf(d->arena, "%s", number_text(draw_count(d, p)).at));
    case VALUE_COUNTS: return draw_counts(d, p);
    case VALUE_BOOL: return draw_dress(d, draw_truth(d, p));
    case VALUE_WORD:
        return draw_dress(d, p->place == PLACE_SOURCE ? draw_source(d) : draw_word(d, p->place));
    case VALUE_NAMES: return draw_dress(d, draw_names(d));
    case VALUE_STRING:
    case VALUE_STRING_OR_WORD:
    case VALUE_ROWS: break; /* of sources only, which draw_source writes */
    }
    ICE("no rule to draw the argument '%s'", p->name);
}

/* Properties that only losses with such targets take. */
static const struct {
    const char *param;
    enum target_kind target;
} suited[] = {{"normalize_target", TARGET_NUMBERS}, {"classes", TARGET_CLASS}};

static bool is_given(struct draft *d, const struct vocab_param *p)
{
    for (size_t i = 0; i < sizeof suited / sizeof *suited; i++)
        if (!strcmp(p->name, suited[i].param) && model_target(d->model) != suited[i].target)
            return false;
    return p->required || chance(d->choices, 2);
}

/* Those that may be given by place now and then have their names, and so have all after them. */
static const char *draw_arguments(struct draft *d, const struct vocab_word *word)
{
    const char *list = "";
    bool by_place = true;
    for (size_t i = 0; i < word->param_count; i++) {
        const struct vocab_param *p = &word->params[i];
        if (!is_given(d, p)) {
            by_place = false;
            continue;
        }
        by_place = by_place && p->by_place && !chance(d->choices, 6);
        const char *value = draw_value(d, p);
        if (!by_place)
            value = arena_printf(d->arena, "%s = %s", p->name, value);
        list = *list ? arena_printf(d->arena, "%s, %s", list, value) : value;
    }
    return list;
}

const char *draw_call(struct draft *d, const struct vocab_word *word)
{
    choices_open(d->choices);
    const char *arguments = draw_arguments(d, word);
    const bool bare = !*arguments && !chance(d->choices, 6);
    choices_close(d->choices);
    return bare ? word->name : arena_printf(d->arena, "%s(%s)", word->name, arguments);
}

const struct vocab_word *draft_word(enum place place, uint32_t i)
{
    for (size_t k = 0; k < vocab_word_count; k++)
        if (vocab_words[k].place == place && i-- == 0)
            return &vocab_words[k];
    return NULL;
}

uint32_t draft_words(enum place place)
{
    uint32_t n = 0;
    while (draft_word(place, n))
        n++;
    return n;
}

const char *draw_word(struct draft *d, enum place place)
{
    return draw_call(d, draft_word(place, choose(d->choices, draft_words(place))));
}

const char *draw_properties(struct draft *d, enum word_id block)
{
    const struct vocab_word *word = vocab_words;
    const char *lines = "";
    while (word->id != block)
        word++;
    for (size_t i = 0; i < word->param_count; i++) {
        choices_open(d->choices);
        if (is_given(d, &word->params[i]))
            lines = arena_printf(d->arena, "%s    %s = %s;\n", lines, word->params[i].name,
                                 draw_value(d, &word->params[i]));
        choices_close(d->choices);
    }
    return lines;
}
