/* Products of matrices: one emitter for all that training needs. Forward pass, dX and dW are the
 * same loops over the same register tiles (tile.h), with other strides. */
#ifndef MLPGEN_KERNEL_H
#define MLPGEN_KERNEL_H

#include "ops/ops.h"

/* A product as a looped op needs it; in expressions of the emitted C. */
struct product {
    uint32_t panels; /* in all; its rows are e->first … e->last-1 */
    struct cx *depth;
    /* a[i·a_row + k·a_step]; or in panels, a_panel not NULL: a[i / PANEL·a_panel + i % PANEL + …],
     * where the first row is that of a panel */
    struct cx *a, *a_row, *a_step, *a_panel;
    bool whole_panels; /* of a_panel: the number of rows is a multiple of PANEL, always */
    struct cx *b, *b_panel, *b_step; /* panel p: b[p·b_panel + k·b_step + j] */
    struct cx *start;                /* start[p·PANEL + j], or NULL: zeros */
    /* c[p·c_panel + (i − c_first)·c_row + j]; c_first NULL: 0 */
    struct cx *c, *c_first, *c_panel, *c_row;
};

/* Emits the loops over panels and rows that call the tiles. */
void kernel_emit_product(struct emit *e, const struct op *op, const struct product *p);

#endif
