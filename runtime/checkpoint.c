/* Checkpoints: which tensors and entries they have, and what must agree before a run goes on. */
#include "posix.h"

#include "checkpoint.h"
#include "param.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char checkpoint_format[] = "1";

/* ---- tensors ---- */

/* The tensors of a checkpoint, and the memory of their names. */
struct checkpoint_tensors {
    struct mlprt_held *held;
    size_t count;
    char *names;
    size_t names_size;
};

static void tensors_free(struct checkpoint_tensors *t)
{
    free(t->held);
    free(t->names);
}

static const char best_ending[] = ".best";

/* How many states the optimizer keeps of a parameter. */
static size_t states_of(const struct mlprt_model *model, const struct mlprt_param *p)
{
    size_t count = 0;
    while (!p->frozen && count < MLPRT_STATES && model->state_name[count])
        count++;
    return count;
}

/* Makes room for a model's, those of the best weights included; false without memory. */
static bool tensors_reserve(struct checkpoint_tensors *t, const struct mlprt_model *model)
{
    size_t count = 1, size = 1; /* never of nothing */
    for (const struct mlprt_param *p = model->params; p < model->params + model->param_count; p++) {
        const size_t states = states_of(model, p);
        count += 2 + states;
        size += strlen(p->name) + sizeof best_ending;
        for (size_t i = 0; i < states; i++)
            size += strlen(p->name) + strlen(model->state_name[i]) + sizeof ".";
    }
    *t = (struct checkpoint_tensors){calloc(count, sizeof *t->held), 0, malloc(size), size};
    if (t->held && t->names)
        return true;
    tensors_free(t);
    return false;
}

/* Adds one under a name of its own, PARAMETER and an ending; *used is what the names take. */
static void tensors_add(struct checkpoint_tensors *t, size_t *used, const struct mlprt_param *p,
                        const char *dot, const char *ending, void *at, bool finite)
{
    char *name = t->names + *used;
    *used += (size_t)snprintf(name, t->names_size - *used, "%s%s%s", p->name, dot, ending) + 1;
    t->held[t->count++] = (struct mlprt_held){name, p, at, finite};
}

/* best: a copy of the parameters that is one of the tensors too, or NULL. The arena is written to
 * only where it was not const to begin with. */
static bool tensors_list(struct checkpoint_tensors *t, const struct mlprt_model *model,
                         const void *arena, void *best)
{
    unsigned char *base = (unsigned char *)arena, *copy = best;
    if (!tensors_reserve(t, model))
        return false;
    size_t used = 0;
    for (const struct mlprt_param *p = model->params; p < model->params + model->param_count; p++) {
        t->held[t->count++] = (struct mlprt_held){p->name, p, base + p->offset, true};
        for (size_t i = 0; i < states_of(model, p); i++)
            tensors_add(t, &used, p, ".", model->state_name[i], base + p->state_offset[i], false);
        if (copy) {
            tensors_add(t, &used, p, "", best_ending, copy, true);
            copy += mlprt_param_bytes(model, p);
        }
    }
    return true;
}

/* The copy of the best weights, once there are such. */
static void *best_params(const struct mlprt_course *course)
{
    return course->best.known ? course->best.params : NULL;
}

/* ---- saving ---- */

static const char *count_text(uint32_t count, char text[MLPRT_DECIMAL])
{
    snprintf(text, MLPRT_DECIMAL, "%" PRIu32, count);
    return text;
}

enum mlprt_status mlprt_checkpoint_save(const struct mlprt_model *model, const void *arena,
                                        const struct mlprt_course *course, const char *path,
                                        struct mlprt_error *e)
{
    enum { ALWAYS = 3, WITH_BEST = 8 };
    const struct mlprt_best *best = &course->best;
    char text[WITH_BEST][MLPRT_DECIMAL];
    const struct mlprt_entry entries[WITH_BEST] = {
        {"checkpoint", checkpoint_format},
        {"run_epochs", count_text(course->epochs, text[1])},
        {"loss_sum", mlprt_decimal(course->loss_sum, text[2])},
        {"best_loss", mlprt_decimal(best->loss, text[3])},
        {"best_epochs", count_text(best->epochs, text[4])},
        {"best_steps", count_text(best->steps, text[5])},
        {"mark", mlprt_decimal(best->mark, text[6])},
        {"mark_epochs", count_text(best->mark_epochs, text[7])}};
    struct checkpoint_tensors tensors;

    if (!tensors_list(&tensors, model, arena, best_params(course)))
        return mlprt_file_fail(e, MLPRT_IO, path, "out of memory");
    const struct mlprt_contents contents = {.model = model,
                                            .run = &course->run,
                                            .entries = entries,
                                            .entry_count = best->known ? WITH_BEST : ALWAYS,
                                            .held = tensors.held,
                                            .held_count = tensors.count};
    const enum mlprt_status status = mlprt_contents_write(&contents, path, e);
    tensors_free(&tensors);
    return status;
}

/* ---- loading ---- */

/* One file against one model, and the run that it tells of. */
struct checkpoint_load {
    const struct mlprt_model *model;
    const struct mlprt_options *options;
    struct mlprt_safetensors file;
    struct mlprt_course course;
    struct mlprt_error *error;
};

static enum mlprt_status load_entry(const struct checkpoint_load *l, const char *key,
                                    const struct mlprt_text **value)
{
    *value = mlprt_safetensors_metadata(&l->file, key);
    if (*value)
        return MLPRT_OK;
    return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                           "its metadata has no '%s'; a checkpoint's has", key);
}

/* A number as metadata has it: in `kind` characters, and of them no others. */
static enum mlprt_status load_text(const struct checkpoint_load *l, const char *key,
                                   const char *kind, char text[MLPRT_DECIMAL])
{
    const struct mlprt_text *value = NULL;
    char quoted[MLPRT_QUOTED];
    const enum mlprt_status status = load_entry(l, key, &value);
    if (status)
        return status;
    if (value->size > 0 && value->size < MLPRT_DECIMAL) {
        memcpy(text, value->data, value->size);
        text[value->size] = '\0';
        if (strspn(text, kind) == value->size)
            return MLPRT_OK;
    }
    return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                           "its '%s' is %s; expected a number", key,
                           mlprt_text_quote(*value, quoted));
}

static enum mlprt_status load_whole(const struct checkpoint_load *l, const char *key, uint64_t most,
                                    uint64_t *number)
{
    char text[MLPRT_DECIMAL];
    const enum mlprt_status status = load_text(l, key, "0123456789", text);
    if (status)
        return status;
    errno = 0;
    *number = strtoull(text, NULL, 10);
    if (errno == 0 && *number <= most)
        return MLPRT_OK;
    return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                           "its '%s' is %s, beyond %" PRIu64, key, text, most);
}

static enum mlprt_status load_count(const struct checkpoint_load *l, const char *key,
                                    uint32_t *number)
{
    uint64_t whole = 0;
    const enum mlprt_status status = load_whole(l, key, UINT32_MAX, &whole);
    *number = (uint32_t)whole;
    return status;
}

static enum mlprt_status load_real(const struct checkpoint_load *l, const char *key, double *number)
{
    char text[MLPRT_DECIMAL], *end;
    const enum mlprt_status status = load_text(l, key, "0123456789.e+-", text);
    if (status)
        return status;
    *number = strtod(text, &end);
    if (!*end && isfinite(*number))
        return MLPRT_OK;
    return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                           "its '%s' is '%s'; expected a finite number", key, text);
}

/* Is it a checkpoint, and of this format? */
static enum mlprt_status match_checkpoint(const struct checkpoint_load *l)
{
    const struct mlprt_text *format = mlprt_safetensors_metadata(&l->file, "checkpoint");
    char quoted[MLPRT_QUOTED];
    if (!format)
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                               "not a checkpoint; weights are started from with --init");
    if (!mlprt_text_is(*format, checkpoint_format))
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                               "a checkpoint of format %s; expected '%s'",
                               mlprt_text_quote(*format, quoted), checkpoint_format);
    return mlprt_weights_match_format(&l->file, l->error);
}

/* The one line of a resolved program that sets the epochs: no other statement looks like it. */
static bool sets_epochs(struct mlprt_text line)
{
    static const char start[] = "    epochs = ";
    return line.size >= sizeof start - 1 && memcmp(line.data, start, sizeof start - 1) == 0;
}

/* Compares the whole resolved program, except epochs: *other says whether they differ. */
static enum mlprt_status match_program(const struct checkpoint_load *l, bool *other)
{
    const struct mlprt_text *program = NULL;
    char is[MLPRT_QUOTED], wanted[MLPRT_QUOTED];
    const enum mlprt_status status = load_entry(l, "program", &program);
    if (status)
        return status;
    struct mlprt_text rest = *program;
    size_t i = 0;
    *other = false;
    for (; l->model->program[i]; i++) {
        const char *own = l->model->program[i];
        const struct mlprt_text line = mlprt_text_cut_line(&rest), expected = {own, strlen(own), 0};
        if (mlprt_text_is(line, own))
            continue;
        if (!sets_epochs(line) || !sets_epochs(expected))
            return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                                   "made by another program: line %zu of it, resolved, is %s; "
                                   "expected %s",
                                   i + 1, mlprt_text_quote(line, is),
                                   mlprt_text_quote(expected, wanted));
        *other = true;
    }
    if (rest.size)
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                               "made by another program: line %zu of it, resolved, is %s; expected "
                               "its end",
                               i + 1, mlprt_text_quote(mlprt_text_cut_line(&rest), is));
    return mlprt_weights_match_hash(l->model, &l->file, l->error);
}

static enum mlprt_status match_data(const struct checkpoint_load *l)
{
    const struct mlprt_text *hash = NULL;
    char quoted[MLPRT_QUOTED];
    const enum mlprt_status status = load_entry(l, "data_sha256", &hash);
    if (status || mlprt_text_is(*hash, l->course.run.data_sha256))
        return status;
    return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                           "trained on other data: data_sha256 is %s; expected '%s'",
                           mlprt_text_quote(*hash, quoted), l->course.run.data_sha256);
}

/* lr and seed of the run, with which options that are given again agree. */
static enum mlprt_status load_options(struct checkpoint_load *l)
{
    struct mlprt_run *run = &l->course.run;
    char is[MLPRT_DECIMAL], given[MLPRT_DECIMAL];
    enum mlprt_status status;

    if ((status = load_real(l, "lr", &run->lr)) ||
        (status = load_whole(l, "seed", UINT64_MAX, &run->seed)))
        return status;
    if (mlprt_options_given(l->options, "--lr") && l->options->lr != run->lr)
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                               "run with --lr %s, which --lr %s cannot change",
                               mlprt_decimal(run->lr, is), mlprt_decimal(l->options->lr, given));
    if (mlprt_options_given(l->options, "--seed") && l->options->seed != run->seed)
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                               "run with --seed %" PRIu64 ", which --seed %" PRIu64
                               " cannot change",
                               run->seed, l->options->seed);
    return MLPRT_OK;
}

/* How far the run is, and how far it goes; program: it names other epochs than it did. */
static enum mlprt_status load_course(struct checkpoint_load *l, bool program)
{
    struct mlprt_course *c = &l->course;
    enum mlprt_status status;

    if ((status = load_count(l, "epochs", &c->run.epochs)) ||
        (status = load_count(l, "steps", &c->run.steps)) ||
        (status = load_count(l, "run_epochs", &c->epochs)) ||
        (status = load_real(l, "loss_sum", &c->loss_sum)))
        return status;
    const uint64_t finished = (uint64_t)c->run.epochs * c->batches;
    if (c->run.steps < finished || c->run.steps - finished > c->batches)
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                               "%" PRIu32 " steps are not in epoch %" PRIu32 " of %" PRIu32
                               " steps each",
                               c->run.steps, c->run.epochs + 1, c->batches);
    if (program || mlprt_options_given(l->options, "--epochs"))
        c->epochs = l->options->epochs;
    if (c->run.steps > (uint64_t)c->epochs * c->batches)
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                               "has done %" PRIu32 " steps, more than the %" PRIu32
                               " epochs that are asked for have",
                               c->run.steps, c->epochs);
    return MLPRT_OK;
}

/* What validation has said, of a run that has been validated. */
static enum mlprt_status load_best(struct checkpoint_load *l)
{
    struct mlprt_best *b = &l->course.best;
    enum mlprt_status status;

    if (l->model->validation.format == MLPRT_NO_SOURCE || !l->course.run.epochs)
        return MLPRT_OK;
    if ((status = load_real(l, "best_loss", &b->loss)) ||
        (status = load_count(l, "best_epochs", &b->epochs)) ||
        (status = load_count(l, "best_steps", &b->steps)) ||
        (status = load_real(l, "mark", &b->mark)) ||
        (status = load_count(l, "mark_epochs", &b->mark_epochs)))
        return status;
    b->known = true;
    if (b->epochs <= l->course.run.epochs && b->mark_epochs <= l->course.run.epochs)
        return MLPRT_OK;
    return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file.path,
                           "its best epoch is one that it has not done");
}

/* Finds all tensors before the first is copied. */
static enum mlprt_status load_tensors(const struct checkpoint_load *l,
                                      const struct checkpoint_tensors *t,
                                      const struct mlprt_tensor **found)
{
    enum mlprt_status status = MLPRT_OK;
    for (size_t i = 0; !status && i < t->count; i++) {
        found[i] = mlprt_safetensors_tensor(&l->file, t->held[i].name);
        status = found[i] ? mlprt_held_match(&t->held[i], l->model, &l->file, found[i], l->error)
                          : mlprt_held_lacks(&t->held[i], l->model, &l->file, "", l->error);
    }
    if (!status)
        status = mlprt_held_nothing_else(l->model, &l->file, found, t->count, l->error);
    for (size_t i = 0; !status && i < t->count; i++)
        mlprt_held_copy(&t->held[i], l->model, &l->file, found[i]);
    return status;
}

static enum mlprt_status load_arena(const struct checkpoint_load *l, void *arena)
{
    struct checkpoint_tensors tensors;
    if (!tensors_list(&tensors, l->model, arena, best_params(&l->course)))
        return mlprt_file_fail(l->error, MLPRT_IO, l->file.path, "out of memory");
    const struct mlprt_tensor **found = calloc(tensors.count + 1, sizeof *found);
    const enum mlprt_status status =
        found ? load_tensors(l, &tensors, found)
              : mlprt_file_fail(l->error, MLPRT_IO, l->file.path, "out of memory");
    free(found);
    tensors_free(&tensors);
    return status;
}

enum mlprt_status mlprt_checkpoint_load(const struct mlprt_model *model, void *arena,
                                        const struct mlprt_options *options, const char *path,
                                        struct mlprt_course *course, struct mlprt_error *e)
{
    struct checkpoint_load l = {.model = model, .options = options, .course = *course, .error = e};
    enum mlprt_status status = mlprt_safetensors_open(&l.file, path, e);
    if (status)
        return status;
    bool program = false;
    if (!(status = match_checkpoint(&l)) && !(status = match_program(&l, &program)) &&
        !(status = match_data(&l)) && !(status = load_options(&l)) &&
        !(status = load_course(&l, program)) && !(status = load_best(&l)) &&
        !(status = load_arena(&l, arena)))
        *course = l.course;
    mlprt_safetensors_close(&l.file);
    return status;
}
