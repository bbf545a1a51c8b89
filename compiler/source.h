/* Source texts and places in them.
 *
 * Every text that mlpgen reads (the model file, the VALUE of each -D) gets a range of offsets in
 * one address space, so that a span needs no file: two offsets say it all. Lines and columns are
 * worked out only when a message is printed. */
#ifndef MLPGEN_SOURCE_H
#define MLPGEN_SOURCE_H

#include "arena.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes beg up to but without end. An empty span (beg == end) is a place between two bytes. */
struct span {
    uint32_t beg, end;
};

struct source {
    const char *name; /* as the user gave it; "<stdin>", "-D width=12" */
    const char *text; /* len bytes and a NUL behind them */
    uint32_t len;
    bool marked;        /* a byte order mark stood before it */
    uint32_t base;      /* offset of text[0] in the common address space */
    uint32_t *line_beg; /* offset in text of each line's first byte */
    uint32_t line_count;
};

enum {
    SOURCE_MAX =
        64 << 20 /* bytes of one text: no hand-written model comes near; offsets stay small */
};

struct sources {
    struct arena *arena;
    struct source **at;
    size_t len, cap;
};

struct position {
    const struct source *source;
    uint32_t line, column; /* from 1; the column in bytes, a tab is one */
};

/* Adds a text (not copied: it has to live as long as set) of at most SOURCE_MAX bytes, with a NUL
 * behind them. A byte order mark at its start is left out, as if it were not there. */
struct source *source_add(struct sources *set, const char *name, const char *text, size_t len);
/* The position of a span's first byte. An offset at a text's end is a place on its last line. */
struct position source_position(const struct sources *set, struct span at);
/* The bytes of line number `line` (from 1) without its line ending; *len is their number. */
const char *source_line(const struct source *s, uint32_t line, uint32_t *len);
/* The bytes of the UTF-8 character at text: 1 to 4, or 0 where there is none (an invalid or cut
 * sequence, len == 0). */
size_t source_utf8_length(const char *text, size_t len);

/* All of a text. */
static inline struct span source_span(const struct source *s)
{
    return (struct span){s->base, s->base + s->len};
}

/* From the first byte of a to the last of b. */
static inline struct span span_join(struct span a, struct span b)
{
    return (struct span){a.beg, b.end};
}

#endif
