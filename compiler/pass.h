/* The passes: what happens to the IR between lowering and emission, in order. */
#ifndef MLPGEN_PASS_H
#define MLPGEN_PASS_H

#include "ir.h"

struct pass_options {
    enum unroll { UNROLL_AUTO, UNROLL_ALWAYS, UNROLL_NEVER } unroll;
    bool vectors; /* is there any instruction set that has them in what is emitted? */
};

enum {
    /* A dense layer comes out as straight-line code as long as the model's statements of that kind
     * stay within this, so that the code of a step fits the instruction cache and cc stays quick.
     */
    STRAIGHT_STATEMENTS = 1500
};

struct pass {
    const char *name; /* what --dump takes */
    void (*run)(struct ir *ir, const struct pass_options *options);
    const char *help;
};

/* Each is verified after it ran (ir_check). */
extern const struct pass passes[];
extern const size_t pass_count;

void pass_autodiff(struct ir *ir, const struct pass_options *options);
void pass_prune(struct ir *ir, const struct pass_options *options);
void pass_fuse(struct ir *ir, const struct pass_options *options);
void pass_schedule(struct ir *ir, const struct pass_options *options);
void pass_memory(struct ir *ir, const struct pass_options *options);

#endif
