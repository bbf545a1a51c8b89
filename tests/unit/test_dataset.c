/* Splits: what a source holds against what the model wants, and samples on their way to a batch. */
#include "normalize.h"
#include "scratch.h"

#include <fcntl.h>

#define FASHION "/usr/share/datasets/fashion-mnist"

/* Two inputs, three classes. */
static struct mlprt_model classifier(void)
{
    return (struct mlprt_model){
        .file = "net.mlp",
        .element = MLPRT_F32,
        .input_size = 2,
        .output_size = 3,
        .target = MLPRT_CLASS,
        .input_stride = 4,
    };
}

static struct mlprt_model regressor(void)
{
    return (struct mlprt_model){
        .file = "net.mlp",
        .element = MLPRT_F64,
        .input_size = 2,
        .output_size = 1,
        .target = MLPRT_NUMBERS,
        .input_stride = 2,
        .target_offset = 64,
        .target_stride = 2,
    };
}

static void gather(const struct mlprt_dataset *d, const struct mlprt_model *m,
                   const uint32_t *index, uint32_t n, void *arena, uint32_t *label)
{
    const struct mlprt_normalizers normalizers = mlprt_normalizers_of(m);
    mlprt_dataset_gather(d, m, &normalizers, index, 0, n, 0, arena, label);
}

static const struct mlprt_source files = {
    .format = MLPRT_IDX, .input_path = "x", .target_path = "t"};

/* The bytes of an IDX file with one and with two dimensions. */
#define IDX1(type, n, elements)    ("\0\0" type "\1\0\0\0" n elements)
#define IDX2(type, n, m, elements) ("\0\0" type "\2\0\0\0" n "\0\0\0" m elements)
#define PUT(s, name, bytes)        scratch_put((s), (name), (bytes), sizeof(bytes) - 1)

static void expect_mismatch(struct scratch *s, const struct mlprt_model *model, const char *why)
{
    struct mlprt_dataset d;
    struct mlprt_error e = {{0}};
    cr_expect_eq(mlprt_dataset_load(&d, model, &files, s->directory, NULL, 0, &e), MLPRT_MISMATCH);
    CONTAINS(e.text, s->directory);
    CONTAINS(e.text, why);
    cr_expect_null(d.input.memory);
}

static void expect_labels(struct scratch *s, uint32_t a, uint32_t b)
{
    const struct mlprt_model model = classifier();
    struct mlprt_dataset d;
    struct mlprt_error e;
    cr_assert_eq(mlprt_dataset_load(&d, &model, &files, s->directory, NULL, 0, &e), MLPRT_OK, "%s",
                 e.text);
    cr_expect_eq(d.samples, 2);
    cr_expect_eq(d.target.rows, 0);
    cr_assert_not_null(d.label);
    cr_expect_eq(d.label[0], a);
    cr_expect_eq(d.label[1], b);
    mlprt_dataset_free(&d);
}

Test(dataset, labels)
{
    struct scratch s;
    scratch_open(&s);
    PUT(&s, "x", IDX2("\x08", "\2", "\2", "abcd"));
    PUT(&s, "t", IDX1("\x08", "\2", "\2\1"));
    expect_labels(&s, 2, 1);
    PUT(&s, "t", IDX2("\x08", "\2", "\1", "\0\2"));
    expect_labels(&s, 0, 2);
    PUT(&s, "t", IDX1("\x0B", "\2", "\0\2\0\0"));
    expect_labels(&s, 2, 0);
    PUT(&s, "t", IDX1("\x0D", "\2", "\x3f\x80\0\0\x40\0\0\0"));
    expect_labels(&s, 1, 2);
    PUT(&s, "t", IDX1("\x0E", "\2", "\x80\0\0\0\0\0\0\0\x3f\xf0\0\0\0\0\0\0"));
    expect_labels(&s, 0, 1);
    scratch_close(&s);
}

Test(dataset, wrong_labels)
{
    struct scratch s;
    const struct mlprt_model model = classifier();
    scratch_open(&s);
    PUT(&s, "x", IDX2("\x08", "\2", "\2", "abcd"));
    PUT(&s, "t", IDX1("\x08", "\2", "\2\3"));
    expect_mismatch(&s, &model,
                    "/t: sample 1 (counted from 0) has label 3; expected a whole number from 0 to "
                    "2");
    PUT(&s, "t", IDX1("\x09", "\2", "\xff\1"));
    expect_mismatch(&s, &model, "sample 0 (counted from 0) has label -1;");
    PUT(&s, "t", IDX1("\x0C", "\2", "\0\0\0\0\x7f\xff\xff\xff"));
    expect_mismatch(&s, &model, "has label 2.14748365e+09;");
    PUT(&s, "t", IDX1("\x0D", "\2", "\x3f\x80\0\0\x3f\xc0\0\0"));
    expect_mismatch(&s, &model, "has label 1.5;");
    PUT(&s, "t", IDX1("\x0D", "\2", "\x3f\x80\0\0\x7f\xc0\0\0"));
    expect_mismatch(&s, &model, "has label nan;");
    PUT(&s, "t", IDX1("\x0D", "\2", "\x3f\x80\0\0\x7f\x80\0\0"));
    expect_mismatch(&s, &model, "has label inf;");
    scratch_close(&s);
}

Test(dataset, binary_targets_are_0_or_1)
{
    struct scratch s;
    struct mlprt_dataset d;
    struct mlprt_error e;
    struct mlprt_model model = regressor();
    model.target = MLPRT_BINARY;
    model.output_size = 2;
    scratch_open(&s);
    PUT(&s, "x", IDX2("\x08", "\2", "\2", "abcd"));
    PUT(&s, "t", IDX2("\x08", "\2", "\2", "\0\1\1\0"));
    cr_expect_eq(mlprt_dataset_load(&d, &model, &files, s.directory, NULL, 0, &e), MLPRT_OK);
    mlprt_dataset_free(&d);
    PUT(&s, "t", IDX2("\x08", "\2", "\2", "\0\1\2\0"));
    expect_mismatch(&s, &model,
                    "/t: target 0 of sample 1 (both counted from 0) is 2; expected 0 or 1");
    PUT(&s, "t", IDX2("\x0D", "\2", "\2", "\0\0\0\0\x3f\0\0\0\0\0\0\0\0\0\0\0"));
    expect_mismatch(&s, &model, "target 1 of sample 0 (both counted from 0) is 0.5;");
    PUT(&s, "t", IDX2("\x0D", "\2", "\2", "\0\0\0\0\0\0\0\0\0\0\0\0\x7f\xc0\0\0"));
    expect_mismatch(&s, &model, "target 1 of sample 1 (both counted from 0) is nan;");
    scratch_close(&s);
}

/* The input as its own target may be between 0 and 1, as it is normalised. */
Test(dataset, binary_targets_of_the_input)
{
    struct scratch s;
    struct mlprt_dataset d;
    struct mlprt_error e;
    struct mlprt_model model = regressor();
    const struct mlprt_source source = {.format = MLPRT_IDX, .input_path = "x"};
    model.target = MLPRT_BINARY;
    model.output_size = 2;
    scratch_open(&s);
    PUT(&s, "x", IDX2("\x08", "\2", "\2", "\0\x80\1\xff"));
    cr_expect_eq(mlprt_dataset_load(&d, &model, &source, s.directory, NULL, 0, &e), MLPRT_MISMATCH);
    CONTAINS(e.text,
             "/x: target 1 of sample 0 (both counted from 0) is 128; expected a number from "
             "0 to 1: normalize the input");
    model.normalize = (struct mlprt_normalize){MLPRT_SCALE, 1 / 254.0};
    cr_expect_eq(mlprt_dataset_load(&d, &model, &source, s.directory, NULL, 0, &e), MLPRT_MISMATCH);
    CONTAINS(e.text, "target 1 of sample 1 (both counted from 0) is 1.0039");
    for (int minmax = 0; minmax < 2; minmax++) {
        model.normalize = (struct mlprt_normalize){minmax ? MLPRT_MINMAX : MLPRT_SCALE, 1 / 255.0};
        cr_expect_eq(mlprt_dataset_load(&d, &model, &source, s.directory, NULL, 0, &e), MLPRT_OK);
        mlprt_dataset_free(&d);
    }
    scratch_close(&s);
}

Test(dataset, wrong_sizes)
{
    struct scratch s;
    struct mlprt_model model = classifier();
    scratch_open(&s);
    PUT(&s, "x", IDX2("\x08", "\2", "\2", "abcd"));
    PUT(&s, "t", IDX1("\x08", "\3", "\0\0\0"));
    expect_mismatch(&s, &model, "/t: 3 targets for 2 samples of input");
    PUT(&s, "t", "\0\0\x08\3\0\0\0\2\0\0\0\1\0\0\0\1\0\1");
    expect_mismatch(&s, &model, "/t: 3 dimensions; class labels have 1, or 2 with the second 1");
    PUT(&s, "t", IDX2("\x08", "\2", "\2", "\0\0\0\0"));
    expect_mismatch(&s, &model, "/t: 2 numbers a sample; the model's target is 1, the class");
    model.input_size = 784;
    expect_mismatch(&s, &model, "/x: 2 numbers a sample; the model's input is 784");
    model = regressor();
    model.output_size = 3;
    expect_mismatch(&s, &model, "/t: 2 numbers a sample; the model's target is 3");
    scratch_close(&s);
}

Test(dataset, files)
{
    struct scratch s;
    struct mlprt_dataset d;
    struct mlprt_error e;
    const struct mlprt_model model = classifier();
    scratch_open(&s);
    const char *x = PUT(&s, "x", IDX2("\x08", "\2", "\2", "abcd"));
    const char *other = PUT(&s, "other", IDX1("\x08", "\2", "\2\2"));
    PUT(&s, "t", IDX1("\x08", "\2", "\2\1"));
    const char *both[] = {x, other}, *input[] = {"-"}, *none[] = {"-", "-"};
    const struct mlprt_source absolute = {
        .format = MLPRT_IDX, .input_path = x, .target_path = other};
    cr_expect_eq(mlprt_dataset_load(&d, &model, &absolute, "/nowhere", NULL, 0, &e), MLPRT_OK);
    mlprt_dataset_free(&d);
    /* Neither do those that replace start from the directory. */
    cr_expect_eq(mlprt_dataset_load(&d, &model, &files, "/nowhere", both, 2, &e), MLPRT_OK);
    cr_expect_eq(d.label[1], 2);
    mlprt_dataset_free(&d);
    const int fd = open(x, O_RDONLY);
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
    cr_expect_eq(mlprt_dataset_load(&d, &model, &files, s.directory, input, 1, &e), MLPRT_OK);
    cr_expect_eq(d.label[1], 1);
    mlprt_dataset_free(&d);
    cr_expect_eq(mlprt_dataset_load(&d, &model, &files, NULL, none, 2, &e), MLPRT_USAGE);
    CONTAINS(e.text, "standard input cannot be read twice");
    const char *const three[] = {x, x, "third"};
    cr_expect_eq(mlprt_dataset_load(&d, &model, &files, NULL, three, 3, &e), MLPRT_USAGE);
    CONTAINS(e.text, "third: a FILE too many; the data of this split has 2");
    cr_expect_eq(mlprt_dataset_load(&d, &model, &files, "/nowhere/", NULL, 0, &e), MLPRT_IO);
    CONTAINS(e.text, "/nowhere/x: cannot open");
    cr_assert_eq(chdir(s.directory), 0);
    cr_expect_eq(mlprt_dataset_load(&d, &model, &files, NULL, NULL, 0, &e), MLPRT_OK);
    mlprt_dataset_free(&d);
    scratch_close(&s);
}

/* Inputs by themselves: no file of targets is there, and none of the batch's are touched. */
Test(dataset, inputs_only)
{
    enum { UNTOUCHED = 9 };
    static const uint32_t index[] = {1};
    const struct mlprt_source table = {.format = MLPRT_TABLE, .row_count = 1, .row_length = 3};
    const struct mlprt_model regression = regressor(), classification = classifier();
    struct {
        double input[8], target[2];
    } arena = {.target = {UNTOUCHED, UNTOUCHED}};
    uint32_t label[] = {UNTOUCHED};
    struct mlprt_dataset d;
    struct mlprt_error e;
    struct scratch s;
    scratch_open(&s);
    const char *path = PUT(&s, "x", IDX2("\x08", "\2", "\2", "\1\2\3\4"));
    cr_assert_eq(mlprt_dataset_load_inputs(&d, &regression, &files, path, &e), MLPRT_OK, "%s",
                 e.text);
    cr_expect_eq(d.samples, 2);
    gather(&d, &regression, index, 1, &arena, NULL);
    cr_expect(arena.input[0] == 3 && arena.input[1] == 4);
    cr_expect(arena.target[0] == UNTOUCHED && arena.target[1] == UNTOUCHED);
    mlprt_dataset_free(&d);
    cr_assert_eq(mlprt_dataset_load_inputs(&d, &classification, &files, path, &e), MLPRT_OK);
    gather(&d, &classification, index, 1, &arena, label);
    cr_expect_eq(label[0], UNTOUCHED);
    mlprt_dataset_free(&d);
    cr_assert_eq(mlprt_dataset_load_inputs(&d, &regression, &table, path, &e), MLPRT_OK, "%s",
                 e.text);
    cr_expect_eq(d.samples, 2);
    mlprt_dataset_free(&d);
    path = PUT(&s, "wide", IDX2("\x08", "\1", "\3", "\1\2\3"));
    cr_expect_eq(mlprt_dataset_load_inputs(&d, &regression, &files, path, &e), MLPRT_MISMATCH);
    CONTAINS(e.text, "wide: 3 numbers");
    cr_expect_null(d.input.memory);
    scratch_close(&s);
}

Test(dataset, no_source)
{
    struct mlprt_dataset d;
    struct mlprt_error e;
    const struct mlprt_model model = classifier();
    const struct mlprt_source none = {.format = MLPRT_NO_SOURCE};
    cr_expect_eq(mlprt_dataset_load(&d, &model, &none, NULL, NULL, 0, &e), MLPRT_MISMATCH);
    CONTAINS(e.text, "net.mlp: no data is named");
    mlprt_dataset_free(&d);
}

Test(dataset, table)
{
    struct mlprt_dataset d;
    struct mlprt_error e;
    struct mlprt_model model = classifier();
    static const double rows[] = {0, 0.5, 2, -1, 3, 0, 1e-3, 7, 1};
    struct mlprt_source table = {
        .format = MLPRT_TABLE, .rows = rows, .row_count = 3, .row_length = 3};
    cr_assert_eq(mlprt_dataset_load(&d, &model, &table, "/nowhere", NULL, 0, &e), MLPRT_OK, "%s",
                 e.text);
    cr_expect_eq(d.samples, 3);
    cr_expect_eq(d.label[0], 2);
    cr_expect_eq(d.label[2], 1);
    /* python3: hashlib.sha256(struct.pack("<9d", *rows)).hexdigest() */
    cr_expect_str_eq(d.sha256, "1dc7b957fc26a7d5195cdb954b490dde293a3ed2385526d7c0f84616b3629171");
    float arena[8];
    uint32_t label[2];
    gather(&d, &model, (const uint32_t[]){2, 0}, 2, arena, label);
    cr_expect_eq(memcmp(arena, (const float[]){1e-3f, 7, 0, 0, 0, 0.5f, 0, 0}, sizeof arena), 0);
    cr_expect(label[0] == 1 && label[1] == 2);
    mlprt_dataset_free(&d);

    model.output_size = 2;
    cr_expect_eq(mlprt_dataset_load(&d, &model, &table, NULL, NULL, 0, &e), MLPRT_MISMATCH);
    CONTAINS(e.text, "net.mlp: sample 0 (counted from 0) has label 2");
    table.row_length = 4;
    cr_expect_eq(mlprt_dataset_load(&d, &model, &table, NULL, NULL, 0, &e), MLPRT_MISMATCH);
    CONTAINS(e.text, "rows have 4 numbers; expected 2 inputs and 1 for the target");
    cr_expect_eq(mlprt_dataset_load(&d, &model, &table, NULL, (const char *[]){"f"}, 1, &e),
                 MLPRT_USAGE);
    CONTAINS(e.text, "the data stands in the program and takes no FILE");
}

/* Numbers as targets are copied as they are: the scale is of the inputs. */
Test(dataset, gather_numbers)
{
    struct mlprt_dataset d;
    struct mlprt_error e;
    struct mlprt_model model = regressor();
    static const double rows[] = {1, 2, 30, 4, 5, 60};
    const struct mlprt_source table = {
        .format = MLPRT_TABLE, .rows = rows, .row_count = 2, .row_length = 3};
    model.normalize = (struct mlprt_normalize){MLPRT_SCALE, 0.1};
    cr_assert_eq(mlprt_dataset_load(&d, &model, &table, NULL, NULL, 0, &e), MLPRT_OK, "%s", e.text);
    cr_expect_null(d.label);
    double arena[12];
    for (size_t i = 0; i < 12; i++)
        arena[i] = 77;
    gather(&d, &model, (const uint32_t[]){1, 0}, 2, arena, NULL);
    const double expected[] = {4 * 0.1, 5 * 0.1, 1 * 0.1, 2 * 0.1, 77, 77, 77, 77, 60, 0, 30, 0};
    cr_expect_eq(memcmp(arena, expected, sizeof arena), 0);
    mlprt_dataset_free(&d);
}

Test(dataset, input_is_target)
{
    struct scratch s;
    struct mlprt_dataset d;
    struct mlprt_error e;
    struct mlprt_model model = regressor();
    const struct mlprt_source source = {.format = MLPRT_IDX, .input_path = "x"};
    scratch_open(&s);
    PUT(&s, "x", IDX2("\x08", "\2", "\2", "\1\2\3\4"));
    cr_expect_eq(mlprt_dataset_load(&d, &model, &source, s.directory, NULL, 0, &e), MLPRT_MISMATCH);
    CONTAINS(e.text, "cannot be its own target: the model has 2 inputs and 1 outputs");
    model.output_size = 2;
    model.normalize = (struct mlprt_normalize){MLPRT_SCALE, 0.5};
    cr_assert_eq(mlprt_dataset_load(&d, &model, &source, s.directory, NULL, 0, &e), MLPRT_OK, "%s",
                 e.text);
    double arena[10];
    gather(&d, &model, (const uint32_t[]){1}, 1, arena, NULL);
    cr_expect(arena[0] == 1.5 && arena[1] == 2 && arena[8] == 1.5 && arena[9] == 2);
    mlprt_dataset_free(&d);
    scratch_close(&s);
}

/* Every stored type to both element types, as it is, scaled and column by column: long enough for
 * whole blocks and a rest. */
#define GATHERED(stored_type, stored_kind, wide_type, element_type, element_kind, value)           \
    do {                                                                                           \
        enum { COLUMNS = 37, STRIDE = 48 };                                                        \
        stored_type data[2 * COLUMNS];                                                             \
        element_type plain[STRIDE], scaled[STRIDE], minmax[STRIDE], offset[COLUMNS],               \
            factors[COLUMNS];                                                                      \
        for (int i = 0; i < 2 * COLUMNS; i++)                                                      \
            data[i] = (stored_type)(value);                                                        \
        for (int i = 0; i < COLUMNS; i++) {                                                        \
            offset[i] = (element_type)(100.0 * data[i] / 3 + i);                                   \
            factors[i] = i % 5 ? (element_type)(1 / (i + 0.3)) : 0;                                \
        }                                                                                          \
        const struct mlprt_model model = {.element = element_kind, .input_stride = STRIDE};        \
        const struct mlprt_dataset d = {.samples = 2,                                              \
                                        .input = {stored_kind, 2, COLUMNS, 2, data, NULL},         \
                                        .label = (uint32_t[]){5, 6}};                              \
        const uint32_t index[] = {1};                                                              \
        uint32_t label;                                                                            \
        struct mlprt_normalizers n = mlprt_normalizers_of(&model);                                 \
        mlprt_dataset_gather(&d, &model, &n, index, 0, 1, 0, plain, &label);                       \
        n.input.how = (struct mlprt_normalize){MLPRT_SCALE, 1 / 255.0};                            \
        mlprt_dataset_gather(&d, &model, &n, index, 0, 1, 0, scaled, &label);                      \
        n.input = (struct mlprt_normalizer){{MLPRT_MINMAX, 0}, COLUMNS, offset, factors};          \
        mlprt_dataset_gather(&d, &model, &n, index, 0, 1, 0, minmax, &label);                      \
        cr_expect_eq(label, 6);                                                                    \
        for (int i = 0; i < STRIDE; i++) {                                                         \
            const bool in = i < COLUMNS;                                                           \
            const volatile element_type x = in ? (element_type)data[COLUMNS + i] : 0;              \
            const volatile element_type factor = (element_type)(1 / 255.0);                        \
            const volatile element_type product = x * factor;                                      \
            const volatile wide_type off =                                                         \
                in ? (wide_type)data[COLUMNS + i] - (wide_type)offset[i] : 0;                      \
            const volatile element_type own = in ? (element_type)off * factors[i] : 0;             \
            cr_expect(plain[i] == x && scaled[i] == product && minmax[i] == own,                   \
                      #stored_type " to " #element_type ", column %d", i);                         \
        }                                                                                          \
    } while (0)

Test(dataset, gather_types)
{
    GATHERED(uint8_t, MLPRT_U8, float, float, MLPRT_F32, i * 7);
    GATHERED(int8_t, MLPRT_I8, float, float, MLPRT_F32, i * 3 - 110);
    GATHERED(int16_t, MLPRT_I16, float, float, MLPRT_F32, i * 871 - 32000);
    GATHERED(int32_t, MLPRT_I32, double, float, MLPRT_F32, i * 57000001.0 - 2.1e9);
    GATHERED(float, MLPRT_STORED_F32, float, float, MLPRT_F32, i * 0.1f - 3);
    GATHERED(double, MLPRT_STORED_F64, double, float, MLPRT_F32, i * 0.1 - 3);
    GATHERED(uint8_t, MLPRT_U8, double, double, MLPRT_F64, i * 7);
    GATHERED(int8_t, MLPRT_I8, double, double, MLPRT_F64, i * 3 - 110);
    GATHERED(int16_t, MLPRT_I16, double, double, MLPRT_F64, i * 871 - 32000);
    GATHERED(int32_t, MLPRT_I32, double, double, MLPRT_F64, i * 57000001.0 - 2.1e9);
    GATHERED(float, MLPRT_STORED_F32, double, double, MLPRT_F64, i * 0.1f - 3);
    GATHERED(double, MLPRT_STORED_F64, double, double, MLPRT_F64, i * 0.1 - 3);
}

/* Fashion-MNIST as Debian has it; the numbers were computed with Python from the same files. */
static void expect_fashion(const char *images, const char *labels, uint32_t samples, uint64_t sum,
                           const uint32_t first[5], const char *sha256)
{
    struct mlprt_dataset d;
    struct mlprt_error e;
    struct mlprt_model model = classifier();
    model.input_size = 784;
    model.output_size = 10;
    const struct mlprt_source source = {
        .format = MLPRT_IDX, .input_path = images, .target_path = labels};
    if (access(FASHION, R_OK))
        cr_skip_test(FASHION " is not there: the package dataset-fashion-mnist has it");
    cr_assert_eq(mlprt_dataset_load(&d, &model, &source, FASHION, NULL, 0, &e), MLPRT_OK, "%s",
                 e.text);
    cr_assert_eq(d.samples, samples);
    cr_expect_eq(memcmp(d.label, first, 5 * sizeof *first), 0);
    uint64_t pixels = 0;
    for (size_t i = 0; i < (size_t)samples * 784; i++)
        pixels += ((const uint8_t *)d.input.data)[i];
    cr_expect_eq(pixels, sum);
    cr_expect_str_eq(d.sha256, sha256);
    mlprt_dataset_free(&d);
}

Test(dataset, fashion_train)
{
    expect_fashion("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", 60000, 3431114169,
                   (const uint32_t[]){9, 0, 0, 3, 0},
                   "d9ef4273af5c2e360155dad0c06bd939447bf37a6620db007d69fc79e4732045");
}

Test(dataset, fashion_test)
{
    expect_fashion("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", 10000, 573469082,
                   (const uint32_t[]){9, 2, 1, 1, 6},
                   "30214f3fe91405cb8ea60b11ecf0914a65dd6a6ca8e13c13a62eb434f2d9fe56");
}
