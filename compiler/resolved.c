/* The resolved program: the checked model as a .mlp text. It is printed one statement or row a
 * line, however long, and then wrapped. */
#include "resolved.h"

#include "ast_print.h"
#include "number.h"

#include <string.h>

enum {
    INDENT = 4,
    /* A line is a string literal of the C that is made of it, and C promises 4095 characters. */
    LINE_MAX_BYTES = 100
};

static void print_word(const struct model *m, const struct word *w, struct strbuf *out);

static void put_indent(struct strbuf *out, int depth)
{
    strbuf_printf(out, "%*s", depth * INDENT, "");
}

static void put_number(struct strbuf *out, double v)
{
    strbuf_puts(out, number_text(v).at);
}

static void put_list(struct strbuf *out, const double *numbers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        strbuf_puts(out, i ? ", " : "[");
        put_number(out, numbers[i]);
    }
    strbuf_putc(out, ']');
}

static void put_names(struct strbuf *out, const struct value *v)
{
    for (uint32_t i = 0; i < v->count; i++) {
        strbuf_puts(out, i ? ", " : "[");
        ast_print_string(v->texts[i], out);
    }
    strbuf_putc(out, ']');
}

/* A table's rows, one a line: they stand in a property of a block. */
static void put_rows(struct strbuf *out, const struct value *v)
{
    for (uint32_t i = 0; i < v->count; i++) {
        strbuf_puts(out, i ? ",\n" : "\n");
        put_indent(out, 2);
        put_list(out, v->numbers + (size_t)i * v->columns, v->columns);
    }
}

static void print_value(const struct model *m, const struct vocab_param *p, const struct value *v,
                        struct strbuf *out)
{
    switch (p->type) {
    case VALUE_NUMBER:
    case VALUE_COUNT: put_number(out, v->number); break;
    case VALUE_COUNTS:
        if (v->count == 1)
            put_number(out, v->numbers[0]);
        else
            put_list(out, v->numbers, v->count);
        break;
    case VALUE_BOOL: strbuf_puts(out, v->truth ? "true" : "false"); break;
    case VALUE_STRING: ast_print_string(v->text, out); break;
    case VALUE_NAMES: put_names(out, v); break;
    case VALUE_WORD: print_word(m, v->word, out); break;
    case VALUE_STRING_OR_WORD:
        if (v->word)
            print_word(m, v->word, out);
        else
            ast_print_string(v->text, out);
        break;
    case VALUE_ROWS: put_rows(out, v); break;
    }
}

/* A call with all its arguments: by place where that is the custom, else by name. */
static void print_word(const struct model *m, const struct word *w, struct strbuf *out)
{
    const char *before = "(";
    strbuf_puts(out, w->vocab->name);
    for (size_t i = 0; i < w->vocab->param_count; i++) {
        const struct vocab_param *p = &w->vocab->params[i];
        if (w->args[i].absent)
            continue;
        strbuf_puts(out, before);
        before = ", ";
        if (!p->by_place)
            strbuf_printf(out, "%s = ", p->name);
        if (w->vocab->id == WORD_DENSE && i == DENSE_INIT)
            print_word(m, model_dense_init(m, w), out);
        else
            print_value(m, p, &w->args[i], out);
    }
    if (*before == ',')
        strbuf_putc(out, ')');
}

static void print_property(const struct model *m, const struct word *block, size_t i,
                           struct strbuf *out)
{
    if (block->args[i].absent)
        return;
    put_indent(out, 1);
    strbuf_printf(out, "%s = ", block->vocab->params[i].name);
    print_value(m, &block->vocab->params[i], &block->args[i], out);
    strbuf_puts(out, ";\n");
}

static void print_properties(const struct model *m, const struct word *block, struct strbuf *out)
{
    for (size_t i = 0; i < block->vocab->param_count; i++)
        print_property(m, block, i, out);
}

static void print_items(const struct model *m, const struct item *first, int depth,
                        struct strbuf *out)
{
    for (const struct item *item = first; item; item = item->next) {
        put_indent(out, depth);
        if (item->label)
            strbuf_printf(out, "%s: ", item->label);
        print_word(m, item->word, out);
        if (!item->body) {
            strbuf_puts(out, ";\n");
            continue;
        }
        strbuf_puts(out, " {\n");
        print_items(m, item->body, depth + 1, out);
        put_indent(out, depth);
        strbuf_puts(out, "}\n");
    }
}

static void print_model(const struct model *m, struct strbuf *out)
{
    strbuf_printf(out, "model %s {\n", m->name);
    print_properties(m, m->block, out);
    strbuf_putc(out, '\n');
    print_items(m, m->items, 1, out);
    strbuf_puts(out, "}\n");
}

static void print_block(const struct model *m, const struct word *block, struct strbuf *out)
{
    if (!block)
        return;
    strbuf_printf(out, "\n%s {\n", block->vocab->name);
    print_properties(m, block, out);
    strbuf_puts(out, "}\n");
}

/* ---- lines ---- */

/* Where in a list to go on with the next line: behind the last comma that leaves the line short
 * enough, else behind the first; end where there is none. */
static const char *line_break(const char *line, const char *end, size_t room)
{
    const char *best = end;
    bool in_string = false;
    for (const char *c = line; c < end; c++) {
        if (*c == '"')
            in_string = !in_string;
        else if (in_string && *c == '\\')
            c++;
        else if (!in_string && *c == ',' && c + 1 < end) {
            if (best < end && (size_t)(c + 1 - line) > room)
                break;
            best = c + 1;
        }
    }
    return best;
}

/* Puts a line without its end, and what is too long for it on lines indented once more. */
static void wrap_line(const char *line, const char *end, struct strbuf *out)
{
    size_t indent = strspn(line, " ") + INDENT, room = LINE_MAX_BYTES;
    while ((size_t)(end - line) > room) {
        const char *next = line_break(line, end, room);
        if (next == end)
            break;
        strbuf_put(out, line, (size_t)(next - line));
        strbuf_printf(out, "\n%*s", (int)indent, "");
        line = next + 1; /* a space follows a comma */
        room = LINE_MAX_BYTES > indent ? LINE_MAX_BYTES - indent : 1;
    }
    strbuf_put(out, line, (size_t)(end - line));
}

void resolved_print(const struct model *m, struct strbuf *out)
{
    struct strbuf lines = {0};
    strbuf_puts(&lines, "mlp 1;\n\n");
    print_model(m, &lines);
    print_block(m, m->data, &lines);
    print_block(m, m->train, &lines);
    for (const char *line = lines.text; *line;) {
        const char *end = strchr(line, '\n');
        wrap_line(line, end, out);
        strbuf_putc(out, '\n');
        line = end + 1;
    }
    strbuf_free(&lines);
}

/* Not wrapped: no layout may change a model's hash. */
void resolved_print_identity(const struct model *m, struct strbuf *out)
{
    print_model(m, out);
    for (size_t i = DATA_NORMALIZE; m->data && i <= DATA_CLASSES; i++)
        print_property(m, m->data, i, out);
}
