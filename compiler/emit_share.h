/* Which part of the work a thread does: in functions that have part and parts, and share by
 * mlprt_share (mlprt/parallel.h). */
#ifndef MLPGEN_EMIT_SHARE_H
#define MLPGEN_EMIT_SHARE_H

#include "emit.h"

/* Where this thread's share of `total` things starts; with behind = 1: where it ends. */
struct cx *share_bound(struct cbuild *cb, struct cx *total, unsigned behind);

/* The same of the samples of a batch: where some stand in columns, in whole blocks. */
struct cx *share_samples(struct emitter *em, unsigned behind);

/* What there is to share: `count` stretches of `unit` things, `total` things in all. */
struct share_extent {
    uint32_t count, unit, total;
};
/* Where this thread's share starts; with behind = 1: where it ends, the last one rounded up. */
struct cx *share_of(struct cbuild *cb, const struct share_extent *x, unsigned behind);
/* Declares the end of this thread's share under that name. */
struct cx *share_declare_end(struct cbuild *cb, const char *name, const struct share_extent *x);

/* Declares which panels of a layer's weights are this thread's. */
void share_declare_panels(struct emitter *em, const struct tensor *w, struct emit_range *range);

/* Opens a loop from `from` to `end`, `block` at a time: first … last-1. */
struct emit_range share_open_blocks(struct cbuild *cb, struct cx *from, struct cx *end,
                                    uint32_t block);

#endif
