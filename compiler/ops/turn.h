/* Turning: PANEL rows of a matrix become columns, whose elements are side by side.
 *
 * Element by element each load and store moves one, and who loads a column soon after waits until
 * all of its elements have been stored; vectors exchange them in registers, four columns at a time.
 */
#ifndef MLPGEN_TURN_H
#define MLPGEN_TURN_H

#include "lane.h"

struct turn {
    struct cx *from, *row;  /* element (i, k) is from[i·row + k] … */
    struct cx *to, *column; /* … and then to[k·column + i] */
};

/* Turns the first `count` columns of `rows` rows, at most PANEL. Vectors store whole columns, with
 * zeros for the rows that are missing. */
void turn_emit(const struct lane *l, const struct turn *t, uint32_t rows, uint32_t count);

/* Opens a loop over PANEL things, as many at a time as there are lanes, where those are fewer;
 * returns the first of them. */
struct cx *turn_open_lanes(const struct lane *l);
void turn_close_lanes(const struct lane *l);

#endif
