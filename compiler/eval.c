/* Compile-time expressions: lets, -D and arithmetic. */
#include "eval.h"

#include "parse.h"
#include "typo.h"
#include "vocab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* Names compared for all suggestions of a compilation: only the first messages are shown, and a
     * file of many lets and many mistakes is to be refused in a moment too. */
    COMPARISONS_MAX = 1 << 20,
    LISTED_MAX = 16, /* names in a help line: more belong in the manual */
    /* Bytes of a string. In C it is part of a literal of at most 4095 characters, every byte an
     * escape and the statement's beginning before it. */
    STRING_MAX_BYTES = 2000
};

const struct datum datum_poison = {.kind = DATUM_POISON};

static struct datum *datum_new(struct scope *s, enum datum_kind kind)
{
    struct datum *d = ARENA_NEW(s->arena, struct datum);
    d->kind = kind;
    return d;
}

static const struct datum *new_number(struct scope *s, double number, struct span at)
{
    if (!isfinite(number)) {
        diag_report(s->diags, DIAG_NOT_FINITE, at, "the number is too large");
        return &datum_poison;
    }
    struct datum *d = datum_new(s, DATUM_NUMBER);
    d->number = number;
    return d;
}

static const struct datum *new_string(struct scope *s, const char *text, struct span at)
{
    if (strlen(text) > STRING_MAX_BYTES) {
        diag_report(s->diags, DIAG_TOO_LONG, at, "the string is longer than %d bytes",
                    STRING_MAX_BYTES);
        return &datum_poison;
    }
    struct datum *d = datum_new(s, DATUM_STRING);
    d->string = text;
    return d;
}

/* ---- names ---- */

static int compare_lets(const void *a, const void *b)
{
    const struct let *x = *(const struct let *const *)a, *y = *(const struct let *const *)b;
    int order = strcmp(x->ast->name.text, y->ast->name.text);
    return order ? order : (x > y) - (x < y);
}

const struct let *eval_find_let(const struct scope *s, const char *name)
{
    size_t low = 0, high = s->count; /* the first not less than name lies in [low, high] */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(s->by_name[middle]->ast->name.text, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->count && !strcmp(s->by_name[low]->ast->name.text, name) ? s->by_name[low]
                                                                            : NULL;
}

static bool is_visible(const struct scope *s, const struct let *let)
{
    return let && (size_t)(let - s->lets) < s->visible;
}

void eval_enter(struct scope *s, struct span at)
{
    s->visible = 0;
    while (s->visible < s->count && s->lets[s->visible].ast->span.end <= at.beg)
        s->visible++;
}

bool eval_suggest(struct scope *s, const char *name, const char *const *names, size_t n)
{
    s->compared += n + s->visible;
    if (s->compared > COMPARISONS_MAX)
        return false;
    const char **all = ARENA_ARRAY(s->arena, const char *, n + s->visible);
    for (size_t i = 0; i < n; i++)
        all[i] = names[i];
    for (size_t i = 0; i < s->visible; i++)
        all[n + i] = s->lets[i].ast->name.text;
    const char *nearest = typo_nearest(name, all, n + s->visible);
    if (nearest)
        diag_help(s->diags, "did you mean '%s'?", nearest);
    return nearest != NULL;
}

void eval_offer(struct scope *s, const char *what, const char *const *names, size_t n)
{
    struct strbuf list = {0};
    size_t listed = 0;
    for (size_t i = 0; i < n && listed <= LISTED_MAX; i++)
        if (names[i])
            strbuf_printf(&list, "%s%s", listed++ ? ", " : "", names[i]);
    if (listed > 0 && listed <= LISTED_MAX)
        diag_help(s->diags, "%s: %s", what, list.text);
    strbuf_free(&list);
}

void eval_note_let(struct scope *s, const struct datum *value)
{
    s->compared += s->visible;
    for (size_t i = 0; i < s->visible && s->compared <= COMPARISONS_MAX; i++)
        if (s->lets[i].value == value) {
            diag_note(s->diags, s->lets[i].given, "'%s' is given here", s->lets[i].ast->name.text);
            return;
        }
}

static const struct datum *unknown_name(struct scope *s, const struct ast_name *name)
{
    if (s->incomplete)
        return &datum_poison;
    diag_report(s->diags, DIAG_UNKNOWN_NAME, name->span, "unknown name '%s'", name->text);
    const char **words = ARENA_ARRAY(s->arena, const char *, vocab_word_count);
    for (size_t i = 0; i < vocab_word_count; i++)
        words[i] = vocab_words[i].place == PLACE_BLOCK ? NULL : vocab_words[i].name;
    const struct let *let = eval_find_let(s, name->text);
    if (let)
        diag_help(s->diags, "'%s' is a let: write it without parentheses", name->text);
    else if (!eval_suggest(s, name->text, words, vocab_word_count) && vocab_elsewhere(name->text))
        diag_help(s->diags, "did you mean '%s'?", vocab_elsewhere(name->text));
    return &datum_poison;
}

/* A let's name at a place where it is not visible. */
static const struct datum *not_defined_yet(struct scope *s, const struct ast_name *name,
                                           const struct let *let)
{
    if (s->in_let && (size_t)(let - s->lets) == s->visible) {
        diag_report(s->diags, DIAG_USE_BEFORE_LET, name->span, "'%s' is used in its own value",
                    name->text);
    } else {
        diag_report(s->diags, DIAG_USE_BEFORE_LET, name->span, "'%s' is used before it is defined",
                    name->text);
        diag_note(s->diags, let->ast->name.span, "defined here");
    }
    return &datum_poison;
}

const struct datum *eval_word(struct scope *s, const struct ast_word *word)
{
    const struct let *let = word->parenthesised ? NULL : eval_find_let(s, word->name.text);
    if (is_visible(s, let))
        return let->value;
    bool known = vocab_find_anywhere(word->name.text) != NULL;
    if (let && !known)
        return not_defined_yet(s, &word->name, let);

    struct datum *d = datum_new(s, DATUM_WORD);
    d->call.name = word->name;
    d->call.parenthesised = word->parenthesised;
    size_t count = 0;
    for (const struct ast_arg *a = word->args; a; a = a->next)
        count++;
    d->call.args = ARENA_ARRAY(s->arena, struct given, count);
    for (const struct ast_arg *a = word->args; a; a = a->next)
        d->call.args[d->call.arg_count++] =
            (struct given){a->name, a->value->span, eval_expr(s, a->value)};
    return s->in_let && !known ? unknown_name(s, &word->name) : d;
}

/* ---- expressions ---- */

const char *eval_describe(const struct scope *s, const struct datum *d)
{
    static const char *const kinds[] = {
        [DATUM_POISON] = "an error",    [DATUM_NUMBER] = "a number", [DATUM_STRING] = "a string",
        [DATUM_BOOL] = "true or false", [DATUM_WORD] = "a word",     [DATUM_LIST] = "a list",
    };
    if (d->kind != DATUM_WORD)
        return kinds[d->kind];
    const struct vocab_word *word = vocab_find_anywhere(d->call.name.text);
    return arena_printf(s->arena, "the %s '%s'", word ? vocab_place_name(word->place) : "word",
                        d->call.name.text);
}

bool eval_expect(struct scope *s, enum datum_kind kind, const struct datum *d, struct span at,
                 enum slug slug, const char *expected)
{
    if (d->kind == kind)
        return true;
    if (d->kind == DATUM_WORD && !vocab_find_anywhere(d->call.name.text))
        unknown_name(s, &d->call.name);
    else if (d->kind != DATUM_POISON)
        diag_report(s->diags, slug, at, "expected %s, got %s", expected, eval_describe(s, d));
    return false;
}

static bool is_operand(struct scope *s, const struct datum *d, const struct ast_expr *expr)
{
    return eval_expect(s, DATUM_NUMBER, d, expr->span, DIAG_ARITHMETIC, "a number");
}

static const struct datum *eval_binary(struct scope *s, const struct ast_expr *e)
{
    const struct ast_expr *left_expr = e->u.binary.left, *right_expr = e->u.binary.right;
    const struct datum *left = eval_expr(s, left_expr), *right = eval_expr(s, right_expr);
    bool left_good = is_operand(s, left, left_expr);
    if (!is_operand(s, right, right_expr) || !left_good)
        return &datum_poison;
    double a = left->number, b = right->number;
    switch (e->u.binary.op) {
    case '+': return new_number(s, a + b, e->span);
    case '-': return new_number(s, a - b, e->span);
    case '*': return new_number(s, a * b, e->span);
    default:
        if (b != 0)
            return new_number(s, a / b, e->span);
        diag_report(s->diags, DIAG_DIVISION_BY_ZERO, right_expr->span, "division by zero");
        return &datum_poison;
    }
}

static const struct datum *eval_list(struct scope *s, const struct ast_expr *first)
{
    struct datum *d = datum_new(s, DATUM_LIST);
    for (const struct ast_expr *e = first; e; e = e->next)
        d->count++;
    d->elements = ARENA_ARRAY(s->arena, struct given, d->count);
    size_t i = 0;
    for (const struct ast_expr *e = first; e; e = e->next)
        d->elements[i++] = (struct given){.span = e->span, .value = eval_expr(s, e)};
    return d;
}

const struct datum *eval_expr(struct scope *s, const struct ast_expr *expr)
{
    switch (expr->kind) {
    case AST_NUMBER: return new_number(s, expr->u.number, expr->span);
    case AST_STRING: return new_string(s, expr->u.string, expr->span);
    case AST_BOOL: {
        struct datum *d = datum_new(s, DATUM_BOOL);
        d->truth = expr->u.truth;
        return d;
    }
    case AST_WORD: return eval_word(s, &expr->u.word);
    case AST_LIST: return eval_list(s, expr->u.list);
    case AST_NEGATE: {
        const struct datum *d = eval_expr(s, expr->u.binary.left);
        return is_operand(s, d, expr->u.binary.left) ? new_number(s, -d->number, expr->span)
                                                     : &datum_poison;
    }
    case AST_BINARY: return eval_binary(s, expr);
    case AST_ERROR: break;
    }
    return &datum_poison;
}

/* ---- lets and -D ---- */

/* The text of an override as a source of its own, named as it was given. */
static const struct source *override_source(struct scope *s, const struct override *o,
                                            const char *text)
{
    const char *name = arena_printf(s->arena, "-D %s=%s", o->name, o->value);
    return source_add(s->sources, name, text, strlen(text));
}

/* A string's value is the text as it stands, as far as it could stand in the file. */
static const struct datum *override_string(struct scope *s, const struct source *source)
{
    for (uint32_t i = 0; i < source->len;) {
        unsigned char c = (unsigned char)source->text[i];
        uint32_t len = (uint32_t)source_utf8_length(source->text + i, source->len - i);
        if (len == 0 || (c < ' ' && c != '\t') || c == 0x7f) {
            struct span at = {source->base + i, source->base + i + 1};
            diag_report(s->diags, DIAG_OVERRIDE_KIND, at, "a string cannot hold this byte");
            return &datum_poison;
        }
        i += len;
    }
    return new_string(s, source->text, source_span(source));
}

/* The value that -D gives a let whose own value is `own`. */
static const struct datum *override_value(struct scope *s, const struct let *let,
                                          const struct datum *own, const struct override *o,
                                          const struct source *source)
{
    if (own->kind == DATUM_STRING)
        return override_string(s, source);
    const struct ast_expr *expr = parse_expression(s->arena, source, s->diags);
    const struct datum *d = expr ? eval_expr(s, expr) : &datum_poison;
    if (d->kind == own->kind || d->kind == DATUM_POISON)
        return d;
    diag_report(s->diags, DIAG_OVERRIDE_KIND, expr->span, "'%s' is %s, and this is %s", o->name,
                eval_describe(s, own), eval_describe(s, d));
    diag_note(s->diags, let->ast->name.span, "defined here");
    return &datum_poison;
}

static const struct override *last_override(const struct override *overrides, size_t count,
                                            const char *name)
{
    while (count--)
        if (!strcmp(overrides[count].name, name))
            return &overrides[count];
    return NULL;
}

static void report_unknown_lets(struct scope *s, const struct override *overrides, size_t count)
{
    const char **names = ARENA_ARRAY(s->arena, const char *, s->count);
    for (size_t i = 0; i < s->count; i++)
        names[i] = s->lets[i].ast->name.text;
    for (size_t i = 0; i < count; i++) {
        const struct override *o = &overrides[i];
        if (eval_find_let(s, o->name) || s->incomplete)
            continue;
        const char *text = arena_printf(s->arena, "%s=%s", o->name, o->value);
        uint32_t at = override_source(s, o, text)->base;
        struct span name = {at, at + (uint32_t)strlen(o->name)};
        diag_report(s->diags, DIAG_UNKNOWN_LET, name, "no let is named '%s'", o->name);
        if (!eval_suggest(s, o->name, NULL, 0))
            eval_offer(s, "lets", names, s->count);
    }
}

void eval_lets(struct scope *s, const struct ast_let *first, const struct override *overrides,
               size_t override_count)
{
    s->count = 0;
    for (const struct ast_let *l = first; l; l = l->next)
        s->count++;
    s->lets = ARENA_ARRAY(s->arena, struct let, s->count);
    s->by_name = ARENA_ARRAY(s->arena, const struct let *, s->count);
    size_t n = 0;
    for (const struct ast_let *l = first; l; l = l->next, n++) {
        s->lets[n].ast = l;
        s->by_name[n] = &s->lets[n];
    }
    qsort(s->by_name, s->count, sizeof *s->by_name, compare_lets);

    s->in_let = true;
    for (s->visible = 0; s->visible < s->count; s->visible++) {
        struct let *let = &s->lets[s->visible];
        const char *name = let->ast->name.text;
        const struct let *same = eval_find_let(s, name);
        if (same != let) {
            diag_report(s->diags, DIAG_DUPLICATE_LET, let->ast->name.span, "'%s' is defined twice",
                        name);
            diag_note(s->diags, same->ast->name.span, "first defined here");
        }
        let->value = eval_expr(s, let->ast->value);
        const struct override *o = last_override(overrides, override_count, name);
        let->given = let->ast->value->span;
        if (o && same == let && let->value->kind != DATUM_POISON) {
            const struct source *source = override_source(s, o, o->value);
            let->value = override_value(s, let, let->value, o, source);
            let->given = source_span(source);
        }
    }
    report_unknown_lets(s, overrides, override_count);
    s->in_let = false;
    s->visible = 0;
}
