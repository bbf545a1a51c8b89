/* Updates: what the optimizers' ops share. Each is one op on one trained tensor,
 *
 *     w, states = update(w, dw, states)      all shaped alike, element by element,
 *
 * on stored elements: padding may take part, and nothing reads it. */
#ifndef MLPGEN_UPDATE_H
#define MLPGEN_UPDATE_H

#include "ops/ops.h"

/* Of op.attr: λ of this tensor; the optimizer's own follow. */
enum { UPDATE_DECAY, UPDATE_OWN };

/* An optimizer: its op, what it keeps, and where the op's attributes come from. */
struct optimizer {
    enum word_id word;
    enum op_kind kind;
    size_t (*states)(const struct value *args, struct update_state states[STATE_MAX]);
    void (*attributes)(const struct value *args, double attr[OP_ATTR_MAX]);
    /* The numbers of a step: the names of those that this update takes, and the declarations of
     * those that any takes, op being one that takes them all. */
    size_t (*scalars)(const struct op *op, const char *names[OP_SCALARS_MAX]);
    void (*constants)(struct cbuild *cb, const struct op *op);
};

/* One element, or a vector of them, of w, its gradient and the states: loaded, to be stored. */
struct update {
    const struct lane *lane;
    struct cx *w, *g, *state[STATE_MAX];
};

/* Emits the loops over the op's slices, or all of its elements, in which body works on u. u->g is
 * the gradient of the mean loss, clipped where the model says so, with decay·w added. */
typedef void update_body(const struct op *op, struct update *u);
void update_emit(struct emit *e, const struct op *op, double decay, update_body *body);
/* A parameter of the function, in every lane. */
struct cx *update_scalar(const struct update *u, const char *name);
/* Sets u->state[i] to v, or to 0 where v is subnormal, under that name. */
void update_state_set(struct update *u, size_t i, const char *name, struct cx *v);

/* The scalars of an update: the optimizer's, and those of the gradient. */
size_t update_scalars(const struct ir *ir, const struct op *op, const char *names[OP_SCALARS_MAX]);
/* "const float NAME = (float)VALUE;" */
void update_constant(struct cbuild *cb, const char *name, struct cx *value);
/* lr and the number of the step, from 1, as expressions. */
struct cx *update_lr(struct cbuild *cb);
struct cx *update_time(struct cbuild *cb);
/* Of an optimizer whose only number is lr. */
size_t update_scalars_lr(const struct op *op, const char *names[OP_SCALARS_MAX]);
void update_constants_lr(struct cbuild *cb, const struct op *op);

/* The same in the evaluator: element i's gradient, and how many elements there are. */
double update_gradient(const struct ir_eval *ev, const struct op *op, double decay, size_t i);
size_t update_size(const struct ir_eval *ev, const struct op *op);

/* What a state becomes that is set to v: 0 where v is subnormal. */
double update_state(const struct ir_eval *ev, double v);

void update_check(const struct ir *ir, const struct op *op);
/* "g = d_hidden_w/n + 0.1·w" */
const char *update_formula(struct arena *arena, const struct ir *ir, const struct op *op,
                           double decay);

#endif
