/* The program as a whole: version, blocks, properties. */
#include "check.h"

#include "check_data.h"
#include "check_field.h"
#include "check_layers.h"
#include "check_shapes.h"
#include "check_words.h"
#include "number.h"
#include "vec.h"

#include <math.h>
#include <string.h>

/* The newest version of the language that is understood. */
#define LANGUAGE_VERSION 1.0

/* The blocks of a file, by word_id. */
struct blocks {
    const struct ast_block *at[WORD_TRAIN + 1];
    bool unknown; /* one that might be meant as one of these was reported */
};

/* ---- the frame ---- */

bool check_version(const struct ast_file *file, struct diags *diags)
{
    const struct ast_expr *version = file->version;
    if (!version || version->kind != AST_NUMBER)
        return true;
    double v = version->u.number;
    if (v == LANGUAGE_VERSION)
        return true;
    if (v > LANGUAGE_VERSION && v == trunc(v))
        diag_report(diags, DIAG_VERSION, version->span,
                    "the file is written for language %s, and this mlpgen knows language %s",
                    number_text(v).at, number_text(LANGUAGE_VERSION).at);
    else
        diag_report(diags, DIAG_VERSION, version->span, "there is no language %s",
                    number_text(v).at);
    diag_help(diags,
              v > LANGUAGE_VERSION && v == trunc(v) ? "use a newer mlpgen" : "write 'mlp 1;'");
    return false;
}

static void check_block_name(struct scope *s, const struct ast_block *block, bool is_model)
{
    if (is_model && !block->name.text) {
        diag_report(s->diags, DIAG_BLOCK_NAME, block->kind.span, "the model has no name");
        diag_help(s->diags, "write 'model NAME { ... }'");
    } else if (!is_model && block->name.text) {
        diag_report(s->diags, DIAG_BLOCK_NAME, block->name.span, "a %s block has no name",
                    block->kind.text);
    }
}

static void find_blocks(struct scope *s, const struct ast_file *file, struct blocks *blocks)
{
    for (const struct ast_block *b = file->blocks; b; b = b->next) {
        const struct vocab_word *vocab = vocab_find(PLACE_BLOCK, b->kind.text);
        if (!vocab) {
            const struct call call = {.name = b->kind};
            words_report_unknown(s, PLACE_BLOCK, &call, b->kind.span);
            blocks->unknown = true;
            continue;
        }
        const struct ast_block **slot = &blocks->at[vocab->id];
        if (*slot) {
            diag_report(s->diags, DIAG_DUPLICATE_BLOCK, b->kind.span, "a second %s block",
                        vocab->name);
            diag_note(s->diags, (*slot)->kind.span, "the first is here");
            continue;
        }
        *slot = b;
        check_block_name(s, b, vocab->id == WORD_MODEL);
    }
}

static void report_missing_blocks(struct scope *s, const struct blocks *blocks)
{
    const struct source *source = s->sources->at[0];
    struct span end = {source->base + source->len, source->base + source->len};
    for (size_t i = 0; i < vocab_word_count; i++) {
        const struct vocab_word *vocab = &vocab_words[i];
        if (vocab->place != PLACE_BLOCK || blocks->at[vocab->id])
            continue;
        diag_report(s->diags, DIAG_MISSING_BLOCK, end, "the file has no %s block", vocab->name);
        diag_help(s->diags, "%s { ... }: %s", vocab->name, vocab->help);
    }
}

/* ---- properties ---- */

static void report_layer_outside(struct scope *s, const struct vocab_word *block,
                                 const struct ast_stmt *stmt)
{
    const char *name = stmt->word.name.text;
    diag_report(s->diags, DIAG_MISPLACED_LAYER, stmt->word.name.span, "a layer in the %s block",
                block->name);
    for (size_t i = 0; i < block->param_count; i++)
        if (!strcmp(block->params[i].name, name))
            diag_help(s->diags, "'%s' is a property: %s = ...;", name, name);
}

/* A block as a word: its properties are its arguments. NULL where there is no such block. */
static struct word *match_block(struct scope *s, const struct ast_block *block)
{
    if (!block)
        return NULL;
    const struct vocab_word *vocab = vocab_find(PLACE_BLOCK, block->kind.text);
    VEC(struct given) properties = {0};
    eval_enter(s, block->span);
    for (const struct ast_stmt *stmt = block->body; stmt; stmt = stmt->next) {
        if (stmt->kind == AST_PROPERTY)
            *VEC_PUSH(s->arena, &properties) =
                (struct given){stmt->name, stmt->value->span, eval_expr(s, stmt->value)};
        else if (vocab->id != WORD_MODEL)
            report_layer_outside(s, vocab, stmt);
    }
    struct call *call = ARENA_NEW(s->arena, struct call);
    *call = (struct call){.name = block->kind, .args = properties.at, .arg_count = properties.len};
    return words_match_block(s, vocab, call, block->kind.span, block->incomplete);
}

/* What a property of the train block may not be, as there are no samples to judge by. */
static void report_no_validation(struct scope *s, const struct value *v, const char *what)
{
    diag_report(s->diags, DIAG_CONTRADICTION, v->span, "'%s' without a validation split", what);
    diag_help(s->diags, "add 'validation = holdout(0.1);' to the data block");
}

/* Which weights are kept depends on whether there is a validation split. */
static void check_validation(struct scope *s, struct model *m)
{
    struct value *stop = &m->train->args[TRAIN_EARLY_STOP], *keep = &m->train->args[TRAIN_KEEP];
    const bool validated = !m->data->args[DATA_VALIDATION].absent;
    if (!validated && words_has(m->train, TRAIN_EARLY_STOP))
        report_no_validation(s, stop, "early_stop");
    if (!validated && words_has(m->train, TRAIN_KEEP) && keep->word->vocab->id == WORD_BEST)
        report_no_validation(s, keep, "keep = best");
    if (!keep->absent)
        return;
    struct datum *choice = ARENA_NEW(s->arena, struct datum); /* the word goes on pointing to it */
    *choice = (struct datum){.kind = DATUM_WORD, .call.name.text = validated ? "best" : "last"};
    keep->absent = false;
    keep->word = words_match(s, PLACE_KEEP, choice, keep->span);
}

static void check_blocks(struct scope *s, struct model *m, const struct blocks *blocks)
{
    const struct ast_block *model = blocks->at[WORD_MODEL];
    m->block = match_block(s, model);
    m->data = match_block(s, blocks->at[WORD_DATA]);
    m->train = match_block(s, blocks->at[WORD_TRAIN]);
    if (words_has(m->train, TRAIN_SEED))
        m->seed = (uint64_t)m->train->args[TRAIN_SEED].number;
    if (m->train && m->data && !blocks->at[WORD_DATA]->incomplete)
        check_validation(s, m);
    if (!model)
        return;
    m->name = model->name.text;
    eval_enter(s, model->span);
    layers_build(s, m, model);
    if (!model->incomplete) /* a layer that was left out may change every shape */
        shapes_infer(s, m);
    if (m->data)
        data_check(s, m);
}

struct model *check_program(struct arena *arena, const struct ast_file *file,
                            const struct override *overrides, size_t override_count,
                            struct sources *sources, struct diags *diags)
{
    struct scope s = {
        .arena = arena, .sources = sources, .diags = diags, .incomplete = file->incomplete};
    if (!check_version(file, diags))
        return NULL;
    struct model *m = ARENA_NEW(arena, struct model);
    struct blocks blocks = {0};
    eval_lets(&s, file->lets, overrides, override_count);
    find_blocks(&s, file, &blocks);
    if (!blocks.unknown && !file->incomplete)
        report_missing_blocks(&s, &blocks);
    check_blocks(&s, m, &blocks);
    if (!diags->errors)
        field_check(&s, m);
    return diags->errors ? NULL : m;
}
