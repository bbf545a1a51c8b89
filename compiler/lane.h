/* Lanes: formulas written once, emitted for one element or for a vector of them.
 *
 * A formula is an expression over lanes; in a scalar loop it becomes C operators, in a tile or a
 * vector loop the intrinsics of an instruction set. Both round at the same places. */
#ifndef MLPGEN_LANE_H
#define MLPGEN_LANE_H

#include "ctree.h"
#include "isa.h"

struct lane {
    struct cbuild *cb;
    const struct isa_vector *vector; /* NULL: scalar */
    /* Of a scalar: the vectors whose functions it uses, for their first lane, in the place of the
     * runtime's, which are compiled for every machine of a kind. NULL: the runtime's. */
    const struct isa_vector *borrowed;
    const char *suffix; /* of the names that a formula declares, where it stands there repeatedly */
};

/* The operation on operands a, b and c, of which the later may be NULL, as an instruction set
 * spells it (isa.h). */
struct cx *lane_spell(struct cbuild *cb, isa_spelling spelling, struct cx *a, struct cx *b,
                      struct cx *c);

/* Elements in a lane value: 1 of a scalar. */
unsigned lane_count(const struct lane *l);

struct cx *lane_constant(const struct lane *l, double v);
/* The same scalar in every lane. */
struct cx *lane_splat(const struct lane *l, struct cx *scalar);
/* "const float NAME = v;" or a vector, for a value that a formula needs twice; returns the name. */
struct cx *lane_local(const struct lane *l, const char *name, struct cx *v);
/* The same, to be set again. */
struct cx *lane_variable(const struct lane *l, const char *name, struct cx *v);
/* base[i …], as lanes; base points to elements. */
struct cx *lane_at(const struct lane *l, struct cx *base, struct cx *i);
/* The same, declared as a constant of that name. */
struct cx *lane_load(const struct lane *l, const char *name, struct cx *base, struct cx *i);
/* The classes label[i …] as numbers; vectors need functions for it. */
struct cx *lane_label(const struct lane *l, struct cx *label, struct cx *i);
void lane_store(const struct lane *l, struct cx *base, struct cx *i, struct cx *v);

struct cx *lane_add(const struct lane *l, struct cx *a, struct cx *b);
struct cx *lane_sub(const struct lane *l, struct cx *a, struct cx *b);
struct cx *lane_div(const struct lane *l, struct cx *a, struct cx *b);
struct cx *lane_sqrt(const struct lane *l, struct cx *a);
struct cx *lane_neg(const struct lane *l, struct cx *a);
struct cx *lane_abs(const struct lane *l, struct cx *a);
/* a·b + c, rounded once. */
struct cx *lane_fma(const struct lane *l, struct cx *a, struct cx *b, struct cx *c);
/* a·b as what ctree.h calls a rounded product: good for nothing but further products and fmas. */
struct cx *lane_mul(const struct lane *l, struct cx *a, struct cx *b);
/* a·b, rounded, as a value that may be stored and added to: fma(a, b, −0), where −0 leaves the sign
 * of a zero alone. gcc, which fuses products across statements, leaves an fma alone; clang would
 * take this one for a product under -ffp-contract=fast, so formulas do not add it themselves. */
struct cx *lane_product(const struct lane *l, struct cx *a, struct cx *b);
/* a > b ? a : b, and b where they do not compare. */
struct cx *lane_max(const struct lane *l, struct cx *a, struct cx *b);
/* a < b ? a : b, likewise. */
struct cx *lane_min(const struct lane *l, struct cx *a, struct cx *b);
/* a > b ? yes : no */
struct cx *lane_select_gt(const struct lane *l, struct cx *a, struct cx *b, struct cx *yes,
                          struct cx *no);
/* a == b ? yes : no */
struct cx *lane_select_eq(const struct lane *l, struct cx *a, struct cx *b, struct cx *yes,
                          struct cx *no);

/* What `fault` says, or a NaN where x is not finite; fault is a zero, of any sign, or a NaN. */
struct cx *lane_fault(const struct lane *l, struct cx *fault, struct cx *x);

/* Functions of the runtime's mathematics (runtime/mlprt/math.h): of a scalar, in double the C
 * library's; of a vector those of lane_math.h, where it has functions. */
enum lane_function {
    LANE_EXP,
    LANE_LOG,
    LANE_EXPM1,
    LANE_LOG1P,
    LANE_TANH,
    LANE_SIGMOID,
    LANE_ERF,
    LANE_FUNCTION_COUNT
};
struct cx *lane_call(const struct lane *l, enum lane_function f, struct cx *x);
/* "exp": the vector function is exp_avx2, the scalar one mlprt_expf. */
const char *lane_function_name(enum lane_function f);

#endif
