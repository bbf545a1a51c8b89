/* The tables that describe the model to the runtime (struct mlprt_model and what hangs on it), and
 * main. */
#include "emit.h"

#include "digest.h"
#include "ice.h"
#include "ops/ops.h"
#include "plan.h"
#include "resolved.h"
#include "version.h"

#include <string.h>

static struct cx *word(struct emitter *em, const char *name)
{
    return cx_name(&em->cb, CT_OTHER, name);
}

static struct cx *text(struct emitter *em, const char *s)
{
    return s ? cx_string(&em->cb, s) : word(em, "NULL");
}

static struct cx *truth(struct emitter *em, bool v)
{
    return word(em, v ? "true" : "false");
}

static struct cx *count(struct emitter *em, uint64_t v)
{
    return cx_int(&em->cb, (int64_t)v);
}

/* Bytes into the arena. */
static struct cx *offset(struct emitter *em, int tensor)
{
    struct cbuild *cb = &em->cb;
    return cx_mul(cb, cx_namef(cb, CT_INT, "PLACE_%s", ir_at(em->ir, tensor)->name),
                  cx_namef(cb, CT_INT, "sizeof(%s)", cb_real_name(cb)));
}

/* Layers and parameters. */

/* Samples side by side. */
static struct cx *block_of(struct emitter *em, const struct tensor *t)
{
    return count(em, t->in_columns ? PANEL : 1);
}

/* Where the layer's output stands: a dense layer's is that of the activations fused into it. */
static void add_value(struct emitter *em, struct cx *row, uint32_t index)
{
    for (size_t i = 0; i < em->ir->ops.len; i++) {
        const struct op *op = &em->ir->ops.at[i];
        const struct tensor *t = op->out[0] == NO_TENSOR ? NULL : ir_at(em->ir, op->out[0]);
        if (op->layer != index || op->section != SECTION_FORWARD || !t || t->role != ROLE_VALUE)
            continue;
        cx_list_add(&em->cb, row, ".value_offset", offset(em, op->out[0]));
        cx_list_add(&em->cb, row, ".value_stride", count(em, t->stride));
        cx_list_add(&em->cb, row, ".value_block", block_of(em, t));
    }
}

static struct cx *layer_row(struct emitter *em, uint32_t index)
{
    struct cbuild *cb = &em->cb;
    const struct layer *layer = &em->model->layers[index];
    struct cx *row = cx_list(cb, false);
    cx_list_add(cb, row, ".name", text(em, layer->name));
    cx_list_add(cb, row, ".kind", text(em, layer->word->vocab->name));
    cx_list_add(cb, row, ".in", count(em, layer->in));
    cx_list_add(cb, row, ".out", count(em, layer->out));
    cx_list_add(cb, row, ".line", count(em, emit_line(em, layer->span)));
    add_value(em, row, index);
    return row;
}

static void emit_layers(struct emitter *em)
{
    struct cx *rows = cx_list(&em->cb, true);
    for (uint32_t i = 0; i < em->model->layer_count; i++)
        cx_list_add(&em->cb, rows, NULL, layer_row(em, i));
    cb_declare(&em->cb, "static const struct mlprt_layer", CT_OTHER, "layers[]", rows);
    cb_blank(&em->cb);
}

static void emit_states(struct emitter *em, struct cx *row, const struct param *p)
{
    struct cx *offsets = cx_list(&em->cb, false);
    for (size_t i = 0; i < STATE_MAX && p->state[i] != NO_TENSOR; i++)
        cx_list_add(&em->cb, offsets, NULL, offset(em, p->state[i]));
    if (offsets->count)
        cx_list_add(&em->cb, row, ".state_offset", offsets);
}

static struct cx *param_row(struct emitter *em, uint32_t index)
{
    static const char *const kinds[] = {[INIT_CONSTANT] = "MLPRT_CONSTANT",
                                        [INIT_NORMAL] = "MLPRT_NORMAL",
                                        [INIT_UNIFORM] = "MLPRT_UNIFORM"};
    struct cbuild *cb = &em->cb;
    const struct param *p = &em->ir->params.at[index];
    const struct tensor *t = ir_at(em->ir, p->value);
    struct cx *row = cx_list(cb, false);
    cx_list_add(cb, row, ".name", text(em, p->key));
    cx_list_add(cb, row, ".rank", count(em, p->rank));
    cx_list_add(cb, row, ".units", count(em, t->units));
    cx_list_add(cb, row, ".depth", count(em, t->depth));
    cx_list_add(cb, row, ".panel", count(em, t->panel));
    cx_list_add(cb, row, ".offset", offset(em, p->value));
    if (p->grad != NO_TENSOR)
        cx_list_add(cb, row, ".grad_offset", offset(em, p->grad));
    emit_states(em, row, p);
    cx_list_add(cb, row, ".frozen", truth(em, p->frozen));
    cx_list_add(cb, row, ".stream", count(em, index));
    cx_list_add(cb, row, ".init", word(em, kinds[p->init.kind]));
    cx_list_add(cb, row, ".a", cx_double(cb, p->init.a));
    if (p->init.kind != INIT_CONSTANT)
        cx_list_add(cb, row, ".b", cx_double(cb, p->init.b));
    cx_list_add(cb, row, ".line", count(em, emit_line(em, em->model->layers[p->layer].span)));
    return row;
}

static void emit_params(struct emitter *em)
{
    struct cx *rows = cx_list(&em->cb, true);
    for (uint32_t i = 0; i < em->ir->params.len; i++)
        cx_list_add(&em->cb, rows, NULL, param_row(em, i));
    cb_declare(&em->cb, "static const struct mlprt_param", CT_OTHER, "params[]", rows);
    cb_blank(&em->cb);
}

static void emit_paths(struct emitter *em)
{
    struct cbuild *cb = &em->cb;
    struct cx *rows = cx_list(cb, false);
    for (size_t i = 0; i < isa_count; i++)
        if (emit_wants(em, &isas[i]))
            cx_list_add(cb, rows, NULL, cx_namef(cb, CT_OTHER, "&path_%s", isas[i].name));
    cb_declare(cb, "static const struct mlprt_path *const", CT_OTHER, "paths[]", rows);
    cb_blank(cb);
}

/* An array of the lines of a text. */
static void emit_lines(struct emitter *em, const char *name, const struct strbuf *text_of)
{
    struct cbuild *cb = &em->cb;
    struct cx *lines = cx_list(cb, true);
    for (const char *line = text_of->text; *line;) {
        const char *end = strchr(line, '\n');
        REQUIRE(end);
        cx_list_add(cb, lines, NULL,
                    text(em, arena_strndup(cb->arena, line, (size_t)(end - line))));
        line = end + 1;
    }
    cx_list_add(cb, lines, NULL, word(em, "NULL"));
    cb_declare(cb, "static const char *const", CT_OTHER, name, lines);
    cb_blank(cb);
}

/* The resolved program, and what the compiler planned. */
static void emit_texts(struct emitter *em, const struct works *works)
{
    struct strbuf program = {0}, plan = {0};
    resolved_print(em->model, &program);
    emit_lines(em, "program[]", &program);
    plan_print(em->ir, works,
               &(struct plan_options){em->options->file, em->options->sources, em->options->target},
               &plan);
    emit_lines(em, "plan[]", &plan);
    strbuf_free(&program);
    strbuf_free(&plan);
}

/* SHA-256 over what the model's hash covers. */
static const char *identity_hash(struct emitter *em)
{
    struct strbuf identity = {0};
    char *hex = arena_alloc(em->cb.arena, DIGEST_HEX);
    resolved_print_identity(em->model, &identity);
    digest_sha256(identity.text, identity.len, hex);
    strbuf_free(&identity);
    return hex;
}

static void add(struct emitter *em, struct cx *list, const char *member, struct cx *value)
{
    cx_list_add(&em->cb, list, member, value);
}

/* The names of the optimizer's states. */
static void add_states(struct emitter *em, struct cx *m)
{
    struct update_state states[STATE_MAX];
    const struct value *train = em->model->train->args;
    const size_t count = update_states(train[TRAIN_OPTIMIZER].word, states);
    struct cx *names = cx_list(&em->cb, false);
    for (size_t i = 0; i < count; i++)
        cx_list_add(&em->cb, names, NULL, text(em, states[i].key));
    if (count)
        add(em, m, ".state_name", names);
}

static void add_memory(struct emitter *em, struct cx *m)
{
    const struct ir *ir = em->ir;
    const struct tensor *target = ir_at(ir, ir->target);
    add(em, m, ".arena_size",
        cx_mul(&em->cb, cx_name(&em->cb, CT_INT, "ARENA"),
               cx_namef(&em->cb, CT_INT, "sizeof(%s)", cb_real_name(&em->cb))));
    add(em, m, ".input_offset", offset(em, ir->input));
    add(em, m, ".output_offset", offset(em, ir->output));
    add(em, m, ".loss_offset", offset(em, ir->loss));
    if (tensor_in_arena(target)) {
        add(em, m, ".target_offset", offset(em, ir->target));
        add(em, m, ".target_stride", count(em, target->stride));
    }
    add(em, m, ".input_stride", count(em, ir_at(ir, ir->input)->stride));
    add(em, m, ".output_stride", count(em, ir_at(ir, ir->output)->stride));
    add(em, m, ".output_block", block_of(em, ir_at(ir, ir->output)));
    add_states(em, m);
}

static void add_schedule(struct emitter *em, struct cx *m, const struct word *schedule)
{
    const struct value *args = schedule->args;
    struct cx *row = cx_list(&em->cb, false);
    switch (schedule->vocab->id) {
    case WORD_STEP:
        add(em, row, ".kind", word(em, "MLPRT_STEP"));
        add(em, row, ".epochs", count(em, (uint64_t)args[STEP_EVERY].number));
        add(em, row, ".factor", cx_double(&em->cb, args[STEP_FACTOR].number));
        break;
    case WORD_EXPONENTIAL:
        add(em, row, ".kind", word(em, "MLPRT_STEP"));
        add(em, row, ".epochs", count(em, 1));
        add(em, row, ".factor", cx_double(&em->cb, args[EXPONENTIAL_FACTOR].number));
        break;
    case WORD_COSINE:
        add(em, row, ".kind", word(em, "MLPRT_COSINE"));
        add(em, row, ".epochs", count(em, (uint64_t)args[COSINE_WARMUP].number));
        add(em, row, ".factor", cx_double(&em->cb, args[COSINE_FINAL].number));
        break;
    default: add(em, row, ".kind", word(em, "MLPRT_ALWAYS")); break;
    }
    add(em, m, ".schedule", row);
}

static void add_training(struct emitter *em, struct cx *m)
{
    const struct value *train = em->model->train->args;
    emit_data_members(em, m);
    add(em, m, ".lr", cx_double(&em->cb, train[TRAIN_OPTIMIZER].word->args[OPTIMIZER_LR].number));
    add(em, m, ".epochs", count(em, (uint64_t)train[TRAIN_EPOCHS].number));
    add(em, m, ".seed", count(em, em->model->seed));
    add_schedule(em, m, train[TRAIN_SCHEDULE].word);
    add(em, m, ".shuffle", truth(em, train[TRAIN_SHUFFLE].truth));
    add(em, m, ".drop_last", truth(em, train[TRAIN_DROP_LAST].truth));
    if (!train[TRAIN_EARLY_STOP].absent) {
        const struct value *patience = train[TRAIN_EARLY_STOP].word->args;
        add(em, m, ".patience", count(em, (uint64_t)patience[PATIENCE_EPOCHS].number));
        add(em, m, ".min_delta", cx_double(&em->cb, patience[PATIENCE_MIN_DELTA].number));
    }
    add(em, m, ".keep_best", truth(em, train[TRAIN_KEEP].word->vocab->id == WORD_BEST));
}

static void emit_struct(struct emitter *em, const struct works *works)
{
    static const char *const targets[] = {[TARGET_CLASS] = "MLPRT_CLASS",
                                          [TARGET_NUMBERS] = "MLPRT_NUMBERS",
                                          [TARGET_BINARY] = "MLPRT_BINARY"};
    const struct ir *ir = em->ir;
    struct cx *m = cx_list(&em->cb, true);
    add(em, m, ".abi", word(em, "MLPRT_ABI"));
    add(em, m, ".name", text(em, em->model->name));
    add(em, m, ".file", text(em, em->options->file));
    add(em, m, ".compiler", text(em, "mlpgen " MLPGEN_VERSION));
    add(em, m, ".hash", text(em, identity_hash(em)));
    add(em, m, ".program", word(em, "program"));
    add(em, m, ".plan", word(em, "plan"));
    add(em, m, ".evaluate_flops", count(em, works->all.forward));
    add(em, m, ".train_flops", count(em, works->all.forward + works->all.backward));
    add(em, m, ".threads", word(em, "mlprt_threads"));
    add(em, m, ".parallel", word(em, "mlprt_parallel"));
    add(em, m, ".serial", truth(em, work_is_serial(ir, works)));
    add(em, m, ".series", count(em, ir->series));
    add(em, m, ".breaches", word(em, "mlprt_breaches"));
    add(em, m, ".element", word(em, ir->f64 ? "MLPRT_F64" : "MLPRT_F32"));
    add(em, m, ".input_size", count(em, em->model->input_size));
    add(em, m, ".output_size", count(em, em->model->output_size));
    add(em, m, ".batch", count(em, ir->batch));
    add(em, m, ".target", word(em, targets[model_target(em->model)]));
    add(em, m, ".layers", word(em, "layers"));
    add(em, m, ".layer_count", count(em, em->model->layer_count));
    add(em, m, ".params", word(em, "params"));
    add(em, m, ".param_count", count(em, ir->params.len));
    add(em, m, ".paths", word(em, "paths"));
    add(em, m, ".path_count", word(em, "sizeof paths / sizeof *paths"));
    add_memory(em, m);
    add_training(em, m);
    cb_declare(&em->cb, "static const struct mlprt_model", CT_OTHER, "model", m);
    cb_blank(&em->cb);
}

void emit_model(struct emitter *em)
{
    struct cbuild *cb = &em->cb;
    const struct works works = work_of(em->ir);
    cb->at = (struct span){0, 0};
    emit_layers(em);
    emit_params(em);
    emit_paths(em);
    emit_texts(em, &works);
    emit_data(em);
    emit_struct(em, &works);
    cb_function(cb, "int", "main", "int argc, char **argv");
    cb_return(cb, cx_call(cb, CT_OTHER, "mlprt_main", 3, word(em, "&model"), word(em, "argc"),
                          word(em, "argv")));
    cb_end(cb);
}
