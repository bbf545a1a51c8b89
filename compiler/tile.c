/* Register tiles: their sizes, and their text. */
#include "tile.h"

#include "ice.h"
#include "lane.h"
#include "number.h"

#include <string.h>

enum {
    /* Sums that a tile of few rows keeps at least, if there are so many: each waits four cycles or
     * five for its last multiply-add, of which two are started in a cycle. */
    SUMS_UNDER_WAY = 8,
    /* Fewer rows than these go one by one, in wide tiles: rarely many, and cc has less to do. */
    LEAST_ROWS = 4
};

/* Vectors that hold a row of a panel. */
static unsigned vectors_of(const struct isa *isa, bool f64)
{
    return PANEL / isa_vector(isa, f64)->lanes;
}

/* The panels of the largest tile. */
static unsigned own_panels(const struct isa *isa, bool f64)
{
    const unsigned panels = isa->tile_vectors / vectors_of(isa, f64);
    return panels ? panels : 1;
}

unsigned tile_panels(const struct isa *isa, bool f64, unsigned rows)
{
    const unsigned panel = rows * vectors_of(isa, f64);
    unsigned panels = own_panels(isa, f64);
    while (panels * panel < SUMS_UNDER_WAY && (panels + 1) * panel <= isa->accumulators)
        panels++;
    return panels;
}

size_t tile_shared_widths(const struct isa *isa, bool f64, unsigned rows,
                          unsigned widths[TILE_SHARED_WIDTHS])
{
    unsigned width = tile_panels(isa, f64, rows);
    size_t count = 0;
    for (; width > 1; width = (width + 1) / 2) {
        REQUIRE(count + 1 < TILE_SHARED_WIDTHS);
        widths[count++] = width;
    }
    widths[count++] = 1;
    return count;
}

size_t tile_rows(const struct isa *isa, bool f64, unsigned rows[TILE_SIZES_MAX])
{
    unsigned most = isa->accumulators / (vectors_of(isa, f64) * own_panels(isa, f64));
    size_t count = 0;
    if (most < 1)
        most = 1;
    REQUIRE(most <= TILE_ROWS_MAX);
    rows[count++] = most;
    unsigned next = LEAST_ROWS;
    while (next * 2 < most)
        next *= 2;
    for (; next >= LEAST_ROWS && next < most; next /= 2)
        rows[count++] = next;
    if (most > 1)
        rows[count++] = 1;
    return count;
}

size_t tile_posts(const struct op *op, const struct isa *isa)
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

const char *tile_name(struct arena *arena, const struct op *op, const struct isa *isa,
                      unsigned rows, unsigned panels)
{
    const char *name = arena_printf(arena, "tile%ux%u", rows, panels * PANEL);
    for (size_t i = 0; i < tile_posts(op, isa); i++) {
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
    size_t posts; /* of the op, in the epilogue */
    unsigned rows, panels;
    unsigned vectors; /* accumulators: rows x vectors */
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

/* at + the place of the tile's vector v, where panels are panel_step apart. */
static struct cx *vector_place(struct tile *t, struct cx *at, const char *panel_step, unsigned v)
{
    struct cbuild *cb = t->cb;
    const unsigned column = v * t->v->lanes;
    if (column / PANEL)
        at = cx_add(cb, at, cx_mul(cb, cx_int(cb, column / PANEL), ints(t, panel_step)));
    return cx_add(cb, at, cx_int(cb, column % PANEL));
}

/* Pointer to vector v of row `row` of c, or of a post's second input, which is laid out alike. */
static struct cx *tile_place(struct tile *t, const char *base, unsigned row, unsigned v)
{
    struct cbuild *cb = t->cb;
    struct cx *at = reals(t, base);
    if (row)
        at = cx_add(cb, at, cx_mul(cb, cx_int(cb, row), ints(t, "c_row")));
    return vector_place(t, at, "c_panel", v);
}

static struct cx *load(struct tile *t, struct cx *at)
{
    return lane_spell(t->cb, t->v->load, at, NULL, NULL);
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
                          load(t, vector_place(t, row, "b_panel", v)));
    for (unsigned i = 0; i < t->rows; i++) {
        struct cx *at = cx_mul(cb, k, ints(t, "a_step"));
        if (i)
            at = cx_add(cb, at, cx_mul(cb, cx_int(cb, i), ints(t, "a_row")));
        struct cx *a =
            cb_declare(cb, constant, CT_VEC, arena_printf(cb->arena, "a%u", i),
                       lane_spell(cb, t->v->splat, cx_at(cb, reals(t, "a"), at), NULL, NULL));
        for (unsigned v = 0; v < t->vectors; v++)
            cb_set(cb, t->sum[i][v], lane_spell(cb, t->v->fma, a, b[v], t->sum[i][v]));
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
            cb_do(cb, lane_spell(cb, t->v->store, tile_place(t, "c", i, v), y, NULL));
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
               "c[i][j] = %s for %u row%s and %u columns, the sums in registers; a[i][k] is "
               "%s, b[k][j] is b[k * b_step + j]%s.",
               sum, rows, rows > 1 ? "s" : "", t->panels * PANEL,
               rows > 1 ? "a[i * a_row + k * a_step], c[i][j] is c[i * c_row + j]"
                        : "a[k * a_step]",
               t->panels > 1 ? ", the second panel of columns b_panel and c_panel behind" : "");
}

/* The parameters of a tile, as text. */
static const char *tile_params(struct tile *t)
{
    struct arena *arena = t->cb->arena;
    const char *real = cb_real_name(t->cb);
    const char *params = arena_printf(
        arena,
        "size_t depth, const %s *a, %ssize_t a_step, const %s *b, %ssize_t b_step, "
        "const %s *start, %s *c%s%s",
        real, t->rows > 1 ? "size_t a_row, " : "", real, t->panels > 1 ? "size_t b_panel, " : "",
        real, real, t->panels > 1 ? ", size_t c_panel" : "", t->rows > 1 ? ", size_t c_row" : "");
    for (size_t p = 0; p < t->posts; p++)
        if (t->op->post[p].aux != NO_TENSOR)
            params = arena_printf(arena, "%s, const %s *%s", params, real,
                                  post_aux_name(arena, &t->op->post[p], p));
    return params;
}

static void emit_tile(struct cbuild *cb, const struct op *op, const struct isa *isa, unsigned rows,
                      unsigned panels)
{
    struct tile t = {
        .cb = cb, .v = isa_vector(isa, cb->f64), .op = op, .rows = rows, .panels = panels};
    t.posts = tile_posts(op, isa);
    t.vectors = panels * vectors_of(isa, cb->f64);
    tile_comment(&t);
    cb_function(cb, isa_function(cb->arena, isa, INLINE_IT),
                tile_name(cb->arena, op, isa, rows, panels), tile_params(&t));
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

/* Does an op call tiles? What makes columns of samples, or sums over them, does not (columns.h). */
static bool calls_tiles(const struct ir *ir, const struct op *op)
{
    switch (op->kind) {
    case OP_DENSE: return !op->straight && !ir_at(ir, op->out[0])->in_columns;
    case OP_DENSE_DX: return !op->straight;
    case OP_DENSE_DW: return !op->straight && !ir_at(ir, op->in[1])->in_columns;
    default: return false;
    }
}

/* Do two ops call the same tiles? */
static bool same_epilogue(const struct op *a, const struct op *b, const struct isa *isa)
{
    const size_t posts = tile_posts(a, isa);
    bool same = posts == tile_posts(b, isa);
    for (size_t i = 0; same && i < posts; i++)
        same = post_same(&a->post[i], &b->post[i]);
    return same;
}

unsigned tile_zeros(const struct ir *ir)
{
    bool needed = false;
    unsigned panels = 0;
    for (size_t i = 0; i < ir->ops.len; i++) {
        const struct op *op = &ir->ops.at[i];
        needed |= calls_tiles(ir, op) && (op->kind != OP_DENSE || op->in[2] == NO_TENSOR);
    }
    for (size_t i = 0; i < isa_count; i++)
        if (tile_panels(&isas[i], ir->f64, 1) > panels)
            panels = tile_panels(&isas[i], ir->f64, 1);
    return needed ? panels * PANEL : 0;
}

struct tile_widths tile_widths(const struct isa *isa, bool f64, unsigned rows, uint32_t panels)
{
    const unsigned wide = tile_panels(isa, f64, rows);
    const uint32_t count = (panels + wide - 1) / wide;
    struct tile_widths widths = {{0}};
    widths.tiles[panels / count] = count - panels % count;
    widths.tiles[panels / count + 1] += panels % count;
    return widths;
}

void tile_want(struct emit *e, const struct op *op, unsigned rows, unsigned panels)
{
    for (size_t i = 0; i < e->tiles->wanted.len; i++) {
        const struct tile_wanted *t = &e->tiles->wanted.at[i];
        if (t->rows == rows && t->panels == panels && same_epilogue(t->op, op, e->isa))
            return;
    }
    *VEC_PUSH(e->cb->arena, &e->tiles->wanted) = (struct tile_wanted){op, rows, panels};
}

void tile_emit_all(struct cbuild *cb, const struct isa *isa, const struct tiles *tiles)
{
    for (size_t i = 0; i < tiles->wanted.len; i++) {
        const struct tile_wanted *t = &tiles->wanted.at[i];
        cb->at = t->op->span;
        emit_tile(cb, t->op, isa, t->rows, t->panels);
    }
}
