/* oneDNN: each product an inner_product primitive, all in the layouts that the library asks for.
 *
 * Weights are kept as the forward pass likes them; backward they are reordered where it likes them
 * otherwise, and so is the gradient. Primitives are made once for each number of samples. */
#include "products.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZES_MAX = 2 /* a full mini-batch, and the rest */ };

/* A tensor as a primitive wants it, and the way there from (or, of a result, to) the layer's own.
 */
struct tensor {
    dnnl_memory_t memory, own;
    dnnl_primitive_t reorder; /* NULL: they are the same */
};

struct size {
    int n;
    dnnl_primitive_t forward, input, weight;
    dnnl_memory_t x, y, dx, dy;
    struct tensor w_input, dw;
};

struct onednn {
    dnnl_memory_desc_t weight; /* the layer's own */
    dnnl_memory_t w, dw;
    struct size size[SIZES_MAX];
    int sizes;
};

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static void must(dnnl_status_t status)
{
    if (status != dnnl_success) {
        fprintf(stderr, "oneDNN: status %d\n", status);
        exit(1);
    }
}

const char *products_name(void)
{
    static char name[64];
    const dnnl_version_t *v = dnnl_version();
    snprintf(name, sizeof name, "oneDNN %d.%d.%d", v->major, v->minor, v->patch);
    return name;
}

static dnnl_memory_desc_t matrix(int rows, int columns, dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t desc;
    const dnnl_dims_t dims = {rows, columns};
    must(dnnl_memory_desc_init_by_tag(&desc, 2, dims, dnnl_f32, tag));
    return desc;
}

static dnnl_memory_t memory_of(const dnnl_memory_desc_t *desc, void *data)
{
    dnnl_memory_t memory;
    must(dnnl_memory_create(&memory, desc, engine, data));
    return memory;
}

static dnnl_primitive_t reorder(const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to)
{
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    must(dnnl_reorder_primitive_desc_create(&desc, from, engine, to, engine, NULL));
    must(dnnl_primitive_create(&primitive, desc));
    must(dnnl_primitive_desc_destroy(desc));
    return primitive;
}

static void execute(dnnl_primitive_t primitive, int count, const dnnl_exec_arg_t *args)
{
    must(dnnl_primitive_execute(primitive, stream, count, args));
    must(dnnl_stream_wait(stream));
}

static void copy(dnnl_primitive_t primitive, dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    execute(primitive, 2, args);
}

static dnnl_primitive_desc_t describe(const dnnl_inner_product_desc_t *op,
                                      const_dnnl_primitive_desc_t hint)
{
    dnnl_primitive_desc_t desc;
    must(dnnl_primitive_desc_create(&desc, op, NULL, engine, hint));
    return desc;
}

static dnnl_primitive_desc_t describe_forward(const struct layer *l, int n)
{
    dnnl_inner_product_desc_t op;
    const dnnl_memory_desc_t x = matrix(n, l->in, dnnl_ab), y = matrix(n, l->out, dnnl_ab);
    const struct onednn *own = l->own;
    const dnnl_memory_desc_t w = own ? own->weight : matrix(l->out, l->in, dnnl_format_tag_any);
    must(dnnl_inner_product_forward_desc_init(&op, dnnl_forward_training, &x, &w, NULL, &y));
    return describe(&op, NULL);
}

/* A tensor of the form that the primitive asks for, next to the layer's own. */
static struct tensor tensor_of(const struct onednn *own, dnnl_primitive_desc_t asked,
                               dnnl_query_t what, dnnl_memory_t kept, bool result)
{
    const dnnl_memory_desc_t *desc = dnnl_primitive_desc_query_md(asked, what, 0);
    if (dnnl_memory_desc_equal(desc, &own->weight))
        return (struct tensor){.memory = kept, .own = kept};
    return (struct tensor){.memory = memory_of(desc, DNNL_MEMORY_ALLOCATE),
                           .own = kept,
                           .reorder =
                               result ? reorder(desc, &own->weight) : reorder(&own->weight, desc)};
}

static void make_primitives(const struct layer *l, struct size *s)
{
    const struct onednn *own = l->own;
    dnnl_inner_product_desc_t op;
    const dnnl_memory_desc_t x = matrix(s->n, l->in, dnnl_ab), y = matrix(s->n, l->out, dnnl_ab);
    const dnnl_memory_desc_t any = matrix(l->out, l->in, dnnl_format_tag_any);

    dnnl_primitive_desc_t forward = describe_forward(l, s->n);
    must(dnnl_primitive_create(&s->forward, forward));
    must(dnnl_inner_product_backward_data_desc_init(&op, &x, &any, &y));
    dnnl_primitive_desc_t input = describe(&op, forward);
    must(dnnl_primitive_create(&s->input, input));
    s->w_input = tensor_of(own, input, dnnl_query_weights_md, own->w, false);
    must(dnnl_inner_product_backward_weights_desc_init(&op, &x, &any, NULL, &y));
    dnnl_primitive_desc_t weight = describe(&op, forward);
    must(dnnl_primitive_create(&s->weight, weight));
    s->dw = tensor_of(own, weight, dnnl_query_diff_weights_md, own->dw, true);
    s->x = memory_of(&x, DNNL_MEMORY_NONE);
    s->dx = memory_of(&x, DNNL_MEMORY_NONE);
    s->y = memory_of(&y, DNNL_MEMORY_NONE);
    s->dy = memory_of(&y, DNNL_MEMORY_NONE);
    must(dnnl_primitive_desc_destroy(weight));
    must(dnnl_primitive_desc_destroy(input));
    must(dnnl_primitive_desc_destroy(forward));
}

static struct size *size_of(const struct layer *l, int n)
{
    struct onednn *own = l->own;
    for (int i = 0; i < own->sizes; i++)
        if (own->size[i].n == n)
            return &own->size[i];
    if (own->sizes == SIZES_MAX)
        abort();
    struct size *s = &own->size[own->sizes++];
    s->n = n;
    make_primitives(l, s);
    return s;
}

/* Chooses the layer's layout: the forward pass's for a full mini-batch. */
static void choose(struct layer *l)
{
    dnnl_primitive_desc_t forward = describe_forward(l, l->batch);
    struct onednn *own = calloc(1, sizeof *own);
    if (!own)
        abort();
    own->weight = *dnnl_primitive_desc_query_md(forward, dnnl_query_weights_md, 0);
    must(dnnl_primitive_desc_destroy(forward));
    l->count = dnnl_memory_desc_get_size(&own->weight) / sizeof(float);
    l->weight = products_allocate(l->count);
    l->gradient = products_allocate(l->count);
    own->w = memory_of(&own->weight, l->weight);
    own->dw = memory_of(&own->weight, l->gradient);
    l->own = own;
}

void products_open(struct layer *l, const float *weight)
{
    if (!engine) {
        must(dnnl_engine_create(&engine, dnnl_cpu, 0));
        must(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
    }
    if (!l->own)
        choose(l);
    const struct onednn *own = l->own;
    const dnnl_memory_desc_t plain = matrix(l->out, l->in, dnnl_ab);
    dnnl_memory_t from = memory_of(&plain, (void *)weight);
    dnnl_primitive_t way = reorder(&plain, &own->weight);
    copy(way, from, own->w);
    must(dnnl_primitive_destroy(way));
    must(dnnl_memory_destroy(from));
}

static dnnl_memory_t at(dnnl_memory_t memory, const float *data)
{
    must(dnnl_memory_set_data_handle(memory, (void *)data));
    return memory;
}

void products_forward(const struct layer *l, const float *x, float *y, int n)
{
    const struct size *s = size_of(l, n);
    const struct onednn *own = l->own;
    const dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, at(s->x, x)}, {DNNL_ARG_WEIGHTS, own->w}, {DNNL_ARG_DST, at(s->y, y)}};
    execute(s->forward, 3, args);
}

void products_input(const struct layer *l, const float *dy, float *dx, int n)
{
    const struct size *s = size_of(l, n);
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_DIFF_DST, at(s->dy, dy)},
                                    {DNNL_ARG_WEIGHTS, s->w_input.memory},
                                    {DNNL_ARG_DIFF_SRC, at(s->dx, dx)}};
    if (s->w_input.reorder)
        copy(s->w_input.reorder, s->w_input.own, s->w_input.memory);
    execute(s->input, 3, args);
}

void products_weight(const struct layer *l, const float *x, const float *dy, int n)
{
    const struct size *s = size_of(l, n);
    const dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, at(s->x, x)},
                                    {DNNL_ARG_DIFF_DST, at(s->dy, dy)},
                                    {DNNL_ARG_DIFF_WEIGHTS, s->dw.memory}};
    execute(s->weight, 3, args);
    if (s->dw.reorder)
        copy(s->dw.reorder, s->dw.memory, s->dw.own);
}
