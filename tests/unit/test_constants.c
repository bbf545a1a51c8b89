/* Normalisation in weights files: constants come back to the bit; those that do not fit are
 * refused; where there are none they stay unknown. */
#include "constants.h"
#include "scratch.h"
#include "weights.h"

#include <float.h>

enum { INPUTS = 3, OUTPUTS = 2 };

static const struct mlprt_param param = {
    .name = "w", .rank = 2, .units = OUTPUTS, .depth = INPUTS, .panel = OUTPUTS};
static const char *const program[] = {"mlp 1;", NULL};
static const struct mlprt_model model = {.name = "net",
                                         .hash = "00ff",
                                         .program = program,
                                         .element = MLPRT_F32,
                                         .input_size = INPUTS,
                                         .output_size = OUTPUTS,
                                         .params = &param,
                                         .param_count = 1,
                                         .normalize.kind = MLPRT_STANDARDIZE,
                                         .normalize_target.kind = MLPRT_MINMAX};

static struct scratch scratch;
static const char *path;
static struct mlprt_normalizers taken;
static struct mlprt_error e;
static float arena[OUTPUTS * INPUTS];

static void prepare(void)
{
    scratch_open(&scratch);
    path = scratch_path(&scratch, "w");
    taken = mlprt_normalizers_of(&model);
}

static void clean(void)
{
    mlprt_normalizers_free(&taken);
    scratch_close(&scratch);
}

TestSuite(constants, .init = prepare, .fini = clean);

static float offset[INPUTS] = {0.1f, -FLT_MAX, 1e-45f}, factor[INPUTS] = {FLT_MIN, 0, 1 / 3.0f};
static float target_offset[OUTPUTS] = {123456.789f, -0.0f}, target_factor[OUTPUTS] = {1, 2};

static void save(const struct mlprt_model *m)
{
    const struct mlprt_normalizers n = {
        {m->normalize, INPUTS, offset, factor},
        {m->normalize_target, OUTPUTS, target_offset, target_factor}};
    const struct mlprt_run run = {.data_sha256 = "abcd", .normalizers = &n};
    cr_assert_eq(mlprt_weights_save(m, arena, &run, path, &e), MLPRT_OK, "%s", e.text);
}

static enum mlprt_status load(const struct mlprt_model *m)
{
    return mlprt_weights_load(m, arena, &taken, path, MLPRT_MATCH_ALL, NULL, &e);
}

Test(constants, come_back_to_the_bit)
{
    save(&model);
    cr_assert_eq(load(&model), MLPRT_OK, "%s", e.text);
    cr_assert(mlprt_normalizers_ready(&taken));
    cr_expect_arr_eq(taken.input.offset, offset, sizeof offset);
    cr_expect_arr_eq(taken.input.factor, factor, sizeof factor);
    cr_expect_arr_eq(taken.target.offset, target_offset, sizeof target_offset);
    cr_expect_arr_eq(taken.target.factor, target_factor, sizeof target_factor);
}

/* A file of one tensor and this metadata, which starts with a comma. */
static void put_file(const char *metadata)
{
    unsigned char file[1024] = {0};
    const int length = snprintf((char *)file + 8, sizeof file - 8,
                                "{\"__metadata__\":{\"maker\":\"x\"%s},\"w\":{\"dtype\":\"F32\","
                                "\"shape\":[2,3],\"data_offsets\":[0,24]}}",
                                metadata);
    file[0] = (unsigned char)length;
    file[1] = (unsigned char)(length >> 8);
    FILE *out = fopen(path, "wb");
    cr_assert_not_null(out);
    cr_assert_eq(fwrite(file, 1, 8 + (size_t)length + sizeof arena, out),
                 8 + (size_t)length + sizeof arena);
    fclose(out);
}

#define OFFSET(list)        ",\"normalize_offset\":\"" list "\""
#define FACTOR(list)        ",\"normalize_factor\":\"" list "\""
#define TARGET_OFFSET(list) ",\"normalize_target_offset\":\"" list "\""
#define TARGET_FACTOR(list) ",\"normalize_target_factor\":\"" list "\""

Test(constants, stay_unknown_where_the_file_has_none)
{
    put_file("");
    cr_assert_eq(load(&model), MLPRT_OK, "%s", e.text);
    cr_expect(!mlprt_normalizers_ready(&taken));
    put_file(OFFSET("[1,\\n 2 , 3e0]") FACTOR("[0.5, 1E-3, 0]"));
    cr_assert_eq(load(&model), MLPRT_OK, "%s", e.text);
    cr_expect(!mlprt_normalizers_ready(&taken), "the target's are missing");
    cr_expect_arr_eq(taken.input.factor, ((float[]){0.5f, 1e-3f, 0}), sizeof factor);
}

static void refuse(const char *metadata, const char *why)
{
    put_file(metadata);
    cr_expect_eq(load(&model), MLPRT_MISMATCH, "%s", metadata);
    CONTAINS(e.text, why);
}

Test(constants, that_do_not_fit_are_refused)
{
    refuse(OFFSET("[1, 2, 3]"), "/w: has normalize_offset, and no normalize_factor");
    refuse(TARGET_FACTOR("[1, 2]"), "has normalize_target_factor, and no normalize_target_offset");
    refuse(OFFSET("[1, 2]") FACTOR("[1, 2, 3]"), "normalize_offset is no list of 3 numbers");
    refuse(OFFSET("[1, 2, 3]") FACTOR("[1, 2, 3, 4]"), "normalize_factor is no list of 3 numbers");
    refuse(OFFSET("[1, 2, x]") FACTOR("[1, 2, 3]"), "normalize_offset is no list of 3 numbers");
    refuse(OFFSET("[1, 2, 1e39]") FACTOR("[1, 2, 3]"), "normalize_offset is no list of 3 numbers");
    refuse(OFFSET("[1, 2, 3] 4") FACTOR("[1, 2, 3]"), "normalize_offset is no list of 3 numbers");
    refuse(TARGET_OFFSET("[1, \\\"2\\\"]") TARGET_FACTOR("[1, 2]"),
           "normalize_target_offset is no list of 2 numbers");
}

/* Those of a kind that needs none are passed over. */
Test(constants, are_taken_where_the_model_needs_them)
{
    struct mlprt_model plain = model;
    plain.normalize.kind = plain.normalize_target.kind = MLPRT_UNCHANGED;
    mlprt_normalizers_free(&taken);
    taken = mlprt_normalizers_of(&plain);
    put_file(OFFSET("rubbish"));
    cr_expect_eq(load(&plain), MLPRT_OK, "%s", e.text);
    cr_expect_eq(taken.input.columns, 0);
}

static double number(const char *text)
{
    unsigned char bytes[128];
    memcpy(bytes, text, strlen(text));
    struct mlprt_json j = {.path = "t", .bytes = bytes, .end = strlen(text), .error = &e};
    const double value = mlprt_json_number(&j);
    mlprt_json_finish(&j);
    return j.status ? -77 : value;
}

Test(constants, are_numbers_as_json_has_them)
{
    cr_expect_eq(number("0"), 0);
    cr_expect_eq(number(" -0.5e+1 "), -5);
    cr_expect_eq(number("4.9406564584124654e-324"), 4.9406564584124654e-324);
    cr_expect_eq(number("120"), 120);
    const char *const wrong[] = {"",    "-",   "+1",  "01",  ".5",    "1.",  "1e", "1e+",
                                 "0x1", "inf", "nan", "1 2", "1e999", "--1", "1,"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_eq(number(wrong[i]), -77, "%s", wrong[i]);
    char longest[80] = "0.";
    memset(longest + 2, '1', 61);
    cr_expect_float_eq(number(longest), 1 / 9.0, 1e-9);
    longest[63] = '1';
    cr_expect_eq(number(longest), -77);
}
