/* What a scheduled model takes, whatever machine it runs on: parameters, floating-point operations
 * and bytes, layer by layer. */
#ifndef MLPGEN_WORK_H
#define MLPGEN_WORK_H

#include "ir.h"

struct work {
    uint64_t parameters;
    uint64_t forward, backward; /* FLOPs of a sample, a multiply-add counted as two */

    /* Bytes of the arena, the padding of rows and panels included. */
    uint64_t weights;     /* parameters … */
    uint64_t copies;      /* … and those that are transposed */
    uint64_t gradients;   /* and what the norm of all is made of */
    uint64_t states;      /* of the optimizer */
    uint64_t samples;     /* a batch's inputs, targets and losses */
    uint64_t activations; /* what the forward pass computes of a batch … */
    uint64_t derivatives; /* … and the backward pass, its packs included */
    uint64_t row;         /* of one sample: inputs and activations */
};

struct works {
    struct work *layers; /* [model->layer_count] */
    struct work loss;    /* operations alone */
    struct work all;
};

/* Of an IR after its last pass; in its arena. */
struct works work_of(const struct ir *ir);

/* The sum of all kinds of bytes. The arena is smaller where tensors share a place. */
uint64_t work_bytes(const struct work *w);

/* Floating-point operations of a training step on a full batch, the optimizer's left out. */
uint64_t work_step(const struct ir *ir, const struct works *w);
/* Is a step too little work to share it with other threads? */
bool work_is_serial(const struct ir *ir, const struct works *w);

#endif
