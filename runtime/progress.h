/* The line on a terminal that says how far the work is, rewritten in place. Drawn on standard error
 * only, and only where that is a terminal. */
#ifndef MLPRT_PROGRESS_H
#define MLPRT_PROGRESS_H

#include "status.h"

#include <stdbool.h>

struct mlprt_progress {
    bool shown; /* may anything be drawn at all? */
    bool drawn; /* is a line on the screen? */
    double due; /* when the next one may be drawn */
};

void mlprt_progress_start(struct mlprt_progress *p, bool quiet);
/* Draws the line, but no more often than the eye can follow. */
void mlprt_progress_draw(struct mlprt_progress *p, const char *fmt, ...) MLPRT_PRINTF(2, 3);
/* Takes the line off the screen; to be called before anything else is printed. */
void mlprt_progress_clear(struct mlprt_progress *p);

/* Seconds since some moment in the past; never runs backwards. */
double mlprt_progress_clock(void);

#endif
