/* act and act_grad: element-wise ops over the rows, for every activation of activation.def.
 *
 *     act       y  [n, units] = f(x)         x [n, units]
 *     act_grad  dx [n, units] = dy · f'(v)   v = y, or x where f' is computed from x
 *
 * As posts they are what the fuse pass hangs behind a dense op. */
#include "ops/activation.h"

#include "ice.h"
#include "ops/ops.h"

#include <string.h>

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

bool activation_always(const double *attr)
{
    (void)attr;
    return true;
}

bool activation_from_input(enum activation_id id, const double *attr)
{
    const struct activation *a = activation_of(id);
    return a->from_input && a->from_input(attr);
}

/* Posts: one value at a time. */

/* A letter in the names of a post behind the first: two of a kind may stand in one place. */
static const char *post_letter(struct arena *arena, size_t i)
{
    return i ? arena_printf(arena, "%c", (char)('a' + i)) : "";
}

struct cx *post_emit(const struct lane *l, const struct post *post, size_t i, struct cx *x,
                     struct cx *aux)
{
    const struct activation *a = activation_of(post->activation);
    struct arena *arena = l->cb->arena;
    struct lane own = *l;
    own.suffix = arena_printf(arena, "%s%s", post_letter(arena, i), l->suffix);
    if (i) /* formulas use x more than once */
        x = lane_local(&own, "v", x);
    return post->kind == OP_ACT ? a->emit(&own, post->attr, x)
                                : a->emit_gradient(&own, post->attr, x, aux);
}

bool post_same(const struct post *a, const struct post *b)
{
    return a->kind == b->kind && a->activation == b->activation &&
           !memcmp(a->attr, b->attr, sizeof a->attr);
}

double post_eval(const struct ir_eval *ev, const struct post *post, double x, double aux)
{
    const struct activation *a = activation_of(post->activation);
    return post->kind == OP_ACT ? a->eval(ev, post->attr, x)
                                : a->eval_gradient(ev, post->attr, x, aux);
}

const char *post_name(struct arena *arena, const struct post *post)
{
    return arena_printf(arena, "%s%s", vocab_activation_name(post->activation),
                        post->kind == OP_ACT ? "" : "_grad");
}

const char *post_aux_name(struct arena *arena, const struct post *post, size_t i)
{
    const char *name = activation_from_input(post->activation, post->attr) ? "x" : "y";
    return arena_printf(arena, "%s%s", name, post_letter(arena, i)); /* a number may follow */
}

bool post_in_tile(const struct post *post, const struct isa *isa)
{
    return !(activation_of(post->activation)->calls && isa->f32.lanes > 1);
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

static void emit_element(struct emit *e, const struct lane *l, struct cx *j, void *context)
{
    const struct elementwise *w = context;
    struct cx *v = lane_load(l, w->post[0].kind == OP_ACT ? "x" : "dy", w->x_row, j);
    for (size_t i = 0; i < w->post_count; i++) {
        struct cx *aux = NULL;
        if (w->aux_row[i])
            aux = lane_load(l, post_aux_name(e->cb->arena, &w->post[i], i), w->aux_row[i], j);
        v = post_emit(l, &w->post[i], i, v, aux);
    }
    lane_store(l, w->y_row, j, v);
}

static void emit_elementwise(struct emit *e, struct elementwise *w, bool straight)
{
    struct cbuild *cb = e->cb;
    struct cx *r = cb_for(cb, "r", e->first, e->last, 1);
    const bool forward = w->post[0].kind == OP_ACT;
    bool calls = false;
    w->y_row = emit_row_out(e, forward ? "yr" : "dxr", w->y_base, w->y, r);
    w->x_row = w->x_base == w->y_base ? w->y_row
                                      : emit_row_in(e, forward ? "xr" : "dyr", w->x_base, w->x, r);
    for (size_t i = 0; i < w->post_count; i++) {
        const struct post *post = &w->post[i];
        calls = calls || activation_of(post->activation)->calls;
        w->aux_row[i] =
            post->aux == NO_TENSOR
                ? NULL
                : emit_row_in(e,
                              arena_printf(cb->arena, "%s_row", post_aux_name(cb->arena, post, i)),
                              w->aux[i], post->aux, r);
    }
    emit_lanes(e, w->y, straight, calls, emit_element, w);
    cb_end(cb);
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

/* "leaky_relu(INNER; slope = 0.01)" */
static const char *applied(struct arena *arena, enum activation_id id, const double *attr,
                           const char *inner)
{
    const struct vocab_word *word = vocab_activation(id);
    const char *text = arena_printf(arena, "%s(%s", word->name, inner);
    for (size_t i = 0; i < word->param_count; i++)
        text =
            arena_printf(arena, "%s%s %s = %g", text, i ? "," : ";", word->params[i].name, attr[i]);
    return arena_printf(arena, "%s)", text);
}

const char *post_apply(struct arena *arena, const struct ir *ir, const struct post *post,
                       const char *x)
{
    if (post->kind == OP_ACT)
        return applied(arena, post->activation, post->attr, x);
    return arena_printf(arena, "%s(%s, %s)", post_name(arena, post), x, ir_at(ir, post->aux)->name);
}

/* A formula of dy, with another name for it. */
static const char *rename_dy(struct arena *arena, const char *formula, const char *name)
{
    const char *text = "", *dy;
    for (; (dy = strstr(formula, "dy")); formula = dy + strlen("dy"))
        text = arena_printf(arena, "%s%.*s%s", text, (int)(dy - formula), formula, name);
    return arena_printf(arena, "%s%s", text, formula);
}

const char *post_formula(struct arena *arena, const struct ir *ir, const struct post *post,
                         const char *dx, const char *name, const char *dy)
{
    return arena_printf(arena, "%s = %s,  %s = %s, %s = %s", dx,
                        rename_dy(arena, activation_of(post->activation)->gradient_formula, name),
                        name, dy, post_aux_name(arena, post, 0), ir_at(ir, post->aux)->name);
}

/* The ops. */

struct post post_of(const struct op *op)
{
    struct post post = {.kind = op->kind, .aux = op->in[1], .activation = op->activation};
    for (size_t i = 0; i < VOCAB_ACTIVATION_PARAMS; i++)
        post.attr[i] = op->attr[i];
    return post;
}

static void check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->out[0])->units);
    if (op->kind == OP_ACT_GRAD)
        REQUIRE(ir_at(ir, op->in[1])->units == ir_at(ir, op->out[0])->units);
}

static int gradient(struct ir *ir, const struct op *op, int d_out)
{
    struct op grad = *op;
    grad.kind = OP_ACT_GRAD;
    grad.section = SECTION_BACKWARD;
    grad.in[0] = d_out;
    grad.in[1] = activation_from_input(op->activation, op->attr) ? op->in[0] : op->out[0];
    grad.out[0] = ir_adjoint(ir, op->in[0]);
    ir_append(ir, grad);
    return grad.out[0];
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const struct post post = post_of(op);
    const uint32_t units = ir_at(ev->ir, op->out[0])->units;
    for (uint32_t r = 0; r < ev->n; r++)
        for (uint32_t j = 0; j < units; j++)
            *ev_at(ev, op->out[0], r, j) =
                post_eval(ev, &post, *ev_at(ev, op->in[0], r, j),
                          post.aux == NO_TENSOR ? 0 : *ev_at(ev, post.aux, r, j));
}

static void emit(struct emit *e, const struct op *op)
{
    const struct post post = post_of(op);
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
    const struct post post = post_of(op);
    const char *y = ir_at(ir, op->out[0])->name, *x = ir_at(ir, op->in[0])->name;
    if (op->kind == OP_ACT)
        return arena_printf(arena, "%s = %s", y, post_apply(arena, ir, &post, x));
    return post_formula(arena, ir, &post, y, "dy", x);
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
