/* Reads safetensors files. */
#include "posix.h"

#include "safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    LENGTH_BYTES = 8,             /* the header's length, in front of it */
    MAX_HEADER_BYTES = 100000000, /* what the reference implementation reads at most */
};

/* Every type of whole bytes that the format knows: files may hold more than the model needs. */
static const struct mlprt_dtype known_dtypes[] = {
    {"F64", 8},  {"F32", 4}, {"F16", 2},     {"BF16", 2},    {"I64", 8},     {"I32", 4},
    {"I16", 2},  {"I8", 1},  {"U64", 8},     {"U32", 4},     {"U16", 2},     {"U8", 1},
    {"BOOL", 1}, {"C64", 8}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1},
};

const char *mlprt_shape_print(const uint64_t *dims, size_t rank, char text[MLPRT_SHAPE_TEXT])
{
    /* Room for one more number, its comma, an ellipsis and the bracket. */
    const size_t reserve = sizeof ", 18446744073709551615, ...]";
    size_t at = (size_t)snprintf(text, MLPRT_SHAPE_TEXT, "[");
    for (size_t i = 0; i < rank; i++) {
        if (at + reserve > MLPRT_SHAPE_TEXT) {
            at += (size_t)snprintf(text + at, MLPRT_SHAPE_TEXT - at, ", ...");
            break;
        }
        at += (size_t)snprintf(text + at, MLPRT_SHAPE_TEXT - at, "%s%" PRIu64, i ? ", " : "",
                               dims[i]);
    }
    snprintf(text + at, MLPRT_SHAPE_TEXT - at, "]");
    return text;
}

/* An array of count elements with room for one more: it doubles at the powers of two. NULL, and an
 * error, without memory; the array then stays as it is. */
static void *grow_header_array(struct mlprt_json *j, void *array, size_t count, size_t size)
{
    if (count & (count - 1))
        return array;
    void *grown = realloc(array, (count ? 2 * count : 1) * size);
    if (!grown)
        mlprt_json_fail(j, j->at, "out of memory");
    return grown;
}

static void read_metadata(struct mlprt_json *j, struct mlprt_safetensors *s)
{
    for (mlprt_json_open(j, '{'); mlprt_json_next(j, '}');) {
        struct mlprt_metadata entry = {.key = mlprt_json_key(j)};
        entry.value = mlprt_json_string(j);
        struct mlprt_metadata *grown =
            grow_header_array(j, s->metadata, s->metadata_count, sizeof *grown);
        if (!grown)
            return;
        s->metadata = grown;
        s->metadata[s->metadata_count++] = entry;
    }
}

static void read_dtype(struct mlprt_json *j, struct mlprt_tensor *t)
{
    struct mlprt_text name = mlprt_json_string(j);
    for (size_t i = 0; i < sizeof known_dtypes / sizeof *known_dtypes; i++)
        if (mlprt_text_is(name, known_dtypes[i].name))
            t->dtype = &known_dtypes[i];
    char quoted[MLPRT_QUOTED];
    if (!t->dtype)
        mlprt_json_fail(j, name.at, "unknown dtype %s", mlprt_text_quote(name, quoted));
}

/* Room for one more length; a shape without lengths takes it too, so that dims is never NULL. */
static bool reserve_dim(struct mlprt_json *j, struct mlprt_safetensors *s)
{
    uint64_t *grown = grow_header_array(j, s->dims, s->dim_count, sizeof *grown);
    if (grown)
        s->dims = grown;
    return grown;
}

static void read_shape(struct mlprt_json *j, struct mlprt_safetensors *s, struct mlprt_tensor *t)
{
    t->shape = s->dim_count;
    for (mlprt_json_open(j, '['); reserve_dim(j, s) && mlprt_json_next(j, ']');)
        s->dims[s->dim_count++] = mlprt_json_whole(j);
    t->rank = s->dim_count - t->shape;
}

static void read_offsets(struct mlprt_json *j, struct mlprt_tensor *t)
{
    size_t count = 0;
    uint64_t offset[2] = {0};
    mlprt_json_open(j, '[');
    size_t at = j->at - 1;
    for (; mlprt_json_next(j, ']'); count++) {
        uint64_t value = mlprt_json_whole(j);
        if (count < 2)
            offset[count] = value;
    }
    if (count != 2)
        mlprt_json_fail(j, at, "data_offsets of %zu numbers; expected 2", count);
    t->begin = offset[0];
    t->end = offset[1];
}

/* The range must be as long as dtype and shape say. */
static void check_range(struct mlprt_json *j, const struct mlprt_safetensors *s,
                        const struct mlprt_tensor *t)
{
    char name[MLPRT_QUOTED], shape[MLPRT_SHAPE_TEXT];
    mlprt_text_quote(t->name, name);
    mlprt_shape_print(s->dims + t->shape, t->rank, shape);
    uint64_t size = t->dtype->size;
    for (size_t i = t->shape; i < t->shape + t->rank; i++) {
        if (s->dims[i] && size > UINT64_MAX / s->dims[i]) {
            mlprt_json_fail(j, t->name.at, "%s: shape %s is too large", name, shape);
            return;
        }
        size *= s->dims[i];
    }
    if (t->begin > t->end || t->end - t->begin != size)
        mlprt_json_fail(j, t->name.at,
                        "%s: data_offsets [%" PRIu64 ", %" PRIu64 "]; %s %s takes %" PRIu64
                        " bytes",
                        name, t->begin, t->end, t->dtype->name, shape, size);
}

static void read_tensor(struct mlprt_json *j, struct mlprt_safetensors *s, struct mlprt_text name)
{
    enum { DTYPE, SHAPE, OFFSETS, FIELDS };
    static const char *const field[FIELDS] = {"dtype", "shape", "data_offsets"};
    char quoted[MLPRT_QUOTED];
    struct mlprt_tensor t = {.name = name};
    bool seen[FIELDS] = {false};
    for (mlprt_json_open(j, '{'); mlprt_json_next(j, '}');) {
        struct mlprt_text key = mlprt_json_key(j);
        int f = 0;
        while (f < FIELDS && !mlprt_text_is(key, field[f]))
            f++;
        if (f == FIELDS)
            mlprt_json_fail(j, key.at, "unknown key %s; expected dtype, shape or data_offsets",
                            mlprt_text_quote(key, quoted));
        else if (seen[f])
            mlprt_json_fail(j, key.at, "duplicate key '%s'", field[f]);
        else
            seen[f] = true;
        switch (f) {
        case DTYPE: read_dtype(j, &t); break;
        case SHAPE: read_shape(j, s, &t); break;
        case OFFSETS: read_offsets(j, &t); break;
        }
    }
    for (int f = 0; f < FIELDS; f++)
        if (!seen[f])
            mlprt_json_fail(j, name.at, "%s has no %s", mlprt_text_quote(name, quoted), field[f]);
    if (!j->status)
        check_range(j, s, &t);
    struct mlprt_tensor *grown = grow_header_array(j, s->tensor, s->tensor_count, sizeof *grown);
    if (!grown)
        return;
    s->tensor = grown;
    s->tensor[s->tensor_count++] = t;
}

static void read_header(struct mlprt_json *j, struct mlprt_safetensors *s)
{
    bool metadata = false;
    if (j->bytes[j->at] != '{') /* the format has nothing in front of it, not even white space */
        mlprt_json_fail(j, j->at, "a header starts with '{', this one with byte 0x%02x",
                        j->bytes[j->at]);
    for (mlprt_json_open(j, '{'); mlprt_json_next(j, '}');) {
        struct mlprt_text name = mlprt_json_key(j);
        if (!mlprt_text_is(name, "__metadata__")) {
            read_tensor(j, s, name);
            continue;
        }
        if (metadata)
            mlprt_json_fail(j, name.at, "duplicate key '__metadata__'");
        metadata = true;
        read_metadata(j, s);
    }
    mlprt_json_finish(j);
}

static int compare_texts(const struct mlprt_text *a, const struct mlprt_text *b)
{
    size_t shorter = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->data, b->data, shorter);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

/* Equal names stand in the file's order, so that the error is the same everywhere. */
static int compare_index(const void *left, const void *right)
{
    const struct mlprt_text *a = *(const struct mlprt_text *const *)left;
    const struct mlprt_text *b = *(const struct mlprt_text *const *)right;
    int order = compare_texts(a, b);
    return order ? order : (a->at > b->at) - (a->at < b->at);
}

/* Sorts the names of count entries of size bytes, each starting with its name, and reports one that
 * comes twice. NULL without entries or after an error. */
static const struct mlprt_text **index_names(struct mlprt_json *j, const void *entries,
                                             size_t count, size_t size)
{
    if (j->status || count == 0)
        return NULL;
    const struct mlprt_text **index = malloc(count * sizeof *index);
    if (!index) {
        mlprt_json_fail(j, j->end, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        index[i] = (const void *)((const char *)entries + i * size);
    qsort(index, count, sizeof *index, compare_index);
    for (size_t i = 1; i < count; i++) {
        char name[MLPRT_QUOTED];
        if (compare_texts(index[i - 1], index[i]) == 0)
            mlprt_json_fail(j, index[i]->at, "duplicate key %s, first at byte %zu",
                            mlprt_text_quote(*index[i], name), index[i - 1]->at);
    }
    return index;
}

static int compare_ranges(const void *left, const void *right)
{
    const struct mlprt_tensor *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return compare_texts(&a->name, &b->name);
}

/* The tensors, in the data's order, must cover it without overlap or hole. */
static void check_cover(struct mlprt_json *j, const struct mlprt_safetensors *s)
{
    if (j->status)
        return;
    uint64_t covered = 0, size = s->bytes.size - j->end;
    for (size_t i = 0; i < s->tensor_count; i++) {
        const struct mlprt_tensor *t = &s->tensor[i];
        char name[MLPRT_QUOTED], before[MLPRT_QUOTED];
        mlprt_text_quote(t->name, name);
        if (t->begin > covered)
            mlprt_json_fail(j, t->name.at,
                            "%s starts at %" PRIu64 " of the data; the bytes from %" PRIu64
                            " on belong to no tensor",
                            name, t->begin, covered);
        else if (t->begin < covered)
            mlprt_json_fail(j, t->name.at, "the data of %s overlaps that of %s", name,
                            mlprt_text_quote(s->tensor[i - 1].name, before));
        else if (t->end > size)
            mlprt_json_fail(j, t->name.at,
                            "%s ends at %" PRIu64 " of the data, but the file has only %" PRIu64
                            " bytes of data",
                            name, t->end, size);
        covered = t->end;
    }
    if (covered < size)
        mlprt_json_fail(j, s->bytes.size - (size_t)(size - covered),
                        "%" PRIu64 " bytes behind the last tensor", size - covered);
}

/* Sets j to the header's text. */
static enum mlprt_status find_header(struct mlprt_json *j, const struct mlprt_safetensors *s)
{
    const struct mlprt_bytes *b = &s->bytes;
    if (b->size < LENGTH_BYTES)
        return mlprt_file_fail(j->error, MLPRT_IO, s->path,
                               "the file ends at byte %zu; expected 8 bytes of header length",
                               b->size);
    uint64_t length = 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--)
        length = length << 8 | b->data[i];
    if (length > MAX_HEADER_BYTES)
        return mlprt_file_fail(j->error, MLPRT_IO, s->path,
                               "a header of %" PRIu64
                               " bytes; expected at most %d (is this a safetensors file?)",
                               length, MAX_HEADER_BYTES);
    if (length == 0 || length > b->size - LENGTH_BYTES)
        return mlprt_file_fail(j->error, MLPRT_IO, s->path,
                               "a header of %" PRIu64 " bytes, but the file ends at byte %zu",
                               length, b->size);
    j->bytes = b->data;
    j->at = LENGTH_BYTES;
    j->end = LENGTH_BYTES + (size_t)length;
    return MLPRT_OK;
}

enum mlprt_status mlprt_safetensors_open(struct mlprt_safetensors *s, const char *path,
                                         struct mlprt_error *e)
{
    *s = (struct mlprt_safetensors){.path = path};
    enum mlprt_status status = mlprt_file_read(path, &s->bytes, e);
    if (status)
        return status;
    struct mlprt_json j = {.path = path, .error = e};
    j.status = find_header(&j, s);
    if (!j.status) {
        read_header(&j, s);
        s->data = s->bytes.data + j.end;
        if (!j.status && s->tensor_count)
            qsort(s->tensor, s->tensor_count, sizeof *s->tensor, compare_ranges);
        s->tensor_index = index_names(&j, s->tensor, s->tensor_count, sizeof *s->tensor);
        s->metadata_index = index_names(&j, s->metadata, s->metadata_count, sizeof *s->metadata);
        check_cover(&j, s);
    }
    if (j.status)
        mlprt_safetensors_close(s);
    return j.status;
}

void mlprt_safetensors_close(struct mlprt_safetensors *s)
{
    mlprt_bytes_free(&s->bytes);
    free(s->tensor);
    free(s->metadata);
    free(s->dims);
    free(s->tensor_index);
    free(s->metadata_index);
    *s = (struct mlprt_safetensors){0};
}

static const struct mlprt_text *find_name(const struct mlprt_text *const *index, size_t count,
                                          const char *name)
{
    struct mlprt_text wanted = {name, strlen(name), 0};
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_texts(index[middle], &wanted);
        if (order == 0)
            return index[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct mlprt_tensor *mlprt_safetensors_tensor(const struct mlprt_safetensors *s,
                                                    const char *name)
{
    return (const void *)find_name(s->tensor_index, s->tensor_count, name);
}

const struct mlprt_text *mlprt_safetensors_metadata(const struct mlprt_safetensors *s,
                                                    const char *key)
{
    const struct mlprt_metadata *found =
        (const void *)find_name(s->metadata_index, s->metadata_count, key);
    return found ? &found->value : NULL;
}
