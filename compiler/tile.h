/* Register tiles: functions of the generated file that compute a few rows and panels of
 *
 *     c[i][j] = start[j] + Σ_k a[i][k] · b[k][j]        k ascending, one fma each
 *
 * with all sums in registers; what is applied to the finished sums (relu, say) is a tile's
 * epilogue. Tiles are emitted once for each size and epilogue that a model needs, and inlined where
 * they are called with constant strides. */
#ifndef MLPGEN_TILE_H
#define MLPGEN_TILE_H

#include "ops/ops.h"

enum { TILE_ROWS_MAX = 16, TILE_VECTORS_MAX = PANEL, TILE_SIZES_MAX = 8 };

/* Rows of the tiles that an instruction set gets: as many as its registers hold sums for, then
 * powers of two, each half of the one before, then 1. Returns how many there are. */
size_t tile_rows(const struct isa *isa, bool f64, unsigned rows[TILE_SIZES_MAX]);

/* Panels side by side in a tile of so many rows, where there are so many. */
unsigned tile_panels(const struct isa *isa, bool f64, unsigned rows);
/* How many tiles of each width, in panels, cover a product's panels: as few as can be, of widths
 * that differ by one at most, since narrow tiles keep fewer sums and load more for each. */
struct tile_widths {
    uint32_t tiles[TILE_VECTORS_MAX + 2];
};
struct tile_widths tile_widths(const struct isa *isa, bool f64, unsigned rows, uint32_t panels);
/* Panels side by side where threads share them, and how many a thread has is only known when the
 * program runs: the whole width, then halves, down to one. Returns how many widths there are. */
enum { TILE_SHARED_WIDTHS = 5 };
size_t tile_shared_widths(const struct isa *isa, bool f64, unsigned rows,
                          unsigned widths[TILE_SHARED_WIDTHS]);

/* How many of op's posts a tile's epilogue takes; the rest follows in loops. */
size_t tile_posts(const struct op *op, const struct isa *isa);
/* "tile12x32_relu_avx512", "tile1x16_leaky_relu_grad_0p01_portable": different tiles have different
 * names. */
const char *tile_name(struct arena *arena, const struct op *op, const struct isa *isa,
                      unsigned rows, unsigned panels);

/* Length of the array `zeros` that sums without a bias start from; 0: there are none. */
unsigned tile_zeros(const struct ir *ir);

/* Notes that a tile is called: that of op's epilogue in this size. */
void tile_want(struct emit *e, const struct op *op, unsigned rows, unsigned panels);
/* Emits what was wanted of an instruction set. */
void tile_emit_all(struct cbuild *cb, const struct isa *isa, const struct tiles *tiles);

#endif
