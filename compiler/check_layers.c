/* The layers of a model: their calls, their names, and the groups written out. */
#include "check_layers.h"

#include "check_words.h"
#include "vec.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Bytes of a layer's full name, GROUP.I.NAME. Its tensors' names and what is said of them are
     * string literals, for which C promises 4095 characters. */
    FULL_NAME_MAX = 1000
};

struct build {
    struct scope *scope;
    struct model *model;
    bool incomplete; /* a statement was left out: that a group is empty is no news */
    size_t statement_count;
    struct span excess; /* the statement that was one too many */
    bool too_long;      /* a full name was */
};

/* A name that a layer or a group goes by when all groups are written out. */
struct full_name {
    const char *text;
    size_t order; /* of the file */
    struct item *item;
};

/* ---- calls ---- */

static struct item *build_items(struct build *b, const struct ast_stmt *body, bool in_group);

static const char *check_label(struct scope *s, const struct ast_name *label)
{
    if (!label->text)
        return NULL;
    const struct let *let = eval_find_let(s, label->text);
    if (let) {
        diag_report(s->diags, DIAG_RESERVED_LABEL, label->span, "the label '%s' is a let's name",
                    label->text);
        diag_note(s->diags, let->ast->name.span, "defined here");
    } else if (!strcmp(label->text, "input")) {
        diag_report(s->diags, DIAG_RESERVED_LABEL, label->span,
                    "the label 'input' is the name of the model's input");
    }
    return label->text;
}

static void check_group(struct build *b, const struct ast_stmt *stmt, const struct item *item)
{
    struct diags *diags = b->scope->diags;
    const struct vocab_word *vocab = item->word->vocab;
    if (vocab->has_body && !stmt->has_body) {
        diag_report(diags, DIAG_MISSING_GROUP, stmt->word.span, "'%s' without a group of layers",
                    vocab->name);
        diag_help(diags, "write '%s(...) { ... }'", vocab->name);
    } else if (vocab->has_body && !item->body && !b->incomplete) {
        diag_report(diags, DIAG_MISSING_GROUP, stmt->word.span, "'%s' with an empty group",
                    vocab->name);
    } else if (!vocab->has_body && stmt->has_body) {
        diag_report(diags, DIAG_UNEXPECTED_GROUP, stmt->word.span, "'%s' takes no group of layers",
                    vocab->name);
    }
}

static struct item *build_item(struct build *b, const struct ast_stmt *stmt)
{
    struct scope *s = b->scope;
    struct item *item = ARENA_NEW(s->arena, struct item);
    item->span = stmt->name.text ? stmt->name.span : stmt->word.span;
    item->label = check_label(s, &stmt->name);
    item->word = words_match(s, PLACE_LAYER, eval_word(s, &stmt->word), stmt->word.span);
    item->body = build_items(b, stmt->body, true);
    if (item->word)
        check_group(b, stmt, item);
    return item;
}

/* Gives each call its name: the label, else kind and number among the calls of that kind. */
static void name_items(struct scope *s, struct item *first)
{
    uint32_t *counts = ARENA_ARRAY(s->arena, uint32_t, vocab_word_count);
    for (struct item *item = first; item; item = item->next) {
        item->name = item->label;
        if (!item->word)
            continue;
        uint32_t number = ++counts[item->word->vocab - vocab_words];
        if (!item->label)
            item->name = arena_printf(s->arena, "%s%u", item->word->vocab->name, number);
    }
}

static struct item *build_items(struct build *b, const struct ast_stmt *body, bool in_group)
{
    struct diags *diags = b->scope->diags;
    struct item *first = NULL, **tail = &first;
    for (const struct ast_stmt *stmt = body; stmt; stmt = stmt->next) {
        if (stmt->kind == AST_LAYER) {
            if (++b->statement_count > LAYERS_MAX) {
                b->excess = stmt->span;
                break;
            }
            *tail = build_item(b, stmt);
            tail = &(*tail)->next;
        } else if (in_group) {
            diag_report(diags, DIAG_MISPLACED_PROPERTY, stmt->name.span,
                        "the property '%s' in a group of layers", stmt->name.text);
            diag_help(diags, "move it out of the braces");
        }
    }
    name_items(b->scope, first);
    return first;
}

/* ---- groups written out ---- */

static bool is_group(const struct item *item)
{
    return item->word && item->word->vocab->has_body && item->body;
}

static uint32_t group_times(const struct item *group)
{
    return words_has(group->word, REPEAT_TIMES) ? (uint32_t)group->word->args[REPEAT_TIMES].number
                                                : 1;
}

/* How many layers items are when written out, up to LAYERS_MAX + 1. *too_many is the first of them
 * that goes beyond LAYERS_MAX. */
static uint64_t count_layers(const struct item *first, const struct item **too_many)
{
    uint64_t count = 0;
    const struct item *inner;
    for (const struct item *item = first; item && count <= LAYERS_MAX; item = item->next) {
        count += is_group(item) ? group_times(item) * count_layers(item->body, &inner) : 1;
        if (count > LAYERS_MAX)
            *too_many = item;
    }
    return count <= LAYERS_MAX ? count : LAYERS_MAX + 1;
}

typedef VEC(struct full_name) full_names;

/* The full name of an item; NULL where it has none. */
static const char *full_name(struct build *b, struct item *item, const char *prefix)
{
    struct scope *s = b->scope;
    if (!item->name)
        return NULL;
    const char *name = arena_printf(s->arena, "%s%s", prefix, item->name);
    if (strlen(name) > FULL_NAME_MAX) {
        diag_report(s->diags, DIAG_TOO_LONG, item->span,
                    "with its groups the name '%s' is longer than %d bytes", item->name,
                    FULL_NAME_MAX);
        b->too_long = true;
    }
    return name;
}

/* Stops at the first name that is too long. */
static void expand(struct build *b, struct item *first, const char *prefix, full_names *names)
{
    struct model *m = b->model;
    struct arena *arena = b->scope->arena;
    for (struct item *item = first; item && !b->too_long; item = item->next) {
        const char *name = full_name(b, item, prefix);
        if (name)
            *VEC_PUSH(arena, names) = (struct full_name){name, names->len, item};
        if (is_group(item)) {
            for (uint32_t i = 0; i < group_times(item) && !b->too_long; i++)
                expand(b, item->body, arena_printf(arena, "%s.%u.", name, i), names);
        } else {
            m->layers[m->layer_count++] =
                (struct layer){.word = item->word,
                               .name = name,
                               .span = item->word ? item->word->span : item->span};
        }
    }
}

/* '.' of a name in the file is '_' in C. */
static char in_c(char c)
{
    return c == '.' ? '_' : c;
}

static int compare_in_c(const void *a, const void *b)
{
    const struct full_name *x = a, *y = b;
    const char *s = x->text, *t = y->text;
    while (*s && in_c(*s) == in_c(*t))
        s++, t++;
    int order = (unsigned char)in_c(*s) - (unsigned char)in_c(*t);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

static bool equal_in_c(const char *a, const char *b)
{
    while (*a && in_c(*a) == in_c(*b))
        a++, b++;
    return in_c(*a) == in_c(*b);
}

static void check_names(struct diags *diags, full_names *names)
{
    if (names->len)
        qsort(names->at, names->len, sizeof *names->at, compare_in_c);
    const struct full_name *first = names->at;
    for (size_t i = 1; i < names->len; i++) {
        const struct full_name *n = &names->at[i];
        if (!equal_in_c(first->text, n->text)) {
            first = n;
            continue;
        }
        if (n->item->bad) /* in another turn of its group */
            continue;
        n->item->bad = true;
        diag_report(diags, DIAG_DUPLICATE_LAYER, n->item->span, "two layers are named '%s'",
                    n->item->name);
        diag_note(diags, first->item->span, "the first is here");
        if (strcmp(first->text, n->text))
            diag_help(diags, "'%s' and '%s' are one name in C", first->text, n->text);
    }
}

void layers_build(struct scope *s, struct model *m, const struct ast_block *block)
{
    struct build b = {.scope = s, .model = m, .incomplete = block->incomplete};
    m->items = build_items(&b, block->body, false);
    if (!m->items && !b.incomplete) {
        diag_report(s->diags, DIAG_NO_LAYERS, block->kind.span, "the model has no layers");
        diag_help(s->diags, "add 'dense(UNITS);' with as many units as outputs");
    }

    const struct item *too_many = NULL;
    uint64_t count = count_layers(m->items, &too_many);
    if (b.statement_count > LAYERS_MAX || count > LAYERS_MAX) {
        diag_report(s->diags, DIAG_TOO_LARGE, too_many ? too_many->span : b.excess,
                    "more than %d layers", LAYERS_MAX);
        return;
    }
    full_names names = {0};
    m->layers = ARENA_ARRAY(s->arena, struct layer, (size_t)count);
    expand(&b, m->items, "", &names);
    if (b.too_long)
        m->layer_count = 0; /* not all of them are there */
    check_names(s->diags, &names);
}
