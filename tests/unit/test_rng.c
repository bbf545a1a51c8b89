/* Tests of mlprt/rng.h and mlprt/dropout.h. */
#include <criterion/criterion.h>

#include "mlprt/dropout.h"
#include "mlprt/rng.h"

#include <stdlib.h>
#include <string.h>

static void words_are(struct mlprt_words got, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    cr_assert(got.w[0] == a && got.w[1] == b && got.w[2] == c && got.w[3] == d,
              "got %08x %08x %08x %08x", got.w[0], got.w[1], got.w[2], got.w[3]);
}

/* The known answers for philox4x32 with 10 rounds that Random123 publishes (kat_vectors). */
Test(rng, philox_known_answers)
{
    words_are(mlprt_philox(0, 0, 0, 0, 0), 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    words_are(mlprt_philox(UINT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX), 0x408f276d,
              0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    words_are(
        mlprt_philox(UINT64_C(0x299f31d0a4093822), 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344),
        0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
}

/* These numbers are in every result: they never change. */
Test(rng, purposes)
{
    cr_assert_eq(mlprt_counter_end(MLPRT_PURPOSE_INIT, 5), 5);
    cr_assert_eq(mlprt_counter_end(MLPRT_PURPOSE_SHUFFLE, 0), 0x01000000);
    cr_assert_eq(mlprt_counter_end(MLPRT_PURPOSE_DROPOUT, 0xffffff), 0x02ffffff);
    cr_assert_eq(mlprt_counter_end(MLPRT_PURPOSE_GRADCHECK, 1), 0x03000001);
}

Test(rng, uniform24)
{
    cr_assert(mlprt_uniform24(0) == 0);
    cr_assert(mlprt_uniform24(255) == 0);
    cr_assert(mlprt_uniform24(256) == 0x1p-24);
    cr_assert(mlprt_uniform24(UINT32_C(1) << 31) == 0.5);
    cr_assert(mlprt_uniform24(UINT32_MAX) == 1 - 0x1p-24);
}

Test(rng, bounded)
{
    const struct mlprt_words high = {{UINT32_MAX, 0, 0, 0}};
    cr_assert_eq(mlprt_bounded(high, 1), 0);
    cr_assert_eq(mlprt_bounded(high, 10), 9);
    cr_assert_eq(mlprt_bounded(high, UINT32_MAX), UINT32_MAX - 1);
}

/* 2^32 mod 10 = 6: a word is passed over when its product with 10 is less than 6 above a multiple
 * of 2^32. */
Test(rng, bounded_rejects)
{
    const struct mlprt_words second = {{0, 0x90000000, 0, 0}};
    cr_assert_eq(mlprt_bounded(second, 10), 5);
    const struct mlprt_words third = {{0, 0x80000000, 0xffffffff, 0}}; /* 10·2^31 = 5·2^32 + 0 */
    cr_assert_eq(mlprt_bounded(third, 10), 9);
    const struct mlprt_words last = {{0, 0, 0, 0x80000000}}; /* taken as it is */
    cr_assert_eq(mlprt_bounded(last, 10), 5);
    const struct mlprt_words power = {{0, 0x90000000, 0, 0}}; /* 2^32 mod 8 = 0: nothing rejected */
    cr_assert_eq(mlprt_bounded(power, 8), 0);
}

enum { UNITS = 1003 };

/* The words and counters are those of the table in rng.h. */
Test(dropout, by_the_table)
{
    unsigned char keep[UNITS];
    const uint32_t threshold = 0x400000;
    mlprt_dropout_keep(keep, UNITS, 9, 3, 2, 17, threshold);
    for (uint32_t u = 0; u < UNITS; u++) {
        const struct mlprt_words words = mlprt_philox(9, u / 4, 17, 3, UINT32_C(2) << 24 | 2);
        cr_assert_eq(keep[u], words.w[u % 4] >> 8 < threshold ? 0 : 1, "unit %u", u);
    }
}

Test(dropout, none_and_all)
{
    unsigned char keep[UNITS];
    mlprt_dropout_keep(keep, UNITS, 1, 0, 0, 0, 0);
    cr_assert_null(memchr(keep, 0, UNITS));
    mlprt_dropout_keep(keep, UNITS, 1, 0, 0, 0, UINT32_C(1) << 24);
    cr_assert_null(memchr(keep, 1, UNITS));
}

/* An element is dropped below the threshold, not at it. */
Test(dropout, at_the_threshold)
{
    unsigned char keep;
    const uint32_t bits = mlprt_philox(1, 0, 0, 0, UINT32_C(2) << 24).w[0] >> 8;
    mlprt_dropout_keep(&keep, 1, 1, 0, 0, 0, bits);
    cr_assert_eq(keep, 1);
    mlprt_dropout_keep(&keep, 1, 1, 0, 0, 0, bits + 1);
    cr_assert_eq(keep, 0);
}

Test(dropout, stays_in_bounds)
{
    unsigned char keep[8];
    for (uint32_t units = 0; units < 8; units++) {
        memset(keep, 99, sizeof keep);
        mlprt_dropout_keep(keep, units, 1, 0, 0, 0, 0);
        for (uint32_t u = 0; u < 8; u++) {
            cr_assert_eq(keep[u], u < units ? 1 : 99);
        }
    }
}

/* A tenth is dropped, to within four standard deviations; every key makes its own mask. */
Test(dropout, rate_and_keys)
{
    static unsigned char a[100000], b[100000];
    const uint32_t threshold = 1677722; /* round(0.1 · 2^24) */
    long kept = 0;
    mlprt_dropout_keep(a, sizeof a, 1, 0, 0, 0, threshold);
    for (size_t i = 0; i < sizeof a; i++) {
        kept += a[i];
    }
    cr_assert_lt(labs(kept - 90000), 380);

    const struct {
        uint64_t seed;
        uint32_t step, stream, sample;
    } other[] = {
        {2, 0, 0, 0}, {1 + (UINT64_C(1) << 32), 0, 0, 0}, {1, 1, 0, 0}, {1, 0, 1, 0}, {1, 0, 0, 1}};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        mlprt_dropout_keep(b, sizeof b, other[i].seed, other[i].step, other[i].stream,
                           other[i].sample, threshold);
        cr_assert(memcmp(a, b, sizeof a) != 0, "key %zu", i);
    }
}
