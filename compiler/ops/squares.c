/* squares: what the norm of all gradients is made of.
 *
 *     squares [1, units] = Σ_k g[k][j]²,  g = dw·(1/n)     k ascending, one chain of fmas
 *
 * The update adds them up, columns and tensors in model order, in double
 * (runtime/mlprt/optimizer.h).
 */
#include "ice.h"
#include "ops/ops.h"

static void check(const struct ir *ir, const struct op *op)
{
    REQUIRE(ir_at(ir, op->in[0])->role == ROLE_GRAD);
    REQUIRE(ir_at(ir, op->in[0])->units == ir_at(ir, op->out[0])->units);
}

static void eval(struct ir_eval *ev, const struct op *op)
{
    const struct tensor *dw = ir_at(ev->ir, op->in[0]);
    const double scale = ev_round(ev, 1.0 / ev->n);
    for (uint32_t j = 0; j < dw->units; j++) {
        double sum = 0;
        for (uint32_t k = 0; k < dw->depth; k++) {
            const double g = ev_round(ev, *ev_at(ev, op->in[0], k, j) * scale);
            sum = ev_fma(ev, g, g, sum);
        }
        *ev_at(ev, op->out[0], 0, j) = sum;
    }
}

static size_t scalars(const struct ir *ir, const struct op *op, const char *names[OP_SCALARS_MAX])
{
    (void)ir, (void)op;
    names[0] = "scale";
    return 1;
}

/* Panel by panel, row by row: sums stay in memory in between, each the chain of its column. */
static void emit(struct emit *e, const struct op *op)
{
    struct cbuild *cb = e->cb;
    const struct tensor *dw = ir_at(e->ir, op->in[0]);
    const struct lane scalar = {.cb = cb, .suffix = "j"};
    struct cx *panel = cx_int(cb, dw->panel), *zero = cx_int(cb, 0);
    struct cx *p = cb_for(cb, "p", e->first, e->last, 1);
    struct cx *sums = cb_declare(cb, arena_printf(cb->arena, "%s *", cb_real_name(cb)), CT_REALS,
                                 "sums", cx_add(cb, e->out[0], cx_mul(cb, p, panel)));
    struct cx *from =
        cb_local(cb, CT_REALS, "from",
                 cx_add(cb, e->in[0], cx_mul(cb, p, cx_int(cb, (int64_t)dw->depth * dw->panel))));
    struct cx *j = cb_for(cb, "j", zero, panel, 1);
    cb_set(cb, cx_at(cb, sums, j), cx_real(cb, 0));
    cb_end(cb);
    struct cx *k = cb_for(cb, "k", zero, cx_int(cb, dw->depth), 1);
    j = cb_for(cb, "j", zero, panel, 1);
    struct cx *d = cx_at(cb, from, cx_add(cb, cx_mul(cb, k, panel), j));
    struct cx *g = lane_local(&scalar, "g", cx_mul(cb, d, cx_name(cb, CT_REAL, "scale")));
    cb_set(cb, cx_at(cb, sums, j), cx_fma(cb, g, g, cx_at(cb, sums, j)));
    cb_end(cb);
    cb_end(cb);
    cb_end(cb);
}

static const char *formula(struct arena *arena, const struct ir *ir, const struct op *op)
{
    return arena_printf(arena, "%s = Σ (%s/n)² over each column", ir_at(ir, op->out[0])->name,
                        ir_at(ir, op->in[0])->name);
}

const struct op_rule squares_rule = {.inputs = 1,
                                     .outputs = 1,
                                     .in_names = {"dw"},
                                     .out_names = {"squares"},
                                     .verb = "squares",
                                     .scalars = scalars,
                                     .check = check,
                                     .eval = eval,
                                     .emit = emit,
                                     .formula = formula,
                                     .flops = flops_none};
