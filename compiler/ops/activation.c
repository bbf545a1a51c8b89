/* act and act_grad: element-wise ops over the rows, for every activation of activation.def.
 *
 *     act       y  [n, units] = f(x)         x [n, units]
 *     act_grad  dx [n, units] = dy · f'(v)   v = y, or x where f' is computed from x
 *
 * As posts they are what the fuse pass hangs behind a dense op. */
#include "ops/activation.h"

#include "ice.h"
#include "ops/ops.h"

#define ACTIVATION(name, init, params, formula) extern const struct activation activation_##name;
#include "activation.def"
#undef ACTIVATION

const struct activation *activation_of(enum activation_id id)
{
    static const struct activation *const all[] = {
#define ACTIVATION(name, init, params, formula) &activation_##name,
#include "activation.def"
#undef ACTIVATION
    };
    return all[id];
}

/* Posts: one value at a time. */

struct cx *post_emit(const struct lane *l, const struct post *post, struct cx *x, struct cx *aux)
{
    const struct activation *a = activation_of(post->activation);
    return post->kind == OP_ACT ? a->emit(l, x) : a->emit_gradient(l, x, aux);
}

double post_eval(const struct ir_eval *ev, const struct post *post, double x, double aux)
{
    const struct activation *a = activation_of(post->activation);
    return post->kind == OP_ACT ? a->eval(ev, x) : a->eval_gradient(ev, x, aux);
}

const char *post_name(struct arena *arena, const struct post *post)
{
    return arena_printf(arena, "%s%s", vocab_activation_name(post->activation),
                        post->kind == OP_ACT ? "" : "_grad");
}

const char *post_aux_name(struct arena *arena, const struct post *post, size_t i)
{
    const char *name = activation_of(post->activation)->gradient_from_input ? "x" : "y";
    return i ? arena_printf(arena, "%s%zu", name, i) : name;
}

bool post_in_tile(const struct post *post)
{
    return activation_of(post->activation)->in_tile;
}

/* y[r][j] = posts(x[r][j]) for the rows first … last-1. */
struct elementwise {
    int x, y; /* tensors; the same where it works in place */
    struct cx *x_base, *y_base;
    const struct post *post;
    size_t post_count;
    struct cx *const *aux; /* pointers to the posts' second inputs */
    struct cx *x_row, *y_row, *aux_row[OP_POST_MAX];
};

static void emit_element(struct emit *e, struct cx *j, void *context)
{
    const struct elementwise *w = context;
    const struct lane scalar = {.cb = e->cb};
    struct cx *v = emit_load(e, w->post[0].kind == OP_ACT ? "x" : "dy", w->x_row, j);
    for (size_t i = 0; i < w->post_count; i++) {
        struct cx *aux = NULL;
        if (w->aux_row[i])
            aux = emit_load(e, post_aux_name(e->cb->arena, &w->post[i], i), w->aux_row[i], j);
        v = post_emit(&scalar, &w->post[i], v, aux);
    }
    cb_set(e->cb, cx_at(e->cb, w->y_row, j), v);
}

static void emit_elementwise(struct emit *e, struct elementwise *w, bool straight)
{
    struct cx *r = cb_for(e->cb, "r", e->first, e->last, 1);
    const bool forward = w->post[0].kind == OP_ACT;
    w->y_row = emit_row_out(e, forward ? "yr" : "dxr", w->y_base, w->y, r);
    w->x_row = w->x_base == w->y_base ? w->y_row
                                      : emit_row_in(e, forward ? "xr" : "dyr", w->x_base, w->x, r);
    for (size_t i = 0; i < w->post_count; i++)
        w->aux_row[i] = w->post[i].aux == NO_TENSOR
                            ? NULL
                            : emit_row_in(e,
                                          arena_printf(e->cb->arena, "%s_row",
                                                       post_aux_name(e->cb->arena, &w->post[i], i)),
                                          w->aux[i], w->post[i].aux, r);
    emit_columns(e, w->y, straight, emit_element, w);
    cb_end(e->cb);
}

void emit_posts(struct emit *e, const struct op *op, size_t from)
{
    if (from == op->post_count)
        return;
    struct elementwise w = {.x = op->out[0],
                            .y = op->out[0],
                            .x_base = e->out[0],
                            .y_base = e->out[0],
                            .post = op->post + from,
                            .post_count = op->post_count - from,
                            .aux = e->aux + from};
    emit_elementwise(e, &w, false);
}

const char *post_formula(struct arena *arena, const struct ir *ir, const struct post *post,
                         const char *dx, const char *dy)
{
    return arena_printf(arena, "%s = %s,  dy = %s, %s = %s", dx,
                        activation_of(post->activation)->gradient_formula, dy,
                        post_aux_name(arena, post, 0), ir_at(ir, post->aux)->name);
}

/* The ops. */

static struct post as_post(const struct op *op)
{
    return (struct post){.kind = op->kind, .aux = op->in[1], .activation = op->activation};
}

static void check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->out[0])->units);
    if (op->kind == OP_ACT_GRAD)
        REQUIRE(ir_at(ir, op->in[1])->units == ir_at(ir, op->out[0])->units);
}

static int gradient(struct ir *ir, const struct op *op, int d_out)
{
    struct op grad = ir_op(OP_ACT_GRAD, SECTION_BACKWARD, PHASE_ROWS);
    grad.in[0] = d_out;
    grad.in[1] = activation_of(op->activation)->gradient_from_input ? op->in[0] : op->out[0];
    grad.out[0] = ir_adjoint(ir, op->in[0]);
    grad.activation = op->activation;
    grad.base = op->base;
    grad.layer = op->layer;
    grad.span = op->span;
    ir_append(ir, grad);
    return grad.out[0];
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const struct post post = as_post(op);
    const uint32_t units = ir_at(ev->ir, op->out[0])->units;
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < units; j++)
            *ev_at(ev, op->out[0], r, j) =
                post_eval(ev, &post, *ev_at(ev, op->in[0], r, j),
                          post.aux == NO_TENSOR ? 0 : *ev_at(ev, post.aux, r, j));
}

static void emit(struct emit *e, const struct op *op)
{
    const struct post post = as_post(op);
    struct elementwise w = {.x = op->in[0],
                            .y = op->out[0],
                            .x_base = e->in[0],
                            .y_base = e->out[0],
                            .post = &post,
                            .post_count = 1,
                            .aux = &e->in[1]};
    emit_elementwise(e, &w, op->straight);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    const char *y = ir_at(ir, op->out[0])->name, *x = ir_at(ir, op->in[0])->name;
    if (op->kind == OP_ACT)
        return arena_printf(arena, "%s = %s(%s)", y, vocab_activation_name(op->activation), x);
    return arena_printf(
        arena, "%s = %s,  dy = %s, %s = %s", y, activation_of(op->activation)->gradient_formula, x,
        activation_of(op->activation)->gradient_from_input ? "x" : "y", ir_at(ir, op->in[1])->name);
}

/* Whatever its function costs, an element counts as one operation: the usual way. */
const struct op_rule act_rule = {.inputs = 1,
                                 .outputs = 1,
                                 .in_names = {"x"},
                                 .out_names = {"y"},
                                 .check = check,
                                 .gradient = gradient,
                                 .eval = eval,
                                 .emit = emit,
                                 .formula = formula,
                                 .flops = flops_elements};

const struct op_rule act_grad_rule = {.inputs = 2,
                                      .outputs = 1,
                                      .in_names = {"dy", "y"},
                                      .out_names = {"dx"},
                                      .check = check,
                                      .eval = eval,
                                      .emit = emit,
                                      .formula = formula,
                                      .flops = flops_elements};
