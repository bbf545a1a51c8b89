/* Tensors between memory and safetensors files: entries of the header, bytes, shapes. Bytes are
 * little-endian on every machine. */
#include "posix.h"

#include "param.h"
#include "tensors.h"

#include <math.h>
#include <string.h>

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

/* ---- writing ---- */

void mlprt_held_put_entry(const struct mlprt_held *h, const struct mlprt_model *model,
                          uint64_t *offset, struct mlprt_json_out *out)
{
    mlprt_json_put(out, ",\"");
    mlprt_json_put_escaped(out, h->name);
    mlprt_json_put(out, "\":{\"dtype\":\"");
    mlprt_json_put(out, element_name(model));
    mlprt_json_put(out, "\",\"shape\":[");
    mlprt_json_put_whole(out, h->like->units);
    if (h->like->rank == 2) {
        mlprt_json_put(out, ",");
        mlprt_json_put_whole(out, h->like->depth);
    }
    mlprt_json_put(out, "],\"data_offsets\":[");
    mlprt_json_put_whole(out, *offset);
    *offset += (uint64_t)h->like->units * h->like->depth * element_size(model);
    mlprt_json_put(out, ",");
    mlprt_json_put_whole(out, *offset);
    mlprt_json_put(out, "]}");
}

void mlprt_held_put_data(const struct mlprt_held *h, const struct mlprt_model *model,
                         struct mlprt_writer *w)
{
    unsigned char buffer[4096]; /* a multiple of the element's size */
    size_t used = 0;
    for (uint32_t unit = 0; unit < h->like->units; unit++)
        for (uint32_t k = 0; k < h->like->depth; k++) {
            double value = mlprt_arena_get(model, h->at, 0, mlprt_param_index(h->like, unit, k));
            encode_element(element_size(model), value, buffer + used);
            used += element_size(model);
            if (used == sizeof buffer) {
                mlprt_writer_put(w, buffer, used);
                used = 0;
            }
        }
    mlprt_writer_put(w, buffer, used);
}

/* ---- reading ---- */

static size_t param_shape(const struct mlprt_param *p, uint64_t dims[2])
{
    dims[0] = p->units;
    dims[1] = p->depth;
    return p->rank;
}

/* Fails if an element of t is NaN or infinite. */
static enum mlprt_status match_finite(const struct mlprt_held *h,
                                      const struct mlprt_safetensors *file,
                                      const struct mlprt_tensor *t, struct mlprt_error *e)
{
    for (uint64_t at = t->begin; at < t->end; at += t->dtype->size) {
        double value = decode_element(t->dtype->size, file->data + at);
        if (!isfinite(value)) {
            uint64_t i = (at - t->begin) / t->dtype->size;
            uint64_t index[2] = {i / h->like->depth, i % h->like->depth};
            char place[MLPRT_SHAPE_TEXT];
            return mlprt_file_fail(
                e, MLPRT_MISMATCH, file->path, "'%s'%s is %s; expected finite numbers", h->name,
                mlprt_shape_print(index, t->rank, place), isnan(value) ? "NaN" : "infinite");
        }
    }
    return MLPRT_OK;
}

enum mlprt_status mlprt_held_match(const struct mlprt_held *h, const struct mlprt_model *model,
                                   const struct mlprt_safetensors *file,
                                   const struct mlprt_tensor *t, struct mlprt_error *e)
{
    const uint64_t *dims = file->dims + t->shape;
    uint64_t expected[2];
    size_t rank = param_shape(h->like, expected);
    if (strcmp(t->dtype->name, element_name(model)) != 0)
        return mlprt_file_fail(e, MLPRT_MISMATCH, file->path, "'%s' is %s; expected %s", h->name,
                               t->dtype->name, element_name(model));
    if (t->rank != rank || dims[0] != expected[0] || (rank == 2 && dims[1] != expected[1])) {
        char is[MLPRT_SHAPE_TEXT], wanted[MLPRT_SHAPE_TEXT];
        return mlprt_file_fail(e, MLPRT_MISMATCH, file->path, "'%s' has shape %s; expected %s",
                               h->name, mlprt_shape_print(dims, t->rank, is),
                               mlprt_shape_print(expected, rank, wanted));
    }
    return h->finite ? match_finite(h, file, t, e) : MLPRT_OK;
}

enum mlprt_status mlprt_held_lacks(const struct mlprt_held *h, const struct mlprt_model *model,
                                   const struct mlprt_safetensors *file, const char *because,
                                   struct mlprt_error *e)
{
    uint64_t dims[2];
    size_t rank = param_shape(h->like, dims);
    char shape[MLPRT_SHAPE_TEXT];
    return mlprt_file_fail(e, MLPRT_MISMATCH, file->path, "no tensor '%s'; expected%s %s %s",
                           h->name, because, element_name(model),
                           mlprt_shape_print(dims, rank, shape));
}

void mlprt_held_copy(const struct mlprt_held *h, const struct mlprt_model *model,
                     const struct mlprt_safetensors *file, const struct mlprt_tensor *t)
{
    const unsigned char *from = file->data + t->begin;
    uint32_t columns = (uint32_t)(mlprt_param_stored(h->like) / h->like->depth);
    for (uint32_t unit = 0; unit < columns; unit++)
        for (uint32_t k = 0; k < h->like->depth; k++) {
            double value = 0;
            if (unit < h->like->units) {
                value = decode_element(t->dtype->size, from);
                from += t->dtype->size;
            }
            mlprt_arena_set(model, h->at, 0, mlprt_param_index(h->like, unit, k), value);
        }
}

enum mlprt_status mlprt_held_nothing_else(const struct mlprt_model *model,
                                          const struct mlprt_safetensors *file,
                                          const struct mlprt_tensor *const *found, size_t count,
                                          struct mlprt_error *e)
{
    if (file->tensor_count == count)
        return MLPRT_OK; /* each is there, and no name twice */
    for (size_t k = 0; k < file->tensor_count; k++) {
        size_t i = 0;
        while (i < count && found[i] != &file->tensor[k])
            i++;
        char name[MLPRT_QUOTED];
        if (i == count)
            return mlprt_file_fail(e, MLPRT_MISMATCH, file->path, "%s is no tensor of model '%s'",
                                   mlprt_text_quote(file->tensor[k].name, name), model->name);
    }
    return MLPRT_OK;
}
