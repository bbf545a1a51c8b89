/* Values of arguments against the types of their parameters. */
#include "check_values.h"

#include "check_words.h"
#include "nameset.h"
#include "number.h"

#include <math.h>

void values_suggest_quotes(struct scope *s, const char *name)
{
    diag_help(s->diags, "a string stands in quotes: \"%s\"", name);
}

/* What v, which is out of range, should be. */
static const char *describe_range(const struct scope *s, const struct vocab_param *p, double v)
{
    if (p->max == REAL_MAX && fabs(v) > REAL_MAX)
        return "a number that a float can hold";
    return vocab_range(s->arena, p);
}

static bool number_fits(struct scope *s, const struct vocab_param *p, const struct given *g,
                        double *out)
{
    const char *expected = arena_printf(s->arena, "a number for '%s'", p->name);
    if (!eval_expect(s, DATUM_NUMBER, g->value, g->span, DIAG_WRONG_KIND, expected))
        return false;
    const double v = *out = g->value->number;
    const bool within = v >= p->min && v <= p->max;
    const float element = within ? (float)v : 0; /* 1e-50 is 0 as one, 1 - 1e-11 is 1 */
    if (!within || (p->above_min && v == p->min) || (p->below_max && v == p->max)) {
        diag_report(s->diags, DIAG_OUT_OF_RANGE, g->span, "'%s' must be %s, not %s", p->name,
                    describe_range(s, p, v), number_text(v).at);
        return false;
    }
    if ((p->above_min && element <= (float)p->min) || (p->below_max && element >= (float)p->max)) {
        diag_report(s->diags, DIAG_OUT_OF_RANGE, g->span,
                    "'%s' must be %s also as a float, where %s is %s", p->name,
                    describe_range(s, p, v), number_text(v).at, number_text((double)element).at);
        return false;
    }
    if (p->type != VALUE_NUMBER && v != trunc(v)) {
        diag_report(s->diags, DIAG_NOT_WHOLE, g->span, "'%s' must be a whole number, not %s",
                    p->name, number_text(v).at);
        return false;
    }
    return true;
}

static bool set_number(struct scope *s, const struct vocab_param *p, const struct given *g,
                       double *out)
{
    const size_t before = s->diags->errors;
    if (number_fits(s, p, g, out))
        return true;
    if (s->diags->errors > before) /* not where the value is a mistake already told */
        eval_note_let(s, g->value);
    return false;
}

/* A shape: one count, or a list of them whose product is a count again. */
static bool set_counts(struct scope *s, const struct vocab_param *p, const struct given *g,
                       struct value *v)
{
    const struct given *counts = g;
    v->count = 1;
    if (g->value->kind == DATUM_LIST) {
        counts = g->value->elements;
        v->count = (uint32_t)g->value->count;
    }
    if (v->count == 0) {
        diag_report(s->diags, DIAG_OUT_OF_RANGE, g->span, "'%s' is an empty list", p->name);
        return false;
    }
    v->numbers = ARENA_ARRAY(s->arena, double, v->count);
    bool good = true;
    double product = 1;
    for (uint32_t i = 0; i < v->count; i++) {
        good = set_number(s, p, &counts[i], &v->numbers[i]) && good;
        if (good && (product *= v->numbers[i]) > p->max) {
            diag_report(s->diags, DIAG_OUT_OF_RANGE, g->span,
                        "'%s' must be %s in all, and the product is larger", p->name,
                        describe_range(s, p, p->min));
            return false;
        }
    }
    return good;
}

static bool set_truth(struct scope *s, const struct vocab_param *p, const struct given *g,
                      struct value *v)
{
    const char *expected = arena_printf(s->arena, "true or false for '%s'", p->name);
    v->truth = g->value->truth;
    return eval_expect(s, DATUM_BOOL, g->value, g->span, DIAG_WRONG_KIND, expected);
}

static bool set_text(struct scope *s, const struct vocab_param *p, const struct given *g,
                     struct value *v)
{
    const struct datum *d = g->value;
    const char *expected = arena_printf(s->arena, "a string for '%s'", p->name);
    v->text = d->string;
    if (d->kind != DATUM_WORD)
        return eval_expect(s, DATUM_STRING, d, g->span, DIAG_WRONG_KIND, expected);
    if (s->incomplete) /* it may be a let that was left out */
        return false;
    diag_report(s->diags, DIAG_WRONG_KIND, g->span, "expected %s, got %s", expected,
                eval_describe(s, d));
    if (!eval_suggest(s, d->call.name.text, NULL, 0))
        values_suggest_quotes(s, d->call.name.text);
    return false;
}

static bool check_name(struct scope *s, struct nameset *seen, const char *name, struct span at)
{
    if (*name && nameset_add(s->arena, seen, name))
        return true;
    if (*name)
        diag_report(s->diags, DIAG_CLASS_NAMES, at, "'%s' is the name of a class before", name);
    else
        diag_report(s->diags, DIAG_CLASS_NAMES, at, "a class's name is empty");
    return false;
}

/* A list of names, one for each thing. */
static bool set_names(struct scope *s, const struct vocab_param *p, const struct given *g,
                      struct value *v)
{
    const char *expected = arena_printf(s->arena, "a list of strings for '%s'", p->name);
    struct nameset seen = {0};
    bool good = true;
    if (!eval_expect(s, DATUM_LIST, g->value, g->span, DIAG_WRONG_KIND, expected))
        return false;
    v->count = (uint32_t)g->value->count;
    v->texts = ARENA_ARRAY(s->arena, const char *, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        const struct given *name = &g->value->elements[i];
        struct value text = {.span = name->span};
        if (!set_text(s, p, name, &text))
            good = false;
        else
            good = check_name(s, &seen, text.text, name->span) && good;
        v->texts[i] = text.text;
    }
    return good;
}

static bool set_word(struct scope *s, const struct vocab_param *p, const struct given *g,
                     struct value *v)
{
    const struct datum *d = g->value;
    if (d->kind == DATUM_WORD) {
        v->word = words_match(s, p->place, d, g->span);
        return v->word != NULL;
    }
    const char *expected =
        arena_printf(s->arena, "%s for '%s'", vocab_place_article(s->arena, p->place), p->name);
    return eval_expect(s, DATUM_WORD, d, g->span, DIAG_WRONG_KIND, expected);
}

bool values_set(struct scope *s, const struct vocab_param *p, const struct given *g,
                struct value *v)
{
    switch (p->type) {
    case VALUE_NUMBER:
    case VALUE_COUNT: return set_number(s, p, g, &v->number);
    case VALUE_COUNTS: return set_counts(s, p, g, v);
    case VALUE_BOOL: return set_truth(s, p, g, v);
    case VALUE_STRING: return set_text(s, p, g, v);
    case VALUE_NAMES: return set_names(s, p, g, v);
    case VALUE_WORD: return set_word(s, p, g, v);
    case VALUE_STRING_OR_WORD:
        return g->value->kind == DATUM_WORD ? set_word(s, p, g, v) : set_text(s, p, g, v);
    case VALUE_ROWS: return true; /* their lengths are the model's: check_data.c */
    }
    return false;
}
