/* --emit=dot: nodes in the order of the model, each with the edge that leads to it. All names are
 * names of the language: nothing in them has to be escaped, and none has a parenthesis in it. */
#include "dot.h"

#include <inttypes.h>

static void print_layer(const struct layer *layer, const struct work *work, const char *before,
                        struct strbuf *out)
{
    strbuf_printf(out, "    \"%s\" [label=\"%s\\n%s", layer->name, layer->name,
                  layer->word->vocab->name);
    if (work->parameters > 0)
        strbuf_printf(out,
                      " %" PRIu32 " × %" PRIu32 "\\n%" PRIu64 " parameters\\n%" PRIu64 " bytes",
                      layer->in, layer->out, work->parameters, work->weights);
    strbuf_puts(out, "\"]\n");
    strbuf_printf(out, "    \"%s\" -> \"%s\" [label=\"%" PRIu32 "\"]\n", before, layer->name,
                  layer->in);
}

/* "28 × 28" */
static void print_shape(const struct value *input, struct strbuf *out)
{
    for (uint32_t i = 0; i < input->count; i++)
        strbuf_printf(out, "%s%" PRIu32, i ? " × " : "", (uint32_t)input->numbers[i]);
}

static void print_loss(const struct model *m, const char *before, struct strbuf *out)
{
    static const char *const targets[] = {
        [TARGET_CLASS] = "a class", [TARGET_NUMBERS] = "numbers", [TARGET_BINARY] = "0 or 1 each"};
    const struct word *loss = m->block->args[MODEL_LOSS].word;
    strbuf_printf(out, "    \"(loss)\" [label=\"loss\\n%s\", shape=ellipse]\n", loss->vocab->name);
    strbuf_printf(out, "    \"(target)\" [label=\"target\\n%s\", shape=ellipse]\n",
                  targets[model_target(m)]);
    strbuf_printf(out, "    \"%s\" -> \"(loss)\" [label=\"%" PRIu32 "\"]\n", before,
                  m->output_size);
    strbuf_puts(out, "    \"(target)\" -> \"(loss)\"\n");
}

void dot_print(const struct ir *ir, const struct works *works, struct strbuf *out)
{
    const struct model *m = ir->model;
    const char *before = "input";
    strbuf_printf(out,
                  "digraph \"%s\" {\n"
                  "    graph [label=\"%s, %" PRIu64 " parameters\", labelloc=t, fontname=sans]\n"
                  "    node [shape=box, fontname=sans]\n"
                  "    edge [fontname=sans]\n\n"
                  "    input [label=\"input\\n",
                  m->name, m->name, works->all.parameters);
    print_shape(&m->block->args[MODEL_INPUT], out);
    strbuf_puts(out, "\", shape=ellipse]\n");
    for (size_t i = 0; i < m->layer_count; i++) {
        print_layer(&m->layers[i], &works->layers[i], before, out);
        before = m->layers[i].name;
    }
    print_loss(m, before, out);
    strbuf_puts(out, "}\n");
}
