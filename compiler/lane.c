/* Lanes: scalar operators or vector intrinsics for the same formula. */
#include "lane.h"

struct cx *lane_constant(const struct lane *l, double v)
{
    if (!l->vector)
        return cx_real(l->cb, v);
    if (v == 0)
        return cx_call(l->cb, CT_VEC, l->vector->zero, 0);
    return cx_call(l->cb, CT_VEC, l->vector->splat, 1, cx_real(l->cb, v));
}

struct cx *lane_max(const struct lane *l, struct cx *a, struct cx *b)
{
    if (!l->vector)
        return cx_select(l->cb, cx_gt(l->cb, a, b), a, b);
    return cx_call(l->cb, CT_VEC, l->vector->max, 2, a, b);
}

struct cx *lane_select_gt(const struct lane *l, struct cx *a, struct cx *b, struct cx *yes,
                          struct cx *no)
{
    const struct isa_vector *v = l->vector;
    if (!v)
        return cx_select(l->cb, cx_gt(l->cb, a, b), yes, no);
    struct cx *mask = v->greater_last ? cx_call(l->cb, CT_VEC, v->greater, 3, a, b,
                                                cx_name(l->cb, CT_OTHER, v->greater_last))
                                      : cx_call(l->cb, CT_VEC, v->greater, 2, a, b);
    return cx_call(l->cb, CT_VEC, v->blend, 3, no, yes, mask);
}
