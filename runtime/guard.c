/* Finding the number that is not finite. Gradients are looked at in every step, by the update that
 * has each in a register (struct mlprt_batch); here stands what it found. Scans are a few
 * operations on whole registers, and only what they find is looked at closely. */
#include "posix.h"

#include "guard.h"
#include "json.h"
#include "metrics.h"
#include "param.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GUARD_BLOCK = 16 /* elements; a constant makes gcc use vector instructions at -O2 already */
};

/* Are n elements finite? An exponent of all ones, and no other, carries into the sign. */
#define GUARD_DEFINE(name, word, sign, one)                                                        \
    static bool name(const unsigned char *p, size_t n)                                             \
    {                                                                                              \
        word block[GUARD_BLOCK], carry = 0;                                                        \
        for (; n >= GUARD_BLOCK; n -= GUARD_BLOCK, p += sizeof block) {                            \
            memcpy(block, p, sizeof block);                                                        \
            for (int i = 0; i < GUARD_BLOCK; i++)                                                  \
                carry |= (block[i] & ((sign)-1)) + (one);                                          \
        }                                                                                          \
        memcpy(block, p, n * sizeof *block);                                                       \
        for (size_t i = 0; i < n; i++)                                                             \
            carry |= (block[i] & ((sign)-1)) + (one);                                              \
        return !(carry & (sign));                                                                  \
    }

GUARD_DEFINE(floats_finite, uint32_t, UINT32_C(1) << 31, UINT32_C(1) << 23)
GUARD_DEFINE(doubles_finite, uint64_t, UINT64_C(1) << 63, UINT64_C(1) << 52)
#undef GUARD_DEFINE

bool mlprt_guard_number(double x)
{
    unsigned char bytes[sizeof x];
    memcpy(bytes, &x, sizeof x);
    return doubles_finite(bytes, 1);
}

static bool elements_finite(const struct mlprt_model *m, const void *p, size_t n)
{
    return m->element == MLPRT_F32 ? floats_finite(p, n) : doubles_finite(p, n);
}

/* Are n elements finite that start `offset` bytes into the arena? */
static bool arena_finite(const struct mlprt_session *s, size_t offset, size_t n)
{
    return elements_finite(s->model, (const unsigned char *)s->arena + offset, n);
}

/* Is a parameter finite? What its padding holds is nothing. */
static bool param_finite(const struct mlprt_session *s, const struct mlprt_param *p)
{
    if (arena_finite(s, p->offset, mlprt_param_stored(p)))
        return true;
    for (uint32_t unit = 0; unit < p->units; unit++)
        for (uint32_t k = 0; k < p->depth; k++)
            if (!mlprt_guard_number(
                    mlprt_arena_get(s->model, s->arena, p->offset, mlprt_param_index(p, unit, k))))
                return false;
    return true;
}

/* Did a thread note something of parameter i? */
static bool noted(const struct mlprt_session *s, size_t i)
{
    const struct mlprt_model *m = s->model;
    const size_t block = MLPRT_LANES * mlprt_element_size(m->element);
    for (size_t at = i * block; at < s->fault_size; at += m->param_count * block)
        if (!elements_finite(m, (unsigned char *)s->fault + at, MLPRT_LANES))
            return true;
    return false;
}

/* What was noted may have been padding's; a weight that took such a step is not finite itself. */
bool mlprt_guard_gradients(struct mlprt_session *s, struct mlprt_fault *f)
{
    const struct mlprt_model *m = s->model;
    const struct mlprt_param *p = NULL;

    if (elements_finite(m, s->fault, s->fault_size / mlprt_element_size(m->element)))
        return false;
    for (size_t i = m->param_count; !p && i-- > 0;)
        if (noted(s, i) && !param_finite(s, &m->params[i]))
            p = &m->params[i];
    memset(s->fault, 0, s->fault_size);
    if (!p)
        return false;
    *f = (struct mlprt_fault){.line = p->line};
    snprintf(f->what, sizeof f->what, "the gradient of %s", p->name);
    return true;
}

bool mlprt_guard_weights(const struct mlprt_session *s, struct mlprt_fault *f)
{
    for (size_t i = 0; i < s->model->param_count; i++) {
        const struct mlprt_param *p = &s->model->params[i];
        if (param_finite(s, p))
            continue;
        *f = (struct mlprt_fault){.line = p->line};
        snprintf(f->what, sizeof f->what, "%s", p->name);
        return true;
    }
    return false;
}

/* Sample number i of a mini-batch by itself, as it was in there. */
static struct mlprt_batch alone(struct mlprt_session *s, const struct mlprt_dataset *d,
                                const uint32_t *index, const struct mlprt_batch *batch, uint32_t i)
{
    struct mlprt_batch one = mlprt_session_batch(s, d, index + i, 1, batch->step, batch->training);
    one.first = i;
    one.seed = batch->seed;
    one.threads = 1;
    return one;
}

/* The sample's own numbers. */
static bool trace_sample(struct mlprt_session *s, const struct mlprt_dataset *d,
                         const struct mlprt_batch *one, uint32_t index, struct mlprt_fault *f)
{
    const struct mlprt_model *m = s->model;
    const char *what = "input", *file = d->input_file;
    char quoted[MLPRT_QUOTED];
    one->load(one, 0, 1, 0);
    if (arena_finite(s, m->input_offset, m->input_size)) {
        what = "target";
        file = d->target_file;
        if (m->target == MLPRT_CLASS || arena_finite(s, m->target_offset, m->output_size))
            return false;
    }
    const int length =
        snprintf(f->what, sizeof f->what, "the %s of sample %" PRIu32 " (counted from 0)", what,
                 mlprt_dataset_row(d, index));
    if (file)
        snprintf(f->what + length, sizeof f->what - (size_t)length, " of %s",
                 mlprt_text_quote((struct mlprt_text){.data = file, .size = strlen(file)}, quoted));
    f->of_sample = true;
    return true;
}

/* Is a layer's output for the first sample finite? */
static bool value_finite(const struct mlprt_session *s, const struct mlprt_layer *l)
{
    for (size_t j = 0; j < l->out; j++)
        if (!mlprt_guard_number(
                mlprt_arena_get(s->model, s->arena, l->value_offset, j * l->value_block)))
            return false;
    return true;
}

/* The first layer before number `most` whose output for that sample is not finite; else most. */
static size_t trace_layer(struct mlprt_session *s, const struct mlprt_batch *one, size_t most)
{
    size_t i = 0;
    s->path->evaluate(one);
    for (; i < most; i++) {
        const struct mlprt_layer *l = &s->model->layers[i];
        if (l->value_stride && !value_finite(s, l))
            break;
    }
    return i;
}

void mlprt_guard_trace(struct mlprt_session *s, const struct mlprt_dataset *d,
                       const uint32_t *index, const struct mlprt_batch *batch,
                       struct mlprt_fault *f)
{
    const size_t layers = s->model->layer_count;
    size_t found = layers;

    *f = (struct mlprt_fault){.what = "the loss"};
    for (uint32_t i = 0; i < batch->n; i++) {
        const struct mlprt_batch one = alone(s, d, index, batch, i);
        if (trace_sample(s, d, &one, index[i], f))
            return;
    }
    for (uint32_t i = 0; i < batch->n; i++) {
        const struct mlprt_batch one = alone(s, d, index, batch, i);
        found = trace_layer(s, &one, found);
    }
    if (found == layers)
        return;
    const struct mlprt_layer *l = &s->model->layers[found];
    snprintf(f->what, sizeof f->what, "the output of %s (%s)", l->name, l->kind);
    f->line = l->line;
}

/* Of the first mini-batch of a split, in order, whose loss is not finite. */
static enum mlprt_status trace_split(struct mlprt_session *s, const struct mlprt_dataset *d,
                                     struct mlprt_fault *f, struct mlprt_error *e)
{
    const uint32_t most = s->model->batch;
    uint32_t *index = mlprt_session_allocate(most, sizeof *index, "a batch", e);
    if (!index)
        return MLPRT_IO;
    *f = (struct mlprt_fault){.what = "the loss"};
    bool finite = true;
    for (uint32_t first = 0, n; finite && first < d->samples; first += n) {
        n = d->samples - first < most ? d->samples - first : most;
        for (uint32_t i = 0; i < n; i++)
            index[i] = first + i;
        const struct mlprt_batch batch = mlprt_session_batch(s, d, index, n, 0, false);
        s->path->evaluate(&batch);
        finite = mlprt_guard_number(mlprt_metrics_add_losses(s, n, 0));
        if (!finite)
            mlprt_guard_trace(s, d, index, &batch, f);
    }
    free(index);
    return MLPRT_OK;
}

enum mlprt_status mlprt_guard_split(struct mlprt_session *s, const struct mlprt_dataset *d,
                                    const char *name, struct mlprt_fault *f, struct mlprt_error *e)
{
    char where[64];

    if (mlprt_guard_weights(s, f))
        return MLPRT_OK;
    const enum mlprt_status status = trace_split(s, d, f, e);
    if (status || !name)
        return status;
    snprintf(where, sizeof where, " on the %s split", name);
    strncat(f->what, where, sizeof f->what - strlen(f->what) - 1);
    return MLPRT_OK;
}

enum mlprt_status mlprt_guard_tell(const struct mlprt_model *model, const struct mlprt_fault *f,
                                   const char *when, struct mlprt_error *e)
{
    char line[sizeof ":4294967295"] = "";
    if (f->line)
        snprintf(line, sizeof line, ":%" PRIu32, f->line);
    return mlprt_fail(e, MLPRT_NOT_FINITE, "%s%s: %s is not finite%s", model->file, line, f->what,
                      when);
}
