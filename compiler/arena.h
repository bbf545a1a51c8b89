/* Arena: memory that lives until the end of a compilation and is released in one call.
 *
 * Everything the compiler builds (AST, model, IR, C tree) lives in one arena; nothing is freed
 * singly. Allocation never fails from the caller's point of view: without memory mlpgen says so and
 * exits with 3. */
#ifndef MLPGEN_ARENA_H
#define MLPGEN_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
    struct arena_chunk *chunk; /* the newest chunk; older ones hang behind it */
};

/* Returns size zeroed bytes, aligned for any object. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy of the len bytes at text, with a NUL behind them. */
char *arena_strndup(struct arena *a, const char *text, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Releases everything that was allocated from a; a can be used again. */
void arena_free(struct arena *a);

#define ARENA_NEW(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))

#endif
