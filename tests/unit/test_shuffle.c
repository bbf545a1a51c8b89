/* Tests of shuffle.h. */
#include <criterion/criterion.h>

#include "shuffle.h"

#include "mlprt/rng.h"

#include <stdlib.h>
#include <string.h>

enum { CARDS = 1000 };

static bool is_permutation(const uint32_t *index, uint32_t n)
{
    static bool seen[CARDS];
    memset(seen, 0, sizeof seen);
    for (uint32_t i = 0; i < n; i++) {
        if (index[i] >= n || seen[index[i]])
            return false;
        seen[index[i]] = true;
    }
    return true;
}

Test(shuffle, permutes)
{
    static uint32_t a[CARDS], b[CARDS];
    mlprt_shuffle(a, CARDS, 42, 0);
    cr_assert(is_permutation(a, CARDS));
    mlprt_shuffle(b, CARDS, 42, 0);
    cr_assert(memcmp(a, b, sizeof a) == 0, "the same key, the same order");
    mlprt_shuffle(b, CARDS, 42, 1);
    cr_assert(is_permutation(b, CARDS));
    cr_assert(memcmp(a, b, sizeof a) != 0, "another epoch, another order");
    mlprt_shuffle(b, CARDS, 43, 0);
    cr_assert(memcmp(a, b, sizeof a) != 0, "another seed, another order");
}

Test(shuffle, of_few)
{
    uint32_t index[2] = {7, 7};
    mlprt_shuffle(index, 0, 1, 0);
    cr_assert_eq(index[0], 7);
    mlprt_shuffle(index, 1, 1, 0);
    cr_assert(index[0] == 0 && index[1] == 7);
}

/* All 24 orders of 4 cards come about equally often: chi-squared with 23 degrees of freedom stays
 * below 49.7 in 999 of 1000 cases; the seeds are fixed. */
Test(shuffle, is_uniform)
{
    enum { DEALS = 24000 };
    unsigned count[256] = {0};
    for (uint32_t epoch = 0; epoch < DEALS; epoch++) {
        uint32_t i[4];
        mlprt_shuffle(i, 4, 7, epoch);
        count[i[0] << 6 | i[1] << 4 | i[2] << 2 | i[3]]++;
    }
    double chi = 0;
    int orders = 0;
    for (int k = 0; k < 256; k++) {
        if (count[k]) {
            const double off = count[k] - DEALS / 24.0;
            chi += off * off / (DEALS / 24.0);
            orders++;
        }
    }
    cr_assert_eq(orders, 24);
    cr_assert_lt(chi, 49.7);
}

/* The recorded start of an order: the promise is the same order for ever. */
Test(shuffle, recorded)
{
    uint32_t index[10];
    const uint32_t want[10] = {0, 6, 8, 2, 3, 5, 4, 1, 9, 7};
    mlprt_shuffle(index, 10, 1, 0);
    cr_assert(memcmp(index, want, sizeof want) == 0);
}

/* Every number below the position's is taken from its words as rng.h defines it. */
Test(shuffle, by_the_table)
{
    static const uint64_t seed = UINT64_C(0x0123456789abcdef);
    for (uint32_t n = 0; n <= 70; n++) {
        uint32_t got[70], want[70];
        mlprt_shuffle(got, n, seed, 5);
        for (uint32_t i = 0; i < n; i++)
            want[i] = i;
        for (uint32_t i = n; i-- > 1;) {
            const struct mlprt_words words = mlprt_philox(seed, i, 0, 5, UINT32_C(1) << 24);
            const uint32_t j = mlprt_bounded(words, i + 1), moved = want[i];
            want[i] = want[j];
            want[j] = moved;
        }
        cr_assert(memcmp(got, want, n * sizeof *got) == 0, "%u", n);
    }
}

/* Some hundreds of so many positions need more than their first word. */
Test(shuffle, beyond_the_first_word)
{
    enum { MANY = 3000000 };
    uint32_t *got = malloc(MANY * sizeof *got), *want = malloc(MANY * sizeof *want), beyond = 0;
    cr_assert(got && want);
    mlprt_shuffle(got, MANY, 1, 0);
    for (uint32_t i = 0; i < MANY; i++)
        want[i] = i;
    for (uint32_t i = MANY; i-- > 1;) {
        const struct mlprt_words words = mlprt_philox(1, i, 0, 0, UINT32_C(1) << 24);
        const uint32_t j = mlprt_bounded(words, i + 1), moved = want[i];
        beyond += j != (uint32_t)((uint64_t)words.w[0] * (i + 1) >> 32);
        want[i] = want[j];
        want[j] = moved;
    }
    cr_expect_gt(beyond, 100);
    cr_expect(memcmp(got, want, MANY * sizeof *got) == 0);
    free(got);
    free(want);
}

static void draws_words(mlprt_shuffle_draw *draw)
{
    static const uint32_t first[] = {0, 16, UINT32_MAX - 15};
    for (size_t k = 0; k < sizeof first / sizeof *first; k++) {
        uint32_t word[MLPRT_SHUFFLE_WORDS];
        draw(word, UINT64_C(0xfedcba9876543210), first[k], UINT32_MAX, 0x0400000a);
        for (uint32_t i = 0; i < MLPRT_SHUFFLE_WORDS; i++)
            cr_expect_eq(word[i], mlprt_philox(UINT64_C(0xfedcba9876543210), first[k] + i, 0,
                                               UINT32_MAX, 0x0400000a)
                                      .w[0]);
    }
}

Test(shuffle, words_of_every_way)
{
    draws_words(mlprt_shuffle_plain);
    if (mlprt_shuffle_fast())
        draws_words(mlprt_shuffle_fast());
}
