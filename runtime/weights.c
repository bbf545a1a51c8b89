/* Saves a model's parameters to a safetensors file and loads them: which tensors there must be, and
 * what stands beside them. */
#include "posix.h"

#include "weights.h"

#include "constants.h"
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char weights_maker[] = "mlpgen ", weights_format[] = "mlpgen 1";

const char *mlprt_decimal(double value, char text[MLPRT_DECIMAL])
{
    int digits = 1;
    do
        snprintf(text, MLPRT_DECIMAL, "%.*g", digits, value);
    while (digits++ < 17 && strtod(text, NULL) != value);
    return text;
}

/* ---- saving ---- */

static void put_entry(struct mlprt_json_out *out, const char *key, const char *value)
{
    mlprt_json_put(out, ",\"");
    mlprt_json_put(out, key);
    mlprt_json_put(out, "\":\"");
    mlprt_json_put_escaped(out, value);
    mlprt_json_put(out, "\"");
}

static void put_metadata(struct mlprt_json_out *out, const struct mlprt_contents *c)
{
    const struct mlprt_model *model = c->model;
    const struct mlprt_run *run = c->run;
    char number[MLPRT_DECIMAL];
    mlprt_json_put(out, "{\"__metadata__\":{\"format\":\"");
    mlprt_json_put_escaped(out, weights_format);
    mlprt_json_put(out, "\"");
    put_entry(out, "model", model->name);
    put_entry(out, "model_hash", model->hash);
    mlprt_constants_put(model, run->normalizers, out);
    mlprt_json_put(out, ",\"program\":\"");
    for (const char *const *line = model->program; *line; line++) {
        mlprt_json_put_escaped(out, *line);
        mlprt_json_put_escaped(out, "\n");
    }
    mlprt_json_put(out, "\"");
    put_entry(out, "lr", mlprt_decimal(run->lr, number));
    snprintf(number, sizeof number, "%" PRIu32, run->epochs);
    put_entry(out, "epochs", number);
    snprintf(number, sizeof number, "%" PRIu32, run->steps);
    put_entry(out, "steps", number);
    snprintf(number, sizeof number, "%" PRIu64, run->seed);
    put_entry(out, "seed", number);
    put_entry(out, "data_sha256", run->data_sha256);
    for (size_t i = 0; i < c->entry_count; i++)
        put_entry(out, c->entries[i].key, c->entries[i].value);
    mlprt_json_put(out, "}");
}

static void put_header(struct mlprt_json_out *out, const struct mlprt_contents *c)
{
    put_metadata(out, c);
    uint64_t offset = 0;
    for (size_t i = 0; i < c->held_count; i++)
        mlprt_held_put_entry(&c->held[i], c->model, &offset, out);
    mlprt_json_put(out, "}");
}

enum mlprt_status mlprt_contents_write(const struct mlprt_contents *c, const char *path,
                                       struct mlprt_error *e)
{
    struct mlprt_writer w;
    enum mlprt_status status = mlprt_writer_open(&w, path, e);
    if (status)
        return status;
    struct mlprt_json_out counted = {0}, out = {.writer = &w};
    put_header(&counted, c);
    uint64_t length = counted.size;
    while ((8 + length) % MLPRT_ALIGN)
        length++;
    unsigned char length_bytes[8];
    for (int i = 0; i < 8; i++)
        length_bytes[i] = (unsigned char)(length >> 8 * i);
    mlprt_writer_put(&w, length_bytes, sizeof length_bytes);
    put_header(&out, c);
    while (out.size < length)
        mlprt_json_put(&out, " ");
    for (size_t i = 0; i < c->held_count; i++)
        mlprt_held_put_data(&c->held[i], c->model, &w);
    return mlprt_writer_commit(&w, e);
}

/* The parameters as tensors of a file; released by the caller, NULL without memory. The arena is
 * written to only where it was not const to begin with. */
static struct mlprt_held *hold_params(const struct mlprt_model *model, const void *arena)
{
    struct mlprt_held *held = calloc(model->param_count + 1, sizeof *held); /* never of nothing */
    for (size_t i = 0; held && i < model->param_count; i++) {
        const struct mlprt_param *p = &model->params[i];
        held[i] = (struct mlprt_held){p->name, p, (unsigned char *)arena + p->offset, true};
    }
    return held;
}

enum mlprt_status mlprt_weights_save(const struct mlprt_model *model, const void *arena,
                                     const struct mlprt_run *run, const char *path,
                                     struct mlprt_error *e)
{
    struct mlprt_held *held = hold_params(model, arena);
    if (!held)
        return mlprt_file_fail(e, MLPRT_IO, path, "out of memory");
    const struct mlprt_contents contents = {
        .model = model, .run = run, .held = held, .held_count = model->param_count};
    const enum mlprt_status status = mlprt_contents_write(&contents, path, e);
    free(held);
    return status;
}

/* ---- loading ---- */

/* One file against one model. */
struct weights_load {
    const struct mlprt_model *model;
    const struct mlprt_safetensors *file;
    struct mlprt_held *held;           /* [param_count] */
    const struct mlprt_tensor **found; /* of each parameter; NULL: the file lacks it */
    struct mlprt_error *error;
};

static enum mlprt_status match_tensors(const struct weights_load *l, enum mlprt_match match)
{
    size_t taken = 0;
    for (size_t i = 0; i < l->model->param_count; i++) {
        const struct mlprt_held *h = &l->held[i];
        const bool frozen = h->like->frozen && match == MLPRT_MATCH_BY_NAME;
        l->found[i] = mlprt_safetensors_tensor(l->file, h->name);
        if (!l->found[i] && (match == MLPRT_MATCH_ALL || frozen))
            return mlprt_held_lacks(h, l->model, l->file, frozen ? ", as its layer is frozen," : "",
                                    l->error);
        enum mlprt_status status =
            l->found[i] ? mlprt_held_match(h, l->model, l->file, l->found[i], l->error) : MLPRT_OK;
        if (status)
            return status;
        taken += l->found[i] != NULL;
    }
    if (taken == 0 && match == MLPRT_MATCH_BY_NAME)
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file->path,
                               "none of the tensors of model '%s'", l->model->name);
    return MLPRT_OK;
}

enum mlprt_status mlprt_weights_match_format(const struct mlprt_safetensors *file,
                                             struct mlprt_error *e)
{
    const struct mlprt_text *format = mlprt_safetensors_metadata(file, "format");
    const size_t maker = sizeof weights_maker - 1;
    char quoted[MLPRT_QUOTED];
    if (!format || format->size < maker || memcmp(format->data, weights_maker, maker) != 0 ||
        mlprt_text_is(*format, weights_format))
        return MLPRT_OK;
    return mlprt_file_fail(e, MLPRT_MISMATCH, file->path,
                           "its format is %s, a newer one; expected '%s'",
                           mlprt_text_quote(*format, quoted), weights_format);
}

/* The first line in which the model block of a file's program is another; false where it is the
 * same, or the file does not say. A model block is the first of a resolved program, and ends with
 * the first brace that stands alone. */
static bool differing_line(const struct mlprt_model *model, const struct mlprt_safetensors *file,
                           size_t *number, struct mlprt_text *is, struct mlprt_text *expected)
{
    const struct mlprt_text *program = mlprt_safetensors_metadata(file, "program");
    if (!program)
        return false;
    struct mlprt_text rest = *program;
    for (size_t i = 0; model->program[i] && rest.size; i++) {
        *number = i + 1;
        *is = mlprt_text_cut_line(&rest);
        *expected = (struct mlprt_text){model->program[i], strlen(model->program[i]), 0};
        if (!mlprt_text_is(*is, model->program[i]))
            return true;
        if (mlprt_text_is(*is, "}"))
            return false;
    }
    return false;
}

enum mlprt_status mlprt_weights_match_hash(const struct mlprt_model *model,
                                           const struct mlprt_safetensors *file,
                                           struct mlprt_error *e)
{
    const struct mlprt_text *hash = mlprt_safetensors_metadata(file, "model_hash");
    char quoted[MLPRT_QUOTED], wanted[MLPRT_QUOTED];
    size_t number;
    struct mlprt_text is, expected;
    if (!hash || mlprt_text_is(*hash, model->hash))
        return MLPRT_OK;
    if (differing_line(model, file, &number, &is, &expected))
        return mlprt_file_fail(e, MLPRT_MISMATCH, file->path,
                               "made by another model, though its tensors fit: line %zu of its "
                               "program, resolved, is %s; expected %s",
                               number, mlprt_text_quote(is, quoted),
                               mlprt_text_quote(expected, wanted));
    return mlprt_file_fail(e, MLPRT_MISMATCH, file->path,
                           "made by another model, though its tensors fit: model_hash is %s; "
                           "expected '%s'",
                           mlprt_text_quote(*hash, quoted), model->hash);
}

static enum mlprt_status match_file(const struct weights_load *l, enum mlprt_match match)
{
    if (match == MLPRT_MATCH_BY_NAME)
        return match_tensors(l, match);
    enum mlprt_status status = mlprt_weights_match_format(l->file, l->error);
    if (!status)
        status = match_tensors(l, match);
    if (!status)
        status =
            mlprt_held_nothing_else(l->model, l->file, l->found, l->model->param_count, l->error);
    return status ? status : mlprt_weights_match_hash(l->model, l->file, l->error);
}

enum mlprt_status mlprt_weights_load(const struct mlprt_model *model, void *arena,
                                     struct mlprt_normalizers *normalizers, const char *path,
                                     enum mlprt_match match, bool *taken, struct mlprt_error *e)
{
    struct mlprt_safetensors file;
    enum mlprt_status status = mlprt_safetensors_open(&file, path, e);
    if (status)
        return status;
    struct weights_load l = {.model = model, .file = &file, .error = e};
    l.held = hold_params(model, arena);
    l.found = calloc(model->param_count + 1, sizeof *l.found); /* + 1: never of nothing */
    if (l.held && l.found)
        status = match_file(&l, match);
    else
        status = mlprt_file_fail(e, MLPRT_IO, path, "out of memory");
    if (!status && normalizers)
        status = mlprt_constants_take(model, &file, normalizers, e);
    for (size_t i = 0; !status && i < model->param_count; i++) {
        if (l.found[i])
            mlprt_held_copy(&l.held[i], model, &file, l.found[i]);
        if (taken)
            taken[i] = l.found[i] != NULL;
    }
    free(l.found);
    free(l.held);
    mlprt_safetensors_close(&file);
    return status;
}

/* ---- describing ---- */

static void print_tensors(const struct mlprt_safetensors *s, FILE *out)
{
    char name[MLPRT_QUOTED], shape[MLPRT_SHAPE_TEXT];
    int width = 0;
    for (const struct mlprt_tensor *t = s->tensor; t < s->tensor + s->tensor_count; t++) {
        int length = (int)strlen(mlprt_text_quote(t->name, name));
        width = length > width ? length : width;
    }
    fprintf(out, "%s: safetensors, %zu tensors\n", s->path, s->tensor_count);
    for (const struct mlprt_tensor *t = s->tensor; t < s->tensor + s->tensor_count; t++)
        fprintf(out, "  %-*s  %s  %s\n", width, mlprt_text_quote(t->name, name), t->dtype->name,
                mlprt_shape_print(s->dims + t->shape, t->rank, shape));
}

/* Cuts a text that nobody would read to its end, a list of constants; at the start of a character.
 */
static bool cut_text(struct mlprt_text *text)
{
    enum { SHOWN = 1000 };
    if (text->size <= SHOWN)
        return false;
    text->size = SHOWN;
    while (text->size && ((unsigned char)text->data[text->size] & 0xc0) == 0x80)
        text->size--;
    return true;
}

/* A text of several lines stands, indented, below its key; control characters become '?', so that
 * no file can talk to the terminal. */
static void print_metadata(const struct mlprt_metadata *m, FILE *out)
{
    char key[MLPRT_QUOTED];
    struct mlprt_text value = m->value;
    bool lines = memchr(value.data, '\n', value.size) != NULL;
    fprintf(out, "  %s:%s", mlprt_text_quote(m->key, key), lines ? "\n      " : " ");
    while (value.size && value.data[value.size - 1] == '\n')
        value.size--;
    const bool cut = !lines && cut_text(&value);
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        bool wide_control = c == 0xc2 && (unsigned char)value.data[i + 1] < 0xa0; /* U+0080 … */
        if (c == '\n')
            fputs("\n      ", out);
        else if (wide_control || (c < 0x20 && c != '\t') || c == 0x7f)
            fputc('?', out);
        else
            fputc(c, out);
        i += wide_control;
    }
    fputs(cut ? " …\n" : "\n", out);
}

enum mlprt_status mlprt_weights_describe(const char *path, FILE *out, struct mlprt_error *e)
{
    struct mlprt_safetensors file;
    enum mlprt_status status = mlprt_safetensors_open(&file, path, e);
    if (status)
        return status;
    print_tensors(&file, out);
    if (file.metadata_count)
        fputs("metadata\n", out);
    for (size_t i = 0; i < file.metadata_count; i++)
        print_metadata(&file.metadata[i], out);
    mlprt_safetensors_close(&file);
    return MLPRT_OK;
}
