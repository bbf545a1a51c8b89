/* Vector functions: each as the function of the same name in runtime/mlprt/math.h, step by step.
 * Why the steps are what they are is said there. */
#include "lane_math.h"

#include "lane.h"

/* What several functions share, as functions of their own. */
#define EXP_TAIL "exp_tail"
#define LOG_SUM  "log_sum"

/* Constants, by the names that C has for them. */

static struct cx *named(const struct lane *l, const char *name)
{
    return lane_splat(l, cx_name(l->cb, CT_REAL, name));
}

static struct cx *negated(const struct lane *l, const char *name)
{
    return lane_splat(l, cx_neg(l->cb, cx_name(l->cb, CT_REAL, name)));
}

/* Floats as the integers that their bits are. */

static struct cx *bits_of(const struct lane *l, struct cx *x)
{
    return lane_spell(l->cb, l->vector->bits.of_floats, x, NULL, NULL);
}

static struct cx *floats_of(const struct lane *l, struct cx *bits)
{
    return lane_spell(l->cb, l->vector->bits.to_floats, bits, NULL, NULL);
}

static struct cx *bits_splat(const struct lane *l, struct cx *value)
{
    return lane_spell(l->cb, l->vector->bits.splat, value, NULL, NULL);
}

static struct cx *bits_named(const struct lane *l, const char *name)
{
    return bits_splat(l, cx_name(l->cb, CT_INT, name));
}

static struct cx *bits_local(const struct lane *l, const char *name, struct cx *v)
{
    return cb_declare(l->cb, arena_printf(l->cb->arena, "const %s", l->vector->bits.type), CT_VEC,
                      name, v);
}

/* operation: one of l->vector->bits. */
static struct cx *bits(const struct lane *l, isa_spelling operation, struct cx *a, struct cx *b)
{
    return lane_spell(l->cb, operation, a, b, NULL);
}

/* Integers to where a float has its exponent, and back. */
static struct cx *to_exponent(const struct lane *l, struct cx *v)
{
    return bits(l, l->vector->bits.left, v, cx_int(l->cb, 23));
}

static struct cx *from_exponent(const struct lane *l, struct cx *v)
{
    return bits(l, l->vector->bits.right, v, cx_int(l->cb, 23));
}

/* |magnitude| with the sign of x. */
static struct cx *with_sign_of(const struct lane *l, struct cx *x, struct cx *magnitude)
{
    struct cx *sign =
        lane_local(l, "sign", lane_spell(l->cb, l->vector->xor, x, lane_abs(l, x), NULL));
    return lane_spell(l->cb, l->vector->xor, lane_abs(l, magnitude), sign, NULL);
}

/* Steps that several functions take. */

static struct cx *parameter(const struct lane *l, const char *name)
{
    return cx_name(l->cb, CT_VEC, name);
}

/* A NaN comes out as it went in. */
static void return_unless_nan(const struct lane *l, struct cx *x, struct cx *y)
{
    cb_return(l->cb, lane_select_eq(l, x, x, y, x));
}

/* Declares q = c[0] + c[1]·x + … + c[degree]·x^degree. */
static struct cx *polynomial(const struct lane *l, const char *c, int degree, struct cx *x)
{
    struct cbuild *cb = l->cb;
    struct cx *q = NULL;
    for (int i = degree; i >= 0; i--) {
        struct cx *ci = lane_splat(l, cx_at(cb, cx_name(cb, CT_REALS, c), cx_int(cb, i)));
        if (i == degree)
            q = cb_declare(cb, l->vector->type, CT_VEC, "q", ci);
        else
            cb_set(cb, q, lane_fma(l, q, x, ci));
    }
    return q;
}

struct reduced {
    struct cx *r, *power;
};

static struct reduced exp_reduce(const struct lane *l, struct cx *x)
{
    struct cx *rounder = named(l, "MLPRT_ROUNDER");
    struct cx *shifted =
        lane_local(l, "shifted", lane_fma(l, x, named(l, "MLPRT_LOG2_E"), rounder));
    struct cx *k = lane_local(l, "k", lane_sub(l, shifted, rounder));
    struct cx *high = lane_fma(l, k, negated(l, "MLPRT_LN2_HIGH"), x);
    struct cx *r = lane_local(l, "r", lane_fma(l, k, negated(l, "MLPRT_LN2_LOW"), high));
    return (struct reduced){r, bits_local(l, "power", to_exponent(l, bits_of(l, shifted)))};
}

static struct cx *exp_tail(const struct lane *l, struct cx *r)
{
    const char *name = arena_printf(l->cb->arena, EXP_TAIL "_%s", l->vector->functions);
    return cx_call(l->cb, CT_VEC, name, 1, r);
}

/* The bits of p·2^k. */
static struct cx *exp_scale(const struct lane *l, struct cx *p, struct reduced z)
{
    return bits(l, l->vector->bits.add, bits_of(l, p), z.power);
}

static struct cx *exp_rest(const struct lane *l, struct cx *r)
{
    struct cx *q = exp_tail(l, r);
    return lane_local(l, "rest", lane_fma(l, lane_mul(l, r, r), q, r));
}

/* rest: exp_rest of z.r */
static struct cx *exp_minus_one(const struct lane *l, struct reduced z, struct cx *rest)
{
    struct cx *one = bits_named(l, "MLPRT_BITS_ONE");
    struct cx *raised = bits(l, l->vector->bits.add, one, z.power);
    struct cx *scale = lane_local(l, "scale", floats_of(l, raised));
    return lane_local(l, "m", lane_fma(l, scale, rest, lane_sub(l, scale, lane_constant(l, 1))));
}

static struct cx *log_split(const struct lane *l, struct cx *x)
{
    struct cx *split =
        bits(l, l->vector->bits.add, bits_of(l, x), bits_named(l, "MLPRT_LOG_SPLIT"));
    return bits_local(l, "split", split);
}

static struct cx *log_sum(const struct lane *l, struct cx *exponent, struct cx *bias, struct cx *f)
{
    struct cx *k =
        lane_sub(l, lane_spell(l->cb, l->vector->bits.value, exponent, NULL, NULL), bias);
    const char *name = arena_printf(l->cb->arena, LOG_SUM "_%s", l->vector->functions);
    return lane_local(l, "sum", cx_call(l->cb, CT_VEC, name, 2, lane_local(l, "k", k), f));
}

/* sum where x is finite and above `end`, where the logarithm is -inf. */
static void return_log(const struct lane *l, struct cx *x, struct cx *end, struct cx *sum)
{
    struct cx *infinity = named(l, "INFINITY");
    struct cx *y = lane_local(l, "y", lane_select_gt(l, infinity, x, sum, x));
    struct cx *nan = floats_of(l, bits_named(l, "MLPRT_BITS_NAN"));
    struct cx *inside = lane_local(l, "inside", lane_select_gt(l, end, x, nan, y));
    cb_return(l->cb, lane_select_eq(l, x, end, negated(l, "INFINITY"), inside));
}

/* The functions. */

static void exp_body(const struct lane *l)
{
    struct cx *x = parameter(l, "x"), *one = lane_constant(l, 1);
    struct cx *highest = named(l, "MLPRT_EXP_HIGHEST");
    struct cx *raised = lane_local(l, "raised", lane_max(l, x, named(l, "MLPRT_EXP_LOWEST")));
    struct cx *clamped = lane_local(l, "clamped", lane_min(l, raised, highest));

    const struct reduced z = exp_reduce(l, clamped);
    struct cx *q = lane_local(l, "q", exp_tail(l, z.r));
    struct cx *p = lane_local(l, "p", lane_fma(l, lane_fma(l, q, z.r, one), z.r, one));

    struct cx *normal = bits_local(l, "bits", exp_scale(l, p, z));
    struct cx *up = bits_splat(l, cx_int(l->cb, 64 << 23));
    struct cx *lifted =
        lane_local(l, "lifted", floats_of(l, bits(l, l->vector->bits.add, normal, up)));
    struct cx *least = lane_constant(l, 0x1p-126);
    struct cx *sum = lane_local(l, "sum", lane_fma(l, lifted, lane_constant(l, 0x1p-64), least));
    struct cx *small = bits(l, l->vector->bits.sub, bits_of(l, sum), bits_of(l, least));
    small = bits_local(l, "small", small);

    struct cx *y = lane_select_gt(l, named(l, "MLPRT_EXP_NORMAL"), clamped, floats_of(l, small),
                                  floats_of(l, normal));
    y = lane_select_gt(l, x, highest, named(l, "INFINITY"), lane_local(l, "y", y));
    return_unless_nan(l, x, lane_local(l, "ended", y));
}

static void expm1_body(const struct lane *l)
{
    struct cx *x = parameter(l, "x"), *highest = named(l, "MLPRT_EXP_HIGHEST");
    struct cx *raised = lane_local(l, "raised", lane_max(l, x, named(l, "MLPRT_EXPM1_LOWEST")));
    struct cx *clamped = lane_local(l, "clamped", lane_min(l, raised, highest));

    const struct reduced z = exp_reduce(l, clamped);
    struct cx *rest = exp_rest(l, z.r);
    struct cx *near = lane_local(l, "near", with_sign_of(l, x, exp_minus_one(l, z, rest)));
    struct cx *p = lane_local(l, "p", lane_add(l, lane_constant(l, 1), rest));
    struct cx *large = lane_local(l, "large", floats_of(l, exp_scale(l, p, z)));

    struct cx *y = lane_select_gt(l, clamped, named(l, "MLPRT_EXPM1_LARGE"), large, near);
    y = lane_select_gt(l, x, highest, named(l, "INFINITY"), lane_local(l, "y", y));
    return_unless_nan(l, x, lane_local(l, "ended", y));
}

static void exp_tail_body(const struct lane *l)
{
    cb_return(l->cb, polynomial(l, "mlprt_exp_q", 5, parameter(l, "r")));
}

static void log_sum_body(const struct lane *l)
{
    struct cx *k = parameter(l, "k"), *f = parameter(l, "f");
    struct cx *q = polynomial(l, "mlprt_log_q", 8, f);
    struct cx *high = lane_local(l, "high", lane_fma(l, k, named(l, "MLPRT_LN2_HIGH"), f));
    struct cx *back = lane_fma(l, k, negated(l, "MLPRT_LN2_HIGH"), high);
    struct cx *low = lane_local(l, "low", lane_sub(l, f, back));
    struct cx *rest = lane_fma(l, k, named(l, "MLPRT_LN2_LOW"), low);
    cb_return(l->cb, lane_add(l, high, lane_fma(l, lane_mul(l, f, f), q, rest)));
}

static void log_body(const struct lane *l)
{
    struct cx *x = parameter(l, "x"), *normal = named(l, "MLPRT_LOG_NORMAL");
    struct cx *lifted = lane_local(l, "lifted", lane_product(l, x, lane_constant(l, 0x1p+23)));
    struct cx *scaled = lane_local(l, "scaled", lane_select_gt(l, normal, x, lifted, x));
    struct cx *bias =
        lane_select_gt(l, normal, x, lane_constant(l, 127 + 23), lane_constant(l, 127));
    bias = lane_local(l, "bias", bias);

    struct cx *split = log_split(l, scaled);
    struct cx *below = bits(l, l->vector->bits.and, split, bits_named(l, "MLPRT_BITS_FRACTION"));
    struct cx *rest = bits(l, l->vector->bits.add, bits_local(l, "below", below),
                           bits_named(l, "MLPRT_BITS_ROOT_HALF"));
    struct cx *f = lane_local(l, "f", lane_sub(l, floats_of(l, rest), lane_constant(l, 1)));
    return_log(l, x, lane_constant(l, 0), log_sum(l, from_exponent(l, split), bias, f));
}

static void log1p_body(const struct lane *l)
{
    struct cx *x = parameter(l, "x"), *large = named(l, "MLPRT_LOG1P_LARGE");
    struct cx *one = lane_constant(l, 1);
    struct cx *lowered = lane_local(l, "lowered", lane_product(l, x, lane_constant(l, 0x1p-32)));
    struct cx *near = lane_local(l, "near", lane_select_gt(l, x, large, lowered, x));
    struct cx *bias =
        lane_select_gt(l, x, large, lane_constant(l, 127 - 32), lane_constant(l, 127));
    bias = lane_local(l, "bias", bias);

    struct cx *split = log_split(l, lane_local(l, "shifted", lane_add(l, one, near)));
    struct cx *exponent = bits_local(l, "exponent", from_exponent(l, split));
    struct cx *mirrored = bits(l, l->vector->bits.sub, bits_splat(l, cx_int(l->cb, 254)), exponent);
    struct cx *inverse = to_exponent(l, bits_local(l, "mirrored", mirrored));
    struct cx *power = lane_local(l, "power", floats_of(l, inverse));
    struct cx *f = lane_local(l, "f", lane_fma(l, near, power, lane_sub(l, power, one)));
    struct cx *sum = log_sum(l, exponent, bias, f);
    return_log(l, x, lane_constant(l, -1), lane_local(l, "odd", with_sign_of(l, x, sum)));
}

static void tanh_body(const struct lane *l)
{
    struct cx *x = parameter(l, "x");
    struct cx *a =
        lane_local(l, "clamped", lane_min(l, lane_abs(l, x), named(l, "MLPRT_TANH_ONE")));
    const struct reduced z = exp_reduce(l, lane_local(l, "twice", lane_add(l, a, a)));
    struct cx *m = exp_minus_one(l, z, exp_rest(l, z.r));
    struct cx *y = lane_div(l, m, lane_add(l, m, lane_constant(l, 2)));
    struct cx *odd = with_sign_of(l, x, lane_local(l, "y", y));
    return_unless_nan(l, x, lane_local(l, "odd", odd));
}

static void sigmoid_body(const struct lane *l)
{
    struct cx *x = parameter(l, "x"), *one = lane_constant(l, 1);
    struct cx *a = lane_local(l, "a", lane_abs(l, x));
    struct cx *z = lane_local(l, "z", lane_call(l, LANE_EXP, lane_neg(l, a)));
    struct cx *over = lane_local(l, "over", lane_select_gt(l, lane_constant(l, 0), x, z, one));
    struct cx *y = lane_div(l, over, lane_add(l, one, z));
    return_unless_nan(l, x, lane_local(l, "y", y));
}

static void erf_body(const struct lane *l)
{
    struct cx *x = parameter(l, "x");
    struct cx *c = lane_local(l, "c", lane_min(l, lane_abs(l, x), named(l, "MLPRT_ERF_ONE")));
    struct cx *q = polynomial(l, "mlprt_erf_q", 9, c);
    struct cx *w = lane_local(l, "w", lane_fma(l, q, c, lane_neg(l, c)));
    const struct reduced z = exp_reduce(l, w);
    struct cx *odd = with_sign_of(l, x, exp_minus_one(l, z, exp_rest(l, z.r)));
    return_unless_nan(l, x, lane_local(l, "odd", odd));
}

struct function {
    const char *name, *scalar;  /* in math.h: mlprt_expf */
    const char *first, *second; /* parameters; the second may be NULL */
    void (*body)(const struct lane *);
};

static void emit_function(const struct lane *l, const struct isa *isa, const struct function *f)
{
    struct cbuild *cb = l->cb;
    const char *type = l->vector->type;
    const char *params = arena_printf(cb->arena, "%s %s", type, f->first);
    if (f->second)
        params = arena_printf(cb->arena, "%s, %s %s", params, type, f->second);
    cb_comment(cb, "%s of mlprt/math.h, step by step, for %u floats at once.", f->scalar,
               l->vector->lanes);
    cb_function(cb,
                arena_printf(cb->arena, "%s%sstatic inline %s",
                             isa->attribute ? isa->attribute : "", isa->attribute ? "\n" : "",
                             type),
                arena_printf(cb->arena, "%s_%s", f->name, l->vector->functions), params);
    f->body(l);
    cb_end(cb);
    cb_blank(cb);
}

enum { MATH_COUNT = LANE_FUNCTION_COUNT + 2 /* that they share */ };

/* All functions, each behind those that it calls. */
static void list_functions(struct arena *arena, struct function list[MATH_COUNT])
{
    static void (*const bodies[LANE_FUNCTION_COUNT])(const struct lane *) = {
        [LANE_EXP] = exp_body,         [LANE_EXPM1] = expm1_body, [LANE_LOG] = log_body,
        [LANE_LOG1P] = log1p_body,     [LANE_TANH] = tanh_body,   [LANE_ERF] = erf_body,
        [LANE_SIGMOID] = sigmoid_body,
    };
    list[0] = (struct function){EXP_TAIL, "mlprt_" EXP_TAIL, "r", NULL, exp_tail_body};
    list[1] = (struct function){LOG_SUM, "mlprt_" LOG_SUM, "k", "f", log_sum_body};
    for (int f = 0; f < LANE_FUNCTION_COUNT; f++) {
        const char *name = lane_function_name((enum lane_function)f);
        list[2 + f] =
            (struct function){name, arena_printf(arena, "mlprt_%sf", name), "x", NULL, bodies[f]};
    }
}

void lane_math_emit(struct cbuild *cb, const struct isa *isa, const struct cs *users)
{
    const struct lane l = {.cb = cb, .vector = isa_vector(isa, cb->f64)};
    struct function function[MATH_COUNT];
    const char *name[MATH_COUNT];
    bool called[MATH_COUNT] = {false};
    const struct callees callees = {MATH_COUNT, name, called};
    if (!l.vector->functions)
        return;
    list_functions(cb->arena, function);
    for (size_t i = 0; i < MATH_COUNT; i++)
        name[i] = arena_printf(cb->arena, "%s_%s", function[i].name, l.vector->functions);
    cs_mark_calls(users, &callees);
    struct cs *all = NULL; /* the last first, since it says which of the others it needs */
    for (size_t i = MATH_COUNT; i-- > 0;) {
        if (!called[i])
            continue;
        struct cs *own = NULL, **here = cb_redirect(cb, &own);
        emit_function(&l, isa, &function[i]);
        cs_mark_calls(own, &callees);
        cb_append(cb, all);
        cb_redirect(cb, here);
        all = own;
    }
    cb_append(cb, all);
}
