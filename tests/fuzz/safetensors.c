/* A fuzz target: any bytes as a safetensors file. One that is taken can be walked: every tensor and
 * every key is found by its name, and every byte of the data belongs to a tensor. */
#define _GNU_SOURCE /* memfd_create */
#include "memory_file.h"

#include "safetensors.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *name_of(struct mlprt_text text)
{
    char *name = calloc(text.size + 1, 1);
    if (!name)
        abort();
    memcpy(name, text.data, text.size);
    return name;
}

static void walk(const struct mlprt_safetensors *s)
{
    uint64_t end = 0;
    char shape[MLPRT_SHAPE_TEXT], quoted[MLPRT_QUOTED];
    volatile unsigned char sink = 0;
    for (size_t i = 0; i < s->tensor_count; i++) {
        const struct mlprt_tensor *t = &s->tensor[i];
        const char *name = name_of(t->name);
        if (strlen(name) == t->name.size && mlprt_safetensors_tensor(s, name) != t)
            abort();
        if (t->begin != end || t->end < t->begin)
            abort();
        for (uint64_t at = t->begin; at < t->end; at++)
            sink = (unsigned char)(sink + s->data[at]);
        mlprt_shape_print(s->dims + t->shape, t->rank, shape);
        mlprt_text_quote(t->name, quoted);
        end = t->end;
        free((void *)name);
    }
    for (size_t i = 0; i < s->metadata_count; i++) {
        const char *key = name_of(s->metadata[i].key);
        if (strlen(key) == s->metadata[i].key.size && !mlprt_safetensors_metadata(s, key))
            abort();
        free((void *)key);
    }
    if (s->data + end != s->bytes.data + s->bytes.size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mlprt_safetensors s;
    struct mlprt_error e;
    if (mlprt_safetensors_open(&s, memory_file(data, size), &e) == MLPRT_OK) {
        walk(&s);
        mlprt_safetensors_close(&s);
    } else if (strlen(e.text) >= sizeof e.text) {
        abort();
    }
    return 0;
}
