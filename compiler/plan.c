/* The plan, section by section. */
#include "plan.h"

#include "cost.h"
#include "ops/ops.h"
#include "pass.h"
#include "source.h"
#include "table.h"
#include "tile.h"
#include "version.h"

#include <string.h>

struct planner {
    const struct ir *ir;
    const struct works *works;
    const struct plan_options *options;
    struct strbuf *out;
};

static unsigned long long number(uint64_t v)
{
    return v;
}

static struct table new_table(const struct planner *p, const char *columns)
{
    return (struct table){.arena = p->ir->arena, .columns = columns};
}

/* Puts in one cell for each of the words. */
static void add_texts(struct table *t, size_t count, const char *const *words)
{
    for (size_t i = 0; i < count; i++)
        table_text(t, "%s", words[i]);
}

#define ADD_HEAD(table, ...)                                                                       \
    add_texts((table), sizeof(const char *[]){__VA_ARGS__} / sizeof(char *),                       \
              (const char *[]){__VA_ARGS__})

/* ---- operations ---- */

static void add_operations(struct table *t, const struct work *w)
{
    table_number(t, w->parameters);
    table_number(t, w->forward);
    table_number(t, w->backward);
}

static void print_operations(const struct planner *p)
{
    const struct model *model = p->ir->model;
    struct table t = new_table(p, "llrrrrrr");
    ADD_HEAD(&t, "layer", "kind", "line", "in", "out", "parameters", "FLOPs/sample", "backward");
    for (size_t i = 0; i < model->layer_count; i++) {
        const struct layer *l = &model->layers[i];
        table_text(&t, "%s", l->name);
        table_text(&t, "%s", l->word->vocab->name);
        table_text(&t, "%u", source_position(p->options->sources, l->span).line);
        table_text(&t, "%u", l->in);
        table_text(&t, "%u", l->out);
        add_operations(&t, &p->works->layers[i]);
    }
    const struct word *loss = model->block->args[MODEL_LOSS].word;
    ADD_HEAD(&t, "loss", loss->vocab->name, "", "", "");
    add_operations(&t, &p->works->loss);
    ADD_HEAD(&t, "total", "", "", "", "");
    add_operations(&t, &p->works->all);
    table_print(&t, p->out);
}

/* ---- bytes ---- */

static void add_bytes(struct table *t, const struct work *w)
{
    table_number(t, w->weights);
    table_number(t, w->copies);
    table_number(t, w->gradients);
    table_number(t, w->states);
    table_number(t, w->activations);
    table_number(t, w->derivatives);
}

static void print_bytes(const struct planner *p)
{
    const struct model *model = p->ir->model;
    const struct work *all = &p->works->all;
    const uint64_t arena = p->ir->arena_elements * ir_element(p->ir), sum = work_bytes(all);
    struct table t = new_table(p, "lrrrrrr");
    ADD_HEAD(&t, "bytes", "weights", "copies", "gradients", "optimizer", "activations",
             "derivatives");
    for (size_t i = 0; i < model->layer_count; i++) {
        table_text(&t, "%s", model->layers[i].name);
        add_bytes(&t, &p->works->layers[i]);
    }
    table_text(&t, "total");
    add_bytes(&t, all);
    table_print(&t, p->out);
    strbuf_printf(p->out,
                  "\nmemory      %llu bytes in one arena to train: the total and %llu of samples",
                  number(arena), number(all->samples));
    if (sum > arena)
        strbuf_printf(p->out, ", of which %llu share their place", number(sum - arena));
    strbuf_printf(p->out, "\ninference   %llu bytes for one sample: weights, and %llu of its own\n",
                  number(all->weights + all->row), number(all->row));
}

/* ---- code ---- */

static bool is_product(const struct op *op)
{
    return op->kind == OP_DENSE || op->kind == OP_DENSE_DX || op->kind == OP_DENSE_DW;
}

/* Does an op compute samples side by side, or the gradient and step of weights that stand unit by
 * unit for it? */
static bool has_columns(const struct ir *ir, const struct op *op)
{
    const int made = op->kind == OP_SOFTMAX_CROSS_ENTROPY ? op->out[1] : op->out[0];
    return ir_at(ir, made)->in_columns ||
           (op->kind == OP_DENSE_DB && ir_at(ir, op->in[0])->in_columns);
}

/* Columns that vectors go through, and how many of them there are to compute. */
static void add_columns(struct table *t, const struct ir *ir, const struct op *op)
{
    const struct tensor *out = ir_at(ir, op->out[0]);
    const uint32_t units = out->role == ROLE_LOSS ? ir_at(ir, op->in[0])->units : out->units;
    const uint32_t columns = (units + PANEL - 1) / PANEL * PANEL;
    if (op->straight || has_columns(ir, op) || (!tensor_per_sample(out) && out->panel != PANEL))
        table_text(t, "%u", units);
    else
        table_text(t, "%u of %u", units, columns);
}

/* "8x48, 8x32, 8x16": those of a product whose panels threads share. */
static void add_shared_tiles(struct table *t, const struct ir *ir, const struct isa *isa)
{
    unsigned rows[TILE_SIZES_MAX], widths[TILE_SHARED_WIDTHS];
    const char *text = "";
    tile_rows(isa, ir->f64, rows);
    const size_t count = tile_shared_widths(isa, ir->f64, rows[0], widths);
    for (size_t i = 0; i < count; i++)
        text = arena_printf(ir->arena, "%s%s%ux%u", text, *text ? ", " : "", rows[0],
                            widths[i] * PANEL);
    table_text(t, "%s", text);
}

/* "8x48 (4), 8x32 (2)": tiles of a product, rows by columns, and how many there are side by side;
 * what is left of the rows gets lower ones. */
static void add_tiles(struct table *t, const struct ir *ir, const struct isa *isa,
                      const struct op *op)
{
    const uint32_t panels = (ir_at(ir, op->out[0])->units + PANEL - 1) / PANEL;
    unsigned rows[TILE_SIZES_MAX];
    const char *text = "";
    tile_rows(isa, ir->f64, rows);
    const struct tile_widths widths = tile_widths(isa, ir->f64, rows[0], panels);
    for (unsigned width = TILE_VECTORS_MAX; width > 0; width--)
        if (widths.tiles[width])
            text = arena_printf(ir->arena, "%s%s%ux%u (%u)", text, *text ? ", " : "", rows[0],
                                width * PANEL, widths.tiles[width]);
    table_text(t, "%s", text);
}

static void add_op(struct table *t, const struct planner *p, const struct op *op)
{
    const struct ir *ir = p->ir;
    table_text(t, "%s_%s", op->base, op_verb(op));
    table_text(t, "%s", has_columns(ir, op) ? "columns" : op->straight ? "straight" : "loops");
    add_columns(t, ir, op);
    for (size_t i = 0; i < isa_count; i++)
        if (!isa_wanted(&isas[i], p->options->target))
            continue;
        else if (is_product(op) && op->by_units)
            add_shared_tiles(t, ir, &isas[i]);
        else if (is_product(op) && !op->straight && !has_columns(ir, op))
            add_tiles(t, ir, &isas[i], op);
        else
            table_text(t, "%s", "");
}

/* "dense1, dense2": layers whose units threads share, or NULL. */
static const char *shared_layers(const struct ir *ir)
{
    const char *names = NULL;
    for (size_t i = 0; i < ir->ops.len; i++)
        if (ir->ops.at[i].kind == OP_DENSE && ir->ops.at[i].by_units)
            names = arena_printf(ir->arena, "%s%s%s", names ? names : "", names ? ", " : "",
                                 ir->ops.at[i].base);
    return names;
}

static void print_code(const struct planner *p)
{
    const char *columns = "llr";
    struct table t = new_table(p, columns);
    ADD_HEAD(&t, "code", "form", "columns");
    for (size_t i = 0; i < isa_count; i++)
        if (isa_wanted(&isas[i], p->options->target)) {
            table_text(&t, "%s", isas[i].name);
            columns = arena_printf(p->ir->arena, "%sl", columns);
        }
    t.columns = columns;
    for (size_t i = 0; i < p->ir->ops.len; i++)
        add_op(&t, p, &p->ir->ops.at[i]);
    table_print(&t, p->out);
    strbuf_printf(p->out,
                  "\nstraight    %llu statements of products, of %d that there may be\n"
                  "rows        %u samples at a time go through all layers\n",
                  number(p->ir->straight_statements), STRAIGHT_STATEMENTS, p->ir->row_block);
    const char *shared = shared_layers(p->ir);
    if (shared)
        strbuf_printf(
            p->out, "units       those of %s are shared by threads: to each its weights\n", shared);
}

/* ---- time ---- */

static void print_time(const struct planner *p)
{
    const struct ir *ir = p->ir;
    const uint64_t step = work_step(ir, p->works);
    strbuf_printf(p->out, "step        %llu FLOPs: %s\n", number(step),
                  work_is_serial(ir, p->works) ? "for one thread, unless more are asked for"
                                               : "for as many threads as OpenMP takes");
    if (ir->series)
        strbuf_printf(p->out, "series      %u steps at a time, on one thread\n", ir->series);
    strbuf_putc(p->out, '\n');
    struct table t = new_table(p, "lrrrrr");
    ADD_HEAD(&t, "slots", "lanes", "a step", "of the peak", "inference of a batch", "of a sample");
    for (size_t i = 0; i < isa_count; i++) {
        const struct isa *isa = &isas[i];
        if (!isa_wanted(isa, p->options->target))
            continue;
        const uint64_t slots = cost_step(ir, isa);
        table_text(&t, "%s", isa->name);
        table_number(&t, isa_vector(isa, ir->f64)->lanes);
        table_number(&t, slots);
        table_text(&t, "%.1f %%", 100 * cost_share(ir, isa, step, slots));
        table_number(&t, cost_evaluate(ir, isa));
        table_number(&t, cost_infer(ir, isa));
    }
    table_print(&t, p->out);
    strbuf_puts(p->out, "\nA slot is the time of one vector multiply-add at a machine's peak.\n");
}

void plan_print(const struct ir *ir, const struct works *works, const struct plan_options *options,
                struct strbuf *out)
{
    const struct planner p = {ir, works, options, out};
    strbuf_printf(out, "plan of %s by mlpgen %s: model %s, %s, batch %u\n\n", options->file,
                  MLPGEN_VERSION, ir->model->name, ir->f64 ? "f64" : "f32", ir->batch);
    print_operations(&p);
    strbuf_putc(out, '\n');
    print_bytes(&p);
    strbuf_putc(out, '\n');
    print_code(&p);
    print_time(&p);
}
