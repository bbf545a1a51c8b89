/* Calls against the vocabulary. */
#include "check_words.h"

#include "check_values.h"
#include "number.h"
#include "typo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NO_PARAM = VOCAB_PARAMS_MAX };

static struct word *fill(struct scope *s, const struct vocab_word *vocab, const struct call *call,
                         struct span at, bool incomplete);

bool words_has(const struct word *w, size_t arg)
{
    return w && !w->args[arg].absent && !w->args[arg].bad;
}

static bool is_block(const struct vocab_word *vocab)
{
    return vocab->place == PLACE_BLOCK;
}

/* The place of a call's name; of a let that stands for it where it does not stand here itself. */
static struct span name_at(const struct call *call, struct span at)
{
    struct span name = call->name.span;
    return name.beg >= at.beg && name.end <= at.end ? name : at;
}

/* ---- unknown names ---- */

/* The first word, a block or no block, that has a parameter of that name, or NULL. */
static const struct vocab_word *find_word_with(const char *param, bool block)
{
    for (size_t i = 0; i < vocab_word_count; i++)
        if (is_block(&vocab_words[i]) == block)
            for (size_t k = 0; k < vocab_words[i].param_count; k++)
                if (!strcmp(vocab_words[i].params[k].name, param))
                    return &vocab_words[i];
    return NULL;
}

static void suggest_near_word(struct scope *s, enum place place, const char *name)
{
    const char **names = ARENA_ARRAY(s->arena, const char *, vocab_word_count);
    for (size_t i = 0; i < vocab_word_count; i++)
        names[i] = vocab_words[i].place == place ? vocab_words[i].name : NULL;
    if (eval_suggest(s, name, names, vocab_word_count))
        return;
    if (place == PLACE_TARGET)
        values_suggest_quotes(s, name);
    else
        eval_offer(s, vocab_place_plural(s->arena, place), names, vocab_word_count);
}

static void suggest_word(struct scope *s, enum place place, const char *name)
{
    const char *ours = vocab_elsewhere(name), *remark = vocab_needless(place, name);
    const struct vocab_word *other = vocab_find_anywhere(ours ? ours : name);
    const struct vocab_word *block = find_word_with(name, true);

    if (eval_find_let(s, name) && place != PLACE_BLOCK)
        diag_help(s->diags, "'%s' is a let: write it without parentheses", name);
    else if (remark)
        diag_help(s->diags, "%s", remark);
    else if (ours && vocab_find(place, ours))
        diag_help(s->diags, "did you mean '%s'?", ours);
    else if (other)
        diag_help(s->diags, "'%s' is %s, not %s", other->name,
                  vocab_place_article(s->arena, other->place),
                  vocab_place_article(s->arena, place));
    else if (place == PLACE_LAYER && block)
        diag_help(s->diags, "'%s' is a property of the %s block: %s = ...;", name, block->name,
                  name);
    else
        suggest_near_word(s, place, name);
}

void words_report_unknown(struct scope *s, enum place place, const struct call *call,
                          struct span at)
{
    static const enum slug slugs[PLACE_COUNT] = {
        [PLACE_BLOCK] = DIAG_UNKNOWN_BLOCK,         [PLACE_LAYER] = DIAG_UNKNOWN_LAYER,
        [PLACE_LOSS] = DIAG_UNKNOWN_LOSS,           [PLACE_INIT] = DIAG_UNKNOWN_INIT,
        [PLACE_OPTIMIZER] = DIAG_UNKNOWN_OPTIMIZER, [PLACE_SOURCE] = DIAG_UNKNOWN_SOURCE,
        [PLACE_NORMALIZE] = DIAG_UNKNOWN_NORMALIZE, [PLACE_DROPOUT_MODE] = DIAG_UNKNOWN_MODE,
        [PLACE_TARGET] = DIAG_UNKNOWN_TARGET,       [PLACE_SCHEDULE] = DIAG_UNKNOWN_SCHEDULE,
        [PLACE_EARLY_STOP] = DIAG_UNKNOWN_STOP,     [PLACE_KEEP] = DIAG_UNKNOWN_KEEP,
    };
    diag_report(s->diags, slugs[place], name_at(call, at), "unknown %s '%s'",
                vocab_place_name(place), call->name.text);
    suggest_word(s, place, call->name.text);
}

/* The parameter that an unknown name most likely means, or NO_PARAM. */
static size_t guess_param(const struct vocab_word *vocab, const char *name)
{
    const char *names[VOCAB_PARAMS_MAX], *ours = vocab_elsewhere(name);
    for (size_t i = 0; i < vocab->param_count; i++)
        names[i] = vocab->params[i].type == VALUE_ROWS ? NULL : vocab->params[i].name;
    const char *nearest = typo_nearest(name, names, vocab->param_count);
    for (size_t i = 0; i < vocab->param_count; i++)
        if (names[i] && ((ours && !strcmp(names[i], ours)) || names[i] == nearest))
            return i;
    return NO_PARAM;
}

/* What the word takes: its arguments, or the block its properties. */
static void list_params(struct scope *s, const struct vocab_word *vocab)
{
    const char *names[VOCAB_PARAMS_MAX];
    for (size_t i = 0; i < vocab->param_count; i++)
        names[i] = vocab->params[i].type == VALUE_ROWS ? NULL : vocab->params[i].name;
    const char *what = is_block(vocab)
                           ? arena_printf(s->arena, "properties of the %s block", vocab->name)
                           : arena_printf(s->arena, "arguments of '%s'", vocab->name);
    eval_offer(s, what, names, vocab->param_count);
}

static void suggest_param(struct scope *s, const struct vocab_word *vocab, const char *name,
                          size_t guess)
{
    const char *ours = vocab_elsewhere(name), *param = ours ? ours : name;
    const struct vocab_word *block = find_word_with(param, true);
    const struct vocab_word *other = find_word_with(param, false);
    if (is_block(vocab) && block && block != vocab)
        diag_help(s->diags, "'%s' belongs in the %s block", param, block->name);
    else if (guess != NO_PARAM)
        diag_help(s->diags, "did you mean '%s'?", vocab->params[guess].name);
    else if (is_block(vocab) && vocab_find(PLACE_LAYER, name))
        diag_help(s->diags, "'%s' is a layer: write it without '='", name);
    else if (is_block(vocab) && other)
        diag_help(s->diags, "'%s' is an argument of '%s'", param, other->name);
    else
        list_params(s, vocab);
}

/* ---- arguments ---- */

static void set_fallback(struct scope *s, const struct vocab_param *p, struct value *v)
{
    static const struct call no_arguments;
    v->absent = p->fallback == NULL;
    if (v->absent)
        return;
    switch (p->type) {
    case VALUE_NUMBER:
    case VALUE_COUNT: v->number = strtod(p->fallback, NULL); break;
    case VALUE_BOOL: v->truth = !strcmp(p->fallback, "true"); break;
    case VALUE_STRING: v->text = p->fallback; break;
    case VALUE_WORD:
    case VALUE_STRING_OR_WORD:
        v->word = fill(s, vocab_find(p->place, p->fallback), &no_arguments, v->span, false);
        break;
    case VALUE_COUNTS:
    case VALUE_NAMES:
    case VALUE_ROWS: break; /* no default could be right for every model */
    }
}

/* An unknown name hides that a required argument is missing: it may well be meant by it. */
static void report_unknown_param(struct scope *s, struct word *w, const struct ast_name *name)
{
    const struct vocab_word *vocab = w->vocab;
    size_t guess = guess_param(vocab, name->text);
    if (is_block(vocab))
        diag_report(s->diags, DIAG_UNKNOWN_PROPERTY, name->span,
                    "the %s block has no property '%s'", vocab->name, name->text);
    else
        diag_report(s->diags, DIAG_UNKNOWN_ARGUMENT, name->span, "'%s' has no argument '%s'",
                    vocab->name, name->text);
    suggest_param(s, vocab, name->text, guess);
    for (size_t i = 0; i < vocab->param_count; i++)
        if (!w->args[i].given && (i == guess || !is_block(vocab)))
            w->args[i].bad = true;
}

static size_t find_named(struct scope *s, struct word *w, const struct ast_name *name)
{
    const struct vocab_word *vocab = w->vocab;
    for (size_t i = 0; i < vocab->param_count; i++)
        if (vocab->params[i].type != VALUE_ROWS && !strcmp(vocab->params[i].name, name->text))
            return i;
    report_unknown_param(s, w, name);
    return NO_PARAM;
}

/* An argument that was given by place, and has to be given by name. */
static void report_nameless(struct scope *s, struct word *w, size_t param, const struct given *g)
{
    const struct vocab_word *vocab = w->vocab;
    diag_report(s->diags, DIAG_ARGUMENT_NEEDS_NAME, g->span,
                "this argument of '%s' must be given by name", vocab->name);
    if (vocab->id == WORD_DENSE && g->value->kind == DATUM_NUMBER)
        diag_help(s->diags, "the inputs follow from the layer before: dense(%s)",
                  number_text(g->value->number).at);
    else
        diag_help(s->diags, "write '%s = ...'", vocab->params[param].name);
    w->args[param].bad = true; /* that it is missing is no news */
}

/* *next counts the arguments given by place; NO_PARAM once there were too many. */
static size_t find_by_place(struct scope *s, struct word *w, const struct given *g, size_t *next)
{
    const struct vocab_word *vocab = w->vocab;
    if (vocab->param_count && vocab->params[0].type == VALUE_ROWS)
        return 0;
    if (*next == NO_PARAM)
        return NO_PARAM;
    if (*next < vocab->param_count && vocab->params[*next].by_place)
        return (*next)++;
    if (*next < vocab->param_count) {
        report_nameless(s, w, *next, g);
    } else {
        diag_report(s->diags, DIAG_TOO_MANY_ARGUMENTS, g->span, "too many arguments for '%s'",
                    vocab->name);
        if (*next == 0)
            diag_help(s->diags, "'%s' takes none", vocab->name);
    }
    *next = NO_PARAM;
    return NO_PARAM;
}

static void report_twice(struct scope *s, const struct vocab_word *vocab, size_t param,
                         const struct given *g, struct span first)
{
    bool block = is_block(vocab);
    diag_report(s->diags, block ? DIAG_DUPLICATE_PROPERTY : DIAG_DUPLICATE_ARGUMENT,
                g->name.text ? g->name.span : g->span, "'%s' is given twice",
                vocab->params[param].name);
    diag_note(s->diags, first, "first given here");
}

static void report_missing(struct scope *s, const struct word *w, const struct vocab_param *p)
{
    if (is_block(w->vocab)) {
        diag_report(s->diags, DIAG_MISSING_PROPERTY, w->span, "the %s block has no '%s'",
                    w->vocab->name, p->name);
        diag_help(s->diags, "add '%s = ...;': %s", p->name, p->help);
    } else {
        diag_report(s->diags, DIAG_MISSING_ARGUMENT, name_at(w->call, w->span), "'%s' needs '%s'",
                    w->vocab->name, p->name);
        diag_help(s->diags, "%s: %s", p->name, p->help);
    }
}

/* Of two bounds the higher one has to be above the lower one. */
static void check_bounds(struct scope *s, const struct word *w, size_t low, size_t high)
{
    if (words_has(w, low) && words_has(w, high) && w->args[low].number >= w->args[high].number)
        diag_report(s->diags, DIAG_CONTRADICTION,
                    w->args[high].given ? w->args[high].span : w->args[low].span,
                    "'high' must be above 'low', %s is not above %s",
                    number_text(w->args[high].number).at, number_text(w->args[low].number).at);
}

/* Arguments that are good each by itself. */
static void check_together(struct scope *s, const struct word *w)
{
    const struct value *args = w->args;
    if (w->vocab->id == WORD_SGD && words_has(w, SGD_MOMENTUM) && words_has(w, SGD_NESTEROV) &&
        args[SGD_NESTEROV].truth && args[SGD_MOMENTUM].number == 0) {
        diag_report(s->diags, DIAG_CONTRADICTION, args[SGD_NESTEROV].span,
                    "'nesterov' without momentum");
        diag_help(s->diags, "add 'momentum = 0.9'");
    }
    if (w->vocab->id == WORD_UNIFORM)
        check_bounds(s, w, UNIFORM_LOW, UNIFORM_HIGH);
    if (w->vocab->id == WORD_ACTIVATION && w->vocab->activation == ACTIVATION_hardtanh)
        check_bounds(s, w, HARDTANH_LOW, HARDTANH_HIGH);
}

static struct word *fill(struct scope *s, const struct vocab_word *vocab, const struct call *call,
                         struct span at, bool incomplete)
{
    struct word *w = ARENA_NEW(s->arena, struct word);
    w->vocab = vocab;
    w->span = at;
    w->call = call;
    size_t next = 0;
    for (size_t i = 0; i < call->arg_count; i++) {
        const struct given *g = &call->args[i];
        size_t param = g->name.text ? find_named(s, w, &g->name) : find_by_place(s, w, g, &next);
        if (param == NO_PARAM)
            continue;
        struct value *v = &w->args[param];
        if (v->given && vocab->params[param].type != VALUE_ROWS) {
            report_twice(s, vocab, param, g, v->span);
            continue;
        }
        v->given = true;
        v->span = g->span;
        v->bad = !values_set(s, &vocab->params[param], g, v);
    }
    for (size_t i = 0; i < vocab->param_count; i++) {
        const struct vocab_param *p = &vocab->params[i];
        struct value *v = &w->args[i];
        if (v->given)
            continue;
        v->span = at;
        if (p->required && !v->bad && !incomplete)
            report_missing(s, w, p);
        v->bad = v->bad || p->required;
        if (!p->required)
            set_fallback(s, p, v);
    }
    check_together(s, w);
    return w;
}

struct word *words_match(struct scope *s, enum place place, const struct datum *d, struct span at)
{
    if (d->kind == DATUM_POISON)
        return NULL;
    if (d->kind != DATUM_WORD) {
        diag_report(s->diags, DIAG_WRONG_KIND, at, "expected %s, got %s",
                    vocab_place_article(s->arena, place), eval_describe(s, d));
        return NULL;
    }
    const struct vocab_word *vocab = vocab_find(place, d->call.name.text);
    if (vocab)
        return fill(s, vocab, &d->call, at, false);
    words_report_unknown(s, place, &d->call, at);
    return NULL;
}

struct word *words_match_block(struct scope *s, const struct vocab_word *vocab,
                               const struct call *properties, struct span at, bool incomplete)
{
    return fill(s, vocab, properties, at, incomplete);
}
