/* Saves a model's parameters to a safetensors file and loads them: which tensors there must be, and
 * how they lie in the arena. Bytes are little-endian on every machine. */
#include "posix.h"

#include "weights.h"

#include "json.h"
#include "param.h"
#include "safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char weights_maker[] = "mlpgen ", weights_format[] = "mlpgen 1";

enum { NUMBER_TEXT = 32 }; /* bytes of a printed double: 17 digits, sign, point, exponent */

static unsigned element_size(const struct mlprt_model *model)
{
    return model->element == MLPRT_F32 ? 4 : 8;
}

static const char *element_name(const struct mlprt_model *model)
{
    return model->element == MLPRT_F32 ? "F32" : "F64";
}

static void encode_element(unsigned size, double value, unsigned char *p)
{
    uint64_t bits = 0;
    if (size == 4) {
        float rounded = (float)value;
        uint32_t bits32;
        memcpy(&bits32, &rounded, sizeof bits32);
        bits = bits32;
    } else {
        memcpy(&bits, &value, sizeof bits);
    }
    for (unsigned i = 0; i < size; i++)
        p[i] = (unsigned char)(bits >> 8 * i);
}

static double decode_element(unsigned size, const unsigned char *p)
{
    uint64_t bits = 0;
    for (unsigned i = size; i-- > 0;)
        bits = bits << 8 | p[i];
    if (size == 4) {
        uint32_t bits32 = (uint32_t)bits;
        float value;
        memcpy(&value, &bits32, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The shortest decimal that reads back the same. A generated program never calls setlocale, so the
 * point is a point. */
static const char *print_number(double value, char text[NUMBER_TEXT])
{
    int digits = 1;
    do
        snprintf(text, NUMBER_TEXT, "%.*g", digits, value);
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

static void put_metadata(struct mlprt_json_out *out, const struct mlprt_model *model,
                         const struct mlprt_run *run)
{
    char number[NUMBER_TEXT], normalize[sizeof "scale()" + NUMBER_TEXT] = "none";
    if (model->normalized)
        snprintf(normalize, sizeof normalize, "scale(%s)", print_number(model->scale, number));
    mlprt_json_put(out, "{\"__metadata__\":{\"format\":\"");
    mlprt_json_put_escaped(out, weights_format);
    mlprt_json_put(out, "\"");
    put_entry(out, "model", model->name);
    put_entry(out, "model_hash", model->hash);
    put_entry(out, "normalize", normalize);
    mlprt_json_put(out, ",\"program\":\"");
    for (const char *const *line = model->program; *line; line++) {
        mlprt_json_put_escaped(out, *line);
        mlprt_json_put_escaped(out, "\n");
    }
    mlprt_json_put(out, "\"");
    put_entry(out, "lr", print_number(run->lr, number));
    snprintf(number, sizeof number, "%" PRIu32, run->epochs);
    put_entry(out, "epochs", number);
    snprintf(number, sizeof number, "%" PRIu32, run->steps);
    put_entry(out, "steps", number);
    snprintf(number, sizeof number, "%" PRIu64, run->seed);
    put_entry(out, "seed", number);
    put_entry(out, "data_sha256", run->data_sha256);
    mlprt_json_put(out, "}");
}

static void put_header(struct mlprt_json_out *out, const struct mlprt_model *model,
                       const struct mlprt_run *run)
{
    put_metadata(out, model, run);
    uint64_t offset = 0;
    for (const struct mlprt_param *p = model->params; p < model->params + model->param_count; p++) {
        mlprt_json_put(out, ",\"");
        mlprt_json_put_escaped(out, p->name);
        mlprt_json_put(out, "\":{\"dtype\":\"");
        mlprt_json_put(out, element_name(model));
        mlprt_json_put(out, "\",\"shape\":[");
        mlprt_json_put_whole(out, p->units);
        if (p->rank == 2) {
            mlprt_json_put(out, ",");
            mlprt_json_put_whole(out, p->depth);
        }
        mlprt_json_put(out, "],\"data_offsets\":[");
        mlprt_json_put_whole(out, offset);
        offset += (uint64_t)p->units * p->depth * element_size(model);
        mlprt_json_put(out, ",");
        mlprt_json_put_whole(out, offset);
        mlprt_json_put(out, "]}");
    }
    mlprt_json_put(out, "}");
}

static void put_tensor(struct mlprt_writer *w, const struct mlprt_model *model, const void *arena,
                       const struct mlprt_param *p)
{
    unsigned char buffer[4096]; /* a multiple of the element's size */
    size_t used = 0;
    for (uint32_t unit = 0; unit < p->units; unit++)
        for (uint32_t k = 0; k < p->depth; k++) {
            double value = mlprt_arena_get(model, arena, p->offset, mlprt_param_index(p, unit, k));
            encode_element(element_size(model), value, buffer + used);
            used += element_size(model);
            if (used == sizeof buffer) {
                mlprt_writer_put(w, buffer, used);
                used = 0;
            }
        }
    mlprt_writer_put(w, buffer, used);
}

enum mlprt_status mlprt_weights_save(const struct mlprt_model *model, const void *arena,
                                     const struct mlprt_run *run, const char *path,
                                     struct mlprt_error *e)
{
    struct mlprt_writer w;
    enum mlprt_status status = mlprt_writer_open(&w, path, e);
    if (status)
        return status;
    struct mlprt_json_out counted = {0}, out = {.writer = &w};
    put_header(&counted, model, run);
    uint64_t length = counted.size;
    while ((8 + length) % MLPRT_ALIGN)
        length++;
    unsigned char length_bytes[8];
    for (int i = 0; i < 8; i++)
        length_bytes[i] = (unsigned char)(length >> 8 * i);
    mlprt_writer_put(&w, length_bytes, sizeof length_bytes);
    put_header(&out, model, run);
    while (out.size < length)
        mlprt_json_put(&out, " ");
    for (size_t i = 0; i < model->param_count; i++)
        put_tensor(&w, model, arena, &model->params[i]);
    return mlprt_writer_commit(&w, e);
}

/* ---- loading ---- */

/* One file against one model. */
struct weights_load {
    const struct mlprt_model *model;
    const struct mlprt_safetensors *file;
    const struct mlprt_tensor **found; /* of each parameter; NULL: the file lacks it */
    struct mlprt_error *error;
};

static size_t param_shape(const struct mlprt_param *p, uint64_t dims[2])
{
    dims[0] = p->units;
    dims[1] = p->depth;
    return p->rank;
}

/* Same dtype, same shape, finite numbers? */
static enum mlprt_status match_tensor(const struct weights_load *l, const struct mlprt_param *p,
                                      const struct mlprt_tensor *t)
{
    const uint64_t *dims = l->file->dims + t->shape;
    uint64_t expected[2];
    size_t rank = param_shape(p, expected);
    if (strcmp(t->dtype->name, element_name(l->model)) != 0)
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file->path, "'%s' is %s; expected %s",
                               p->name, t->dtype->name, element_name(l->model));
    if (t->rank != rank || dims[0] != expected[0] || (rank == 2 && dims[1] != expected[1])) {
        char is[MLPRT_SHAPE_TEXT], wanted[MLPRT_SHAPE_TEXT];
        return mlprt_file_fail(
            l->error, MLPRT_MISMATCH, l->file->path, "'%s' has shape %s; expected %s", p->name,
            mlprt_shape_print(dims, t->rank, is), mlprt_shape_print(expected, rank, wanted));
    }
    for (uint64_t at = t->begin; at < t->end; at += t->dtype->size) {
        double value = decode_element(t->dtype->size, l->file->data + at);
        if (!isfinite(value)) {
            uint64_t i = (at - t->begin) / t->dtype->size;
            uint64_t index[2] = {i / p->depth, i % p->depth};
            char place[MLPRT_SHAPE_TEXT];
            return mlprt_file_fail(
                l->error, MLPRT_MISMATCH, l->file->path, "'%s'%s is %s; expected finite numbers",
                p->name, mlprt_shape_print(index, rank, place), isnan(value) ? "NaN" : "infinite");
        }
    }
    return MLPRT_OK;
}

static enum mlprt_status match_tensors(const struct weights_load *l, enum mlprt_match match)
{
    size_t taken = 0;
    for (size_t i = 0; i < l->model->param_count; i++) {
        const struct mlprt_param *p = &l->model->params[i];
        const struct mlprt_tensor *t = mlprt_safetensors_tensor(l->file, p->name);
        l->found[i] = t;
        if (!t && (match == MLPRT_MATCH_ALL || p->frozen)) {
            uint64_t dims[2];
            size_t rank = param_shape(p, dims);
            char shape[MLPRT_SHAPE_TEXT];
            return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file->path,
                                   "no tensor '%s'; expected%s %s %s", p->name,
                                   match == MLPRT_MATCH_ALL ? "" : ", as its layer is frozen,",
                                   element_name(l->model), mlprt_shape_print(dims, rank, shape));
        }
        enum mlprt_status status = t ? match_tensor(l, p, t) : MLPRT_OK;
        if (status)
            return status;
        taken += t != NULL;
    }
    if (taken == 0 && match == MLPRT_MATCH_BY_NAME)
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file->path,
                               "none of the tensors of model '%s'", l->model->name);
    return MLPRT_OK;
}

/* The format of another maker, or none, says nothing; of mlpgen's own there is none before this. */
static enum mlprt_status match_format(const struct weights_load *l)
{
    const struct mlprt_text *format = mlprt_safetensors_metadata(l->file, "format");
    const size_t maker = sizeof weights_maker - 1;
    char quoted[MLPRT_QUOTED];
    if (!format || format->size < maker || memcmp(format->data, weights_maker, maker) != 0 ||
        mlprt_text_is(*format, weights_format))
        return MLPRT_OK;
    return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file->path,
                           "its format is %s, a newer one; expected '%s'",
                           mlprt_text_quote(*format, quoted), weights_format);
}

/* Nothing but the model's tensors, and its hash where the file has one? All of the model's are
 * known to be there, so an unknown one is among the first param_count + 1. */
static enum mlprt_status match_nothing_else(const struct weights_load *l)
{
    const struct mlprt_model *model = l->model;
    if (l->file->tensor_count > model->param_count)
        for (const struct mlprt_tensor *t = l->file->tensor;; t++) {
            size_t i = 0;
            while (i < model->param_count && l->found[i] != t)
                i++;
            char name[MLPRT_QUOTED];
            if (i == model->param_count)
                return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file->path,
                                       "%s is no tensor of model '%s'",
                                       mlprt_text_quote(t->name, name), model->name);
        }
    const struct mlprt_text *hash = mlprt_safetensors_metadata(l->file, "model_hash");
    char quoted[MLPRT_QUOTED];
    if (hash && !mlprt_text_is(*hash, model->hash))
        return mlprt_file_fail(l->error, MLPRT_MISMATCH, l->file->path,
                               "made by another model, though its tensors fit: model_hash is %s; "
                               "expected '%s'",
                               mlprt_text_quote(*hash, quoted), model->hash);
    return MLPRT_OK;
}

/* From rows to panels; the columns beyond the last unit become zeros. */
static void copy_tensor(const struct weights_load *l, const struct mlprt_param *p,
                        const struct mlprt_tensor *t, void *arena)
{
    const unsigned char *from = l->file->data + t->begin;
    uint32_t columns = (uint32_t)(mlprt_param_stored(p) / p->depth);
    for (uint32_t unit = 0; unit < columns; unit++)
        for (uint32_t k = 0; k < p->depth; k++) {
            double value = 0;
            if (unit < p->units) {
                value = decode_element(t->dtype->size, from);
                from += t->dtype->size;
            }
            mlprt_arena_set(l->model, arena, p->offset, mlprt_param_index(p, unit, k), value);
        }
}

enum mlprt_status mlprt_weights_load(const struct mlprt_model *model, void *arena, const char *path,
                                     enum mlprt_match match, bool *taken, struct mlprt_error *e)
{
    struct mlprt_safetensors file;
    enum mlprt_status status = mlprt_safetensors_open(&file, path, e);
    if (status)
        return status;
    struct weights_load l = {.model = model, .file = &file, .error = e};
    l.found = calloc(model->param_count + 1, sizeof *l.found); /* + 1: never of nothing */
    if (!l.found)
        status = mlprt_file_fail(e, MLPRT_IO, path, "out of memory");
    if (!status && match == MLPRT_MATCH_ALL)
        status = match_format(&l);
    if (!status)
        status = match_tensors(&l, match);
    if (!status && match == MLPRT_MATCH_ALL)
        status = match_nothing_else(&l);
    for (size_t i = 0; !status && i < model->param_count; i++) {
        if (l.found[i])
            copy_tensor(&l, &model->params[i], l.found[i], arena);
        if (taken)
            taken[i] = l.found[i] != NULL;
    }
    free(l.found);
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
    fputc('\n', out);
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
