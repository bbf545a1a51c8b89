/* Register tiles: their text, and the loops that call them. */
#include "kernel.h"

#include "ice.h"
#include "lane.h"
#include "number.h"

#include <string.h>

enum { TILE_ROWS_MAX = 16, TILE_VECTORS_MAX = PANEL };

/* Rows of the tiles that an instruction set gets: as many as its registers hold sums for, then
 * halves, so that any number of rows is a few calls. Returns how many there are. */
static size_t tile_rows(const struct isa *isa, bool f64, unsigned rows[TILE_ROWS_MAX])
{
    const unsigned vectors = PANEL / isa_vector(isa, f64)->lanes;
    unsigned most = isa->accumulators / vectors;
    size_t count = 0;
    if (most < 1)
        most = 1;
    rows[count++] = most;
    unsigned next = 1;
    while (next * 2 < most)
        next *= 2;
    for (; next >= 1 && most > 1; next /= 2)
        rows[count++] = next;
    return count;
}

size_t kernel_posts(const struct op *op, const struct isa *isa)
{
    size_t taken = 0;
    while (taken < op->post_count && post_in_tile(&op->post[taken], isa))
        taken++;
    return taken;
}

/* Number of a post's arguments, which its tile has as constants. */
static size_t argument_count(const struct post *post)
{
    return vocab_activation(post->activation)->param_count;
}

/* A number as part of a name, different from that of any other: -0.01 is m0p01. */
static const char *name_number(struct arena *arena, double v)
{
    const struct number_text text = number_text(v);
    char *name = arena_printf(arena, "%s", text.at);
    for (char *c = name; *c; c++)
        *c = *c == '-' ? 'm' : *c == '.' ? 'p' : *c == '+' ? 'x' : *c;
    return name;
}

/* "tile6_relu_avx2", "tile1_leaky_relu_grad_0p01_portable": different tiles have different names.
 */
static const char *tile_name(struct arena *arena, const struct op *op, const struct isa *isa,
                             unsigned rows)
{
    const char *name = arena_printf(arena, "tile%u", rows);
    for (size_t i = 0; i < kernel_posts(op, isa); i++) {
        const struct post *post = &op->post[i];
        name = arena_printf(arena, "%s_%s", name, post_name(arena, post));
        for (size_t k = 0; k < argument_count(post); k++)
            name = arena_printf(arena, "%s_%s", name, name_number(arena, post->attr[k]));
    }
    return arena_printf(arena, "%s_%s", name, isa->name);
}

/* The text of one tile. */

struct tile {
    struct cbuild *cb;
    const struct isa_vector *v;
    const struct op *op;
    size_t posts;           /* of the op, in the epilogue */
    unsigned rows, vectors; /* accumulators: rows x vectors */
    struct cx *sum[TILE_ROWS_MAX][TILE_VECTORS_MAX];
};

static struct cx *reals(struct tile *t, const char *name)
{
    return cx_name(t->cb, CT_REALS, name);
}

static struct cx *ints(struct tile *t, const char *name)
{
    return cx_name(t->cb, CT_INT, name);
}

/* Pointer to vector v of row `row` of c, or of a post's second input, which is laid out alike. */
static struct cx *tile_place(struct tile *t, const char *base, unsigned row, unsigned v)
{
    struct cbuild *cb = t->cb;
    struct cx *at = reals(t, base);
    if (row)
        at = cx_add(cb, at, cx_mul(cb, cx_int(cb, row), ints(t, "c_row")));
    return cx_add(cb, at, cx_int(cb, (int64_t)v * t->v->lanes));
}

static struct cx *load(struct tile *t, struct cx *at)
{
    return cx_call(t->cb, CT_VEC, t->v->load, 1, at);
}

static void tile_start(struct tile *t)
{
    struct cbuild *cb = t->cb;
    for (unsigned i = 0; i < t->rows; i++)
        for (unsigned v = 0; v < t->vectors; v++)
            t->sum[i][v] = cb_declare(
                cb, t->v->type, CT_VEC, arena_printf(cb->arena, "c%u%u", i, v),
                i ? t->sum[0][v]
                  : load(t, cx_add(cb, reals(t, "start"), cx_int(cb, (int64_t)v * t->v->lanes))));
}

static void tile_depth_loop(struct tile *t)
{
    struct cbuild *cb = t->cb;
    struct cx *k = cb_for(cb, "k", cx_int(cb, 0), ints(t, "depth"), 1);
    struct cx *b[TILE_VECTORS_MAX];
    struct cx *row = cx_add(cb, reals(t, "b"), cx_mul(cb, k, ints(t, "b_step")));
    const char *constant = arena_printf(cb->arena, "const %s", t->v->type);
    for (unsigned v = 0; v < t->vectors; v++)
        b[v] = cb_declare(cb, constant, CT_VEC, arena_printf(cb->arena, "b%u", v),
                          load(t, cx_add(cb, row, cx_int(cb, (int64_t)v * t->v->lanes))));
    for (unsigned i = 0; i < t->rows; i++) {
        struct cx *at = cx_mul(cb, k, ints(t, "a_step"));
        if (i)
            at = cx_add(cb, at, cx_mul(cb, cx_int(cb, i), ints(t, "a_row")));
        struct cx *a =
            cb_declare(cb, constant, CT_VEC, arena_printf(cb->arena, "a%u", i),
                       cx_call(cb, CT_VEC, t->v->splat, 1, cx_at(cb, reals(t, "a"), at)));
        for (unsigned v = 0; v < t->vectors; v++)
            cb_set(cb, t->sum[i][v], cx_call(cb, CT_VEC, t->v->fma, 3, a, b[v], t->sum[i][v]));
    }
    cb_end(cb);
}

static void tile_finish(struct tile *t)
{
    struct cbuild *cb = t->cb;
    struct lane lane = {.cb = cb, .vector = t->v};
    for (unsigned i = 0; i < t->rows; i++)
        for (unsigned v = 0; v < t->vectors; v++) {
            struct cx *y = t->sum[i][v];
            lane.suffix = arena_printf(cb->arena, "%u%u", i, v);
            for (size_t p = 0; p < t->posts; p++) {
                const struct post *post = &t->op->post[p];
                struct cx *aux = NULL;
                if (post->aux != NO_TENSOR)
                    aux = load(t, tile_place(t, post_aux_name(cb->arena, post, p), i, v));
                y = post_emit(&lane, post, p, y, aux);
            }
            cb_do(cb, cx_call(cb, CT_OTHER, t->v->store, 2, tile_place(t, "c", i, v), y));
        }
}

/* The value of post p's second input in column j. */
static struct cx *tile_aux(struct tile *t, size_t p, struct cx *j)
{
    struct cbuild *cb = t->cb;
    const char *name = post_aux_name(cb->arena, &t->op->post[p], p);
    return cb_declare(cb, arena_printf(cb->arena, "const %s", cb_real_name(cb)), CT_REAL,
                      arena_printf(cb->arena, "%sj", name), cx_at(cb, reals(t, name), j));
}

/* Without vectors the sums of a panel are a small array that compilers keep in registers. */
static void scalar_tile_body(struct tile *t)
{
    struct cbuild *cb = t->cb;
    const struct lane lane = {.cb = cb, .suffix = "j"};
    struct cx *zero = cx_int(cb, 0), *panel = cx_int(cb, PANEL);
    struct cx *sum =
        cb_declare(cb, cb_real_name(cb), CT_REALS, arena_printf(cb->arena, "sum[%d]", PANEL), NULL);
    struct cx *j = cb_for(cb, "j", zero, panel, 1);
    cb_set(cb, cx_at(cb, sum, j), cx_at(cb, reals(t, "start"), j));
    cb_end(cb);
    struct cx *k = cb_for(cb, "k", zero, ints(t, "depth"), 1);
    struct cx *a =
        cb_local(cb, CT_REAL, "ak", cx_at(cb, reals(t, "a"), cx_mul(cb, k, ints(t, "a_step"))));
    struct cx *row =
        cb_local(cb, CT_REALS, "bk", cx_add(cb, reals(t, "b"), cx_mul(cb, k, ints(t, "b_step"))));
    j = cb_for(cb, "j", zero, panel, 1);
    cb_set(cb, cx_at(cb, sum, j), cx_fma(cb, a, cx_at(cb, row, j), cx_at(cb, sum, j)));
    cb_end(cb);
    cb_end(cb);
    j = cb_for(cb, "j", zero, panel, 1);
    const char *real = arena_printf(cb->arena, "const %s", cb_real_name(cb));
    struct cx *y = cb_declare(cb, real, CT_REAL, "s", cx_at(cb, sum, j));
    for (size_t p = 0; p < t->posts; p++) {
        struct cx *aux = NULL;
        if (t->op->post[p].aux != NO_TENSOR)
            aux = tile_aux(t, p, j);
        y = post_emit(&lane, &t->op->post[p], p, y, aux);
    }
    cb_set(cb, cx_at(cb, reals(t, "c"), j), y);
    cb_end(cb);
}

static void tile_comment(struct tile *t)
{
    struct cbuild *cb = t->cb;
    const unsigned rows = t->rows;
    const char *sum = "start[j] + Σ_k a[i][k]·b[k][j]";
    for (size_t p = 0; p < t->posts; p++)
        sum = arena_printf(cb->arena, "%s(%s)", post_name(cb->arena, &t->op->post[p]), sum);
    cb_comment(cb,
               "c[i][j] = %s for %u row%s and %d columns, the sums in registers; a[i][k] is "
               "%s, b[k][j] is b[k * b_step + j].",
               sum, rows, rows > 1 ? "s" : "", PANEL,
               rows > 1 ? "a[i * a_row + k * a_step], c[i][j] is c[i * c_row + j]"
                        : "a[k * a_step]");
}

static void emit_tile(struct cbuild *cb, const struct op *op, const struct isa *isa, unsigned rows)
{
    const char *real = cb_real_name(cb);
    struct tile t = {.cb = cb, .v = isa_vector(isa, cb->f64), .op = op, .rows = rows};
    t.posts = kernel_posts(op, isa);
    t.vectors = PANEL / t.v->lanes;

    const char *params = arena_printf(
        cb->arena,
        "size_t depth, const %s *a, %ssize_t a_step, const %s *b, size_t b_step, "
        "const %s *start, %s *c%s",
        real, rows > 1 ? "size_t a_row, " : "", real, real, real, rows > 1 ? ", size_t c_row" : "");
    for (size_t p = 0; p < t.posts; p++)
        if (op->post[p].aux != NO_TENSOR)
            params = arena_printf(cb->arena, "%s, const %s *%s", params, real,
                                  post_aux_name(cb->arena, &op->post[p], p));
    tile_comment(&t);
    const char *type = isa->attribute ? arena_printf(cb->arena,
                                                     "__attribute__((always_inline))\n%s\nstatic "
                                                     "inline void",
                                                     isa->attribute)
                                      : "static inline void";
    cb_function(cb, type, tile_name(cb->arena, op, isa, rows), params);
    if (t.v->lanes > 1) {
        tile_start(&t);
        tile_depth_loop(&t);
        tile_finish(&t);
    } else {
        scalar_tile_body(&t);
    }
    cb_end(cb);
    cb_blank(cb);
}

static bool calls_tiles(const struct op *op)
{
    return !op->straight &&
           (op->kind == OP_DENSE || op->kind == OP_DENSE_DX || op->kind == OP_DENSE_DW);
}

static bool same_post(const struct post *a, const struct post *b)
{
    bool same = a->kind == b->kind && a->activation == b->activation;
    for (size_t i = 0; same && i < argument_count(a); i++)
        same = a->attr[i] == b->attr[i];
    return same;
}

/* Do two ops call the same tiles? */
static bool same_epilogue(const struct op *a, const struct op *b, const struct isa *isa)
{
    const size_t posts = kernel_posts(a, isa);
    bool same = posts == kernel_posts(b, isa);
    for (size_t i = 0; same && i < posts; i++)
        same = same_post(&a->post[i], &b->post[i]);
    return same;
}

bool kernel_needs_zeros(const struct ir *ir)
{
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        if (calls_tiles(op) && (op->kind != OP_DENSE || op->in[2] == NO_TENSOR))
            return true;
    }
    return false;
}

void kernel_emit_tiles(struct cbuild *cb, const struct ir *ir, const struct isa *isa)
{
    unsigned rows[TILE_ROWS_MAX];
    const size_t sizes = tile_rows(isa, ir->f64, rows);
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        bool seen = false;
        for (size_t k = 0; k < i && calls_tiles(op); k++)
            seen |= calls_tiles(&ir->ops.at[k]) && same_epilogue(&ir->ops.at[k], op, isa);
        if (!calls_tiles(op) || seen)
            continue;
        cb->at = op->span;
        for (size_t s = 0; s < sizes; s++)
            emit_tile(cb, op, isa, rows[s]);
    }
}

/* The loops around the tiles. */

static void call_tile(struct emit *e, const struct op *op, const struct product *p, unsigned rows,
                      struct cx *panel, struct cx *row)
{
    struct cbuild *cb = e->cb;
    struct cx *columns = cx_mul(cb, panel, cx_int(cb, PANEL));
    struct cx *place = cx_add(cb, cx_mul(cb, panel, p->c_panel), cx_mul(cb, row, p->c_row));
    struct cx *start = p->start ? cx_add(cb, p->start, columns) : cx_name(cb, CT_REALS, "zeros");
    struct cx *args[16];
    size_t n = 0;
    args[n++] = p->depth;
    args[n++] = cx_add(cb, p->a, cx_mul(cb, row, p->a_row));
    if (rows > 1)
        args[n++] = p->a_row;
    args[n++] = p->a_step;
    args[n++] = cx_add(cb, p->b, cx_mul(cb, panel, p->b_panel));
    args[n++] = p->b_step;
    args[n++] = start;
    args[n++] = cx_add(cb, p->c, place);
    if (rows > 1)
        args[n++] = p->c_row;
    for (size_t i = 0; i < kernel_posts(op, e->isa); i++)
        if (op->post[i].aux != NO_TENSOR)
            args[n++] = cx_add(cb, e->aux[i], place);
    cb_do(cb, cx_call_array(cb, CT_OTHER, tile_name(cb->arena, op, e->isa, rows), n, args));
}

/* Rows first … last-1: whole tiles in a loop, then what is left. */
static void tile_rows_emit(struct emit *e, const struct op *op, const struct product *p,
                           const unsigned *rows, size_t sizes, struct cx *panel)
{
    struct cbuild *cb = e->cb;
    struct cx *most = cx_int(cb, rows[0]);
    struct cx *whole = e->last;
    if (sizes > 1) {
        struct cx *tiles = cx_div(cb, cx_sub(cb, e->last, e->first), most);
        whole = cb_declare(cb, "const size_t", CT_INT, "whole",
                           cx_add(cb, e->first, cx_mul(cb, tiles, most)));
    }
    struct cx *r = cb_for(cb, "r", e->first, whole, rows[0]);
    call_tile(e, op, p, rows[0], panel, r);
    cb_end(cb);
    struct cx *rest = sizes > 1 ? cb_declare(cb, "size_t", CT_INT, "rest", whole) : NULL;
    for (size_t s = 1; s < sizes; s++) {
        cb_if(cb, cx_le(cb, cx_add(cb, rest, cx_int(cb, rows[s])), e->last));
        call_tile(e, op, p, rows[s], panel, rest);
        if (s + 1 < sizes)
            cb_advance(cb, rest, cx_int(cb, rows[s]));
        cb_end(cb);
    }
}

void kernel_emit_product(struct emit *e, const struct op *op, const struct product *p)
{
    struct cbuild *cb = e->cb;
    unsigned rows[TILE_ROWS_MAX];
    const size_t sizes = tile_rows(e->isa, e->ir->f64, rows);
    struct cx *panel = cx_int(cb, 0);
    if (p->panels > 1)
        panel = cb_for(cb, "p", panel, cx_int(cb, p->panels), 1);
    tile_rows_emit(e, op, p, rows, sizes, panel);
    if (p->panels > 1)
        cb_end(cb);
}
