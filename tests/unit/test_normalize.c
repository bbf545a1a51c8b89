/* Normalisation: constants, what they make of numbers, and back. Expected numbers are numpy's. */
#include "normalize.h"
#include "scratch.h"

#include <float.h>
#include <math.h>

enum { ROWS = 5, INPUTS = 3 };

/* Powers of two; a constant column; one whose offset has more digits than its differences leave to
 * a float. Then a target. */
static const double rows[ROWS][INPUTS + 1] = {{1, 0.11, 1e9, 100},
                                              {2, 0.11, 1e9 + 1, 200},
                                              {4, 0.11, 1e9 + 2, 300},
                                              {8, 0.11, 1e9 + 3, 400},
                                              {16, 0.11, 1e9 + 4, 500}};

static struct mlprt_model model;
static struct mlprt_dataset data;
static struct mlprt_normalizers n;
static struct mlprt_error e;

static void prepare(void)
{
    model = (struct mlprt_model){
        .file = "net.mlp",
        .element = MLPRT_F32,
        .input_size = INPUTS,
        .output_size = 1,
        .target = MLPRT_NUMBERS,
        .input_stride = INPUTS,
        .target_offset = 64,
        .target_stride = 1,
        .train = {
            .format = MLPRT_TABLE, .rows = rows[0], .row_count = ROWS, .row_length = INPUTS + 1}};
}

static void clean(void)
{
    mlprt_dataset_free(&data);
    mlprt_normalizers_free(&n);
}

TestSuite(normalize, .init = prepare, .fini = clean);

static void fit(enum mlprt_normalize_kind kind)
{
    model.normalize.kind = model.normalize_target.kind = kind;
    n = mlprt_normalizers_of(&model);
    cr_assert_eq(mlprt_dataset_load(&data, &model, &model.train, NULL, NULL, 0, &e), MLPRT_OK);
    cr_expect(!mlprt_normalizers_ready(&n));
    cr_assert_eq(mlprt_normalizers_fit(&n, &model, &data, &e), MLPRT_OK, "%s", e.text);
    cr_expect(mlprt_normalizers_ready(&n));
}

static void expect_column(uint32_t column, const float expected[ROWS])
{
    for (uint32_t i = 0; i < ROWS; i++) {
        union {
            float input[INPUTS];
            char size[64 + sizeof(float)];
        } arena;
        mlprt_dataset_gather(&data, &model, &n, &i, 0, 1, 0, &arena, NULL);
        cr_expect(arena.input[column] == expected[i], "row %u, column %u: %a", i, column,
                  (double)arena.input[column]);
    }
}

Test(normalize, standardizes_by_the_populations_deviation)
{
    fit(MLPRT_STANDARDIZE);
    const float *offset = n.input.offset, *factor = n.input.factor;
    cr_expect(offset[0] == 0x1.8ccccc0000000p+2f && factor[0] == 0x1.776aa80000000p-3f);
    expect_column(0, (const float[]){-0x1.e80aa6p-1f, -0x1.8a2ffcp-1f, -0x1.9cf550p-2f,
                                     0x1.51e000p-2f, 0x1.cbe2a8p+0f});
    /* The mean, 1e9 + 2, is rounded to 1e9; of the numbers no digit is lost. */
    cr_expect(offset[2] == 1e9f && factor[2] == 0x1.6a09e6p-1f);
    expect_column(
        2, (const float[]){0, 0x1.6a09e6p-1f, 0x1.6a09e6p+0f, 0x1.0f876cp+1f, 0x1.6a09e6p+1f});
}

Test(normalize, maps_least_and_largest_to_0_and_1)
{
    fit(MLPRT_MINMAX);
    expect_column(0, (const float[]){0, 0x1.111112p-4f, 0x1.99999cp-3f, 0x1.dddde0p-2f, 1});
    expect_column(2, (const float[]){0, 0.25f, 0.5f, 0.75f, 1});
}

Test(normalize, keeps_doubles_in_double)
{
    model.element = MLPRT_F64;
    fit(MLPRT_STANDARDIZE);
    cr_expect(((double *)n.input.offset)[0] == 0x1.8cccccccccccdp+2);
    cr_expect(((double *)n.input.factor)[0] == 0x1.776aa73eb1d30p-3);
    cr_expect(((double *)n.input.offset)[2] == 1e9 + 2);
}

/* 0.11 is no float, and the mean of five of them is not 0.11. */
Test(normalize, makes_constant_columns_0)
{
    fit(MLPRT_STANDARDIZE);
    expect_column(1, (const float[ROWS]){0});
    clean();
    fit(MLPRT_MINMAX);
    expect_column(1, (const float[ROWS]){0});
    cr_expect_eq(mlprt_normalizer_undo(&n.input, &model, 1, 3), (double)0.11f);
}

Test(normalize, is_undone)
{
    fit(MLPRT_MINMAX);
    cr_expect_eq(mlprt_normalizer_undo(&n.target, &model, 0, 0), 100);
    cr_expect_float_eq(mlprt_normalizer_undo(&n.target, &model, 0, 0.25), 200, 1e-4);
    cr_expect_float_eq(mlprt_normalizer_undo(&n.target, &model, 0, 2), 900, 1e-4);
    n.target.how.kind = MLPRT_UNCHANGED;
    cr_expect_eq(mlprt_normalizer_undo(&n.target, &model, 0, 0.25), 0.25);
    n.target.how = (struct mlprt_normalize){MLPRT_SCALE, 0.1};
    cr_expect_eq(mlprt_normalizer_undo(&n.target, &model, 0, 1), 1 / (double)0.1f);
    model.element = MLPRT_F64;
    cr_expect_eq(mlprt_normalizer_undo(&n.target, &model, 0, 1), 1 / 0.1);
}

/* Only the rows of the split count. */
Test(normalize, is_fitted_to_the_split)
{
    model.normalize.kind = MLPRT_MINMAX;
    n = mlprt_normalizers_of(&model);
    cr_assert_eq(mlprt_dataset_load(&data, &model, &model.train, NULL, NULL, 0, &e), MLPRT_OK);
    data.index = malloc(2 * sizeof *data.index);
    data.index[0] = 1;
    data.index[1] = 3;
    data.samples = 2;
    cr_assert_eq(mlprt_normalizers_fit(&n, &model, &data, &e), MLPRT_OK);
    cr_expect(((float *)n.input.offset)[0] == 2 && ((float *)n.input.factor)[0] == 1 / 6.0f);
    cr_expect_eq(n.target.columns, 0);
}

/* Constants that came from elsewhere stay. */
Test(normalize, is_fitted_once)
{
    fit(MLPRT_MINMAX);
    ((float *)n.input.offset)[0] = 77;
    cr_assert_eq(mlprt_normalizers_fit(&n, &model, &data, &e), MLPRT_OK);
    cr_expect_eq(((float *)n.input.offset)[0], 77);
}

static void refuse(double value, enum mlprt_normalize_kind kind, const char *why)
{
    clean();
    model.normalize.kind = kind;
    n = mlprt_normalizers_of(&model);
    cr_assert_eq(mlprt_dataset_load(&data, &model, &model.train, NULL, NULL, 0, &e), MLPRT_OK);
    ((double *)data.input.data)[2 * INPUTS] = value;
    cr_expect_eq(mlprt_normalizers_fit(&n, &model, &data, &e), MLPRT_MISMATCH);
    cr_expect_str_eq(e.text, why);
}

Test(normalize, refuses_what_has_no_mean)
{
    refuse(NAN, MLPRT_MINMAX,
           "net.mlp: input 0 of row 2 (both counted from 0) is nan, and cannot be normalized");
    refuse(-INFINITY, MLPRT_STANDARDIZE,
           "net.mlp: input 0 of row 2 (both counted from 0) is -inf, and cannot be normalized");
    refuse(1e300, MLPRT_STANDARDIZE,
           "net.mlp: input 0 (counted from 0) is from 1 to 1e+300, and cannot be normalized in "
           "float");
    model.element = MLPRT_F64;
    refuse(1e300, MLPRT_STANDARDIZE,
           "net.mlp: input 0 (counted from 0) is from 1 to 1e+300, and cannot be normalized in "
           "double");
}
