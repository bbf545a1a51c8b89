/* Data: rows of random numbers that fit the model, in the file itself or in files beside it.
 *
 * A number is a function of its split's salt, its row and its column, not a choice: choices would
 * be too many to be shrunk. */
#include "draft.h"

#include "ice.h"
#include "number.h"
#include "runtime/mlprt/rng.h"

#include <stdio.h>
#include <string.h>

/* How the numbers of a split are spread. */
enum style {
    STYLE_WHOLE,  /* -2 to 2 */
    STYLE_SPARSE, /* 0, seldom 1 */
    STYLE_EVEN,   /* between -2 and 2, three decimals */
    STYLE_WIDE,   /* most of them small, a few up to 10 */
    STYLE_COUNT
};

struct split {
    struct draft *d;
    uint32_t rows, salt;
    enum style style;
};

static struct mlprt_words noise(const struct split *s, uint32_t row, uint32_t column)
{
    return mlprt_philox(s->salt, row, column, 0, 0);
}

static double spread(enum style style, struct mlprt_words words)
{
    const int even = (int)mlprt_bounded(words, 4001) - 2000;
    switch (style) {
    case STYLE_WHOLE: return (int)mlprt_bounded(words, 5) - 2;
    case STYLE_SPARSE: return mlprt_bounded(words, 4) == 0;
    case STYLE_EVEN: return even / 1e3;
    case STYLE_WIDE: return (int)(1.25 * even / 1e3 * even / 1e3 * even) / 1e3;
    case STYLE_COUNT: break;
    }
    ICE("no style %d", (int)style);
}

/* Some columns are 0 in all rows. */
static double input_at(const struct split *s, uint32_t row, uint32_t column)
{
    const bool empty = mlprt_bounded(noise(s, UINT32_MAX, column), 8) == 0;
    return empty && s->style != STYLE_WHOLE ? 0 : spread(s->style, noise(s, row, column));
}

/* Columns of the target. */
static uint32_t targets(const struct draft *d)
{
    return model_target(d->model) == TARGET_CLASS ? 1 : d->model->output_size;
}

static double target_at(const struct split *s, uint32_t row, uint32_t column)
{
    const struct mlprt_words words = noise(s, row, s->d->model->input_size + column);
    switch (model_target(s->d->model)) {
    case TARGET_CLASS: return mlprt_bounded(words, s->d->model->output_size);
    case TARGET_BINARY: return mlprt_bounded(words, 2);
    case TARGET_NUMBERS: break;
    }
    return spread(s->style == STYLE_WIDE ? STYLE_EVEN : s->style, words);
}

/* ---- table ---- */

static const char *draw_table(const struct split *s)
{
    const uint32_t inputs = s->d->model->input_size, columns = inputs + targets(s->d);
    struct strbuf text = {0};
    for (uint32_t row = 0; row < s->rows; row++) {
        strbuf_puts(&text, row ? ",\n          " : "table(");
        for (uint32_t k = 0; k < columns; k++)
            strbuf_printf(
                &text, "%s%s", k ? ", " : "[",
                number_text(k < inputs ? input_at(s, row, k) : target_at(s, row, k - inputs)).at);
        strbuf_putc(&text, ']');
    }
    strbuf_putc(&text, ')');
    const char *table = arena_strndup(s->d->arena, text.text, text.len);
    strbuf_free(&text);
    return table;
}

/* ---- idx ---- */

enum idx_kind { IDX_UNSIGNED, IDX_SIGNED, IDX_FLOAT };
static const struct idx_type {
    unsigned char code, bytes;
    enum idx_kind kind;
} idx_types[] = {
    {0x0D, 4, IDX_FLOAT},  {0x0E, 8, IDX_FLOAT},  {0x08, 1, IDX_UNSIGNED},
    {0x09, 1, IDX_SIGNED}, {0x0B, 2, IDX_SIGNED}, {0x0C, 4, IDX_SIGNED},
};
enum { IDX_TYPES = sizeof idx_types / sizeof *idx_types };

static void put_big_endian(FILE *file, uint64_t bits, int bytes)
{
    while (bytes-- > 0)
        putc((int)(bits >> 8 * bytes & 0xFF), file);
}

static void put_element(FILE *file, const struct idx_type *type, double v)
{
    const float narrow = (float)v;
    uint32_t bits32;
    uint64_t bits64;
    memcpy(&bits32, &narrow, sizeof bits32);
    memcpy(&bits64, &v, sizeof bits64);
    switch (type->kind) {
    case IDX_UNSIGNED: put_big_endian(file, (uint64_t)(v < 0 ? -v : v), type->bytes); break;
    case IDX_SIGNED: put_big_endian(file, (uint64_t)(int64_t)v, type->bytes); break;
    case IDX_FLOAT: put_big_endian(file, type->bytes == 4 ? bits32 : bits64, type->bytes); break;
    }
}

/* Writes a matrix and returns its path. One column may go without a dimension. */
static const char *write_idx(const struct split *s, uint32_t columns,
                             double at(const struct split *, uint32_t, uint32_t))
{
    struct draft *d = s->d;
    const char *path = arena_printf(d->arena, "%u.idx", ++d->file_count);
    const struct idx_type *type = &idx_types[choose(d->choices, IDX_TYPES)];
    const bool column = columns > 1 || chance(d->choices, 2);
    FILE *file = fopen(arena_printf(d->arena, "%s/%s", d->folder, path), "wb");
    REQUIRE(file);
    put_big_endian(file, (uint64_t)type->code << 8 | (column ? 2 : 1), 4);
    put_big_endian(file, s->rows, 4);
    if (column)
        put_big_endian(file, columns, 4);
    for (uint32_t row = 0; row < s->rows; row++)
        for (uint32_t k = 0; k < columns; k++)
            put_element(file, type, at(s, row, k));
    REQUIRE(fclose(file) == 0);
    return arena_printf(d->arena, "\"%s\"", path);
}

/* Whether the input can be the target. */
static bool is_autoencoder(const struct model *m)
{
    return model_target(m) == TARGET_NUMBERS && m->input_size == m->output_size;
}

static const char *draw_idx(const struct split *s)
{
    struct draft *d = s->d;
    const char *path = write_idx(s, d->model->input_size, input_at);
    const char *target = is_autoencoder(d->model) && choose(d->choices, 4)
                             ? draw_word(d, PLACE_TARGET)
                             : write_idx(s, targets(d), target_at);
    return arena_printf(d->arena, "idx(%s, %s)", path, target);
}

/* ---- all of them ---- */

/* The simplest first. A word that has no rule here is never drawn, which its count of 0 shows. */
static const struct source_rule {
    enum word_id id;
    const char *(*draw)(const struct split *s);
} rules[] = {
    {WORD_TABLE, draw_table},
    {WORD_IDX, draw_idx},
};
enum { RULES = sizeof rules / sizeof *rules };

/* Rows of their own. */
static const char *draw_rows(struct draft *d)
{
    static const uint32_t rows[] = {1, 2, 3, 5, 8, 13, 24, 50, 97};
    const struct source_rule *rule = &rules[choose(d->choices, RULES)];
    struct split s = {.d = d};
    s.rows = rows[choose(d->choices, sizeof rows / sizeof *rows)];
    s.style = (enum style)choose(d->choices, STYLE_COUNT);
    s.salt = choose(d->choices, 1000);
    if (!d->rows)
        d->rows = s.rows;
    return rule->draw(&s);
}

/* The training split is drawn first; the others may be held out of it. */
const char *draw_source(struct draft *d)
{
    if (d->rows > 1 && chance(d->choices, 3))
        return draw_call(d, vocab_find(PLACE_SOURCE, "holdout"));
    return draw_rows(d);
}
