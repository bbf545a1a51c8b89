/* The IR: tensors and one list of ops over them, both by integer id.
 *
 * The list holds, in the order of execution, everything one training step computes: the forward
 * pass, the loss, the backward pass (put there by the autodiff pass; the schedule has a copy of the
 * inputs made for it first of all) and the update. Evaluation runs the ops of the sections FORWARD
 * and LOSS alone. Passes rewrite the list in place; the structs stay the same from lower.c to
 * emit.c, later passes only fill in more fields.
 *
 * What an op means is said once, in ops/: its shape rule, its gradient, its evaluation (the
 * oracle), its emission. The order of every sum is part of that meaning; no pass may change it. */
#ifndef MLPGEN_IR_H
#define MLPGEN_IR_H

#include "model.h"
#include "nameset.h"
#include "strbuf.h"
#include "vec.h"

/* Every op, from op.def; its rule is op_rule(kind) (ops/ops.h). */
enum op_kind {
#define OP(kind, name, rule) OP_##kind,
#include "op.def"
#undef OP
    OP_KIND_COUNT
};

enum { NO_TENSOR = -1 };

enum {
    MEMORY_ALIGN = 64,              /* bytes: a cache line, and the widest vector there is */
    ARENA_ELEMENTS_MAX = 0x7fffffff /* offsets are enumerators of the emitted C: ints */
};

enum tensor_role {
    ROLE_INPUT,  /* [batch, units] the samples, put there by the runtime */
    ROLE_TARGET, /* [batch, units] numeric targets, or … */
    ROLE_LABEL,  /* … [batch] classes, outside the arena */
    ROLE_VALUE,  /* [batch, units] what an op computes per sample */
    ROLE_MASK,   /* [batch, units] bytes, 0 or 1 */
    ROLE_LOSS,   /* [batch] */
    ROLE_PARAM,  /* [depth, units]; a bias has depth 1 */
    ROLE_GRAD,   /* of a parameter, summed over the batch; shaped like it */
    ROLE_STATE,  /* the optimizer's, kept from step to step; shaped like its parameter */
    ROLE_NORM,   /* [1, units]: of a gradient's columns the sums of squares */
    ROLE_COPY,   /* [units, depth]: a parameter transposed */
    ROLE_PACK    /* [batch, units]: a value, its columns in panels for the sums over the batch */
};

struct tensor {
    const char *name; /* a C identifier, unique: hidden1, hidden1_w, d_hidden1, d_hidden1_w */
    enum tensor_role role;
    uint32_t depth; /* rows of a parameter; 1 otherwise */
    uint32_t units; /* columns */
    uint32_t layer; /* index in model->layers that it belongs to */

    /* From the schedule pass. A per-sample tensor has its rows `stride` elements apart, or, of
     * ROLE_PACK, its panels of PANEL columns; a parameter-like one stands in panels of `panel`
     * columns (mlprt.h: struct mlprt_param). */
    uint32_t stride, panel;
    /* Of few units, samples stand side by side: [batch / PANEL][units][PANEL], stride = units, and
     * the rows of a block may be read and written beyond the last sample. Of a parameter or what
     * belongs to it: its units do, panel = 1, so that [units][depth] is what it looks like. */
    bool in_columns;
    bool passing; /* per sample: nobody needs a row once the next block of rows is under way */
    bool staged;  /* per sample: it has the rows of all mini-batches of a series */
    /* From the memory pass: elements from the start of the arena. */
    uint64_t offset;
};

enum { STATE_MAX = 2 /* tensors that an optimizer keeps for each parameter: adam's two means */ };

/* A trained tensor and what belongs to it. */
struct param {
    const char *key;      /* "hidden1.weight" */
    int value, grad;      /* tensors; grad NO_TENSOR where the layer is frozen */
    int state[STATE_MAX]; /* of the optimizer; NO_TENSOR where there is none */
    bool decays;          /* does weight decay pull at it? */
    uint32_t rank;
    uint32_t layer;
    struct init_rule init;
    bool frozen;
};

enum section { SECTION_FORWARD, SECTION_LOSS, SECTION_BACKWARD, SECTION_UPDATE };

/* When in a step an op runs, and over what its outermost loop goes. ROWS ops see each sample by
 * itself: any split of the batch into blocks of rows gives the same bits. */
enum phase {
    PHASE_PREPARE, /* whenever parameters were set, before the first row */
    PHASE_ROWS,    /* over samples */
    PHASE_WEIGHTS, /* over weights, each summing over the whole batch */
    PHASE_NORM,    /* over weights, where gradients are clipped: after all of them are there */
    PHASE_UPDATE   /* over weights, after all gradients are there */
};

enum { OP_IN_MAX = 4, OP_OUT_MAX = 3, OP_ATTR_MAX = 6, OP_POST_MAX = 4 };

/* An element-wise op that was fused into the one before it: applied to each result in place. */
struct post {
    enum op_kind kind;
    int aux; /* its second input, or NO_TENSOR */
    enum activation_id activation;
    double attr[VOCAB_ACTIVATION_PARAMS]; /* the activation's arguments */
};

struct op {
    enum op_kind kind;
    enum section section;
    enum phase phase;
    int in[OP_IN_MAX], out[OP_OUT_MAX]; /* NO_TENSOR where there is none */
    uint32_t layer;                     /* index in model->layers */
    const char *base;                   /* the emitted function is BASE_VERB; see ops/ops.h */
    struct span span;                   /* of the layer, loss or optimizer in the file */
    enum activation_id activation;      /* of OP_ACT and OP_ACT_GRAD */
    enum loss_id loss;                  /* of OP_LOSS and OP_LOSS_GRAD */
    double attr[OP_ATTR_MAX];           /* arguments of the word, or as ops/ops.h names them */
    uint32_t stream;                    /* of random numbers */

    struct post post[OP_POST_MAX]; /* from the fuse pass, in order of application */
    size_t post_count;
    /* From the schedule pass: */
    bool straight;   /* straight-line code instead of loops */
    uint32_t slices; /* of an op over weights: parts that threads can take; 0: it is one piece */
    /* Threads share the panels of its layer's weights, in training steps each its own for good, and
     * not its rows or slices: of a forward product and of what is done to its weights. */
    bool by_units;
    /* Of an op over samples: all rows go through a stage before the next one. An op by units is a
     * stage of its own. */
    uint32_t stage;
};

struct ir {
    struct arena *arena;
    const struct model *model;
    bool f64; /* element type: double instead of float */
    VEC(struct tensor) tensors;
    VEC(struct op) ops;
    VEC(struct param) params;
    struct nameset names; /* of tensors */
    int input, output, target, loss;
    uint32_t batch;
    /* From the schedule pass: */
    uint32_t series;              /* steps of one series at most (mlprt.h); 0: there are none */
    uint32_t row_block;           /* samples that go through all layers before the next ones */
    uint64_t straight_statements; /* of products, in straight-line code */
    uint64_t arena_elements;      /* from the memory pass */
};

/* Adds a tensor; name is made unique by underscores where it is taken. Returns its id. */
int ir_tensor(struct ir *ir, const char *name, enum tensor_role role, uint32_t depth,
              uint32_t units, uint32_t layer);
/* A new tensor for the adjoint of x, a per-sample value: d_NAME. */
int ir_adjoint(struct ir *ir, int x);
/* An op with no inputs, outputs or attributes yet, as a value to fill in and hand to ir_append. */
struct op ir_op(enum op_kind kind, enum section section, enum phase phase);
void ir_append(struct ir *ir, struct op op);

/* Bytes of an element. */
static inline unsigned ir_element(const struct ir *ir)
{
    return ir->f64 ? sizeof(double) : sizeof(float);
}

/* The largest norm of all gradients together; 0: any. */
double ir_clip_norm(const struct ir *ir);
/* The trained tensor whose value that is. */
const struct param *ir_param_of(const struct ir *ir, int value);

static inline struct tensor *ir_at(const struct ir *ir, int tensor)
{
    return &ir->tensors.at[tensor];
}

/* One row per sample? */
bool tensor_per_sample(const struct tensor *t);
/* In the arena? (Classes come from outside.) */
bool tensor_in_arena(const struct tensor *t);
/* Do some per-sample tensors stand in columns? */
bool ir_has_columns(const struct ir *ir);
/* Panels of columns that it takes in memory; its layout is decided. */
uint32_t tensor_panels(const struct tensor *t);
/* Rows that a per-sample tensor has room for. */
uint32_t tensor_rows(const struct ir *ir, const struct tensor *t);
/* Elements that it takes in memory, padding included; its layout is decided. */
uint64_t tensor_stored(const struct ir *ir, const struct tensor *t);
/* Bytes of the arena for it: a multiple of MEMORY_ALIGN. */
uint64_t tensor_bytes(const struct ir *ir, const struct tensor *t);
/* Every tensor that an op reads or writes, fused ops included; ids has room for OP_TENSORS_MAX.
 * Returns how many there are. */
enum { OP_TENSORS_MAX = OP_IN_MAX + OP_OUT_MAX + OP_POST_MAX };
size_t op_tensors(const struct op *op, int ids[OP_TENSORS_MAX]);

/* The phases in which a tensor's memory must be its own, first and last; from > to: in none. */
struct life {
    int from, to;
};
/* The lives of all tensors, in ir->arena. Beyond the ops that touch it
 * - a parameter, its state and its transposed copy live always: nobody writes a copy's padding,
 *   which has to stay zero;
 * - what the runtime fills in before a step (input, target) lives from its start, and what it reads
 *   afterwards (output, loss, gradients) to its end; both live always where steps are taken in
 *   series. */
struct life *ir_lives(const struct ir *ir);
static inline bool life_empty(struct life life)
{
    return life.from > life.to;
}

const char *op_name(enum op_kind kind);
/* One line a tensor, one an op; shapes always, layout once it is decided. */
void ir_print(const struct ir *ir, struct strbuf *out);
/* Stops mlpgen (ICE) if the IR is broken: unknown ids, wrong shapes, values read before they are
 * written or written twice, phases out of order. `pass` names who is to blame. */
void ir_check(const struct ir *ir, const char *pass);

#endif
