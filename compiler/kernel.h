/* Register tiles: one emitter for every product of matrices that training needs.
 *
 * A tile is a function of the generated file that computes `rows` x PANEL elements of
 *
 *     c[i][j] = start[j] + Σ_k a[i][k] · b[k][j]        k ascending, one fma each
 *
 * with all sums in registers. Forward pass, dX and dW are the same tile with other strides; what is
 * applied to the finished sums (relu, say) is its epilogue. Tiles are emitted once for each pair of
 * rows and epilogue that a model needs, and inlined where they are called with constant strides. */
#ifndef MLPGEN_KERNEL_H
#define MLPGEN_KERNEL_H

#include "ops/ops.h"

/* A product as a looped op needs it; in expressions of the emitted C. */
struct product {
    uint32_t panels; /* its rows are e->first … e->last-1 */
    struct cx *depth;
    /* a[i·a_row + k·a_step]; or in panels, a_panel not NULL: a[i / PANEL·a_panel + i % PANEL + …],
     * where the first row is that of a panel */
    struct cx *a, *a_row, *a_step, *a_panel;
    struct cx *b, *b_panel, *b_step; /* panel p: b[p·b_panel + k·b_step + j] */
    struct cx *start;                /* start[p·PANEL + j], or NULL: zeros */
    /* c[p·c_panel + (i − c_first)·c_row + j]; c_first NULL: 0 */
    struct cx *c, *c_first, *c_panel, *c_row;
};

/* How many of op's posts a tile's epilogue takes; the rest follows in loops. */
size_t kernel_posts(const struct op *op, const struct isa *isa);

/* Emits the loops over panels and rows that call the tiles. */
void kernel_emit_product(struct emit *e, const struct op *op, const struct product *p);

/* Length of the array `zeros` that sums without a bias start from; 0: there are none. */
unsigned kernel_zeros(const struct ir *ir);

/* Emits the tiles that the IR's looped ops call on one instruction set. */
void kernel_emit_tiles(struct cbuild *cb, const struct ir *ir, const struct isa *isa);

#endif
