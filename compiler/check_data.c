/* Data against the model: rows of tables, targets. */
#include "check_data.h"

#include "check_words.h"
#include "number.h"

#include <math.h>
#include <string.h>

/* Numbers in a table: 64 MiB of text at least. What is larger belongs in a file of its own. */
#define TABLE_MAX ((uint64_t)1 << 24)

/* "1 input", "2 inputs" */
static const char *counted(const struct scope *s, size_t n, const char *thing)
{
    return arena_printf(s->arena, "%zu %s%s", n, thing, n == 1 ? "" : "s");
}

/* What a table's rows have to be. */
struct row_shape {
    size_t columns;
    uint32_t classes; /* 0: the target is numbers, or not known */
    bool binary;      /* the target is numbers 0 and 1 */
    /* Where the model is not known, a row that the others have to be like. */
    const struct given *first;
    struct wrong {
        size_t count;
        struct span more; /* the first that is not shown */
    } lengths, targets;
};

/* What is wrong with many rows is mostly one mistake: so many are shown by themselves. */
enum { WRONG_SHOWN = 3 };

/* Counts what is wrong; returns whether it is to be shown. */
static bool is_shown(struct wrong *wrong, struct span at)
{
    if (wrong->count == WRONG_SHOWN)
        wrong->more = at;
    return wrong->count++ < WRONG_SHOWN;
}

/* How many more there are than were shown. */
static void count_more(struct scope *s, const struct wrong *wrong, enum slug slug, const char *what)
{
    if (wrong->count > WRONG_SHOWN)
        diag_report(s->diags, slug, wrong->more, "%s from here on",
                    counted(s, wrong->count - WRONG_SHOWN, what));
}

static struct row_shape row_shape(const struct model *m, const struct call *table)
{
    struct row_shape shape = {0};
    if (m->input_size && m->output_size && words_has(m->block, MODEL_LOSS)) {
        bool class_target = model_target(m) == TARGET_CLASS;
        shape.columns = (size_t)m->input_size + (class_target ? 1 : m->output_size);
        shape.classes = class_target ? m->output_size : 0;
        shape.binary = model_target(m) == TARGET_BINARY;
        return shape;
    }
    for (size_t i = 0; i < table->arg_count && !shape.first; i++)
        if (table->args[i].value->kind == DATUM_LIST) {
            shape.first = &table->args[i];
            shape.columns = shape.first->value->count;
        }
    return shape;
}

static bool check_row_length(struct scope *s, const struct model *m, const struct given *row,
                             struct row_shape *shape)
{
    size_t columns = row->value->count;
    if (columns == shape->columns)
        return true;
    if (!is_shown(&shape->lengths, row->span))
        return false;
    diag_report(s->diags, DIAG_ROW_LENGTH, row->span, "this row has %s, not %zu",
                counted(s, columns, "number"), shape->columns);
    if (shape->first)
        diag_note(s->diags, shape->first->span, "as the first row");
    else if (!shape->classes && columns == m->input_size && columns == m->output_size &&
             columns > 1)
        diag_help(s->diags, "behind the inputs stand the targets, also where they are the inputs");
    else if (shape->classes)
        diag_help(s->diags, "the model takes %s and one class", counted(s, m->input_size, "input"));
    else
        diag_help(s->diags, "the model takes %s and %s", counted(s, m->input_size, "input"),
                  counted(s, m->output_size, "output"));
    return false;
}

static void check_class(struct scope *s, const struct given *cell, struct row_shape *shape)
{
    double v = cell->value->number;
    if ((v >= 0 && v < shape->classes && v == trunc(v)) || !is_shown(&shape->targets, cell->span))
        return;
    diag_report(s->diags, DIAG_CLASS_RANGE, cell->span,
                "the class must be a whole number from 0 to %u, not %s", shape->classes - 1,
                number_text(v).at);
    if (v != trunc(v))
        diag_help(s->diags, "numbers are learned by 'loss = mse'");
    else if (shape->classes == 1)
        diag_help(s->diags, "the model has one output, and each class needs one; or 0 and 1 are "
                            "learned by 'loss = sigmoid_cross_entropy'");
}

static void check_binary(struct scope *s, const struct given *cell, struct row_shape *shape)
{
    double v = cell->value->number;
    if (v != 0 && v != 1 && is_shown(&shape->targets, cell->span))
        diag_report(s->diags, DIAG_TARGET_RANGE, cell->span,
                    "the targets of 'sigmoid_cross_entropy' are 0 or 1, not %s", number_text(v).at);
}

/* Reads one row into out[shape->columns]. */
static void read_row(struct scope *s, const struct model *m, const struct given *row,
                     struct row_shape *shape, double *out)
{
    if (!eval_expect(s, DATUM_LIST, row->value, row->span, DIAG_WRONG_KIND, "a row in brackets") ||
        !check_row_length(s, m, row, shape))
        return;
    for (size_t i = 0; i < shape->columns; i++) {
        const struct given *cell = &row->value->elements[i];
        if (!eval_expect(s, DATUM_NUMBER, cell->value, cell->span, DIAG_WRONG_KIND, "a number"))
            continue;
        out[i] = cell->value->number;
        if (shape->classes && i == shape->columns - 1)
            check_class(s, cell, shape);
        if (shape->binary && i >= m->input_size)
            check_binary(s, cell, shape);
    }
}

static void check_table(struct scope *s, const struct model *m, struct word *table)
{
    struct value *v = &table->args[TABLE_ROWS];
    const struct call *call = table->call;
    struct row_shape shape = row_shape(m, call);
    if ((uint64_t)call->arg_count * shape.columns > TABLE_MAX) {
        diag_report(s->diags, DIAG_TOO_LARGE, table->span, "a table of more than %llu numbers",
                    (unsigned long long)TABLE_MAX);
        diag_help(s->diags, "put the data into a file of its own");
        return;
    }
    v->numbers = ARENA_ARRAY(s->arena, double, call->arg_count *shape.columns);
    v->columns = (uint32_t)shape.columns;
    for (size_t i = 0; i < call->arg_count; i++)
        if (!call->args[i].name.text) /* one with a name was reported as unknown */
            read_row(s, m, &call->args[i], &shape, v->numbers + v->count++ * shape.columns);
    count_more(s, &shape.lengths, DIAG_ROW_LENGTH, "more wrong row");
    count_more(s, &shape.targets, shape.classes ? DIAG_CLASS_RANGE : DIAG_TARGET_RANGE,
               "more wrong target");
}

static void check_idx(struct scope *s, const struct model *m, const struct word *idx)
{
    const struct value *target = &idx->args[IDX_TARGET];
    if (target->bad || !target->word || !words_has(m->block, MODEL_LOSS))
        return;
    const struct vocab_word *loss = m->block->args[MODEL_LOSS].word->vocab;
    if (loss->target == TARGET_CLASS) {
        diag_report(s->diags, DIAG_TARGET_INPUT, target->span,
                    "the target of '%s' is a class, which the input is not", loss->name);
        diag_help(s->diags, "a loss on numbers takes it: half_squared");
    } else if (m->input_size && m->output_size && m->input_size != m->output_size) {
        diag_report(s->diags, DIAG_TARGET_INPUT, target->span,
                    "the target has %s, as the input has, and the model %s",
                    counted(s, m->input_size, "number"), counted(s, m->output_size, "output"));
    }
}

static void check_source(struct scope *s, const struct model *m, const struct value *source)
{
    if (source->absent || source->bad)
        return;
    if (source->word->vocab->id == WORD_TABLE)
        check_table(s, m, source->word);
    else if (source->word->vocab->id == WORD_IDX)
        check_idx(s, m, source->word);
}

static void check_train(struct scope *s, const struct value *train)
{
    if (train->bad || train->word->vocab->id != WORD_HOLDOUT)
        return;
    diag_report(s->diags, DIAG_TRAIN_HOLDOUT, train->span,
                "the training split cannot be held out: there is nothing to draw it from");
    diag_help(s->diags, "give a source: idx(...) or table(...)");
}

/* Is the target of the training split its input? */
static bool learns_input(const struct model *m)
{
    const struct value *train = &m->data->args[DATA_TRAIN];
    return !train->bad && train->word->vocab->id == WORD_IDX &&
           words_has(train->word, IDX_TARGET) && train->word->args[IDX_TARGET].word;
}

/* Targets can be normalised where they are numbers of their own, and where that can be undone. */
static void check_normalize_target(struct scope *s, const struct model *m)
{
    const struct value *normalize = &m->data->args[DATA_NORMALIZE_TARGET];
    if (normalize->bad || normalize->word->vocab->id == WORD_NO_NORMALIZE)
        return;
    const struct word *how = normalize->word, *loss = m->block->args[MODEL_LOSS].word;
    if (words_has(m->block, MODEL_LOSS) && model_target(m) != TARGET_NUMBERS) {
        diag_report(s->diags, DIAG_NORMALIZE_TARGET, normalize->span,
                    "the targets of '%s' are %s, which are not normalized", loss->vocab->name,
                    model_target(m) == TARGET_CLASS ? "classes" : "0 or 1");
    } else if (learns_input(m)) {
        diag_report(s->diags, DIAG_NORMALIZE_TARGET, normalize->span,
                    "the target is the input, which is normalized already");
        diag_help(s->diags, "'normalize' is for both");
    } else if (how->vocab->id == WORD_SCALE && words_has(how, SCALE_F) &&
               fabs(how->args[SCALE_F].number) < FLT_MIN) {
        diag_report(s->diags, DIAG_NORMALIZE_TARGET, how->args[SCALE_F].span,
                    "targets times %s cannot be told apart",
                    number_text(how->args[SCALE_F].number).at);
    }
}

/* The input can be the target of sigmoid_cross_entropy where its numbers are from 0 to 1. */
static void check_input_range(struct scope *s, const struct model *m)
{
    const struct value *normalize = &m->data->args[DATA_NORMALIZE];
    if (normalize->bad || normalize->word->vocab->id != WORD_STANDARDIZE || !learns_input(m) ||
        !words_has(m->block, MODEL_LOSS) || model_target(m) != TARGET_BINARY)
        return;
    diag_report(s->diags, DIAG_TARGET_RANGE, normalize->span,
                "the input is the target, and standardized it is not from 0 to 1");
    diag_help(s->diags, "'minmax' is");
}

static void check_classes(struct scope *s, const struct model *m)
{
    const struct value *classes = &m->data->args[DATA_CLASSES];
    if (!words_has(m->data, DATA_CLASSES) || !words_has(m->block, MODEL_LOSS))
        return;
    if (model_target(m) != TARGET_CLASS)
        diag_report(s->diags, DIAG_CLASS_NAMES, classes->span,
                    "the targets of '%s' are numbers, not classes",
                    m->block->args[MODEL_LOSS].word->vocab->name);
    else if (m->output_size && classes->count != m->output_size)
        diag_report(s->diags, DIAG_CLASS_NAMES, classes->span, "%s for a model with %s",
                    counted(s, classes->count, "name"), counted(s, m->output_size, "output"));
}

void data_check(struct scope *s, struct model *m)
{
    check_train(s, &m->data->args[DATA_TRAIN]);
    for (size_t split = DATA_TRAIN; split <= DATA_VALIDATION; split++)
        check_source(s, m, &m->data->args[split]);
    check_input_range(s, m);
    check_normalize_target(s, m);
    check_classes(s, m);
}

static void warn_of_gzip(const struct value *path, struct diags *diags)
{
    const size_t len = path->text ? strlen(path->text) : 0;
    if (len < 3 || strcmp(path->text + len - 3, ".gz") != 0)
        return;
    diag_report(diags, DIAG_STANDALONE_GZIP, path->span,
                "a --standalone program does not read compressed files");
    diag_help(diags, "gunzip the file, and take .gz off its name here");
}

void data_check_standalone(const struct model *m, struct diags *diags)
{
    for (size_t split = DATA_TRAIN; split <= DATA_VALIDATION; split++) {
        const struct value *source = &m->data->args[split];
        if (source->absent || source->word->vocab->id != WORD_IDX)
            continue;
        warn_of_gzip(&source->word->args[IDX_PATH], diags);
        warn_of_gzip(&source->word->args[IDX_TARGET], diags);
    }
}
