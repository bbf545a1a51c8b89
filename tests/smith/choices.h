/* Choices: every decision that makes a random model, drawn from a seed or replayed from a list.
 *
 * A model is a function of its choices. 0 is always the simplest one (no argument, width 1, no
 * further layer), so that smaller numbers and fewer of them make a smaller model: one that fails is
 * shrunk by editing its list and making it again. Any list will do. Where it has ended the choice
 * is 0, and a number that is too large is the largest that may be chosen. (MacIver and Donaldson:
 * Test-case reduction via test-case generation; ECOOP 2020.) */
#ifndef SMITH_CHOICES_H
#define SMITH_CHOICES_H

#include "strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct choices {
    uint64_t seed;
    uint32_t attempt;   /* another one makes another model of the same seed */
    const char *replay; /* what is left of the list to replay; NULL: drawn from the seed */
    uint32_t count;     /* of those made */
    struct strbuf made; /* them, a space before each, as text that can be replayed */
};

/* A number from 0 to n - 1. */
uint32_t choose(struct choices *c, uint32_t n);
/* Whether something happens that happens once in n times. */
bool chance(struct choices *c, uint32_t n);

/* Around choices that can be left out together, such as those of a layer: "(" and ")" in the list,
 * which mean nothing when it is replayed. */
void choices_open(struct choices *c);
void choices_close(struct choices *c);

#endif
