/* Choices: drawn by the runtime's generator, which needs no state; or read from a list. */
#include "choices.h"

#include "runtime/mlprt/rng.h"

#include <stdlib.h>
#include <string.h>

/* The next number of the list, 0 where it has ended. */
static uint32_t replayed(struct choices *c, uint32_t n)
{
    char *end;
    c->replay += strspn(c->replay, " ()");
    const unsigned long v = strtoul(c->replay, &end, 10);
    c->replay = end;
    return v < n ? (uint32_t)v : n - 1;
}

uint32_t choose(struct choices *c, uint32_t n)
{
    const uint32_t v = c->replay
                           ? replayed(c, n)
                           : mlprt_bounded(mlprt_philox(c->seed, c->count, c->attempt, 0, 0), n);
    c->count++;
    strbuf_printf(&c->made, " %u", v);
    return v;
}

bool chance(struct choices *c, uint32_t n)
{
    return choose(c, n) == n - 1;
}

void choices_open(struct choices *c)
{
    strbuf_puts(&c->made, " (");
}

void choices_close(struct choices *c)
{
    strbuf_puts(&c->made, " )");
}
