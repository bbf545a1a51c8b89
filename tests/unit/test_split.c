/* Splits: which samples are held out, in which order, and what the splits share. The samples drawn
 * here were computed by another implementation of the definition in split.h. */
#include "normalize.h"
#include "scratch.h"
#include "split.h"

enum { ROWS = 20 };

/* Each row is its number and its class: 11 of class 0, 6 of class 1, 3 of class 2. */
static const double rows[2 * ROWS] = {0,  0, 1,  1, 2,  0, 3,  2, 4,  1, 5,  0, 6,  0,
                                      7,  2, 8,  0, 9,  1, 10, 0, 11, 1, 12, 0, 13, 2,
                                      14, 0, 15, 1, 16, 0, 17, 1, 18, 0, 19, 0};

static struct mlprt_model model;
static struct mlprt_splits splits;
static struct mlprt_error e;

static struct mlprt_source holdout(double fraction, uint64_t seed)
{
    return (struct mlprt_source){
        .format = MLPRT_HOLDOUT, .fraction = fraction, .seed = seed, .shuffle = true};
}

static void prepare(void)
{
    model = (struct mlprt_model){
        .file = "net.mlp",
        .element = MLPRT_F32,
        .input_size = 1,
        .output_size = 3,
        .target = MLPRT_CLASS,
        .input_stride = 1,
        .train = {.format = MLPRT_TABLE, .rows = rows, .row_count = ROWS, .row_length = 2},
    };
}

static void clean(void)
{
    mlprt_splits_free(&splits);
}

TestSuite(split, .init = prepare, .fini = clean);

static enum mlprt_status load(unsigned wanted)
{
    mlprt_splits_free(&splits);
    return mlprt_splits_load(&splits, &model, wanted, NULL, NULL, 0, &e);
}

static void load_all(void)
{
    cr_assert_eq(load(MLPRT_WANT_ALL), MLPRT_OK, "%s", e.text);
}

/* The numbers of a split's samples, as gathering them gives. */
static void expect_samples(const struct mlprt_dataset *d, const char *expected)
{
    const struct mlprt_normalizers unchanged = mlprt_normalizers_of(&model);
    char text[128] = "";
    for (uint32_t i = 0; i < d->samples; i++) {
        float number;
        uint32_t label;
        mlprt_dataset_gather(d, &model, &unchanged, &i, 0, 1, 0, &number, &label);
        cr_expect_eq(label, (uint32_t)rows[2 * (int)number + 1]);
        sprintf(text + strlen(text), "%s%d", i ? " " : "", (int)number);
    }
    cr_expect_str_eq(text, expected);
}

Test(split, draws_test_first_and_validation_from_the_rest)
{
    model.test = holdout(0.25, 1);
    model.validation = holdout(0.2, 1);
    load_all();
    expect_samples(&splits.test, "3 5 6 8 11");
    expect_samples(&splits.validation, "4 12 19");
    expect_samples(&splits.train, "0 1 2 7 9 10 13 14 15 16 17 18");
}

Test(split, draws_the_same_whatever_else_is_wanted)
{
    model.test = holdout(0.25, 1);
    model.validation = holdout(0.2, 1);
    for (unsigned wanted = MLPRT_WANT_TRAIN; wanted <= MLPRT_WANT_TEST; wanted *= 2) {
        cr_assert_eq(load(wanted), MLPRT_OK, "%s", e.text);
        expect_samples(&splits.test, "3 5 6 8 11");
    }
}

Test(split, depends_on_the_seed_of_the_holdout_alone)
{
    model.test = holdout(0.25, 2);
    model.seed = 5;
    load_all();
    expect_samples(&splits.test, "5 7 9 12 18");
    model.seed = 6;
    load_all();
    expect_samples(&splits.test, "5 7 9 12 18");
}

/* What is left stays in order, for a validation split to be drawn from. */
Test(split, takes_the_last_samples_without_shuffle)
{
    model.test = holdout(0.1, 1);
    model.validation = holdout(0.15, 1);
    model.test.shuffle = model.validation.shuffle = false;
    load_all();
    expect_samples(&splits.test, "18 19");
    expect_samples(&splits.validation, "15 16 17");
    expect_samples(&splits.train, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14");
}

static void expect_count(double fraction, uint32_t count)
{
    model.test = holdout(fraction, 1);
    load_all();
    cr_expect_eq(splits.test.samples, count, "%g of %d", fraction, ROWS);
    cr_expect_eq(splits.train.samples, ROWS - count);
}

Test(split, rounds_the_share_to_the_nearest_and_halves_up)
{
    expect_count(0.1, 2);
    expect_count(0.12, 2);
    expect_count(0.125, 3);
    expect_count(0.13, 3);
    expect_count(0.95, 19);
    expect_count(0.025, 1);
}

static void expect_classes(double fraction, uint32_t a, uint32_t b, uint32_t c)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        uint32_t count[3] = {0};
        model.test = holdout(fraction, seed);
        load_all();
        for (uint32_t i = 0; i < splits.test.samples; i++)
            count[splits.test.label[mlprt_dataset_row(&splits.test, i)]]++;
        cr_expect(count[0] == a && count[1] == b && count[2] == c, "%g: %u %u %u", fraction,
                  count[0], count[1], count[2]);
    }
}

Test(split, has_as_many_of_each_class)
{
    expect_classes(0.25, 3, 1, 1);  /* 2.75, 1.5, 0.75 */
    expect_classes(0.5, 6, 3, 1);   /* 5.5, 3, 1.5: the lower class gets the one more */
    expect_classes(0.05, 1, 0, 0);  /* 0.55, 0.3, 0.15 */
    expect_classes(0.95, 10, 6, 3); /* 10.45, 5.7, 2.85 */
}

Test(split, takes_numbers_as_one_class)
{
    model.target = MLPRT_NUMBERS;
    model.output_size = 1;
    model.target_offset = sizeof(float);
    model.test = holdout(0.25, 1);
    load_all();
    const uint32_t expected[] = {6, 8, 9, 11, 17};
    cr_assert_eq(splits.test.samples, 5);
    cr_expect_arr_eq(splits.test.index, expected, sizeof expected);
}

Test(split, shares_the_data)
{
    model.test = holdout(0.25, 1);
    model.validation = holdout(0.25, 1);
    load_all();
    cr_expect_eq(splits.test.input.data, splits.train.input.data);
    cr_expect_eq(splits.validation.label, splits.train.label);
    cr_expect_str_eq(splits.test.sha256, splits.train.sha256);
    struct mlprt_dataset whole;
    cr_assert_eq(mlprt_dataset_load(&whole, &model, &model.train, NULL, NULL, 0, &e), MLPRT_OK);
    cr_expect_str_eq(splits.train.sha256, whole.sha256, "of the source, whatever is held out");
    mlprt_dataset_free(&whole);
}

Test(split, loads_sources_of_their_own)
{
    model.validation = model.test = model.train;
    model.validation.row_count = 2;
    model.test.row_count = 3;
    load_all();
    expect_samples(&splits.validation, "0 1");
    expect_samples(&splits.test, "0 1 2");
    cr_expect_eq(splits.train.samples, ROWS);
    cr_assert_eq(load(MLPRT_WANT_TEST), MLPRT_OK);
    expect_samples(&splits.test, "0 1 2");
    cr_expect_eq(splits.train.samples, 0, "what is not wanted is not read");
    model.test.format = model.validation.format = MLPRT_NO_SOURCE;
    load_all();
    cr_expect_eq(splits.validation.samples + splits.test.samples, 0);
}

/* Validation decides which weights are kept; the test split decides nothing. */
Test(split, has_a_hash_of_what_training_depends_on)
{
    load_all();
    cr_expect_str_eq(splits.sha256, splits.train.sha256);
    model.test = model.train;
    model.validation = holdout(0.2, 1);
    load_all();
    cr_expect_str_eq(splits.sha256, splits.train.sha256);
    model.validation = model.train;
    load_all();
    char both[MLPRT_SHA256_HEX];
    memcpy(both, splits.sha256, sizeof both);
    cr_expect_str_neq(both, splits.train.sha256);
    model.validation.row_count--;
    load_all();
    cr_expect_str_neq(splits.sha256, both);
}

Test(split, is_not_empty)
{
    model.test = holdout(0.02, 1);
    cr_expect_eq(load(MLPRT_WANT_TRAIN), MLPRT_MISMATCH);
    cr_expect_str_eq(e.text, "net.mlp: the test split is empty: a holdout of 0.02 takes none of 20 "
                             "samples");
    model.test = holdout(0.5, 1);
    model.validation = holdout(0.99, 1);
    cr_expect_eq(load(MLPRT_WANT_TRAIN), MLPRT_MISMATCH);
    cr_expect_str_eq(e.text, "net.mlp: nothing is left to train on: a holdout of 0.99 takes all 10 "
                             "samples for the validation split");
    cr_expect_null(splits.train.input.memory);
}
