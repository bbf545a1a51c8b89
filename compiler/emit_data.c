/* The tables that describe the model's data to the runtime: rows, and where splits come from. */
#include "emit.h"

#include <string.h>

static const struct value *source_of(const struct emitter *em, size_t split)
{
    const struct value *v = &em->model->data->args[split];
    return v->absent ? NULL : v;
}

/* The rows of a split that stand in the program, or NULL. */
static const struct value *rows_of(const struct emitter *em, size_t split)
{
    const struct value *source = source_of(em, split);
    if (!source || source->word->vocab->id != WORD_TABLE)
        return NULL;
    return &source->word->args[TABLE_ROWS];
}

static bool same_rows(const struct value *a, const struct value *b)
{
    const size_t numbers = (size_t)a->count * a->columns;
    return a->count == b->count && a->columns == b->columns &&
           !memcmp(a->numbers, b->numbers, numbers * sizeof *a->numbers);
}

/* The first split with the rows that this one has: splits of the same rows share one array. */
static size_t rows_owner(const struct emitter *em, size_t split)
{
    const struct value *rows = rows_of(em, split);
    for (size_t i = DATA_TRAIN; i < split; i++)
        if (rows_of(em, i) && same_rows(rows_of(em, i), rows))
            return i;
    return split;
}

static const char *rows_name(size_t split)
{
    static const char *const names[] = {[DATA_TRAIN] = "train_rows",
                                        [DATA_TEST] = "test_rows",
                                        [DATA_VALIDATION] = "validation_rows"};
    return names[split];
}

static void emit_classes(struct emitter *em)
{
    struct cbuild *cb = &em->cb;
    const struct value *classes = &em->model->data->args[DATA_CLASSES];
    struct cx *names = cx_list(cb, false);
    if (classes->absent)
        return;
    for (uint32_t i = 0; i < classes->count; i++)
        cx_list_add(cb, names, NULL, cx_string(cb, classes->texts[i]));
    cb_declare(cb, "static const char *const", CT_OTHER, "classes[]", names);
    cb_blank(cb);
}

void emit_data(struct emitter *em)
{
    struct cbuild *cb = &em->cb;
    emit_classes(em);
    for (size_t split = DATA_TRAIN; split <= DATA_VALIDATION; split++) {
        const struct value *rows = rows_of(em, split);
        if (!rows || rows_owner(em, split) != split)
            continue;
        struct cx *numbers = cx_list(cb, false);
        for (size_t i = 0; i < (size_t)rows->count * rows->columns; i++)
            cx_list_add(cb, numbers, NULL, cx_double(cb, rows->numbers[i]));
        cb_declare(cb, "static const double", CT_OTHER,
                   arena_printf(cb->arena, "%s[]", rows_name(split)), numbers);
        cb_blank(cb);
    }
}

static void add_table(struct emitter *em, struct cx *row, size_t split)
{
    struct cbuild *cb = &em->cb;
    const struct value *rows = rows_of(em, split);
    cx_list_add(cb, row, ".format", cx_name(cb, CT_OTHER, "MLPRT_TABLE"));
    cx_list_add(cb, row, ".rows", cx_name(cb, CT_OTHER, rows_name(rows_owner(em, split))));
    cx_list_add(cb, row, ".row_count", cx_int(cb, rows->count));
    cx_list_add(cb, row, ".row_length", cx_int(cb, rows->columns));
}

static void add_idx(struct emitter *em, struct cx *row, const struct value *args)
{
    struct cbuild *cb = &em->cb;
    cx_list_add(cb, row, ".format", cx_name(cb, CT_OTHER, "MLPRT_IDX"));
    cx_list_add(cb, row, ".input_path", cx_string(cb, args[IDX_PATH].text));
    if (args[IDX_TARGET].text)
        cx_list_add(cb, row, ".target_path", cx_string(cb, args[IDX_TARGET].text));
}

static void add_holdout(struct emitter *em, struct cx *row, const struct value *args)
{
    struct cbuild *cb = &em->cb;
    cx_list_add(cb, row, ".format", cx_name(cb, CT_OTHER, "MLPRT_HOLDOUT"));
    cx_list_add(cb, row, ".fraction", cx_double(cb, args[HOLDOUT_FRACTION].number));
    cx_list_add(cb, row, ".seed", cx_int(cb, (int64_t)args[HOLDOUT_SEED].number));
    cx_list_add(cb, row, ".shuffle",
                cx_name(cb, CT_OTHER, args[HOLDOUT_SHUFFLE].truth ? "true" : "false"));
}

static void add_split(struct emitter *em, struct cx *m, size_t split, const char *member)
{
    const struct value *source = source_of(em, split);
    if (!source)
        return;
    struct cx *row = cx_list(&em->cb, false);
    switch (source->word->vocab->id) {
    case WORD_TABLE: add_table(em, row, split); break;
    case WORD_HOLDOUT: add_holdout(em, row, source->word->args); break;
    default: add_idx(em, row, source->word->args); break;
    }
    cx_list_add(&em->cb, m, member, row);
}

static void add_normalize(struct emitter *em, struct cx *m, size_t property, const char *member)
{
    struct cbuild *cb = &em->cb;
    const struct word *how = em->model->data->args[property].word;
    struct cx *row = cx_list(cb, false);
    switch (how->vocab->id) {
    case WORD_SCALE:
        cx_list_add(cb, row, ".kind", cx_name(cb, CT_OTHER, "MLPRT_SCALE"));
        cx_list_add(cb, row, ".factor", cx_double(cb, how->args[SCALE_F].number));
        break;
    case WORD_STANDARDIZE:
        cx_list_add(cb, row, ".kind", cx_name(cb, CT_OTHER, "MLPRT_STANDARDIZE"));
        break;
    case WORD_MINMAX: cx_list_add(cb, row, ".kind", cx_name(cb, CT_OTHER, "MLPRT_MINMAX")); break;
    default: return;
    }
    cx_list_add(cb, m, member, row);
}

void emit_data_members(struct emitter *em, struct cx *m)
{
    add_split(em, m, DATA_TRAIN, ".train");
    add_split(em, m, DATA_VALIDATION, ".validation");
    add_split(em, m, DATA_TEST, ".test");
    add_normalize(em, m, DATA_NORMALIZE, ".normalize");
    add_normalize(em, m, DATA_NORMALIZE_TARGET, ".normalize_target");
    if (!em->model->data->args[DATA_CLASSES].absent)
        cx_list_add(&em->cb, m, ".classes", cx_name(&em->cb, CT_OTHER, "classes"));
}
