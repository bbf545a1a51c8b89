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

const char *op_verb(const struct op *op)
{
    const char *verb = op_rule(op->kind)->verb;
    if (verb)
        return verb;
    return op->section == SECTION_BACKWARD ? "backward" : "forward";
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

uint64_t flops_of_sample(const struct ir *ir)
{
    uint64_t flops = 0;
    for (size_t i = 0; i < ir->ops.len; i++)
        flops += op_rule(ir->ops.at[i].kind)->flops(ir, &ir->ops.at[i]);
    return flops;
}

struct cx *emit_batch(struct cbuild *cb, enum ctype type, const char *name)
{
    return cx_member(cb, type, cx_name(cb, CT_OTHER, "batch"), name);
}

struct cx *emit_units(struct emit *e, int tensor)
{
    return cx_namef(e->cb, CT_INT, "N_%s", ir_at(e->ir, tensor)->name);
}

static struct cx *stride_of(struct cbuild *cb, const struct tensor *t)
{
    return cx_namef(cb, CT_INT, t->stride == t->units ? "N_%s" : "LD_%s", t->name);
}

struct cx *emit_row_step(struct cbuild *cb, const struct tensor *t)
{
    if (t->role == ROLE_PACK)
        return cx_int(cb, PANEL);
    return stride_of(cb, t);
}

struct cx *emit_stride(struct emit *e, int tensor)
{
    return stride_of(e->cb, ir_at(e->ir, tensor));
}

struct lane emit_vector_lane(const struct emit *e)
{
    const struct isa_vector *v = isa_vector(e->isa, e->ir->f64);
    return (struct lane){.cb = e->cb, .vector = v->lanes > 1 ? v : NULL};
}

struct lane emit_scalar_lane(const struct emit *e, const char *suffix)
{
    const struct isa_vector *v = isa_vector(e->isa, e->ir->f64);
    return (struct lane){.cb = e->cb, .suffix = suffix, .borrowed = v->functions ? v : NULL};
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

void emit_rows_in(struct emit *e, const struct op *op, struct cx *r, struct cx *row[OP_IN_MAX])
{
    for (size_t i = 0; i < OP_IN_MAX; i++)
        if (op->in[i] != NO_TENSOR)
            row[i] =
                emit_row_in(e, arena_printf(e->cb->arena, "%sr", op_rule(op->kind)->in_names[i]),
                            e->in[i], op->in[i], r);
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

struct cx *emit_whole_steps(struct cbuild *cb, const char *name, struct cx *first, struct cx *last,
                            unsigned size)
{
    if (size == 1)
        return last;
    struct cx *step = cx_int(cb, size), *steps = cx_div(cb, cx_sub(cb, last, first), step);
    struct cx *end = cx_add(cb, first, cx_mul(cb, steps, step));
    return end->kind == CX_INT ? end : cb_declare(cb, "const size_t", CT_INT, name, end);
}

void emit_fill_zeros(struct emit *e, struct cx *array, struct cx *count)
{
    struct cx *i = cb_for(e->cb, "i", cx_int(e->cb, 0), count, 1);
    cb_set(e->cb, cx_at(e->cb, array, i), cx_real(e->cb, 0));
    cb_end(e->cb);
}

/* What a column's sum in memory becomes. */
struct memory_sum {
    emit_term *term;
    struct cx *row[OP_IN_MAX];
};

static void add_in_memory(struct emit *e, struct cx *j, void *context)
{
    const struct memory_sum *m = context;
    const struct lane scalar = {.cb = e->cb, .suffix = emit_suffix(e, j)};
    struct cx *sum = cx_at(e->cb, e->out[0], j);
    cb_set(e->cb, sum, m->term(&scalar, m->row, j, sum));
}

static void sum_in_memory(struct emit *e, const struct op *op, emit_term *term)
{
    struct cbuild *cb = e->cb;
    emit_fill_zeros(e, e->out[0], emit_units(e, op->in[0]));
    struct memory_sum m = {.term = term};
    emit_rows_in(e, op, cb_for(cb, "r", cx_int(cb, 0), e->n, 1), m.row);
    emit_columns(e, op->in[0], op->straight, add_in_memory, &m);
    cb_end(cb);
}

/* The columns from `column` on that a panel holds; `to` is where their sums go. */
static void sum_in_registers(struct emit *e, const struct op *op, emit_term *term,
                             struct cx *column, struct cx *to)
{
    struct cbuild *cb = e->cb;
    struct lane lane = emit_vector_lane(e);
    const unsigned count = PANEL / lane_count(&lane);
    struct cx *sum[PANEL], *place[PANEL], *row[OP_IN_MAX];
    for (unsigned i = 0; i < count; i++) {
        lane.suffix = arena_printf(cb->arena, "%u", i);
        place[i] = cx_int(cb, (int64_t)i * lane_count(&lane));
        sum[i] = lane_variable(&lane, "sum", lane_constant(&lane, 0));
    }
    emit_rows_in(e, op, cb_for(cb, "r", cx_int(cb, 0), e->n, 1), row);
    for (unsigned i = 0; i < count; i++) {
        lane.suffix = arena_printf(cb->arena, "%u", i);
        cb_set(cb, sum[i], term(&lane, row, cx_add(cb, column, place[i]), sum[i]));
    }
    cb_end(cb);
    for (unsigned i = 0; i < count; i++)
        lane_store(&lane, e->out[0], cx_add(cb, to, place[i]), sum[i]);
}

void emit_column_sums(struct emit *e, const struct op *op, emit_term *term)
{
    struct cbuild *cb = e->cb;
    const struct tensor *sums = ir_at(e->ir, op->out[0]);
    if (op->straight) {
        sum_in_memory(e, op, term);
        return;
    }
    REQUIRE(sums->panel == PANEL);
    REQUIRE(ir_at(e->ir, op->in[0])->stride >= tensor_panels(sums) * PANEL);
    struct cx *first = op->slices ? e->first : cx_int(cb, 0), *panel = cx_int(cb, PANEL);
    struct cx *last = op->slices ? e->last : cx_int(cb, tensor_panels(sums));
    const bool single = !op->slices && tensor_panels(sums) == 1;
    struct cx *p = single ? first : cb_for(cb, "p", first, last, 1);
    sum_in_registers(e, op, term, cx_mul(cb, p, panel), cx_mul(cb, cx_sub(cb, p, first), panel));
    if (!single)
        cb_end(cb);
}

void emit_lanes(struct emit *e, int tensor, bool straight, bool calls, emit_lanes_body *body,
                void *context)
{
    struct cbuild *cb = e->cb;
    const struct isa_vector *v = isa_vector(e->isa, e->ir->f64);
    const struct tensor *t = ir_at(e->ir, tensor);
    struct lane lane = emit_scalar_lane(e, NULL);
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
    struct cx *end = e->panels ? cx_mul(cb, e->panels, cx_int(cb, PANEL)) : emit_units(e, tensor);
    struct cx *j = cb_for(cb, "j", cx_int(cb, 0), end, lane_count(&lane));
    lane.suffix = emit_suffix(e, j);
    body(e, &lane, j, context);
    cb_end(cb);
}
