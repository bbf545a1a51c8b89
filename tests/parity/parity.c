/* parity: compares the reference evaluator with what PyTorch computed from the same models.
 *
 *     parity MODEL.mlp …
 *
 * Beside each model stands MODEL.txt, the tensors that record.py recorded (their keys are explained
 * there). The evaluator trains the model from the recorded weights, in double and in float, and
 * each recorded tensor b must be met by its own a: ‖a − b‖ / ‖b‖ within the precision's bound.
 * Prints a row for each model. Exit status: 0 all met; 1 some are not, or a word or an argument
 * that PyTorch has too is in no model; 2 nothing to compare. */
#include "input.h"
#include "vec.h"

#include "tests/oracle/evaluated.h"

#include "runtime/metrics.h"
#include "runtime/param.h"
#include "runtime/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- recordings ---- */

struct recorded {
    const char *key; /* "f64/trained/dense1.weight" */
    uint32_t rows, columns;
    const double *at;
    bool met; /* something was compared with it */
};

struct recording {
    VEC(struct recorded) tensors;
};

static struct recorded *recording_find(const struct recording *r, const char *key)
{
    for (size_t i = 0; i < r->tensors.len; i++)
        if (!strcmp(r->tensors.at[i].key, key))
            return &r->tensors.at[i];
    return NULL;
}

/* KEY ROWSxCOLUMNS NUMBER … */
static bool parse_line(struct arena *arena, char *line, struct recorded *r)
{
    char *end = strchr(line, ' ');
    int length = 0;
    if (!end || sscanf(end, " %ux%u%n", &r->rows, &r->columns, &length) != 2)
        return false;
    *end = '\0';
    r->key = line;
    const size_t count = (size_t)r->rows * r->columns;
    double *at = ARENA_ARRAY(arena, double, count);
    char *rest = end + length;
    for (size_t i = 0; i < count; i++) {
        at[i] = strtod(rest, &end);
        if (end == rest)
            return false;
        rest = end;
    }
    r->at = at;
    return *rest == '\0';
}

static bool recording_read(struct arena *arena, const char *path, struct recording *r)
{
    struct strbuf text = {0}, error = {0};
    bool good = input_read(path, &text, &error);
    char *line = good ? arena_strndup(arena, text.text, text.len) : NULL;
    for (char *end; good && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        good = parse_line(arena, line, VEC_PUSH(arena, &r->tensors));
    }
    strbuf_free(&text);
    strbuf_free(&error);
    return good;
}

/* ---- comparisons ---- */

/* One model in one precision. */
struct comparison {
    struct arena *arena;
    const struct recording *recording;
    struct mlprt_session session;
    const char *precision; /* "f64": the first part of its keys */
    double bound;
    unsigned count;       /* tensors compared */
    double worst;         /* of them the largest difference */
    struct strbuf faults; /* a line for each that is not met */
};

/* ‖a − b‖ / ‖b‖; of anything from zeros, infinity. */
static double difference(const double *a, const double *b, size_t count)
{
    double distance = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        distance += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return distance == 0 ? 0 : sqrt(distance / norm);
}

static void compare(struct comparison *c, const char *key, const double *a, uint32_t rows,
                    uint32_t columns)
{
    struct recorded *b = recording_find(c->recording, key);
    c->count++;
    if (!b || b->rows != rows || b->columns != columns) {
        strbuf_printf(&c->faults, "    %s: not recorded as %u x %u\n", key, rows, columns);
        return;
    }
    b->met = true;
    const double d = difference(a, b->at, (size_t)rows * columns);
    c->worst = fmax(c->worst, isnan(d) ? INFINITY : d);
    if (!(d <= c->bound))
        strbuf_printf(&c->faults, "    %s: %.1e\n", key, d);
}

/* The array at offset, laid out as parameter p and divided by divisor. */
static void compare_param(struct comparison *c, const char *key, const struct mlprt_param *p,
                          size_t offset, double divisor)
{
    double *a = ARENA_ARRAY(c->arena, double, (size_t)p->units * p->depth);
    for (uint32_t unit = 0; unit < p->units; unit++)
        for (uint32_t k = 0; k < p->depth; k++)
            a[(size_t)unit * p->depth + k] =
                mlprt_arena_get(c->session.model, c->session.arena, offset,
                                mlprt_param_index(p, unit, k)) /
                divisor;
    compare(c, key, a, p->rank == 2 ? p->units : 1, p->rank == 2 ? p->depth : p->units);
}

static const char *param_key(const struct comparison *c, const char *what,
                             const struct mlprt_param *p)
{
    return arena_printf(c->arena, "%s/%s/%s", c->precision, what, p->name);
}

static void compare_outputs(struct comparison *c, const struct mlprt_batch *batch)
{
    const struct mlprt_model *m = c->session.model;
    double *a = ARENA_ARRAY(c->arena, double, (size_t)batch->n * m->output_size);
    for (uint32_t r = 0; r < batch->n; r++)
        for (uint32_t j = 0; j < m->output_size; j++)
            a[(size_t)r * m->output_size + j] = mlprt_metrics_output(&c->session, r, j);
    compare(c, arena_printf(c->arena, "%s/outputs", c->precision), a, batch->n, m->output_size);
}

/* In the arena gradients are sums over the samples. */
static void compare_gradients(struct comparison *c, const struct mlprt_batch *batch)
{
    const struct mlprt_model *m = c->session.model;
    for (const struct mlprt_param *p = m->params; p < m->params + m->param_count; p++)
        if (!p->frozen)
            compare_param(c, param_key(c, "gradients", p), p, p->grad_offset, batch->n);
}

static void compare_trained(struct comparison *c)
{
    const struct mlprt_model *m = c->session.model;
    for (const struct mlprt_param *p = m->params; p < m->params + m->param_count; p++) {
        compare_param(c, param_key(c, "trained", p), p, p->offset, 1);
        for (int i = 0; i < MLPRT_STATES && m->state_name[i] && !p->frozen; i++) {
            const char *key = param_key(c, "states", p);
            compare_param(c, arena_printf(c->arena, "%s/%s", key, m->state_name[i]), p,
                          p->state_offset[i], 1);
        }
    }
}

/* ---- training ---- */

/* Weights start as recorded. What starts as the model says, and must be recorded so, are constants
 * other than the biases' zeros: a prelu's slopes. */
static void load_initial(struct comparison *c)
{
    const struct mlprt_model *m = c->session.model;
    mlprt_param_initialize(m, c->session.arena, m->seed);
    for (const struct mlprt_param *p = m->params; p < m->params + m->param_count; p++) {
        const char *key = arena_printf(c->arena, "initial/%s", p->name);
        const struct recorded *b = recording_find(c->recording, key);
        const bool own = p->init == MLPRT_CONSTANT && p->a != 0;
        const uint32_t count = b && !own ? b->rows * b->columns : 0;
        for (uint32_t i = 0; i < count && i < p->units * p->depth; i++)
            mlprt_arena_set(m, c->session.arena, p->offset,
                            mlprt_param_index(p, i / p->depth, i % p->depth), b->at[i]);
        compare_param(c, key, p, p->offset, 1);
    }
}

/* Trains as the model says, on the samples in their order, and compares on the way. */
static void train(struct comparison *c, const struct mlprt_dataset *data)
{
    struct mlprt_session *s = &c->session;
    const struct mlprt_model *m = s->model;
    const uint32_t batches = (data->samples + m->batch - 1) / m->batch, steps = batches * m->epochs;
    uint32_t *order = ARENA_ARRAY(c->arena, uint32_t, data->samples);
    double *rates = ARENA_ARRAY(c->arena, double, steps);
    double *losses = ARENA_ARRAY(c->arena, double, steps);

    for (uint32_t i = 0; i < data->samples; i++)
        order[i] = i;
    load_initial(c);
    mlprt_session_prepare(s);
    for (uint32_t step = 0; step < steps; step++) {
        const uint32_t first = step % batches * m->batch, rest = data->samples - first;
        struct mlprt_batch batch = mlprt_session_batch(
            s, data, order + first, rest < m->batch ? rest : m->batch, step, true);
        batch.lr = rates[step] = mlprt_schedule_rate(&m->schedule, m->lr, step, batches, m->epochs);
        s->path->backward(&batch);
        losses[step] = mlprt_metrics_add_losses(s, batch.n, 0) / batch.n;
        if (step == 0) {
            compare_outputs(c, &batch);
            s->path->gradient(&batch);
            compare_gradients(c, &batch);
        }
        s->path->update(&batch);
    }
    compare(c, "rates", rates, 1, steps);
    compare(c, arena_printf(c->arena, "%s/losses", c->precision), losses, 1, steps);
    compare_trained(c);
}

/* Opens a session of the described model and trains. */
static void train_session(struct comparison *c, const struct mlprt_model *m)
{
    const struct mlprt_options options = {
        .lr = m->lr, .epochs = m->epochs, .seed = m->seed, .threads = 1};
    struct mlprt_splits data = {0};
    struct mlprt_error e = {0};
    if (mlprt_session_open(&c->session, m, &options, &e) ||
        mlprt_session_load(&c->session, &data, MLPRT_WANT_TRAIN, &e))
        strbuf_printf(&c->faults, "    %s\n", e.text);
    else
        train(c, &data.train);
    mlprt_splits_free(&data);
    mlprt_session_close(&c->session);
}

/* ---- the vocabulary ---- */

/* Which words, and which of their arguments, a model has. */
struct usage {
    bool *word;
    bool (*arg)[VOCAB_PARAMS_MAX];
};

static void note_word(struct usage *usage, const struct word *word)
{
    const size_t w = (size_t)(word->vocab - vocab_words);
    usage->word[w] = true;
    for (size_t i = 0; i < word->vocab->param_count; i++)
        usage->arg[w][i] |= word->args[i].given;
}

static void note_model(struct usage *usage, const struct model *model)
{
    note_word(usage, model->train->args[TRAIN_OPTIMIZER].word);
    note_word(usage, model->train->args[TRAIN_SCHEDULE].word);
    note_word(usage, model->block->args[MODEL_LOSS].word);
    for (size_t i = 0; i < model->layer_count; i++)
        note_word(usage, model->layers[i].word);
}

/* Is it something that training in PyTorch can tell about? Not groups, and not what is drawn:
 * dropout, initial values. */
static bool comparable(const struct vocab_word *word)
{
    const bool layer = word->place == PLACE_LAYER;
    return (layer && !word->has_body && word->id != WORD_DROPOUT) || word->place == PLACE_LOSS ||
           word->place == PLACE_OPTIMIZER || word->place == PLACE_SCHEDULE;
}

/* Prints what no model has; returns how much that is. */
static unsigned print_unused(const struct usage *usage)
{
    unsigned count = 0;
    for (size_t w = 0; w < vocab_word_count; w++) {
        const struct vocab_word *word = &vocab_words[w];
        if (!comparable(word))
            continue;
        if (!usage->word[w]) {
            printf("no model has %s\n", word->name);
            count++;
        }
        for (size_t i = 0; i < word->param_count; i++)
            if (word->params[i].type != VALUE_WORD && !usage->arg[w][i]) {
                printf("no model has %s(%s = …)\n", word->name, word->params[i].name);
                count++;
            }
    }
    return count;
}

/* ---- one model after the other ---- */

enum { PRECISIONS = 2 };

struct totals {
    unsigned models, failed, tensors;
    double worst[PRECISIONS];
};

static void print_row(struct totals *totals, const char *name, const struct comparison *c)
{
    bool good = true;
    printf("%-24s  %7u", name, c[0].count + c[1].count);
    for (int i = 0; i < PRECISIONS; i++) {
        totals->tensors += c[i].count;
        totals->worst[i] = fmax(totals->worst[i], c[i].worst);
        good &= c[i].faults.len == 0;
        printf("  %.1e", c[i].worst);
    }
    puts(good ? "  met" : "  NOT MET");
    totals->failed += !good;
    for (int i = 0; i < PRECISIONS; i++)
        if (c[i].faults.len)
            fputs(c[i].faults.text, stdout);
}

static void list_unmet(struct comparison *c)
{
    for (size_t i = 0; i < c->recording->tensors.len; i++)
        if (!c->recording->tensors.at[i].met)
            strbuf_printf(&c->faults, "    %s: recorded, but not computed\n",
                          c->recording->tensors.at[i].key);
}

static void compare_model(struct arena *arena, struct totals *totals, const struct model *model,
                          const struct recording *recording)
{
    struct comparison c[PRECISIONS] = {
        {.precision = "f64", .bound = 1e-12},
        {.precision = "f32", .bound = 1e-5},
    };
    for (int i = 0; i < PRECISIONS; i++) {
        c[i].arena = arena;
        c[i].recording = recording;
        train_session(&c[i], evaluated_model(arena, model, model->name, i == 0));
    }
    list_unmet(&c[PRECISIONS - 1]);
    print_row(totals, model->name, c);
    for (int i = 0; i < PRECISIONS; i++)
        strbuf_free(&c[i].faults);
}

static void run(struct totals *totals, struct usage *usage, const char *path)
{
    struct arena arena = {0};
    struct recording recording = {0};
    struct strbuf messages = {0};
    const char *ending = strrchr(path, '.');
    const int length = (int)(ending ? (size_t)(ending - path) : strlen(path));
    const char *beside = arena_printf(&arena, "%.*s.txt", length, path);
    const struct model *model = evaluated_read(&arena, path, &messages);
    totals->models++;
    if (model && recording_read(&arena, beside, &recording)) {
        note_model(usage, model);
        compare_model(&arena, totals, model, &recording);
    } else {
        printf("%s\n", model ? arena_printf(&arena, "%s: no recording", beside) : messages.text);
        totals->failed++;
    }
    strbuf_free(&messages);
    arena_free(&arena);
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct totals totals = {0};
    struct usage usage = {.word = ARENA_ARRAY(&arena, bool, vocab_word_count),
                          .arg = arena_alloc(&arena, sizeof *usage.arg * vocab_word_count)};
    if (argc < 2) {
        fputs("usage: parity MODEL.mlp …\n", stderr);
        return 2;
    }
    printf("%-24s  %7s  %-7s  %-7s\n", "model", "tensors", "float64", "float32");
    for (int i = 1; i < argc; i++)
        run(&totals, &usage, argv[i]);
    const unsigned unused = print_unused(&usage);
    printf("%u models, %u comparisons, worst %.1e and %.1e: %u not met\n", totals.models,
           totals.tensors, totals.worst[0], totals.worst[1], totals.failed);
    arena_free(&arena);
    return totals.failed || unused ? 1 : 0;
}
