/* Ops as vertical slices: what every op of the IR has to say for itself.
 *
 * A file of ops/ owns a family of ops: shape rule, gradient, evaluation and emission stand
 * together, forward next to backward. op.def lists them. Elsewhere kinds are asked for only by what
 * decides on layouts and fusing (pass_schedule.c, pass_fuse.c) and on times (cost.c). */
#ifndef MLPGEN_OPS_H
#define MLPGEN_OPS_H

#include "ctree.h"
#include "ir.h"
#include "ir_eval.h"
#include "isa.h"
#include "lane.h"

/* Tiles that ops call (tile.h), each once: those of an op's epilogue in so many rows and panels. */
struct tile_wanted {
    const struct op *op;
    unsigned rows, panels;
};
struct tiles {
    VEC(struct tile_wanted) wanted;
};

/* The function that an op is emitted into. */
struct emit {
    struct cbuild *cb;
    const struct ir *ir;
    const struct isa *isa;
    const struct op *op;
    /* Its parameters: pointers to the first element of each tensor (of `batch` rows). */
    struct cx *in[OP_IN_MAX], *out[OP_OUT_MAX], *aux[OP_POST_MAX];
    struct cx *first, *last; /* rows of a PHASE_ROWS op; slices of one over weights that has any */
    /* Of an op that makes or uses the gradient of a sliced matrix: elements between the panels of
     * the gradient, which starts with slice `first`. */
    struct cx *panel_step;
    struct cx *panels; /* of an op by units: how many, from its pointers on */
    struct cx *n;      /* samples, of a PHASE_WEIGHTS op */
    struct cx *fault;  /* of a PHASE_UPDATE op: where what is not finite is noted */
    struct tiles *tiles;
};

/* Further parameters that an op's function takes. */
enum { NEED_RANDOM = 1 /* seed, step, number of the first sample */, NEED_TRAINING = 2 };

enum { OP_SCALARS_MAX = 6 };
/* Slices of a matrix's gradient that are summed and used before the next ones: enough to use what
 * is loaded of dy several times. */
enum { DW_SLICES = 3 };

struct op_rule {
    unsigned inputs, outputs; /* at most so many … */
    unsigned optional;        /* … of which the last so many inputs may be missing */
    const char *in_names[OP_IN_MAX], *out_names[OP_OUT_MAX]; /* in emitted C */
    const char *verb;                                        /* NULL: forward or backward */
    unsigned needs;
    bool training_only; /* no part of an evaluation */
    /* Names of further parameters of the element type: numbers of the step, declared by
     * update_emit_constants. Returns how many; NULL: none. */
    size_t (*scalars)(const struct ir *, const struct op *, const char *names[OP_SCALARS_MAX]);

    /* Shapes agree? ICE where not. */
    void (*check)(const struct ir *, const struct op *);
    /* Appends the ops that carry d_out, the adjoint of out[0], back to in[0], and those for the
     * parameters; returns the adjoint of in[0]. NULL: not part of a forward pass. */
    int (*gradient)(struct ir *, const struct op *, int d_out);
    /* The oracle: naive loops in the defined order. */
    void (*eval)(struct ir_eval *, const struct op *);
    /* Emits the body of the op's function. */
    void (*emit)(struct emit *, const struct op *);
    /* The formula above the function: "hidden1 = x·W + b". */
    const char *(*formula)(struct arena *, const struct ir *, const struct op *);
    /* Floating-point operations for one sample, a multiply-add counted as two. */
    uint64_t (*flops)(const struct ir *, const struct op *);
};

const struct op_rule *op_rule(enum op_kind kind);
/* What an op does: its emitted function is BASE_VERB and the instruction set. */
const char *op_verb(const struct op *op);

/* A tensor that an optimizer keeps for each parameter: its key in a checkpoint, as PyTorch calls
 * it, and how its name ends in emitted C. */
struct update_state {
    const char *key, *suffix;
};
/* The states that an optimizer keeps; returns how many. */
size_t update_states(const struct word *optimizer, struct update_state states[STATE_MAX]);
/* Appends the optimizer's step on every trained tensor, behind the norms of the gradients where
 * they are clipped. */
void update_append(struct ir *ir);
/* Declares the numbers of a step that the ops of a phase take as parameters. */
void update_emit_constants(struct cbuild *cb, const struct ir *ir, enum phase phase);

/* Names of op.attr where they are not the word's arguments. */
enum { DROPOUT_ATTR_P, DROPOUT_ATTR_CLASSIC };

/* One element-wise op applied to a value in a lane (scalar or vector): what the fuse pass may hang
 * behind another op, as its post number i. aux is the second input's value at the same place, or
 * NULL. */
struct cx *post_emit(const struct lane *l, const struct post *post, size_t i, struct cx *x,
                     struct cx *aux);
double post_eval(const struct ir_eval *ev, const struct post *post, double x, double aux);
/* Do they compute the same of a value and a second input? */
bool post_same(const struct post *a, const struct post *b);
/* An OP_ACT or OP_ACT_GRAD as a post. */
struct post post_of(const struct op *op);
/* "relu", "relu_grad" */
const char *post_name(struct arena *arena, const struct post *post);
/* "leaky_relu(X; slope = 0.01)", "relu_grad(X, hidden)" */
const char *post_apply(struct arena *arena, const struct ir *ir, const struct post *post,
                       const char *x);
/* "d_hidden = y > 0 ? sum : 0,  sum = …, y = hidden": of an OP_ACT_GRAD whose dy is called so. */
const char *post_formula(struct arena *arena, const struct ir *ir, const struct post *post,
                         const char *dx, const char *name, const char *dy);
/* What the second input of an op's post number i is called in emitted C: "y" or "x", and behind the
 * first "yb", "xc" … */
const char *post_aux_name(struct arena *arena, const struct post *post, size_t i);
/* Is it applied in a tile's epilogue, or behind the tiles? What calls functions is no faster there,
 * and tiles of every size would be long. */
bool post_in_tile(const struct post *post, const struct isa *isa);
/* Emits loops that apply op's posts from number `from` on to the rows first … last-1 of out[0]. */
void emit_posts(struct emit *e, const struct op *op, size_t from);

/* Does a softmax take PANEL samples at a time with such vectors? */
bool softmax_has_blocks(const struct ir *ir, const struct op *op, const struct isa_vector *v);

/* Small helpers that several ops use. */

/* batch->NAME, a member of struct mlprt_batch. */
struct cx *emit_batch(struct cbuild *cb, enum ctype type, const char *name);
/* A tensor's width (N_hidden1) and the distance between its rows (LD_hidden1, or N_ where they are
 * equal), as they are named in emitted C. */
struct cx *emit_units(struct emit *e, int tensor);
struct cx *emit_stride(struct emit *e, int tensor);
/* From a sample to the next one: the same, but of a packed tensor, whose panels are LD_ apart. */
struct cx *emit_row_step(struct cbuild *cb, const struct tensor *t);
/* The lane of a vector of the function that e is about, or of one element where it has none. */
struct lane emit_vector_lane(const struct emit *e);
/* A lane of one element in the function that e is about; suffix as in struct lane. */
struct lane emit_scalar_lane(const struct emit *e, const char *suffix);
/* Declares a pointer to row `row` of a per-sample tensor that starts at base, to read or to write.
 */
struct cx *emit_row_in(struct emit *e, const char *name, struct cx *base, int tensor,
                       struct cx *row);
struct cx *emit_row_out(struct emit *e, const char *name, struct cx *base, int tensor,
                        struct cx *row);
/* The same of every input of an op, each a per-sample tensor, named after it: "xr", "dyr". */
void emit_rows_in(struct emit *e, const struct op *op, struct cx *r, struct cx *row[OP_IN_MAX]);
/* Declares a constant with the value of row[j], named prefix and the column: what the arms of a
 * cx_select are made of. */
struct cx *emit_load(struct emit *e, const char *prefix, struct cx *row, struct cx *j);
/* What ends the names of a column's values: its number where j is a constant, else the name of j.
 */
const char *emit_suffix(struct emit *e, struct cx *j);
/* Calls body for every column of a tensor: straight-line for constants 0 … units-1, else in a loop
 * over j. */
typedef void emit_body(struct emit *e, struct cx *j, void *context);
void emit_columns(struct emit *e, int tensor, bool straight, emit_body *body, void *context);

/* Where whole steps of a size end that go from first towards last: a constant, where those are, or
 * declared by that name. */
struct cx *emit_whole_steps(struct cbuild *cb, const char *name, struct cx *first, struct cx *last,
                            unsigned size);

/* Sets the first `count` elements of an array to 0. */
void emit_fill_zeros(struct emit *e, struct cx *array, struct cx *count);

/* Sums over the batch for each column, into out[0]: term returns what the sum of column j becomes
 * with the rows of one sample, one for each input. Looped, a panel's sums are in registers;
 * straight, all are in memory between the samples. */
typedef struct cx *emit_term(const struct lane *l, struct cx *const *row, struct cx *j,
                             struct cx *sum);
void emit_column_sums(struct emit *e, const struct op *op, emit_term *term);

/* Calls body for every column of a per-sample tensor: straight-line for constants, else in a loop
 * over j, as many at a time as a vector holds (one by one where body calls functions that vectors
 * do not have). What is behind the last column is padding then, of every tensor that the op
 * touches, and may be read and written. */
typedef void emit_lanes_body(struct emit *e, const struct lane *l, struct cx *j, void *context);
void emit_lanes(struct emit *e, int tensor, bool straight, bool calls, emit_lanes_body *body,
                void *context);

/* The gradient rule of a loss: appends op `kind`, which computes the adjoint of the loss's in[0]
 * from value and the loss's targets. The adjoint of the loss itself is 1. */
int append_loss_gradient(struct ir *ir, const struct op *loss, enum op_kind kind, int value);

/* One operation for each element of the first output, and none at all. */
uint64_t flops_elements(const struct ir *, const struct op *);
uint64_t flops_none(const struct ir *, const struct op *);

enum {
    /* Handing work to threads and waiting for them takes a microsecond or two; a thread does so
     * many operations in about five, as many as should go with each wait, of which a step has two
     * at least. */
    SERIAL_FLOPS = 1 << 19
};

/* Of all ops of a training step. */
uint64_t flops_of_sample(const struct ir *);

#endif
