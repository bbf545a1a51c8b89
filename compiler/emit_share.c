/* How work is shared, in expressions of the emitted C. */
#include "emit_share.h"

#include "ops/ops.h"

struct cx *share_bound(struct cbuild *cb, struct cx *total, unsigned behind)
{
    struct cx *part = cx_add(cb, cx_name(cb, CT_INT, "part"), cx_int(cb, behind));
    return cx_call(cb, CT_INT, "mlprt_share", 3, total, part, cx_name(cb, CT_INT, "parts"));
}

struct cx *share_samples(struct emitter *em, unsigned behind)
{
    struct cbuild *cb = &em->cb;
    struct cx *total = emit_batch(cb, CT_INT, "n");
    if (!ir_has_columns(em->ir))
        return share_bound(cb, total, behind);
    struct cx *part = cx_add(cb, cx_name(cb, CT_INT, "part"), cx_int(cb, behind));
    return cx_call(cb, CT_INT, "mlprt_share_blocks", 4, total, cx_int(cb, PANEL), part,
                   cx_name(cb, CT_INT, "parts"));
}

struct cx *share_of(struct cbuild *cb, const struct share_extent *x, unsigned behind)
{
    return cx_mul(cb, share_bound(cb, cx_int(cb, x->count), behind), cx_int(cb, x->unit));
}

struct cx *share_declare_end(struct cbuild *cb, const char *name, const struct share_extent *x)
{
    struct cx *end = share_of(cb, x, 1), *total = cx_int(cb, x->total);
    if ((uint64_t)x->count * x->unit != x->total) {
        end = cb_declare(cb, "const size_t", CT_INT, "all", end);
        end = cx_select(cb, cx_lt(cb, total, end), total, end);
    }
    return cb_declare(cb, "const size_t", CT_INT, name, end);
}

void share_declare_panels(struct emitter *em, const struct tensor *w, struct emit_range *range)
{
    struct cbuild *cb = &em->cb;
    struct cx *panels = cx_int(cb, tensor_panels(w));
    range->panel = cb_declare(cb, "const size_t", CT_INT, "panel", share_bound(cb, panels, 0));
    range->panels = cb_declare(cb, "const size_t", CT_INT, "panels",
                               cx_sub(cb, share_bound(cb, panels, 1), range->panel));
}

struct emit_range share_open_blocks(struct cbuild *cb, struct cx *from, struct cx *end,
                                    uint32_t block)
{
    struct cx *size = cx_int(cb, block);
    struct cx *first = cb_for(cb, "first", from, end, block);
    struct cx *last = cb_declare(
        cb, "const size_t", CT_INT, "last",
        cx_select(cb, cx_lt(cb, cx_sub(cb, end, first), size), end, cx_add(cb, first, size)));
    return (struct emit_range){.first = first, .last = last};
}
