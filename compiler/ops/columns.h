/* A dense layer of few units on mini-batches of whole blocks: samples in the lanes of vectors.
 *
 * With its units in the lanes, most of them would be idle. Its results and the derivatives by them
 * stand in columns instead, PANEL samples side by side, and its weights unit by unit (struct
 * tensor); the chains of every sum are the same. */
#ifndef MLPGEN_COLUMNS_H
#define MLPGEN_COLUMNS_H

#include "ops/ops.h"

/* y from x: blocks of PANEL rows of x are turned into columns; rows behind the last whole block go
 * one by one. */
void columns_emit_forward(struct emit *e, const struct op *op);
/* dw and db: the samples of all blocks, one after the other. */
void columns_emit_dw(struct emit *e, const struct op *op);
void columns_emit_db(struct emit *e, const struct op *op);

/* Opens a loop over blocks of PANEL of `total` samples; returns the first of each. */
struct cx *columns_open_blocks(struct cbuild *cb, struct cx *total);
/* Declares how many there are in the block from `first` on. */
struct cx *columns_declare_rows(struct cbuild *cb, struct cx *total, struct cx *first);
#endif
