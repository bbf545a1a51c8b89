/* Transposes blocks of rows in registers: four rows, or four times as many as there are fours of
 * lanes, by two exchanges of neighbours. */
#include "ops/turn.h"

#include "model.h"

enum { FOUR = 4 };

struct cx *turn_open_lanes(const struct lane *l)
{
    struct cbuild *cb = l->cb;
    struct cx *zero = cx_int(cb, 0);
    return lane_count(l) == PANEL ? zero : cb_for(cb, "i", zero, cx_int(cb, PANEL), lane_count(l));
}

void turn_close_lanes(const struct lane *l)
{
    if (lane_count(l) != PANEL)
        cb_end(l->cb);
}

/* What is being turned: columns k … k + count - 1, at most FOUR, of as many rows from i on as there
 * are lanes, of which `rows` exist. */
struct piece {
    const struct lane *lane;
    const struct turn *turn;
    struct cx *i, *k;
    uint32_t rows, count;
};

/* Row i + behind from column k on. */
static struct cx *row_place(const struct piece *p, unsigned behind)
{
    struct cbuild *cb = p->lane->cb;
    struct cx *row = cx_mul(cb, cx_add(cb, p->i, cx_int(cb, behind)), p->turn->row);
    return cx_add(cb, p->turn->from, cx_add(cb, row, p->k));
}

/* Declares the four columns of rows i + q, i + q + 4 … */
static struct cx *load_rows(const struct piece *p, unsigned q)
{
    const struct lane *l = p->lane;
    struct cbuild *cb = l->cb;
    const struct isa_turn *turn = &l->vector->turn;
    struct cx *rows =
        lane_variable(l, arena_printf(cb->arena, "rows%u", q),
                      q < p->rows ? lane_spell(cb, turn->four, row_place(p, q), NULL, NULL)
                                  : lane_constant(l, 0));
    for (unsigned m = q + FOUR; m < lane_count(l) && m < p->rows; m += FOUR)
        cb_set(cb, rows, lane_spell(cb, turn->fours, rows, row_place(p, m), cx_int(cb, m / FOUR)));
    return rows;
}

static void turn_piece(const struct piece *p)
{
    const struct lane *l = p->lane;
    struct cbuild *cb = l->cb;
    const struct isa_turn *turn = &l->vector->turn;
    struct cx *rows[FOUR], *mixed[FOUR];
    for (unsigned q = 0; q < FOUR; q++)
        rows[q] = load_rows(p, q);
    for (unsigned q = 0; q < FOUR; q++)
        if (q % 2 * 2 < p->count) /* else nobody asks for the upper two columns */
            mixed[q] = lane_local(l, arena_printf(cb->arena, "mixed%u", q),
                                  lane_spell(cb, q % 2 ? turn->high : turn->low, rows[q / 2 * 2],
                                             rows[q / 2 * 2 + 1], NULL));
    for (unsigned q = 0; q < p->count; q++) {
        struct cx *column = cx_mul(cb, cx_add(cb, p->k, cx_int(cb, q)), p->turn->column);
        lane_store(l, p->turn->to, cx_add(cb, column, p->i),
                   lane_spell(cb, q % 2 ? turn->high_pairs : turn->low_pairs, mixed[q / 2],
                              mixed[q / 2 + 2], NULL));
    }
}

/* All rows of at most four columns: in a loop, or piece by piece where some are missing. */
static void turn_columns(const struct lane *l, const struct turn *t, uint32_t rows, struct cx *k,
                         uint32_t count)
{
    struct cbuild *cb = l->cb;
    struct piece p = {l, t, NULL, k, lane_count(l), count};
    if (rows == PANEL) {
        p.i = turn_open_lanes(l);
        turn_piece(&p);
        turn_close_lanes(l);
        return;
    }
    for (unsigned i = 0; i < PANEL; i += lane_count(l)) {
        cb_block(cb);
        p.i = cx_int(cb, i);
        p.rows = rows > i ? rows - i : 0;
        turn_piece(&p);
        cb_end(cb);
    }
}

/* Four columns at a time, and what is left of them. */
static void turn_by_vectors(const struct lane *l, const struct turn *t, uint32_t rows,
                            uint32_t count)
{
    struct cbuild *cb = l->cb;
    const uint32_t fours = count / FOUR * FOUR;
    if (fours) {
        turn_columns(l, t, rows, cb_for(cb, "c", cx_int(cb, 0), cx_int(cb, fours), FOUR), FOUR);
        cb_end(cb);
    }
    if (count > fours) {
        const bool bare = rows == PANEL && lane_count(l) == PANEL; /* no scope is opened for it */
        if (bare)
            cb_block(cb);
        turn_columns(l, t, rows, cx_int(cb, fours), count - fours);
        if (bare)
            cb_end(cb);
    }
}

void turn_emit(const struct lane *l, const struct turn *t, uint32_t rows, uint32_t count)
{
    struct cbuild *cb = l->cb;
    if (l->vector && l->vector->turn.four) {
        turn_by_vectors(l, t, rows, count);
        return;
    }
    struct cx *zero = cx_int(cb, 0);
    struct cx *i = cb_for(cb, "i", zero, cx_int(cb, rows), 1);
    struct cx *c = cb_for(cb, "c", zero, cx_int(cb, count), 1);
    cb_set(cb, cx_at(cb, t->to, cx_add(cb, cx_mul(cb, c, t->column), i)),
           cx_at(cb, t->from, cx_add(cb, cx_mul(cb, i, t->row), c)));
    cb_end(cb);
    cb_end(cb);
}
