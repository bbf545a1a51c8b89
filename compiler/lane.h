/* Lanes: formulas written once, emitted for one element or for a vector of them.
 *
 * An activation's formula is an expression over lanes; in a scalar loop it becomes C operators, in
 * a tile's epilogue the intrinsics of an instruction set. Both round at the same places. */
#ifndef MLPGEN_LANE_H
#define MLPGEN_LANE_H

#include "ctree.h"
#include "isa.h"

struct lane {
    struct cbuild *cb;
    const struct isa_vector *vector; /* NULL: scalar */
};

struct cx *lane_constant(const struct lane *l, double v);
/* a > b ? a : b, and b where they do not compare. */
struct cx *lane_max(const struct lane *l, struct cx *a, struct cx *b);
/* a > b ? yes : no */
struct cx *lane_select_gt(const struct lane *l, struct cx *a, struct cx *b, struct cx *yes,
                          struct cx *no);

#endif
