/* What the printer of statements (cprint.c) and that of expressions (cprint_expr.c) share. Nobody
 * else includes this; the printer's door is ctree.h. */
#ifndef MLPGEN_CPRINT_H
#define MLPGEN_CPRINT_H

#include "ctree.h"

enum {
    WIDTH = 100,   /* columns of a line */
    STEP = 4,      /* columns of one level */
    ALIGN_MAX = 60 /* a continuation is aligned with what it continues up to this column */
};

struct printer {
    struct strbuf *out;
    size_t indent; /* of the statement, or of the lists around: where a continuation hangs from */
    bool flat;     /* no breaks: to see whether it fits */
    size_t mark;   /* where what is printed flat began … */
    size_t start;  /* … and in which column */
    bool hopeless; /* it will not fit: the rest of it need not be printed */
    size_t blamed; /* the line whose statement is looked for, or 0 */
    const struct cs *found;
    size_t lines, counted; /* line ends, and the bytes in which they were counted */
};

/* How tightly an expression binds; a weaker one needs parentheses inside a stronger. */
enum binding {
    BIND_ANY,
    BIND_ARGUMENT, /* anything but a comma */
    BIND_SELECT,
    BIND_COMPARE, /* < > <= and, because gcc -Wall wants parentheses between them, == */
    BIND_SUM,
    BIND_PRODUCT,
    BIND_UNARY,
    BIND_POSTFIX
};

/* Columns of the line under way. */
size_t cprint_column(const struct printer *p);
void cprint_spaces(struct printer *p, size_t n);
void cprint_newline(struct printer *p, size_t indent);
/* Where continuations of what starts here stand: of what is printed flat, nowhere. */
size_t cprint_alignment(const struct printer *p);
/* Prints e, in parentheses if it binds less than `least`; tail columns follow it on its line. */
void cprint_expression(struct printer *p, const struct cx *e, enum binding least, size_t tail);

#endif
