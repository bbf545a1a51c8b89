/* Arena: chunks that grow geometrically, each allocation zeroed. */
#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
    struct arena_chunk *older;
    size_t used, size;
    _Alignas(max_align_t) unsigned char data[];
};

/* A chunk is 64 KiB at least: a small model compiles in two or three of them. */
enum { CHUNK_MIN = 64 * 1024, EXIT_NO_MEMORY = 3 };

/* What is printed is mostly shorter than this, and is formatted once then. */
enum { SHORT_TEXT = 256 };

static void no_memory(void)
{
    fputs("mlpgen: error: out of memory\n", stderr);
    exit(EXIT_NO_MEMORY);
}

static struct arena_chunk *chunk_new(struct arena_chunk *older, size_t need)
{
    size_t size = older ? older->size * 2 : CHUNK_MIN;
    if (size > (size_t)16 << 20)
        size = (size_t)16 << 20; /* doubling stops here: a chunk's tail is lost at the end */
    if (size < need)
        size = need;
    struct arena_chunk *c = calloc(1, sizeof *c + size);
    if (!c)
        no_memory();
    c->older = older;
    c->size = size;
    return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        no_memory();
    size = (size + align - 1) / align * align;
    if (!a->chunk || a->chunk->size - a->chunk->used < size)
        a->chunk = chunk_new(a->chunk, size);
    void *p = a->chunk->data + a->chunk->used;
    a->chunk->used += size;
    return p;
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
    char *copy = arena_alloc(a, len + 1);
    if (len)
        memcpy(copy, text, len);
    return copy;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    char short_text[SHORT_TEXT];
    va_list again;
    va_copy(again, ap);
    const int len = vsnprintf(short_text, sizeof short_text, fmt, ap);
    char *text = arena_alloc(a, (size_t)(len < 0 ? 0 : len) + 1);
    if (len >= SHORT_TEXT)
        vsnprintf(text, (size_t)len + 1, fmt, again);
    else if (len > 0)
        memcpy(text, short_text, (size_t)len);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return text;
}

void arena_free(struct arena *a)
{
    for (struct arena_chunk *c = a->chunk, *older; c; c = older) {
        older = c->older;
        free(c);
    }
    a->chunk = NULL;
}
