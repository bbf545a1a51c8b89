/* mlprt: the runtime of programs that mlpgen wrote.
 *
 * A generated file describes its network in one constant `struct mlprt_model` and hands it to
 * mlprt_main; everything else (data, initial weights, the training loop, files, options) happens
 * behind that call. Nothing here allocates on behalf of the generated mathematics: it works in one
 * arena whose size the compiler knew. */
#ifndef MLPRT_H
#define MLPRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlprt/dropout.h"
#include "mlprt/math.h"
#include "mlprt/optimizer.h"
#include "mlprt/parallel.h"
#include "mlprt/promise.h"
#include "mlprt/rng.h"

/* Raised with every change of the structures below; a program and a runtime of different numbers
 * refuse to work together. */
#define MLPRT_ABI 10

enum mlprt_element { MLPRT_F32, MLPRT_F64 };

/* One mini-batch as the generated functions see it. Inputs and numeric targets lie in the arena, at
 * the model's offsets; rows beyond n are not read. */
struct mlprt_batch {
    void *arena; /* arena_size bytes, aligned to MLPRT_ALIGN */
    /* Puts samples first … last-1 of the batch into the arena, inputs into the rows from `row` on,
     * and their classes into label: called before they are evaluated, by the thread that will. */
    void (*load)(const struct mlprt_batch *, size_t first, size_t last, size_t row);
    const void *source; /* of the samples, for load */
    /* [n] classes, or NULL where targets are numbers. There is room for n rounded up to the model's
     * output_block: where that is more than 1, labels are read and losses written that far. */
    const uint32_t *label;
    uint32_t n;     /* samples, 1 to the model's batch */
    uint32_t first; /* number of its first sample in the mini-batch: masks are drawn by it */
    bool training;  /* dropout on, gradients wanted */
    uint32_t step;  /* update steps before this one, over the whole run */
    uint64_t seed;
    double lr; /* of this step */
    /* Of a series: so many steps on as many mini-batches of the model's size, whose samples follow
     * one another, and the learning rate of each. */
    uint32_t steps;
    const double *rates;
    uint32_t threads;
    /* [threads][params][MLPRT_LANES] elements that update leaves alone, or sets to a NaN where a
     * parameter's gradient is not finite. */
    void *fault;
};

enum {
    MLPRT_ALIGN = 64, /* bytes: a cache line, and the widest vector there is */
    MLPRT_LANES = 16  /* elements: the most that a vector holds */
};

/* One way through the generated code; all of them compute the same bits. */
struct mlprt_path {
    const char *name;     /* "avx2", "portable": what --isa takes */
    bool (*usable)(void); /* does this machine have the instructions? */
    /* Forward pass (with dropout if training), loss of every sample at loss_offset. */
    void (*evaluate)(const struct mlprt_batch *);
    /* Forward pass of one sample whose inputs stand in the first row, without loss or dropout. */
    void (*infer)(const struct mlprt_batch *);
    /* What the backward pass keeps of the parameters: to be called when anything but update has set
     * them. */
    void (*prepare)(const struct mlprt_batch *);
    /* Forward and backward pass: the loss of every sample, and its derivatives by every layer's
     * outputs. */
    void (*backward)(const struct mlprt_batch *);
    /* From those derivatives, the sums over the batch of every parameter's gradient, at
     * grad_offset. */
    void (*gradient)(const struct mlprt_batch *);
    /* From those derivatives, one step of the optimizer. What stands at grad_offset then is
     * nothing. */
    void (*update)(const struct mlprt_batch *);
    /* A series of batch->steps steps, at most as many as the model says, each of backward and
     * update. The losses of all samples are kept, from loss_offset on. NULL where the model has no
     * series. */
    void (*series)(const struct mlprt_batch *);
    /* What the compiler expects of it, on one thread: how long a training step takes on a full
     * batch, the evaluation of one, and of one sample. In slots: a slot is the time of one
     * multiply-add of a vector of so many lanes, at the machine's peak. */
    uint32_t lanes;
    uint64_t step_slots, batch_slots, sample_slots;
};

enum { MLPRT_STATES = 2 /* that an optimizer may keep for each parameter */ };

enum mlprt_init { MLPRT_CONSTANT, MLPRT_NORMAL, MLPRT_UNIFORM };

/* A trained tensor. In the arena its columns (units) stand in panels of `panel` columns:
 * element (unit, k) is at [unit / panel][k][unit % panel] of [ceil(units / panel)][depth][panel];
 * columns beyond the last unit are there for vectors to run into, and nothing reads them. */
struct mlprt_param {
    const char *name; /* "hidden1.weight": its key in a weights file */
    uint32_t rank;    /* 2: shape [units, depth]; 1: shape [units], depth 1 */
    uint32_t units, depth, panel;
    size_t offset;      /* bytes into the arena */
    size_t grad_offset; /* its gradient's sum, laid out alike; not of a frozen one */
    /* The optimizer's states, laid out alike; as many as model->state_name has. */
    size_t state_offset[MLPRT_STATES];
    bool frozen;
    uint32_t stream; /* random number stream of its initial values */
    enum mlprt_init init;
    double a, b;   /* constant: value; normal: mean, std; uniform: low, high */
    uint32_t line; /* in the .mlp file */
};

struct mlprt_layer {
    const char *name; /* "hidden1" */
    const char *kind; /* "dense" */
    uint32_t in, out; /* units */
    uint32_t line;    /* in the .mlp file */
    /* Where its output for a mini-batch of one sample stands after its evaluation; a stride of 0:
     * nowhere, since it is fused into the layer before it or changes nothing. */
    size_t value_offset;
    uint32_t value_stride, value_block; /* as output_stride and output_block */
};

enum mlprt_format {
    MLPRT_NO_SOURCE,
    MLPRT_IDX,
    MLPRT_TABLE,
    MLPRT_HOLDOUT /* not of training: drawn from its samples (runtime/split.h) */
};

struct mlprt_source {
    enum mlprt_format format;
    const char *input_path, *target_path; /* IDX; target_path NULL: the input is the target */
    const double *rows;                   /* TABLE: row_count rows of row_length numbers */
    uint32_t row_count, row_length;
    double fraction; /* HOLDOUT: the share of the samples */
    uint64_t seed;
    bool shuffle; /* false: the last samples */
};

/* What is done to inputs, or to targets that are numbers: runtime/normalize.h. */
enum mlprt_normalize_kind { MLPRT_UNCHANGED, MLPRT_SCALE, MLPRT_STANDARDIZE, MLPRT_MINMAX };
struct mlprt_normalize {
    enum mlprt_normalize_kind kind;
    double factor; /* of SCALE */
};

enum mlprt_target {
    MLPRT_CLASS,
    MLPRT_NUMBERS, /* one for each output */
    MLPRT_BINARY   /* 0 or 1, of outputs that are log-odds; the input as target may be between */
};

/* How the learning rate changes: runtime/schedule.h. */
enum mlprt_schedule_kind {
    MLPRT_ALWAYS,
    MLPRT_STEP,  /* times factor after every `epochs` epochs */
    MLPRT_COSINE /* `epochs` of warm-up, then down to the share `factor` */
};
struct mlprt_schedule {
    enum mlprt_schedule_kind kind;
    uint32_t epochs;
    double factor;
};

struct mlprt_model {
    uint32_t abi; /* MLPRT_ABI */
    const char *name;
    const char *file;           /* base name of the .mlp file, for messages */
    const char *compiler;       /* "mlpgen 0.1.0" */
    const char *hash;           /* SHA-256 in hex over the model's identity */
    const char *const *program; /* the resolved program, line by line, NULL behind the last */
    const char *const *plan;    /* what the compiler planned, alike */
    uint64_t evaluate_flops, train_flops; /* of a sample, a multiply-add counted as two */

    enum mlprt_element element;
    uint32_t input_size, output_size, batch;
    enum mlprt_target target;

    const struct mlprt_layer *layers;
    size_t layer_count;
    const struct mlprt_param *params;
    size_t param_count;
    const struct mlprt_path *const *paths; /* best first; the last one works everywhere */
    size_t path_count;

    /* The arena, in bytes. Rows of a matrix are *_stride elements apart; of the output so many
     * stand side by side: [batch / output_block][output_stride][output_block]. */
    size_t arena_size;
    size_t input_offset, output_offset, loss_offset, target_offset;
    uint32_t input_stride, output_stride, output_block, target_stride;
    const char *state_name[MLPRT_STATES]; /* "exp_avg": in a checkpoint; NULL: no such state */

    struct mlprt_source train, validation, test;
    struct mlprt_normalize normalize, normalize_target;
    const char *const *classes; /* [output_size] their names; NULL: they are numbers */

    double lr;
    struct mlprt_schedule schedule;
    uint32_t epochs;
    uint64_t seed;
    bool shuffle, drop_last;
    uint32_t patience; /* epochs without a smaller validation loss; 0: no end of it */
    double min_delta;  /* what counts as smaller */
    bool keep_best;    /* save the weights of the smallest validation loss; else the last */

    uint32_t (*threads)(void); /* that OpenMP would take; 0 where it was compiled without */
    /* mlprt_parallel, compiled as the program is. */
    void (*parallel)(uint32_t threads, mlprt_part *work, const struct mlprt_batch *batch);
    bool serial;     /* a step is too little work to share, unless threads are asked for */
    uint32_t series; /* steps of a series at most; 0: it has none */
    uint32_t (*breaches)(void); /* of the promise: a set of enum mlprt_breach */
};

/* Runs the command line of a generated program; returns its exit status. */
int mlprt_main(const struct mlprt_model *model, int argc, char **argv);

#endif
