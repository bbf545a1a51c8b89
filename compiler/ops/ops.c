/* The table of ops, and the helpers that several of them use. */
#include "ops/ops.h"

#include "ice.h"

#define OP(kind, name, rule) extern const struct op_rule rule;
#include "op.def"
#undef OP

const struct op_rule *op_rule(enum op_kind kind)
{
    static const struct op_rule *const rules[] = {
#define OP(kind, name, rule) &rule,
#include "op.def"
#undef OP
    };
    return rules[kind];
}

int append_loss_gradient(struct ir *ir, const struct op *loss, enum op_kind kind, int value)
{
    struct op grad = *loss;
    grad.kind = kind;
    grad.section = SECTION_BACKWARD;
    grad.in[0] = value;
    grad.out[1] = NO_TENSOR;
    grad.out[0] = ir_adjoint(ir, loss->in[0]);
    ir_append(ir, grad);
    return grad.out[0];
}

uint64_t flops_elements(const struct ir *ir, const struct op *op)
{
    return ir_at(ir, op->out[0])->units;
}

uint64_t flops_none(const struct ir *ir, const struct op *op)
{
    (void)ir, (void)op;
    return 0;
}

struct cx *emit_batch(struct cbuild *cb, enum ctype type, const char *name)
{
    return cx_member(cb, type, cx_name(cb, CT_OTHER, "batch"), name);
}

struct cx *emit_units(struct emit *e, int tensor)
{
    return cx_namef(e->cb, CT_INT, "N_%s", ir_at(e->ir, tensor)->name);
}

struct cx *emit_stride(struct emit *e, int tensor)
{
    const struct tensor *t = ir_at(e->ir, tensor);
    if (t->stride == t->units)
        return emit_units(e, tensor);
    return cx_namef(e->cb, CT_INT, "LD_%s", t->name);
}

static struct cx *row_pointer(struct emit *e, const char *name, struct cx *base, int tensor,
                              struct cx *row, bool writable)
{
    const bool bytes = ir_at(e->ir, tensor)->role == ROLE_MASK;
    const char *element = bytes ? "unsigned char" : cb_real_name(e->cb);
    struct cx *at = cx_add(e->cb, base, cx_mul(e->cb, row, emit_stride(e, tensor)));
    return cb_declare(e->cb,
                      arena_printf(e->cb->arena, "%s%s *", writable ? "" : "const ", element),
                      bytes ? CT_BYTES : CT_REALS, name, at);
}

struct cx *emit_row_in(struct emit *e, const char *name, struct cx *base, int tensor,
                       struct cx *row)
{
    return row_pointer(e, name, base, tensor, row, false);
}

struct cx *emit_row_out(struct emit *e, const char *name, struct cx *base, int tensor,
                        struct cx *row)
{
    return row_pointer(e, name, base, tensor, row, true);
}

const char *emit_suffix(struct emit *e, struct cx *j)
{
    return j->kind == CX_INT ? arena_printf(e->cb->arena, "%lld", (long long)j->integer) : j->text;
}

struct cx *emit_load(struct emit *e, const char *prefix, struct cx *row, struct cx *j)
{
    const struct lane scalar = {.cb = e->cb, .suffix = emit_suffix(e, j)};
    return lane_load(&scalar, prefix, row, j);
}

void emit_columns(struct emit *e, int tensor, bool straight, emit_body *body, void *context)
{
    uint32_t units = ir_at(e->ir, tensor)->units;
    if (straight) {
        for (uint32_t j = 0; j < units; j++)
            body(e, cx_int(e->cb, j), context);
        return;
    }
    struct cx *j = cb_for(e->cb, "j", cx_int(e->cb, 0), emit_units(e, tensor), 1);
    body(e, j, context);
    cb_end(e->cb);
}

void emit_lanes(struct emit *e, int tensor, bool straight, bool calls, emit_lanes_body *body,
                void *context)
{
    struct cbuild *cb = e->cb;
    const struct isa_vector *v = isa_vector(e->isa, e->ir->f64);
    const struct tensor *t = ir_at(e->ir, tensor);
    struct lane lane = {.cb = cb};
    if (straight) {
        for (uint32_t j = 0; j < t->units; j++) {
            lane.suffix = emit_suffix(e, cx_int(cb, j));
            body(e, &lane, cx_int(cb, j), context);
        }
        return;
    }
    if (v->lanes > 1 && (!calls || v->functions)) {
        REQUIRE(t->stride >= (t->units + PANEL - 1) / PANEL * PANEL);
        lane.vector = v;
    }
    struct cx *j = cb_for(cb, "j", cx_int(cb, 0), emit_units(e, tensor), lane_count(&lane));
    lane.suffix = emit_suffix(e, j);
    body(e, &lane, j, context);
    cb_end(cb);
}
