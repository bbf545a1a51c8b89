/* The C tree's statements: a cursor that appends, and the bodies that it opens and closes. */
#define CTREE_WITHOUT_PLACES
#include "ctree.h"
#include "ice.h"

#include <string.h>

void cbuild_init(struct cbuild *cb, struct arena *arena, bool f64)
{
    *cb = (struct cbuild){.arena = arena, .f64 = f64};
    cb->tail = &cb->file.first;
}

const char *cb_real_name(const struct cbuild *cb)
{
    return cb->f64 ? "double" : "float";
}

struct cbuild *cb_made_at(struct cbuild *cb, const char *by, unsigned line)
{
    cb->by = by;
    cb->by_line = line;
    return cb;
}

/* The one place where statements are made: each gets its place in the model here. */
static struct cs *append(struct cbuild *cb, enum cs_kind kind)
{
    struct cs *s = ARENA_NEW(cb->arena, struct cs);
    s->kind = kind;
    s->at = cb->at;
    s->by = cb->by;
    s->by_line = cb->by_line;
    *cb->tail = s;
    cb->tail = &s->next;
    return s;
}

static void open_body(struct cbuild *cb, struct cs *s)
{
    if (cb->depth == CBUILD_DEPTH_MAX)
        ICE("statements nest deeper than %d", CBUILD_DEPTH_MAX);
    cb->open[cb->depth] = s;
    cb->outer[cb->depth] = cb->tail;
    cb->depth++;
    cb->tail = &s->body;
}

static const char *copy(struct cbuild *cb, const char *text)
{
    return arena_strndup(cb->arena, text, strlen(text));
}

/* Plain statements. */

void cb_comment(struct cbuild *cb, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    append(cb, CS_COMMENT)->text = arena_vprintf(cb->arena, fmt, ap);
    va_end(ap);
}

void cb_blank(struct cbuild *cb)
{
    append(cb, CS_BLANK);
}

void cb_verbatim(struct cbuild *cb, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    append(cb, CS_VERBATIM)->text = arena_vprintf(cb->arena, fmt, ap);
    va_end(ap);
}

static const char *spelling_of(const struct cbuild *cb, enum ctype type)
{
    switch (type) {
    case CT_INT: return "size_t";
    case CT_REAL: return cb_real_name(cb);
    case CT_REALS: return cb->f64 ? "const double *" : "const float *";
    case CT_BYTES: return "const unsigned char *";
    case CT_LABELS: return "const uint32_t *";
    case CT_VEC:
    case CT_OTHER: break;
    }
    ICE("a local whose type has to be spelled out");
}

struct cx *cb_local(struct cbuild *cb, enum ctype type, const char *name, struct cx *init)
{
    return cb_declare(cb, spelling_of(cb, type), type, name, init);
}

struct cx *cb_declare(struct cbuild *cb, const char *spelling, enum ctype type, const char *name,
                      struct cx *init)
{
    struct cs *s = append(cb, CS_DECL);
    s->type = copy(cb, spelling);
    s->name = copy(cb, name);
    s->a = init;
    struct cx *local = cx_namef(cb, type, "%.*s", (int)strcspn(name, "["), name);
    local->product = init && init->product;
    return local;
}

void cb_enum(struct cbuild *cb, struct cx *list)
{
    append(cb, CS_ENUM)->a = list;
}

void cb_set(struct cbuild *cb, struct cx *lhs, struct cx *rhs)
{
    if (rhs->product) {
        if (lhs->kind != CX_NAME)
            ICE("a rounded product is stored, for byte %u of the model", cb->at.beg);
        lhs->product = true; /* from here on; the one mark that is set on a finished expression */
    }
    struct cs *s = append(cb, CS_ASSIGN);
    s->text = "=";
    s->a = lhs;
    s->b = rhs;
}

void cb_advance(struct cbuild *cb, struct cx *lhs, struct cx *rhs)
{
    REQUIRE(rhs->type == CT_INT && lhs->type != CT_REAL && lhs->type != CT_VEC);
    struct cs *s = append(cb, CS_ASSIGN);
    s->text = "+=";
    s->a = lhs;
    s->b = rhs;
}

void cb_do(struct cbuild *cb, struct cx *call)
{
    append(cb, CS_EXPR)->a = call;
}

void cb_return(struct cbuild *cb, struct cx *value)
{
    if (value && value->product)
        ICE("a rounded product is returned, for byte %u of the model", cb->at.beg);
    append(cb, CS_RETURN)->a = value;
}

/* Statements with bodies. */

struct cx *cb_for(struct cbuild *cb, const char *name, struct cx *from, struct cx *to,
                  uint64_t step)
{
    REQUIRE(step > 0);
    struct cs *s = append(cb, CS_FOR);
    s->name = copy(cb, name);
    s->a = from;
    s->b = to;
    s->step = step;
    open_body(cb, s);
    return cx_name(cb, CT_INT, name);
}

void cb_if(struct cbuild *cb, struct cx *cond)
{
    struct cs *s = append(cb, CS_IF);
    s->a = cond;
    open_body(cb, s);
}

void cb_else(struct cbuild *cb)
{
    REQUIRE(cb->depth > 0);
    struct cs *s = cb->open[cb->depth - 1];
    REQUIRE(s->kind == CS_IF && !s->otherwise);
    cb->tail = &s->otherwise;
}

void cb_block(struct cbuild *cb)
{
    open_body(cb, append(cb, CS_BLOCK));
}

void cb_function(struct cbuild *cb, const char *type, const char *name, const char *params)
{
    REQUIRE(cb->depth == 0);
    struct cs *s = append(cb, CS_FUNCTION);
    s->type = copy(cb, type);
    s->name = copy(cb, name);
    s->text = copy(cb, params);
    open_body(cb, s);
}

void cb_end(struct cbuild *cb)
{
    REQUIRE(cb->depth > 0);
    cb->depth--;
    cb->tail = cb->outer[cb->depth];
}

/* Lists of statements. */

struct cs **cb_redirect(struct cbuild *cb, struct cs **tail)
{
    struct cs **before = cb->tail;
    REQUIRE(cb->depth == 0);
    cb->tail = tail;
    return before;
}

void cb_append(struct cbuild *cb, struct cs *list)
{
    *cb->tail = list;
    while (*cb->tail)
        cb->tail = &(*cb->tail)->next;
}

void cs_mark_calls(const struct cs *list, const struct callees *callees)
{
    for (const struct cs *s = list; s; s = s->next) {
        cx_mark_calls(s->a, callees);
        cx_mark_calls(s->b, callees);
        cs_mark_calls(s->body, callees);
        cs_mark_calls(s->otherwise, callees);
    }
}
