/* The progress line on a terminal. */
#include "posix.h"

#include "progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_COLUMNS = 79 /* a longer line would wrap, and could not be rewritten */ };

static const double progress_interval = 0.1; /* seconds */

double mlprt_progress_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return fma(1e-9, (double)now.tv_nsec, (double)now.tv_sec);
}

void mlprt_progress_start(struct mlprt_progress *p, bool quiet)
{
    const char *terminal = getenv("TERM");
    const bool clever = terminal && *terminal && strcmp(terminal, "dumb") != 0;

    *p = (struct mlprt_progress){.shown = !quiet && clever && isatty(STDERR_FILENO)};
}

void mlprt_progress_draw(struct mlprt_progress *p, const char *fmt, ...)
{
    if (!p->shown)
        return;
    const double now = mlprt_progress_clock();
    if (now < p->due)
        return;
    p->due = now + progress_interval;
    p->drawn = true;

    char line[PROGRESS_COLUMNS + 1];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
}

void mlprt_progress_clear(struct mlprt_progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = false;
}
