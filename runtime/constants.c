/* Normalisation and class names in the metadata of a weights file. */
#include "posix.h"

#include "constants.h"

#include "param.h"
#include "weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of inputs and of targets. */
static const struct constants_keys {
    const char *how, *offset, *factor;
} constants_of_input = {"normalize", "normalize_offset", "normalize_factor"},
  constants_of_target = {"normalize_target", "normalize_target_offset", "normalize_target_factor"};

/* ---- writing ---- */

static void put_key(struct mlprt_json_out *out, const char *key)
{
    mlprt_json_put(out, ",\"");
    mlprt_json_put(out, key);
    mlprt_json_put(out, "\":\"");
}

static void put_how(struct mlprt_json_out *out, const char *key, const struct mlprt_normalize *how)
{
    static const char *const names[] = {[MLPRT_UNCHANGED] = "none",
                                        [MLPRT_SCALE] = "scale(",
                                        [MLPRT_STANDARDIZE] = "standardize",
                                        [MLPRT_MINMAX] = "minmax"};
    char number[MLPRT_DECIMAL];
    put_key(out, key);
    mlprt_json_put(out, names[how->kind]);
    if (how->kind == MLPRT_SCALE) {
        mlprt_json_put(out, mlprt_decimal(how->factor, number));
        mlprt_json_put(out, ")");
    }
    mlprt_json_put(out, "\"");
}

/* count elements at `at`. */
static void put_list(struct mlprt_json_out *out, const char *key, const struct mlprt_model *model,
                     const void *at, uint32_t count)
{
    char number[MLPRT_DECIMAL];
    put_key(out, key);
    for (uint32_t i = 0; i < count; i++) {
        mlprt_json_put(out, i ? ", " : "[");
        mlprt_json_put(out, mlprt_decimal(mlprt_arena_get(model, at, 0, i), number));
    }
    mlprt_json_put(out, "]\"");
}

static void put_normalizer(struct mlprt_json_out *out, const struct constants_keys *keys,
                           const struct mlprt_model *model, const struct mlprt_normalize *how,
                           const struct mlprt_normalizer *n)
{
    put_how(out, keys->how, how);
    if (!n || !n->columns)
        return;
    put_list(out, keys->offset, model, n->offset, n->columns);
    put_list(out, keys->factor, model, n->factor, n->columns);
}

/* A string in JSON that stands in a string of JSON. */
static void put_string(struct mlprt_json_out *out, const char *string)
{
    mlprt_json_put_escaped(out, "\"");
    for (const char *p = string; *p; p++) {
        const char escape[] = {'\\', *p == '\t' ? 't' : *p, '\0'};
        mlprt_json_put_escaped(out, strchr("\"\\\t", *p) ? escape : escape + 1);
    }
    mlprt_json_put_escaped(out, "\"");
}

static void put_classes(struct mlprt_json_out *out, const struct mlprt_model *model)
{
    put_key(out, "classes");
    for (uint32_t i = 0; i < model->output_size; i++) {
        mlprt_json_put(out, i ? ", " : "[");
        put_string(out, model->classes[i]);
    }
    mlprt_json_put(out, "]\"");
}

void mlprt_constants_put(const struct mlprt_model *model,
                         const struct mlprt_normalizers *normalizers, struct mlprt_json_out *out)
{
    put_normalizer(out, &constants_of_input, model, &model->normalize,
                   normalizers ? &normalizers->input : NULL);
    put_normalizer(out, &constants_of_target, model, &model->normalize_target,
                   normalizers ? &normalizers->target : NULL);
    if (model->classes)
        put_classes(out, model);
}

/* ---- reading ---- */

/* Reads a list of `columns` numbers that the elements at `at` can hold. */
static enum mlprt_status read_list(const struct mlprt_model *model,
                                   const struct mlprt_safetensors *file, const char *key,
                                   const struct mlprt_text *text, void *at, uint32_t columns,
                                   struct mlprt_error *e)
{
    struct mlprt_error unsaid;
    struct mlprt_json j = {.path = file->path,
                           .bytes = (unsigned char *)text->data,
                           .end = text->size,
                           .error = &unsaid};
    uint32_t count = 0;
    bool held = true;
    for (mlprt_json_open(&j, '['); mlprt_json_next(&j, ']'); count++) {
        const double value = mlprt_json_number(&j);
        if (count >= columns)
            break;
        mlprt_arena_set(model, at, 0, count, value);
        held = held && isfinite(mlprt_arena_get(model, at, 0, count));
    }
    mlprt_json_finish(&j);
    if (!j.status && count == columns && held)
        return MLPRT_OK;
    return mlprt_file_fail(e, MLPRT_MISMATCH, file->path, "%s is no list of %lu numbers", key,
                           (unsigned long)columns);
}

static enum mlprt_status take_normalizer(const struct constants_keys *keys,
                                         const struct mlprt_model *model,
                                         const struct mlprt_safetensors *file, uint32_t columns,
                                         struct mlprt_normalizer *n, struct mlprt_error *e)
{
    const struct mlprt_text *offset = mlprt_safetensors_metadata(file, keys->offset);
    const struct mlprt_text *factor = mlprt_safetensors_metadata(file, keys->factor);
    if (!mlprt_normalizer_fitted(n) || (!offset && !factor))
        return MLPRT_OK;
    if (!offset || !factor)
        return mlprt_file_fail(e, MLPRT_MISMATCH, file->path, "has %s, and no %s",
                               offset ? keys->offset : keys->factor,
                               offset ? keys->factor : keys->offset);
    if (!mlprt_normalizer_allocate(n, model, columns))
        return mlprt_file_fail(e, MLPRT_IO, file->path, "out of memory");
    const enum mlprt_status status =
        read_list(model, file, keys->offset, offset, n->offset, columns, e);
    return status ? status : read_list(model, file, keys->factor, factor, n->factor, columns, e);
}

enum mlprt_status mlprt_constants_take(const struct mlprt_model *model,
                                       const struct mlprt_safetensors *file,
                                       struct mlprt_normalizers *normalizers, struct mlprt_error *e)
{
    const enum mlprt_status status = take_normalizer(&constants_of_input, model, file,
                                                     model->input_size, &normalizers->input, e);
    return status ? status
                  : take_normalizer(&constants_of_target, model, file, model->output_size,
                                    &normalizers->target, e);
}
