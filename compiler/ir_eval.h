/* The reference evaluator: executes the IR by naive loops in the defined order, in float or double.
 *
 * It is the oracle: what the emitted C computes must equal the float evaluation bit for bit, for
 * every schedule. Values are held as doubles and rounded to the precision after every operation.
 * For +, −, ×, ÷ that is exact arithmetic of the narrow type, since double carries more than
 * 2·24 + 2 bits (Figueroa, "When is double rounding innocuous?", 1995); fma goes by fmaf. It shares
 * with the runtime the scalar math and the random numbers, and nothing else. */
#ifndef MLPGEN_IR_EVAL_H
#define MLPGEN_IR_EVAL_H

#include "ir.h"

struct ir_eval {
    const struct ir *ir;
    bool f64;              /* precision of the arithmetic, whatever the IR's element type */
    double **value;        /* of each tensor, [rows][units] without any padding */
    const uint32_t *label; /* [n], or NULL */
    uint32_t n;            /* samples in this mini-batch */
    bool training;
    uint64_t seed;
    uint32_t step;
    double lr;
    double clip; /* what gradients are multiplied by, where they are clipped */
};

/* Room for every tensor, zeroed, in arena. */
void ir_eval_init(struct ir_eval *ev, struct arena *arena, const struct ir *ir, bool f64);
/* Runs the ops of the sections first … last in order. */
void ir_eval_run(struct ir_eval *ev, enum section first, enum section last);

/* One rounded operation each. */
double ev_round(const struct ir_eval *ev, double v);
double ev_fma(const struct ir_eval *ev, double a, double b, double c);
/* a·b as lane_product emits it. */
double ev_product(const struct ir_eval *ev, double a, double b);
double ev_sqrt(const struct ir_eval *ev, double x);
double ev_exp(const struct ir_eval *ev, double x);
double ev_log(const struct ir_eval *ev, double x);
double ev_expm1(const struct ir_eval *ev, double x);
double ev_log1p(const struct ir_eval *ev, double x);
double ev_erf(const struct ir_eval *ev, double x);
double ev_tanh(const struct ir_eval *ev, double x);
double ev_sigmoid(const struct ir_eval *ev, double x);

/* Element [row, column] of a tensor. */
static inline double *ev_at(const struct ir_eval *ev, int tensor, uint32_t row, uint32_t column)
{
    return &ev->value[tensor][(size_t)row * ir_at(ev->ir, tensor)->units + column];
}

#endif
