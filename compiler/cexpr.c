/* The C tree's expressions: constructors that fold integers, keep reals as they are, and track
 * rounded products. */
#include "ctree.h"
#include "ice.h"

#include <math.h>
#include <string.h>

static bool is_pointer(enum ctype type)
{
    return type == CT_REALS || type == CT_BYTES || type == CT_LABELS;
}

/* Whether arithmetic on the type is exact, so that it may be simplified. */
static bool is_exact(enum ctype type)
{
    return type == CT_INT || is_pointer(type);
}

static bool is_int(const struct cx *e, int64_t v)
{
    return e->kind == CX_INT && e->integer == v;
}

static struct cx *expr(struct cbuild *cb, enum cx_kind kind, enum ctype type, const char *text)
{
    struct cx *e = ARENA_NEW(cb->arena, struct cx);
    e->kind = kind;
    e->type = type;
    e->text = text;
    return e;
}

static struct cx *binary(struct cbuild *cb, enum ctype type, const char *op, struct cx *a,
                         struct cx *b)
{
    struct cx *e = expr(cb, CX_BINARY, type, op);
    e->a = a;
    e->b = b;
    return e;
}

static struct cx *unary(struct cbuild *cb, enum ctype type, const char *op, struct cx *a)
{
    struct cx *e = expr(cb, CX_UNARY, type, op);
    e->a = a;
    return e;
}

/* Constants and names. */

struct cx *cx_int(struct cbuild *cb, int64_t v)
{
    REQUIRE(v >= -INT64_MAX); /* C has no constant for the smallest one */
    const bool small = v >= 0 && v < CBUILD_SMALL;
    if (small && cb->small[v])
        return cb->small[v];
    struct cx *e = expr(cb, CX_INT, CT_INT, NULL);
    e->integer = v;
    if (small)
        cb->small[v] = e;
    return e;
}

/* text is the constant's suffix. */
static struct cx *real_constant(struct cbuild *cb, enum ctype type, double v, const char *suffix)
{
    if (!isfinite(v))
        ICE("a constant that is not finite, for byte %u of the model", cb->at.beg);
    struct cx *e = expr(cb, CX_REAL, type, suffix);
    e->real = v;
    return e;
}

struct cx *cx_real(struct cbuild *cb, double v)
{
    return cb->f64 ? real_constant(cb, CT_REAL, v, "")
                   : real_constant(cb, CT_REAL, (double)(float)v, "f");
}

struct cx *cx_double(struct cbuild *cb, double v)
{
    return real_constant(cb, cb->f64 ? CT_REAL : CT_OTHER, v, "");
}

struct cx *cx_string(struct cbuild *cb, const char *text)
{
    return expr(cb, CX_STRING, CT_OTHER, arena_strndup(cb->arena, text, strlen(text)));
}

struct cx *cx_name(struct cbuild *cb, enum ctype type, const char *name)
{
    return expr(cb, CX_NAME, type, arena_strndup(cb->arena, name, strlen(name)));
}

struct cx *cx_namef(struct cbuild *cb, enum ctype type, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct cx *e = expr(cb, CX_NAME, type, arena_vprintf(cb->arena, fmt, ap));
    va_end(ap);
    return e;
}

/* Of an array of values (not one of the pointers of enum ctype), indexing gives the values' type.
 */
static enum ctype element_type(enum ctype array)
{
    switch (array) {
    case CT_REALS: return CT_REAL;
    case CT_BYTES:
    case CT_LABELS: return CT_INT;
    default: return array;
    }
}

struct cx *cx_at(struct cbuild *cb, struct cx *array, struct cx *index)
{
    bool offset = array->kind == CX_BINARY && is_pointer(array->type) && array->text[0] == '+';
    if (offset) { /* (p + k)[i] is p[k + i] */
        index = cx_add(cb, array->b, index);
        array = array->a;
    }
    struct cx *e = expr(cb, CX_INDEX, element_type(array->type), NULL);
    e->a = array;
    e->b = index;
    return e;
}

struct cx *cx_member(struct cbuild *cb, enum ctype type, struct cx *pointer, const char *name)
{
    struct cx *e = expr(cb, CX_MEMBER, type, arena_strndup(cb->arena, name, strlen(name)));
    e->a = pointer;
    return e;
}

/* Arithmetic. */

static enum ctype arithmetic_type(const struct cx *a, const struct cx *b)
{
    if (a->type == b->type || is_pointer(a->type) || a->type == CT_VEC)
        return a->type;
    if (is_pointer(b->type) || b->type == CT_VEC)
        return b->type;
    return a->type == CT_OTHER || b->type == CT_OTHER ? CT_OTHER : CT_REAL;
}

static int64_t checked_add(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        ICE("an integer constant overflows");
    return sum;
}

static int64_t checked_mul(int64_t a, int64_t b)
{
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        ICE("an integer constant overflows");
    return product;
}

static void refuse_product(const struct cbuild *cb, const struct cx *e, const char *where)
{
    if (e->product)
        ICE("a rounded product reaches %s, for byte %u of the model", where, cb->at.beg);
}

/* e + k for an exact e: (x + 1) + 2 is x + 3. */
static struct cx *add_constant(struct cbuild *cb, struct cx *e, int64_t k)
{
    if (e->kind == CX_INT)
        return cx_int(cb, checked_add(e->integer, k));
    bool sum = e->kind == CX_BINARY && (e->text[0] == '+' || e->text[0] == '-');
    if (sum && e->b->kind == CX_INT) {
        k = checked_add(k, e->text[0] == '+' ? e->b->integer : -e->b->integer);
        e = e->a;
    }
    if (k == 0)
        return e;
    return k > 0 ? binary(cb, e->type, "+", e, cx_int(cb, k))
                 : binary(cb, e->type, "-", e, cx_int(cb, -k));
}

struct cx *cx_add(struct cbuild *cb, struct cx *a, struct cx *b)
{
    if (b->kind == CX_INT && is_exact(a->type))
        return add_constant(cb, a, b->integer);
    if (a->kind == CX_INT && is_exact(b->type))
        return add_constant(cb, b, a->integer);
    refuse_product(cb, a, "a sum");
    refuse_product(cb, b, "a sum");
    return binary(cb, arithmetic_type(a, b), "+", a, b);
}

struct cx *cx_sub(struct cbuild *cb, struct cx *a, struct cx *b)
{
    if (b->kind == CX_INT && is_exact(a->type))
        return add_constant(cb, a, -b->integer);
    refuse_product(cb, a, "a difference");
    refuse_product(cb, b, "a difference");
    bool distance = is_pointer(a->type) && is_pointer(b->type);
    return binary(cb, distance ? CT_INT : arithmetic_type(a, b), "-", a, b);
}

struct cx *cx_mul(struct cbuild *cb, struct cx *a, struct cx *b)
{
    if (a->type == CT_INT && b->type == CT_INT) {
        if (a->kind == CX_INT) { /* a constant stands on the right */
            struct cx *constant = a;
            a = b;
            b = constant;
        }
        if (a->kind == CX_INT && b->kind == CX_INT)
            return cx_int(cb, checked_mul(a->integer, b->integer));
        if (is_int(b, 0))
            return b;
        if (is_int(b, 1))
            return a;
        bool scaled = a->kind == CX_BINARY && a->text[0] == '*' && a->b->kind == CX_INT;
        if (scaled && b->kind == CX_INT)
            return binary(cb, CT_INT, "*", a->a,
                          cx_int(cb, checked_mul(a->b->integer, b->integer)));
        return binary(cb, CT_INT, "*", a, b);
    }
    struct cx *e = binary(cb, arithmetic_type(a, b), "*", a, b);
    e->product = true;
    return e;
}

struct cx *cx_div(struct cbuild *cb, struct cx *a, struct cx *b)
{
    if (a->type == CT_INT && b->type == CT_INT) {
        REQUIRE(!is_int(b, 0));
        if (is_int(b, 1))
            return a;
        if (a->kind == CX_INT && b->kind == CX_INT)
            return cx_int(cb, a->integer / b->integer);
    }
    return binary(cb, arithmetic_type(a, b), "/", a, b);
}

struct cx *cx_mod(struct cbuild *cb, struct cx *a, struct cx *b)
{
    REQUIRE(a->type == CT_INT && b->type == CT_INT && !is_int(b, 0));
    if (a->kind == CX_INT && b->kind == CX_INT)
        return cx_int(cb, a->integer % b->integer);
    return binary(cb, CT_INT, "%", a, b);
}

struct cx *cx_neg(struct cbuild *cb, struct cx *a)
{
    if (a->kind == CX_INT)
        return cx_int(cb, -a->integer);
    struct cx *e = unary(cb, a->type, "-", a);
    e->product = a->product;
    return e;
}

/* Truths and choices. */

struct cx *cx_lt(struct cbuild *cb, struct cx *a, struct cx *b)
{
    return binary(cb, CT_INT, "<", a, b);
}

struct cx *cx_gt(struct cbuild *cb, struct cx *a, struct cx *b)
{
    return binary(cb, CT_INT, ">", a, b);
}

struct cx *cx_le(struct cbuild *cb, struct cx *a, struct cx *b)
{
    return binary(cb, CT_INT, "<=", a, b);
}

struct cx *cx_eq(struct cbuild *cb, struct cx *a, struct cx *b)
{
    return binary(cb, CT_INT, "==", a, b);
}

static bool reads_array(const struct cx *e)
{
    if (!e)
        return false;
    if (e->kind == CX_INDEX || reads_array(e->a) || reads_array(e->b) || reads_array(e->c))
        return true;
    for (size_t i = 0; i < e->count; i++)
        if (reads_array(e->args[i]))
            return true;
    return false;
}

struct cx *cx_select(struct cbuild *cb, struct cx *cond, struct cx *yes, struct cx *no)
{
    if (reads_array(yes) || reads_array(no))
        ICE("a choice reads an array in one arm, for byte %u of the model", cb->at.beg);
    struct cx *e = expr(cb, CX_SELECT, arithmetic_type(yes, no), NULL);
    e->a = cond;
    e->b = yes;
    e->c = no;
    e->product = yes->product || no->product;
    return e;
}

struct cx *cx_cast(struct cbuild *cb, enum ctype type, const char *name, struct cx *a)
{
    struct cx *e = expr(cb, CX_CAST, type, arena_strndup(cb->arena, name, strlen(name)));
    e->a = a;
    e->product = a->product && !is_exact(type);
    return e;
}

/* Calls. */

/* What takes a product: an fma, and what neither adds nor hides it. Whatever else is called may add
 * it, once it is inlined. */
static bool takes_products(const char *callee)
{
    static const char *const scalar[] = {"fma", "fmaf", "sqrt", "sqrtf"};
    static const char *const vector[] = {"_fmadd_", "_mul_",  "_div_",         "_sqrt_",
                                         "_xor_",   "vfmaq_", "vmulq_",        "vdivq_",
                                         "vsqrtq_", "veorq_", "vreinterpretq_"};
    for (size_t i = 0; i < sizeof scalar / sizeof *scalar; i++)
        if (!strcmp(callee, scalar[i]))
            return true;
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++)
        if (strstr(callee, vector[i]))
            return true;
    return false;
}

struct cx *cx_call_array(struct cbuild *cb, enum ctype type, const char *callee, size_t n,
                         struct cx *const *args)
{
    struct cx *e = expr(cb, CX_CALL, type, arena_strndup(cb->arena, callee, strlen(callee)));
    e->args = ARENA_ARRAY(cb->arena, struct cx *, n);
    e->count = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        e->args[i] = args[i];
        if (args[i]->product && !takes_products(callee))
            refuse_product(cb, args[i], callee);
    }
    return e;
}

static struct cx *call(struct cbuild *cb, enum ctype type, const char *callee, size_t n, va_list ap)
{
    struct cx **args = ARENA_ARRAY(cb->arena, struct cx *, n);
    for (size_t i = 0; i < n; i++)
        args[i] = va_arg(ap, struct cx *);
    return cx_call_array(cb, type, callee, n, args);
}

struct cx *cx_call(struct cbuild *cb, enum ctype type, const char *callee, size_t n, ...)
{
    va_list ap;
    va_start(ap, n);
    struct cx *e = call(cb, type, callee, n, ap);
    va_end(ap);
    return e;
}

struct cx *cx_call_product(struct cbuild *cb, enum ctype type, const char *callee, size_t n, ...)
{
    va_list ap;
    va_start(ap, n);
    struct cx *e = call(cb, type, callee, n, ap);
    va_end(ap);
    e->product = true;
    return e;
}

struct cx *cx_fma(struct cbuild *cb, struct cx *a, struct cx *b, struct cx *c)
{
    return cx_call(cb, CT_REAL, cb->f64 ? "fma" : "fmaf", 3, a, b, c);
}

/* Initialiser lists. */

struct cx *cx_list(struct cbuild *cb, bool tall)
{
    struct cx *e = expr(cb, CX_LIST, CT_OTHER, NULL);
    e->tall = tall;
    return e;
}

enum { LIST_ROOM_MIN = 8 /* a list's first allocation; it doubles whenever count reaches 2^k */ };

static bool list_is_full(size_t count)
{
    return count == 0 || (count >= LIST_ROOM_MIN && (count & (count - 1)) == 0);
}

void cx_list_add(struct cbuild *cb, struct cx *list, const char *designator, struct cx *item)
{
    REQUIRE(list->kind == CX_LIST);
    size_t n = list->count;
    if (list_is_full(n)) {
        size_t room = n ? 2 * n : LIST_ROOM_MIN;
        struct cx **args = ARENA_ARRAY(cb->arena, struct cx *, room);
        const char **designators = ARENA_ARRAY(cb->arena, const char *, room);
        for (size_t i = 0; i < n; i++) {
            args[i] = list->args[i];
            designators[i] = list->designators[i];
        }
        list->args = args;
        list->designators = designators;
    }
    list->args[n] = item;
    if (designator)
        list->designators[n] = arena_strndup(cb->arena, designator, strlen(designator));
    list->count = (uint32_t)(n + 1);
}

void cx_mark_calls(const struct cx *e, const struct callees *callees)
{
    if (!e)
        return;
    for (size_t i = 0; e->kind == CX_CALL && i < callees->count; i++)
        if (!strcmp(e->text, callees->name[i]))
            callees->called[i] = true;
    for (size_t i = 0; i < e->count; i++)
        cx_mark_calls(e->args[i], callees);
    cx_mark_calls(e->a, callees);
    cx_mark_calls(e->b, callees);
    cx_mark_calls(e->c, callees);
}
