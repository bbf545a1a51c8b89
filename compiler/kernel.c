/* The loops around the tiles. */
#include "kernel.h"

#include "tile.h"

/* Where row `row` of a starts, which is `behind` rows (less than a panel has) behind another. */
static struct cx *row_of_a(struct emit *e, const struct product *p, struct cx *row, unsigned behind)
{
    struct cbuild *cb = e->cb;
    struct cx *panel = cx_int(cb, PANEL), *more = cx_int(cb, behind);
    if (!p->a_panel)
        return cx_mul(cb, cx_add(cb, row, more), p->a_row);
    return cx_add(cb, cx_mul(cb, cx_div(cb, row, panel), p->a_panel),
                  behind ? more : cx_mod(cb, row, panel));
}

static void call_tile(struct emit *e, const struct op *op, const struct product *p, unsigned rows,
                      unsigned panels, struct cx *panel, struct cx *row, unsigned behind)
{
    struct cbuild *cb = e->cb;
    struct cx *columns = cx_mul(cb, panel, cx_int(cb, PANEL));
    struct cx *c_row =
        cx_add(cb, p->c_first ? cx_sub(cb, row, p->c_first) : row, cx_int(cb, behind));
    struct cx *place = cx_add(cb, cx_mul(cb, panel, p->c_panel), cx_mul(cb, c_row, p->c_row));
    struct cx *start = p->start ? cx_add(cb, p->start, columns) : cx_name(cb, CT_REALS, "zeros");
    struct cx *args[16];
    size_t n = 0;
    tile_want(e, op, rows, panels);
    args[n++] = p->depth;
    args[n++] = cx_add(cb, p->a, row_of_a(e, p, row, behind));
    if (rows > 1)
        args[n++] = p->a_row;
    args[n++] = p->a_step;
    args[n++] = cx_add(cb, p->b, cx_mul(cb, panel, p->b_panel));
    if (panels > 1)
        args[n++] = p->b_panel;
    args[n++] = p->b_step;
    args[n++] = start;
    args[n++] = cx_add(cb, p->c, place);
    if (panels > 1)
        args[n++] = p->c_panel;
    if (rows > 1)
        args[n++] = p->c_row;
    for (size_t i = 0; i < tile_posts(op, e->isa); i++)
        if (op->post[i].aux != NO_TENSOR)
            args[n++] = cx_add(cb, e->aux[i], place);
    cb_do(cb, cx_call_array(cb, CT_OTHER, tile_name(cb->arena, op, e->isa, rows, panels), n, args));
}

/* Steps side by side from one place to another: of rows, or of tiles of a width over panels. */
struct steps {
    unsigned size;
    struct cx *from, *to;
};

static bool known(const struct steps *s)
{
    return s->from->kind == CX_INT && s->to->kind == CX_INT;
}

/* Is it known that there are none? */
static bool no_steps(const struct steps *s)
{
    return known(s) && s->from->integer >= s->to->integer;
}

/* Is it known that there is one alone? */
static bool one_step(const struct steps *s)
{
    return known(s) && s->from->integer + s->size >= s->to->integer;
}

/* Opens a loop over steps, where it needs one; returns where each starts. */
static struct cx *open_steps(struct cbuild *cb, const char *name, const struct steps *s)
{
    return one_step(s) ? s->from : cb_for(cb, name, s->from, s->to, s->size);
}

static void close_steps(struct cbuild *cb, const struct steps *s)
{
    if (!one_step(s))
        cb_end(cb);
}

/* Those of a number of panels that is known. */
static size_t fixed_strips(struct emit *e, const struct product *p, unsigned rows,
                           struct steps *strips)
{
    const struct tile_widths widths = tile_widths(e->isa, e->ir->f64, rows, p->panels);
    size_t count = 0;
    uint32_t from = 0;
    for (unsigned width = TILE_VECTORS_MAX; width > 0; width--) {
        const uint32_t tiles = widths.tiles[width], to = from + width * tiles;
        if (tiles)
            strips[count++] = (struct steps){width, cx_int(e->cb, from), cx_int(e->cb, to)};
        from = to;
    }
    return count;
}

/* Those of a thread's share of the units, as many as there are when the program runs: tiles of the
 * whole width, then of less. */
static size_t shared_strips(struct emit *e, unsigned rows, struct steps *strips)
{
    struct cbuild *cb = e->cb;
    unsigned widths[TILE_SHARED_WIDTHS];
    const size_t count = tile_shared_widths(e->isa, e->ir->f64, rows, widths);
    struct cx *from = cx_int(cb, 0), *left = e->panels;
    for (size_t i = 0; i < count; i++) {
        struct cx *width = cx_int(cb, widths[i]), *to = e->panels;
        if (i + 1 < count)
            to = cx_add(cb, from, cx_mul(cb, cx_div(cb, left, width), width));
        strips[i] = (struct steps){widths[i], from, to};
        left = cx_mod(cb, left, width);
        from = to;
    }
    return count;
}

/* The strips that cover a product; returns how many. */
static size_t strips_of(struct emit *e, const struct product *p, unsigned rows,
                        struct steps strips[TILE_VECTORS_MAX])
{
    return e->panels ? shared_strips(e, rows, strips) : fixed_strips(e, p, rows, strips);
}

/* The tiles of `rows` rows from `row` on, all panels of them. */
static void emit_panels(struct emit *e, const struct op *op, const struct product *p, unsigned rows,
                        struct cx *row)
{
    struct steps strips[TILE_VECTORS_MAX];
    const size_t count = strips_of(e, p, rows, strips);
    for (size_t i = 0; i < count; i++) {
        call_tile(e, op, p, rows, strips[i].size, open_steps(e->cb, "p", &strips[i]), row, 0);
        close_steps(e->cb, &strips[i]);
    }
}

/* The rows of a panel of a, the first of which is `row`. */
static void emit_panel_rows(struct emit *e, const struct op *op, const struct product *p,
                            unsigned width, struct cx *panel, struct cx *row)
{
    unsigned rows[TILE_SIZES_MAX], done = 0;
    const size_t sizes = tile_rows(e->isa, e->ir->f64, rows);
    for (size_t s = 0; s < sizes; s++)
        for (; PANEL - done >= rows[s]; done += rows[s])
            call_tile(e, op, p, rows[s], width, panel, row, done);
}

/* Rows that the loop over whole tiles takes at a time: all of a panel of a, unless they go one by
 * one anyway. */
static unsigned step_of(const struct product *p, unsigned most)
{
    return p->a_panel && most > 1 ? PANEL : most;
}

/* Rows first … whole-1: panel by panel, whose columns of b stay in the cache while all rows pass.
 */
static void emit_whole_rows(struct emit *e, const struct op *op, const struct product *p,
                            unsigned most, struct cx *whole)
{
    struct cbuild *cb = e->cb;
    const struct steps rows = {step_of(p, most), e->first, whole};
    struct steps strips[TILE_VECTORS_MAX];
    const size_t count = no_steps(&rows) ? 0 : strips_of(e, p, most, strips);
    for (size_t i = 0; i < count; i++) {
        struct cx *panel = open_steps(cb, "p", &strips[i]), *r = open_steps(cb, "r", &rows);
        if (rows.size > most)
            emit_panel_rows(e, op, p, strips[i].size, panel, r);
        else
            call_tile(e, op, p, most, strips[i].size, panel, r, 0);
        close_steps(cb, &rows);
        close_steps(cb, &strips[i]);
    }
}

/* Tiles of so many rows over steps of them, all panels for each. */
static void emit_steps(struct emit *e, const struct op *op, const struct product *p,
                       const struct steps *rows)
{
    if (no_steps(rows))
        return;
    emit_panels(e, op, p, rows->size, open_steps(e->cb, "r", rows));
    close_steps(e->cb, rows);
}

/* Rows whole … last-1, fewer than a panel of a has: all panels for each tile of them. Returns where
 * less than the largest tile is left. */
static struct cx *emit_panel_rest(struct emit *e, const struct op *op, const struct product *p,
                                  unsigned most, struct cx *whole)
{
    const struct steps tiles = {most, whole,
                                emit_whole_steps(e->cb, "tiled", whole, e->last, most)};
    emit_steps(e, op, p, &tiles);
    return tiles.to;
}

/* A tile of so many rows, from rest on, if as many are left; returns where fewer are. */
static struct cx *emit_half(struct emit *e, const struct op *op, const struct product *p,
                            unsigned rows, struct cx *rest)
{
    struct cbuild *cb = e->cb;
    const struct steps left = {rows, rest, e->last};
    struct cx *size = cx_int(cb, rows), *next = cx_add(cb, rest, size);
    if (known(&left)) {
        const struct steps tile = {rows, rest, next->integer > e->last->integer ? rest : next};
        emit_steps(e, op, p, &tile);
        return tile.to;
    }
    cb_if(cb, cx_le(cb, next, e->last));
    emit_panels(e, op, p, rows, rest);
    cb_advance(cb, rest, size);
    cb_end(cb);
    return rest;
}

/* Rows whole … last-1, fewer than the largest tile has. */
static void emit_last_rows(struct emit *e, const struct op *op, const struct product *p,
                           size_t sizes, const unsigned *rows, struct cx *whole)
{
    struct steps left = {1, whole, e->last};
    if (sizes > 2 && !known(&left)) /* a variable: it is set again */
        left.from = cb_declare(e->cb, "size_t", CT_INT, "rest", whole);
    for (size_t s = 1; s + 1 < sizes; s++)
        left.from = emit_half(e, op, p, rows[s], left.from);
    emit_steps(e, op, p, &left);
}

void kernel_emit_product(struct emit *e, const struct op *op, const struct product *p)
{
    unsigned rows[TILE_SIZES_MAX];
    const size_t sizes = tile_rows(e->isa, e->ir->f64, rows);
    const unsigned step = step_of(p, rows[0]);
    struct cx *whole = emit_whole_steps(e->cb, "whole", e->first, e->last, step);
    emit_whole_rows(e, op, p, rows[0], whole);
    if (p->whole_panels)
        return;
    if (step > rows[0])
        whole = emit_panel_rest(e, op, p, rows[0], whole);
    if (sizes > 1)
        emit_last_rows(e, op, p, sizes, rows, whole);
}
