/* Lanes: scalar operators or vector intrinsics for the same formula. */
#include "lane.h"

#include "ice.h"

#include <math.h>

unsigned lane_count(const struct lane *l)
{
    return l->vector ? l->vector->lanes : 1;
}

struct cx *lane_splat(const struct lane *l, struct cx *scalar)
{
    return l->vector ? cx_call(l->cb, CT_VEC, l->vector->splat, 1, scalar) : scalar;
}

struct cx *lane_constant(const struct lane *l, double v)
{
    if (l->vector && v == 0 && !signbit(v))
        return cx_call(l->cb, CT_VEC, l->vector->zero, 0);
    return lane_splat(l, cx_real(l->cb, v));
}

struct cx *lane_local(const struct lane *l, const char *name, struct cx *v)
{
    const char *type = l->vector ? l->vector->type : cb_real_name(l->cb);
    if (l->suffix)
        name = arena_printf(l->cb->arena, "%s%s", name, l->suffix);
    return cb_declare(l->cb, arena_printf(l->cb->arena, "const %s", type),
                      l->vector ? CT_VEC : CT_REAL, name, v);
}

struct cx *lane_load(const struct lane *l, const char *name, struct cx *base, struct cx *i)
{
    struct cbuild *cb = l->cb;
    return lane_local(l, name,
                      l->vector ? cx_call(cb, CT_VEC, l->vector->load, 1, cx_add(cb, base, i))
                                : cx_at(cb, base, i));
}

void lane_store(const struct lane *l, struct cx *base, struct cx *i, struct cx *v)
{
    struct cbuild *cb = l->cb;
    if (l->vector)
        cb_do(cb, cx_call(cb, CT_OTHER, l->vector->store, 2, cx_add(cb, base, i), v));
    else
        cb_set(cb, cx_at(cb, base, i), v);
}

struct cx *lane_add(const struct lane *l, struct cx *a, struct cx *b)
{
    return l->vector ? cx_call(l->cb, CT_VEC, l->vector->add, 2, a, b) : cx_add(l->cb, a, b);
}

struct cx *lane_sub(const struct lane *l, struct cx *a, struct cx *b)
{
    return l->vector ? cx_call(l->cb, CT_VEC, l->vector->sub, 2, a, b) : cx_sub(l->cb, a, b);
}

struct cx *lane_div(const struct lane *l, struct cx *a, struct cx *b)
{
    return l->vector ? cx_call(l->cb, CT_VEC, l->vector->div, 2, a, b) : cx_div(l->cb, a, b);
}

struct cx *lane_sqrt(const struct lane *l, struct cx *a)
{
    if (l->vector)
        return cx_call(l->cb, CT_VEC, l->vector->sqrt, 1, a);
    return cx_call(l->cb, CT_REAL, l->cb->f64 ? "sqrt" : "sqrtf", 1, a);
}

struct cx *lane_neg(const struct lane *l, struct cx *a)
{
    if (!l->vector)
        return cx_neg(l->cb, a);
    struct cx *sign = lane_constant(l, -0.0);
    return a->product ? cx_call_product(l->cb, CT_VEC, l->vector->xor, 2, a, sign)
                      : cx_call(l->cb, CT_VEC, l->vector->xor, 2, a, sign);
}

struct cx *lane_abs(const struct lane *l, struct cx *a)
{
    if (!l->vector)
        return cx_call(l->cb, CT_REAL, l->cb->f64 ? "fabs" : "fabsf", 1, a);
    return cx_call(l->cb, CT_VEC, l->vector->andnot, 2, lane_constant(l, -0.0), a);
}

struct cx *lane_fma(const struct lane *l, struct cx *a, struct cx *b, struct cx *c)
{
    return l->vector ? cx_call(l->cb, CT_VEC, l->vector->fma, 3, a, b, c) : cx_fma(l->cb, a, b, c);
}

struct cx *lane_mul(const struct lane *l, struct cx *a, struct cx *b)
{
    return l->vector ? cx_call_product(l->cb, CT_VEC, l->vector->mul, 2, a, b)
                     : cx_mul(l->cb, a, b);
}

struct cx *lane_product(const struct lane *l, struct cx *a, struct cx *b)
{
    return lane_fma(l, a, b, lane_constant(l, -0.0));
}

struct cx *lane_max(const struct lane *l, struct cx *a, struct cx *b)
{
    if (!l->vector)
        return cx_select(l->cb, cx_gt(l->cb, a, b), a, b);
    return cx_call(l->cb, CT_VEC, l->vector->max, 2, a, b);
}

struct cx *lane_min(const struct lane *l, struct cx *a, struct cx *b)
{
    if (!l->vector)
        return cx_select(l->cb, cx_lt(l->cb, a, b), a, b);
    return cx_call(l->cb, CT_VEC, l->vector->min, 2, a, b);
}

/* last: a further argument, or NULL. */
static struct cx *mask(const struct lane *l, const char *compare, const char *last, struct cx *a,
                       struct cx *b)
{
    return last ? cx_call(l->cb, CT_VEC, compare, 3, a, b, cx_name(l->cb, CT_OTHER, last))
                : cx_call(l->cb, CT_VEC, compare, 2, a, b);
}

struct cx *lane_select_gt(const struct lane *l, struct cx *a, struct cx *b, struct cx *yes,
                          struct cx *no)
{
    const struct isa_vector *v = l->vector;
    if (!v)
        return cx_select(l->cb, cx_gt(l->cb, a, b), yes, no);
    return cx_call(l->cb, CT_VEC, v->blend, 3, no, yes, mask(l, v->greater, v->greater_last, a, b));
}

struct cx *lane_select_eq(const struct lane *l, struct cx *a, struct cx *b, struct cx *yes,
                          struct cx *no)
{
    const struct isa_vector *v = l->vector;
    if (!v)
        return cx_select(l->cb, cx_eq(l->cb, a, b), yes, no);
    return cx_call(l->cb, CT_VEC, v->blend, 3, no, yes, mask(l, v->equal, v->equal_last, a, b));
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

struct cx *lane_call(const struct lane *l, enum lane_function f, struct cx *x)
{
    struct cbuild *cb = l->cb;
    if (!l->vector)
        return cx_call(cb, CT_REAL, cb->f64 ? functions[f].f64 : functions[f].f32, 1, x);
    REQUIRE(l->vector->functions);
    return cx_call(cb, CT_VEC,
                   arena_printf(cb->arena, "%s_%s", functions[f].name, l->vector->functions), 1, x);
}
