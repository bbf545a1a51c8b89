/* Lanes: scalar operators or vector intrinsics for the same formula. */
#include "lane.h"

#include "ice.h"

#include <math.h>
#include <string.h>

/* A spelling that is being read, and what its a, b and c stand for. */
struct spelling {
    struct cbuild *cb;
    const char *at;
    struct cx *operand[3];
};

enum { SPELLING_ARGS_MAX = 3 };

/* name(argument, …), an operand, or anything else up to where it ends. */
static struct cx *spell(struct spelling *s)
{
    struct cbuild *cb = s->cb;
    const size_t length = strcspn(s->at, "(,)");
    const char *word = arena_strndup(cb->arena, s->at, length);
    s->at += length;
    if (*s->at != '(') {
        const bool operand = length == 1 && *word >= 'a' && *word <= 'c';
        return operand ? s->operand[*word - 'a'] : cx_name(cb, CT_OTHER, word);
    }
    struct cx *args[SPELLING_ARGS_MAX];
    size_t n = 0;
    for (s->at++; *s->at != ')' && n < SPELLING_ARGS_MAX; s->at += strspn(s->at, ", "))
        args[n++] = spell(s);
    REQUIRE(*s->at == ')');
    s->at++;
    return cx_call_array(cb, CT_VEC, word, n, args);
}

struct cx *lane_spell(struct cbuild *cb, const char *spelling, struct cx *a, struct cx *b,
                      struct cx *c)
{
    struct spelling s = {cb, spelling, {a, b, c}};
    return spell(&s);
}

static struct cx *spell1(const struct lane *l, const char *spelling, struct cx *a)
{
    return lane_spell(l->cb, spelling, a, NULL, NULL);
}

static struct cx *spell2(const struct lane *l, const char *spelling, struct cx *a, struct cx *b)
{
    return lane_spell(l->cb, spelling, a, b, NULL);
}

/* The same, where it is a rounded product (ctree.h). */
static struct cx *spell_product(const struct lane *l, const char *spelling, struct cx *a,
                                struct cx *b)
{
    struct cx *e = spell2(l, spelling, a, b);
    e->product = true;
    return e;
}

unsigned lane_count(const struct lane *l)
{
    return l->vector ? l->vector->lanes : 1;
}

struct cx *lane_splat(const struct lane *l, struct cx *scalar)
{
    return l->vector ? spell1(l, l->vector->splat, scalar) : scalar;
}

struct cx *lane_constant(const struct lane *l, double v)
{
    if (l->vector && v == 0 && !signbit(v))
        return lane_spell(l->cb, l->vector->zero, NULL, NULL, NULL);
    return lane_splat(l, cx_real(l->cb, v));
}

static struct cx *declare(const struct lane *l, const char *qualifier, const char *name,
                          struct cx *v)
{
    struct arena *arena = l->cb->arena;
    const char *type = l->vector ? l->vector->type : cb_real_name(l->cb);
    if (l->suffix)
        name = arena_printf(arena, "%s%s", name, l->suffix);
    return cb_declare(l->cb, arena_printf(arena, "%s%s", qualifier, type),
                      l->vector ? CT_VEC : CT_REAL, name, v);
}

struct cx *lane_local(const struct lane *l, const char *name, struct cx *v)
{
    return declare(l, "const ", name, v);
}

struct cx *lane_variable(const struct lane *l, const char *name, struct cx *v)
{
    return declare(l, "", name, v);
}

struct cx *lane_at(const struct lane *l, struct cx *base, struct cx *i)
{
    return l->vector ? spell1(l, l->vector->load, cx_add(l->cb, base, i)) : cx_at(l->cb, base, i);
}

struct cx *lane_load(const struct lane *l, const char *name, struct cx *base, struct cx *i)
{
    return lane_local(l, name, lane_at(l, base, i));
}

struct cx *lane_label(const struct lane *l, struct cx *label, struct cx *i)
{
    struct cbuild *cb = l->cb;
    if (!l->vector)
        return cx_cast(cb, CT_REAL, cb_real_name(cb), cx_at(cb, label, i));
    const struct isa_bits *bits = &l->vector->bits;
    struct cx *at = cx_add(cb, label, i);
    if (bits->pointer)
        at = cx_cast(cb, CT_OTHER, bits->pointer, at);
    return spell1(l, bits->value, spell1(l, bits->load, at));
}

void lane_store(const struct lane *l, struct cx *base, struct cx *i, struct cx *v)
{
    struct cbuild *cb = l->cb;
    if (l->vector)
        cb_do(cb, spell2(l, l->vector->store, cx_add(cb, base, i), v));
    else
        cb_set(cb, cx_at(cb, base, i), v);
}

struct cx *lane_add(const struct lane *l, struct cx *a, struct cx *b)
{
    return l->vector ? spell2(l, l->vector->add, a, b) : cx_add(l->cb, a, b);
}

struct cx *lane_sub(const struct lane *l, struct cx *a, struct cx *b)
{
    return l->vector ? spell2(l, l->vector->sub, a, b) : cx_sub(l->cb, a, b);
}

struct cx *lane_div(const struct lane *l, struct cx *a, struct cx *b)
{
    return l->vector ? spell2(l, l->vector->div, a, b) : cx_div(l->cb, a, b);
}

struct cx *lane_sqrt(const struct lane *l, struct cx *a)
{
    if (l->vector)
        return spell1(l, l->vector->sqrt, a);
    return cx_call(l->cb, CT_REAL, l->cb->f64 ? "sqrt" : "sqrtf", 1, a);
}

struct cx *lane_neg(const struct lane *l, struct cx *a)
{
    if (!l->vector)
        return cx_neg(l->cb, a);
    struct cx *sign = lane_constant(l, -0.0);
    return a->product ? spell_product(l, l->vector->xor, a, sign)
                      : spell2(l, l->vector->xor, a, sign);
}

struct cx *lane_abs(const struct lane *l, struct cx *a)
{
    if (!l->vector)
        return cx_call(l->cb, CT_REAL, l->cb->f64 ? "fabs" : "fabsf", 1, a);
    return spell1(l, l->vector->abs, a);
}

struct cx *lane_fma(const struct lane *l, struct cx *a, struct cx *b, struct cx *c)
{
    return l->vector ? lane_spell(l->cb, l->vector->fma, a, b, c) : cx_fma(l->cb, a, b, c);
}

struct cx *lane_mul(const struct lane *l, struct cx *a, struct cx *b)
{
    return l->vector ? spell_product(l, l->vector->mul, a, b) : cx_mul(l->cb, a, b);
}

struct cx *lane_product(const struct lane *l, struct cx *a, struct cx *b)
{
    return lane_fma(l, a, b, lane_constant(l, -0.0));
}

struct cx *lane_select_gt(const struct lane *l, struct cx *a, struct cx *b, struct cx *yes,
                          struct cx *no)
{
    if (!l->vector)
        return cx_select(l->cb, cx_gt(l->cb, a, b), yes, no);
    return lane_spell(l->cb, l->vector->blend, no, yes, spell2(l, l->vector->greater, a, b));
}

struct cx *lane_select_eq(const struct lane *l, struct cx *a, struct cx *b, struct cx *yes,
                          struct cx *no)
{
    if (!l->vector)
        return cx_select(l->cb, cx_eq(l->cb, a, b), yes, no);
    return lane_spell(l->cb, l->vector->blend, no, yes, spell2(l, l->vector->equal, a, b));
}

struct cx *lane_max(const struct lane *l, struct cx *a, struct cx *b)
{
    if (l->vector && l->vector->max)
        return spell2(l, l->vector->max, a, b);
    return lane_select_gt(l, a, b, a, b);
}

struct cx *lane_min(const struct lane *l, struct cx *a, struct cx *b)
{
    if (!l->vector)
        return cx_select(l->cb, cx_lt(l->cb, a, b), a, b);
    if (l->vector->min)
        return spell2(l, l->vector->min, a, b);
    return lane_select_gt(l, b, a, a, b);
}

/* x·0 is a zero or not finite; an or takes a cycle where an fma takes four. */
struct cx *lane_fault(const struct lane *l, struct cx *fault, struct cx *x)
{
    struct cx *zero = lane_constant(l, 0);
    if (!l->vector)
        return lane_fma(l, x, zero, fault);
    return spell2(l, l->vector->or, fault, lane_fma(l, x, zero, zero));
}

static const struct {
    const char *name, *f32, *f64;
} functions[LANE_FUNCTION_COUNT] = {
    [LANE_EXP] = {"exp", "mlprt_expf", "exp"},
    [LANE_EXPM1] = {"expm1", "mlprt_expm1f", "expm1"},
    [LANE_LOG] = {"log", "mlprt_logf", "log"},
    [LANE_LOG1P] = {"log1p", "mlprt_log1pf", "log1p"},
    [LANE_TANH] = {"tanh", "mlprt_tanhf", "tanh"},
    [LANE_SIGMOID] = {"sigmoid", "mlprt_sigmoidf", "mlprt_sigmoid"},
    [LANE_ERF] = {"erf", "mlprt_erff", "erf"},
};

const char *lane_function_name(enum lane_function f)
{
    return functions[f].name;
}

static struct cx *call_vector(struct cbuild *cb, const struct isa_vector *v, enum lane_function f,
                              struct cx *x)
{
    REQUIRE(v->functions);
    return cx_call(cb, CT_VEC, arena_printf(cb->arena, "%s_%s", functions[f].name, v->functions), 1,
                   x);
}

struct cx *lane_call(const struct lane *l, enum lane_function f, struct cx *x)
{
    struct cbuild *cb = l->cb;
    if (l->vector)
        return call_vector(cb, l->vector, f, x);
    if (!l->borrowed)
        return cx_call(cb, CT_REAL, cb->f64 ? functions[f].f64 : functions[f].f32, 1, x);
    struct cx *splat = lane_spell(cb, l->borrowed->splat, x, NULL, NULL);
    struct cx *y = call_vector(cb, l->borrowed, f, splat);
    struct cx *first = lane_spell(cb, l->borrowed->first, y, NULL, NULL);
    first->type = CT_REAL;
    return first;
}
