/* The IR: construction, small questions, and the printer behind --dump. */
#include "ir.h"

#include "ice.h"

#include <string.h>

int ir_tensor(struct ir *ir, const char *name, enum tensor_role role, uint32_t depth,
              uint32_t units, uint32_t layer)
{
    char *unique = arena_printf(ir->arena, "%s", name);
    for (char *c = unique; *c; c++)
        if (*c == '.')
            *c = '_'; /* block.0.dense1: check_layers.c makes sure that no two layers meet here */
    while (!nameset_add(ir->arena, &ir->names, unique))
        unique = arena_printf(ir->arena, "%s_", unique);
    *VEC_PUSH(ir->arena, &ir->tensors) = (struct tensor){
        .name = unique, .role = role, .depth = depth, .units = units, .layer = layer};
    return (int)ir->tensors.len - 1;
}

int ir_adjoint(struct ir *ir, int x)
{
    const struct tensor t = *ir_at(ir, x);
    return ir_tensor(ir, arena_printf(ir->arena, "d_%s", t.name), ROLE_VALUE, 1, t.units, t.layer);
}

struct op ir_op(enum op_kind kind, enum section section, enum phase phase)
{
    struct op op = {.kind = kind, .section = section, .phase = phase};
    for (size_t i = 0; i < OP_IN_MAX; i++)
        op.in[i] = NO_TENSOR;
    for (size_t i = 0; i < OP_OUT_MAX; i++)
        op.out[i] = NO_TENSOR;
    return op;
}

void ir_append(struct ir *ir, struct op op)
{
    *VEC_PUSH(ir->arena, &ir->ops) = op;
}

double ir_clip_norm(const struct ir *ir)
{
    const struct value *clip = &ir->model->train->args[TRAIN_CLIP_NORM];
    return clip->absent ? 0 : clip->number;
}

const struct param *ir_param_of(const struct ir *ir, int value)
{
    for (size_t i = 0; i < ir->params.len; i++)
        if (ir->params.at[i].value == value)
            return &ir->params.at[i];
    ICE("no parameter has tensor %d", value);
}

bool tensor_per_sample(const struct tensor *t)
{
    switch (t->role) {
    case ROLE_INPUT:
    case ROLE_TARGET:
    case ROLE_LABEL:
    case ROLE_VALUE:
    case ROLE_MASK:
    case ROLE_PACK:
    case ROLE_LOSS: return true;
    case ROLE_PARAM:
    case ROLE_GRAD:
    case ROLE_STATE:
    case ROLE_NORM:
    case ROLE_COPY: return false;
    }
    return false;
}

bool tensor_in_arena(const struct tensor *t)
{
    return t->role != ROLE_LABEL;
}

bool ir_has_columns(const struct ir *ir)
{
    return ir_at(ir, ir->output)->in_columns;
}

uint32_t tensor_panels(const struct tensor *t)
{
    return (t->units + t->panel - 1) / t->panel;
}

uint32_t tensor_rows(const struct ir *ir, const struct tensor *t)
{
    return t->staged ? ir->batch * ir->series : ir->batch;
}

uint64_t tensor_stored(const struct ir *ir, const struct tensor *t)
{
    if (t->role == ROLE_PACK)
        return (uint64_t)((t->units + PANEL - 1) / PANEL) * t->stride;
    if (tensor_per_sample(t))
        return (uint64_t)tensor_rows(ir, t) * t->stride;
    return (uint64_t)tensor_panels(t) * t->panel * t->depth;
}

uint64_t tensor_bytes(const struct ir *ir, const struct tensor *t)
{
    const uint64_t bytes = tensor_stored(ir, t) * (t->role == ROLE_MASK ? 1 : ir_element(ir));
    return (bytes + MEMORY_ALIGN - 1) / MEMORY_ALIGN * MEMORY_ALIGN;
}

size_t op_tensors(const struct op *op, int ids[OP_TENSORS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < OP_IN_MAX; i++)
        if (op->in[i] != NO_TENSOR)
            ids[n++] = op->in[i];
    for (size_t i = 0; i < op->post_count; i++)
        if (op->post[i].aux != NO_TENSOR)
            ids[n++] = op->post[i].aux;
    for (size_t i = 0; i < OP_OUT_MAX; i++)
        if (op->out[i] != NO_TENSOR)
            ids[n++] = op->out[i];
    return n;
}

static struct life life_beyond_ops(const struct ir *ir, int tensor, struct life life)
{
    switch (ir_at(ir, tensor)->role) {
    case ROLE_PARAM:
    case ROLE_STATE:
    case ROLE_COPY: return (struct life){PHASE_PREPARE, PHASE_UPDATE};
    case ROLE_INPUT:
    case ROLE_TARGET: life.from = PHASE_PREPARE; break;
    case ROLE_LOSS:
    case ROLE_NORM:
    case ROLE_GRAD: life.to = PHASE_UPDATE; break;
    default: break;
    }
    if (tensor == ir->output)
        life.to = PHASE_UPDATE;
    if (ir_at(ir, tensor)->staged)
        life = (struct life){PHASE_PREPARE, PHASE_UPDATE};
    return life;
}

struct life *ir_lives(const struct ir *ir)
{
    struct life *lives = ARENA_ARRAY(ir->arena, struct life, ir->tensors.len);
    for (size_t t = 0; t < ir->tensors.len; t++)
        lives[t] = (struct life){PHASE_UPDATE + 1, PHASE_PREPARE - 1};
    for (size_t i = 0; i < ir->ops.len; i++) {
        int ids[OP_TENSORS_MAX];
        const size_t n = op_tensors(&ir->ops.at[i], ids);
        const int phase = (int)ir->ops.at[i].phase;
        for (size_t k = 0; k < n; k++) {
            struct life *life = &lives[ids[k]];
            life->from = phase < life->from ? phase : life->from;
            life->to = phase > life->to ? phase : life->to;
        }
    }
    for (size_t t = 0; t < ir->tensors.len; t++)
        if (!life_empty(lives[t]) || ir_at(ir, (int)t)->role == ROLE_PARAM)
            lives[t] = life_beyond_ops(ir, (int)t, lives[t]);
    return lives;
}

const char *op_name(enum op_kind kind)
{
    static const char *const names[] = {
#define OP(kind, name, rule) name,
#include "op.def"
#undef OP
    };
    return names[kind];
}

static const char *role_name(enum tensor_role role)
{
    static const char *const names[] = {
        [ROLE_INPUT] = "input", [ROLE_TARGET] = "target", [ROLE_LABEL] = "label",
        [ROLE_VALUE] = "value", [ROLE_MASK] = "mask",     [ROLE_LOSS] = "loss",
        [ROLE_PARAM] = "param", [ROLE_GRAD] = "grad",     [ROLE_STATE] = "state",
        [ROLE_NORM] = "norm",   [ROLE_COPY] = "copy",     [ROLE_PACK] = "pack"};
    return names[role];
}

static void print_tensor(const struct ir *ir, const struct tensor *t, struct strbuf *out)
{
    strbuf_printf(out, "  %-6s %s", role_name(t->role), t->name);
    if (tensor_per_sample(t))
        strbuf_printf(out, "[%u, %u]", ir->batch, t->units);
    else
        strbuf_printf(out, "[%u, %u]", t->depth, t->units);
    if (t->stride)
        strbuf_printf(out, " stride %u", t->stride);
    if (t->panel)
        strbuf_printf(out, " panel %u", t->panel);
    if (t->in_columns)
        strbuf_puts(out, " in columns");
    if (t->passing)
        strbuf_puts(out, " passing");
    if (t->staged)
        strbuf_printf(out, " of %u steps", ir->series);
    if (ir->arena_elements && tensor_in_arena(t))
        strbuf_printf(out, " at %llu", (unsigned long long)t->offset);
    strbuf_putc(out, '\n');
}

/* "<leaky_relu 0.01>" */
static void print_activation(enum activation_id id, const double *attr, struct strbuf *out)
{
    strbuf_printf(out, "<%s", vocab_activation_name(id));
    for (size_t i = 0; i < vocab_activation(id)->param_count; i++)
        strbuf_printf(out, " %g", attr[i]);
    strbuf_putc(out, '>');
}

static void print_op(const struct ir *ir, const struct op *op, struct strbuf *out)
{
    static const char *const sections[] = {"forward", "loss", "backward", "update"};
    static const char *const phases[] = {"prepare", "rows", "weights", "norm", "update"};
    const char *separator = "";
    strbuf_printf(out, "  %-8s %-7s ", sections[op->section], phases[op->phase]);
    for (size_t i = 0; i < OP_OUT_MAX; i++)
        if (op->out[i] != NO_TENSOR) {
            strbuf_printf(out, "%s%s", separator, ir_at(ir, op->out[i])->name);
            separator = ", ";
        }
    strbuf_printf(out, " = %s", op_name(op->kind));
    if (op->kind == OP_ACT || op->kind == OP_ACT_GRAD)
        print_activation(op->activation, op->attr, out);
    if (op->kind == OP_LOSS || op->kind == OP_LOSS_GRAD)
        strbuf_printf(out, "<%s>", vocab_loss_name(op->loss));
    separator = "(";
    for (size_t i = 0; i < OP_IN_MAX; i++)
        if (op->in[i] != NO_TENSOR) {
            strbuf_printf(out, "%s%s", separator, ir_at(ir, op->in[i])->name);
            separator = ", ";
        }
    strbuf_puts(out, *separator == '(' ? "()" : ")");
    for (size_t i = 0; i < op->post_count; i++) {
        const struct post *post = &op->post[i];
        strbuf_printf(out, " | %s", op_name(post->kind));
        if (post->kind == OP_ACT || post->kind == OP_ACT_GRAD)
            print_activation(post->activation, post->attr, out);
        if (post->aux != NO_TENSOR)
            strbuf_printf(out, "(%s)", ir_at(ir, post->aux)->name);
    }
    if (op->slices)
        strbuf_printf(out, "  %u slices", op->slices);
    if (op->by_units)
        strbuf_puts(out, "  by units");
    if (op->stage)
        strbuf_printf(out, "  stage %u", op->stage + 1);
    strbuf_puts(out, op->straight ? "  straight\n" : "\n");
}

void ir_print(const struct ir *ir, struct strbuf *out)
{
    strbuf_printf(out, "model %s  batch %u  %s\n", ir->model->name, ir->batch,
                  ir->f64 ? "f64" : "f32");
    const struct life *lives = ir_lives(ir);
    strbuf_puts(out, "tensors\n");
    for (size_t i = 0; i < ir->tensors.len; i++)
        if (!life_empty(lives[i]))
            print_tensor(ir, &ir->tensors.at[i], out);
    strbuf_puts(out, "ops\n");
    for (size_t i = 0; i < ir->ops.len; i++)
        print_op(ir, &ir->ops.at[i], out);
    if (ir->arena_elements)
        strbuf_printf(out, "arena %llu elements\n", (unsigned long long)ir->arena_elements);
}
