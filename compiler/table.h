/* Tables as text: cells are put in row by row, columns are as wide as their widest cell. */
#ifndef MLPGEN_TABLE_H
#define MLPGEN_TABLE_H

#include "arena.h"
#include "strbuf.h"
#include "vec.h"

struct table {
    struct arena *arena;
    const char *columns; /* 'l' or 'r' for each: where its cells are flush */
    VEC(const char *) cells;
};

void table_text(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A number; a dash for 0. */
void table_number(struct table *t, unsigned long long v);
/* Appends the table and empties it; its last row is full. */
void table_print(struct table *t, struct strbuf *out);

#endif
