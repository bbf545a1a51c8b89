/* A model whose program is the reference evaluator: the IR as it is after autodiff and prune,
 * element by element, with nothing fused, padded, tiled or unrolled. */
#include "evaluated.h"

#include "check.h"
#include "digest.h"
#include "input.h"
#include "ir_eval.h"
#include "lower.h"
#include "ops/ops.h"
#include "parse.h"
#include "pass.h"
#include "resolved.h"
#include "version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct model *evaluated_read(struct arena *arena, const char *path, struct strbuf *messages)
{
    struct strbuf text = {0};
    struct sources sources = {.arena = arena};
    struct diags diags = {.arena = arena, .sources = &sources};
    const struct model *model = NULL;
    if (input_read(path, &text, messages)) {
        const char *kept = arena_strndup(arena, text.text, text.len);
        const struct source *source = source_add(&sources, path, kept, text.len);
        model = check_program(arena, parse_file(arena, source, &diags), NULL, 0, &sources, &diags);
        diag_print(&diags, (struct diag_style){0}, messages);
    }
    strbuf_free(&text);
    return model;
}

/* The one evaluation under way: a path's functions get nothing but the batch. */
static struct ir_eval ev;
static size_t *place; /* of each tensor in the arena, in elements */

static double arena_get(const void *arena, size_t i)
{
    return ev.f64 ? ((const double *)arena)[i] : (double)((const float *)arena)[i];
}

static void arena_set(void *arena, size_t i, double v)
{
    if (ev.f64)
        ((double *)arena)[i] = v;
    else
        ((float *)arena)[i] = (float)v;
}

static size_t elements(const struct tensor *t)
{
    return (size_t)(tensor_per_sample(t) ? ev.ir->batch : t->depth) * t->units;
}

static void run(const struct mlprt_batch *batch, enum section first, enum section last)
{
    ev.label = batch->label;
    ev.n = batch->n;
    ev.training = batch->training;
    ev.seed = batch->seed;
    ev.step = batch->step;
    ev.lr = batch->lr;
    for (size_t t = 0; t < ev.ir->tensors.len; t++)
        for (size_t i = 0; i < elements(&ev.ir->tensors.at[t]); i++)
            ev.value[t][i] = arena_get(batch->arena, place[t] + i);
    ir_eval_run(&ev, first, last);
    for (size_t t = 0; t < ev.ir->tensors.len; t++)
        for (size_t i = 0; i < elements(&ev.ir->tensors.at[t]); i++)
            arena_set(batch->arena, place[t] + i, ev.value[t][i]);
}

static void evaluate(const struct mlprt_batch *batch)
{
    batch->load(batch, 0, batch->n, 0);
    run(batch, SECTION_FORWARD, SECTION_LOSS);
}

static void nothing(const struct mlprt_batch *batch)
{
    (void)batch;
}

/* With the gradients, while it is at it. */
static void backward(const struct mlprt_batch *batch)
{
    batch->load(batch, 0, batch->n, 0);
    run(batch, SECTION_FORWARD, SECTION_BACKWARD);
}

static void note_faults(const struct mlprt_batch *batch)
{
    for (size_t i = 0; i < ev.ir->params.len; i++) {
        const int grad = ev.ir->params.at[i].grad;
        for (size_t k = 0; grad != NO_TENSOR && k < elements(ir_at(ev.ir, grad)); k++)
            if (!isfinite(ev.value[grad][k]))
                arena_set(batch->fault, i * MLPRT_LANES, NAN);
    }
}

static void update(const struct mlprt_batch *batch)
{
    run(batch, SECTION_UPDATE, SECTION_UPDATE);
    note_faults(batch);
}

static bool usable(void)
{
    return true;
}

static const struct mlprt_path path = {.name = "oracle",
                                       .usable = usable,
                                       .evaluate = evaluate,
                                       .prepare = nothing,
                                       .backward = backward,
                                       .gradient = nothing,
                                       .update = update,
                                       .lanes = 1};
static const struct mlprt_path *const paths[] = {&path};

/* The description that emit_model.c would write, without any padding. */

static size_t offset_of(int tensor)
{
    return place[tensor] * (ev.f64 ? sizeof(double) : sizeof(float));
}

static size_t state_offset(const struct param *p, size_t i)
{
    return p->state[i] == NO_TENSOR ? 0 : offset_of(p->state[i]);
}

static struct mlprt_param *describe_params(struct arena *arena, const struct ir *ir)
{
    static const enum mlprt_init kinds[] = {[INIT_CONSTANT] = MLPRT_CONSTANT,
                                            [INIT_NORMAL] = MLPRT_NORMAL,
                                            [INIT_UNIFORM] = MLPRT_UNIFORM};
    struct mlprt_param *rows = ARENA_ARRAY(arena, struct mlprt_param, ir->params.len);
    for (size_t i = 0; i < ir->params.len; i++) {
        const struct param *p = &ir->params.at[i];
        const struct tensor *t = ir_at(ir, p->value);
        rows[i] = (struct mlprt_param){.name = p->key,
                                       .rank = p->rank,
                                       .units = t->units,
                                       .depth = t->depth,
                                       .panel = t->units,
                                       .offset = offset_of(p->value),
                                       .grad_offset = p->frozen ? 0 : offset_of(p->grad),
                                       .state_offset = {state_offset(p, 0), state_offset(p, 1)},
                                       .frozen = p->frozen,
                                       .stream = (uint32_t)i,
                                       .init = kinds[p->init.kind],
                                       .a = p->init.a,
                                       .b = p->init.b};
    }
    return rows;
}

static struct mlprt_source describe_source(const struct value *source)
{
    if (source->absent)
        return (struct mlprt_source){.format = MLPRT_NO_SOURCE};
    const struct value *args = source->word->args;
    if (source->word->vocab->id == WORD_TABLE)
        return (struct mlprt_source){.format = MLPRT_TABLE,
                                     .rows = args[TABLE_ROWS].numbers,
                                     .row_count = args[TABLE_ROWS].count,
                                     .row_length = args[TABLE_ROWS].columns};
    if (source->word->vocab->id == WORD_HOLDOUT)
        return (struct mlprt_source){.format = MLPRT_HOLDOUT,
                                     .fraction = args[HOLDOUT_FRACTION].number,
                                     .seed = (uint64_t)args[HOLDOUT_SEED].number,
                                     .shuffle = args[HOLDOUT_SHUFFLE].truth};
    return (struct mlprt_source){.format = MLPRT_IDX,
                                 .input_path = args[IDX_PATH].text,
                                 .target_path = args[IDX_TARGET].text};
}

static struct mlprt_normalize describe_normalize(const struct word *how)
{
    switch (how->vocab->id) {
    case WORD_SCALE: return (struct mlprt_normalize){MLPRT_SCALE, how->args[SCALE_F].number};
    case WORD_STANDARDIZE: return (struct mlprt_normalize){.kind = MLPRT_STANDARDIZE};
    case WORD_MINMAX: return (struct mlprt_normalize){.kind = MLPRT_MINMAX};
    default: return (struct mlprt_normalize){.kind = MLPRT_UNCHANGED};
    }
}

static const char *const *program_lines(struct arena *arena, const struct model *model)
{
    VEC(const char *) lines = {0};
    struct strbuf text = {0};
    resolved_print(model, &text);
    for (char *line = arena_strndup(arena, text.text, text.len), *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        *end = '\0';
        *VEC_PUSH(arena, &lines) = line;
    }
    *VEC_PUSH(arena, &lines) = NULL;
    strbuf_free(&text);
    return lines.at;
}

static const char *identity_hash(struct arena *arena, const struct model *model)
{
    struct strbuf identity = {0};
    char *hex = arena_alloc(arena, DIGEST_HEX);
    resolved_print_identity(model, &identity);
    digest_sha256(identity.text, identity.len, hex);
    strbuf_free(&identity);
    return hex;
}

static struct mlprt_schedule describe_schedule(const struct word *schedule)
{
    const struct value *args = schedule->args;
    switch (schedule->vocab->id) {
    case WORD_STEP:
        return (struct mlprt_schedule){MLPRT_STEP, (uint32_t)args[STEP_EVERY].number,
                                       args[STEP_FACTOR].number};
    case WORD_EXPONENTIAL:
        return (struct mlprt_schedule){MLPRT_STEP, 1, args[EXPONENTIAL_FACTOR].number};
    case WORD_COSINE:
        return (struct mlprt_schedule){MLPRT_COSINE, (uint32_t)args[COSINE_WARMUP].number,
                                       args[COSINE_FINAL].number};
    default: return (struct mlprt_schedule){.kind = MLPRT_ALWAYS};
    }
}

/* The keys of the optimizer's states, and NULL where there are fewer. */
static const char *state_name(const struct model *model, size_t i)
{
    struct update_state states[STATE_MAX];
    return i < update_states(model->train->args[TRAIN_OPTIMIZER].word, states) ? states[i].key
                                                                               : NULL;
}

static struct mlprt_model describe(struct arena *arena, const struct ir *ir, const char *file)
{
    static const enum mlprt_target targets[] = {[TARGET_CLASS] = MLPRT_CLASS,
                                                [TARGET_NUMBERS] = MLPRT_NUMBERS,
                                                [TARGET_BINARY] = MLPRT_BINARY};
    const struct model *model = ir->model;
    const struct value *stop = &model->train->args[TRAIN_EARLY_STOP];
    const struct value *train = model->train->args, *data = model->data->args;
    size_t end = 0;
    place = ARENA_ARRAY(arena, size_t, ir->tensors.len);
    for (size_t i = 0; i < ir->tensors.len; i++) {
        place[i] = end;
        end += elements(&ir->tensors.at[i]);
    }
    static const char *const no_plan[] = {NULL};
    return (struct mlprt_model){
        .abi = MLPRT_ABI,
        .name = model->name,
        .file = file,
        .compiler = "mlpgen " MLPGEN_VERSION,
        .hash = identity_hash(arena, model),
        .program = program_lines(arena, model),
        .plan = no_plan,
        .parallel = mlprt_parallel,
        .element = ev.f64 ? MLPRT_F64 : MLPRT_F32,
        .input_size = model->input_size,
        .output_size = model->output_size,
        .batch = ir->batch,
        .target = targets[model_target(model)],
        .params = describe_params(arena, ir),
        .param_count = ir->params.len,
        .paths = paths,
        .path_count = 1,
        .arena_size = end * (ev.f64 ? sizeof(double) : sizeof(float)),
        .input_offset = offset_of(ir->input),
        .output_offset = offset_of(ir->output),
        .loss_offset = offset_of(ir->loss),
        .target_offset = offset_of(ir->target),
        .input_stride = model->input_size,
        .output_stride = model->output_size,
        .output_block = 1,
        .target_stride = ir_at(ir, ir->target)->units,
        .train = describe_source(&data[DATA_TRAIN]),
        .validation = describe_source(&data[DATA_VALIDATION]),
        .test = describe_source(&data[DATA_TEST]),
        .normalize = describe_normalize(data[DATA_NORMALIZE].word),
        .normalize_target = describe_normalize(data[DATA_NORMALIZE_TARGET].word),
        .classes = data[DATA_CLASSES].texts,
        .state_name = {state_name(model, 0), state_name(model, 1)},
        .lr = train[TRAIN_OPTIMIZER].word->args[OPTIMIZER_LR].number,
        .schedule = describe_schedule(train[TRAIN_SCHEDULE].word),
        .epochs = (uint32_t)train[TRAIN_EPOCHS].number,
        .seed = model->seed,
        .shuffle = train[TRAIN_SHUFFLE].truth,
        .drop_last = train[TRAIN_DROP_LAST].truth,
        .patience = stop->absent ? 0 : (uint32_t)stop->word->args[PATIENCE_EPOCHS].number,
        .min_delta = stop->absent ? 0 : stop->word->args[PATIENCE_MIN_DELTA].number,
        .keep_best = train[TRAIN_KEEP].word->vocab->id == WORD_BEST,
        .threads = mlprt_threads,
        .breaches = mlprt_breaches,
    };
}

const struct mlprt_model *evaluated_model(struct arena *arena, const struct model *model,
                                          const char *file, bool f64)
{
    const struct pass_options options = {.unroll = UNROLL_NEVER};
    struct ir *ir = lower_model(arena, model, f64);
    struct mlprt_model *described = ARENA_NEW(arena, struct mlprt_model);
    pass_autodiff(ir, &options);
    pass_prune(ir, &options);
    ir_eval_init(&ev, arena, ir, f64);
    *described = describe(arena, ir, file);
    return described;
}
