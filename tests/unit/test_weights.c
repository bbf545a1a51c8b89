/* Weights: what is saved comes back, in every layout; what does not fit is refused and changes
 * nothing; the bytes of a file depend on weights and run alone. */
#include "file.h"
#include "param.h"
#include "weights.h"

#include "scratch.h"

#include <math.h>

enum { PARAMS = 3, ARENA = 1024 };

/* 2-3-1 without the last bias: panels wider and narrower than the units. */
static const struct mlprt_param params_of_f32[PARAMS] = {
    {.name = "hidden.weight", .rank = 2, .units = 3, .depth = 2, .panel = 8, .offset = 64},
    {.name = "hidden.bias", .rank = 1, .units = 3, .depth = 1, .panel = 2, .offset = 320},
    {.name = "output.weight", .rank = 2, .units = 1, .depth = 3, .panel = 4, .offset = 512},
};
static const char *const program[] = {"mlp 1;", "model tiny { # \"\\\t", "}", NULL};

static struct mlprt_model tiny(void)
{
    return (struct mlprt_model){.abi = MLPRT_ABI,
                                .name = "tiny",
                                .hash = "00ff",
                                .program = program,
                                .element = MLPRT_F32,
                                .params = params_of_f32,
                                .param_count = PARAMS,
                                .normalize = {MLPRT_SCALE, 1.0 / 255}};
}

static const struct mlprt_run run = {
    .lr = 0.1, .epochs = 10, .steps = 4711, .seed = 18446744073709551615u, .data_sha256 = "abcd"};

static struct scratch scratch;
static const char *path;

static void make_directory(void)
{
    scratch_open(&scratch);
    path = scratch_path(&scratch, "w.safetensors");
}

static void remove_directory(void)
{
    scratch_close(&scratch);
}

TestSuite(weights, .init = make_directory, .fini = remove_directory);

/* Distinct values in the elements, and zeros everywhere else. */
static void fill(const struct mlprt_model *m, void *arena)
{
    memset(arena, 0, ARENA);
    double value = -2.5;
    for (size_t i = 0; i < m->param_count; i++)
        for (uint32_t u = 0; u < m->params[i].units; u++)
            for (uint32_t k = 0; k < m->params[i].depth; k++, value += 1.0 / 3)
                mlprt_arena_set(m, arena, m->params[i].offset,
                                mlprt_param_index(&m->params[i], u, k), value);
}

static void save(const struct mlprt_model *m, const void *arena)
{
    struct mlprt_error e;
    cr_assert_eq(mlprt_weights_save(m, arena, &run, path, &e), MLPRT_OK, "%s", e.text);
}

static struct mlprt_bytes bytes_of_file(void)
{
    struct mlprt_bytes b;
    struct mlprt_error e;
    cr_assert_eq(mlprt_file_read(path, &b, &e), MLPRT_OK, "%s", e.text);
    return b;
}

static void write_file(const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/* Loading fails with the status and "PATH: message", and the arena is as it was. */
static void expect_refusal(const struct mlprt_model *m, enum mlprt_match match,
                           enum mlprt_status status, const char *message)
{
    _Alignas(64) unsigned char arena[ARENA], before[ARENA];
    bool taken[PARAMS] = {true, false, true};
    struct mlprt_error e = {""};
    memset(arena, 0x5a, sizeof arena);
    memcpy(before, arena, sizeof before);
    cr_expect_eq(mlprt_weights_load(m, arena, NULL, path, match, taken, &e), status);
    char expected[512];
    snprintf(expected, sizeof expected, "%s: %s", path, message);
    cr_expect_str_eq(e.text, expected);
    cr_expect_arr_eq(arena, before, sizeof arena);
    cr_expect(taken[0] && !taken[1] && taken[2]);
}

static void expect_round_trip(const struct mlprt_model *m)
{
    _Alignas(64) unsigned char saved[ARENA], loaded[ARENA];
    bool taken[PARAMS];
    struct mlprt_error e;
    fill(m, saved);
    memcpy(loaded, saved, sizeof loaded);
    for (size_t i = 0; i < m->param_count; i++) /* padding must become zeros */
        memset(loaded + m->params[i].offset, 0x5a,
               mlprt_param_stored(&m->params[i]) * (m->element == MLPRT_F32 ? 4 : 8));
    save(m, saved);
    cr_assert_eq(mlprt_weights_load(m, loaded, NULL, path, MLPRT_MATCH_ALL, taken, &e), MLPRT_OK,
                 "%s", e.text);
    cr_expect_arr_eq(loaded, saved, sizeof saved);
    cr_expect(taken[0] && taken[1] && taken[2]);
    cr_expect_eq(mlprt_weights_load(m, loaded, NULL, path, MLPRT_MATCH_ALL, NULL, &e), MLPRT_OK);
}

Test(weights, come_back_in_panels_and_padding_is_zero)
{
    struct mlprt_model m = tiny();
    expect_round_trip(&m);
}

Test(weights, come_back_in_double)
{
    struct mlprt_model m = tiny();
    m.element = MLPRT_F64;
    expect_round_trip(&m);
}

Test(weights, come_back_where_they_are_many)
{
    enum { UNITS = 5, DEPTH = 999 };
    static float saved[8 * DEPTH], loaded[8 * DEPTH];
    const struct mlprt_param p = {
        .name = "w", .rank = 2, .units = UNITS, .depth = DEPTH, .panel = 4};
    struct mlprt_model m = tiny();
    struct mlprt_error e;
    m.params = &p;
    m.param_count = 1;
    for (uint32_t u = 0; u < UNITS; u++)
        for (uint32_t k = 0; k < DEPTH; k++)
            saved[mlprt_param_index(&p, u, k)] = (float)(u * DEPTH + k);
    save(&m, saved);
    cr_assert_eq(mlprt_weights_load(&m, loaded, NULL, path, MLPRT_MATCH_ALL, NULL, &e), MLPRT_OK);
    cr_expect_arr_eq(loaded, saved, sizeof saved);
}

Test(weights, are_the_same_bytes_whatever_the_layout)
{
    struct mlprt_model m = tiny();
    _Alignas(64) unsigned char arena[ARENA];
    fill(&m, arena);
    save(&m, arena);
    struct mlprt_bytes first = bytes_of_file();

    struct mlprt_param other[PARAMS];
    memcpy(other, params_of_f32, sizeof other);
    other[0].panel = 1;
    other[1].panel = 4;
    m.params = other;
    fill(&m, arena);
    save(&m, arena);
    struct mlprt_bytes second = bytes_of_file();
    cr_assert_eq(first.size, second.size);
    cr_expect_arr_eq(first.data, second.data, first.size);

    mlprt_arena_set(&m, arena, other[1].offset, 0, 7);
    save(&m, arena);
    struct mlprt_bytes third = bytes_of_file();
    cr_expect_neq(memcmp(first.data, third.data, first.size), 0);
    mlprt_bytes_free(&first);
    mlprt_bytes_free(&second);
    mlprt_bytes_free(&third);
}

Test(weights, have_this_header)
{
    struct mlprt_model m = tiny();
    _Alignas(64) unsigned char arena[ARENA];
    fill(&m, arena);
    save(&m, arena);
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"mlpgen 1\",\"model\":\"tiny\",\"model_hash\":\"00ff\","
        "\"normalize\":\"scale(0.00392156862745098)\",\"normalize_target\":\"none\","
        "\"program\":\"mlp 1;\\nmodel tiny { # \\\"\\\\\\u0009\\n}\\n\",\"lr\":\"0.1\","
        "\"epochs\":\"10\",\"steps\":\"4711\",\"seed\":\"18446744073709551615\",\"data_sha256\":"
        "\"abcd\"},"
        "\"hidden.weight\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]},"
        "\"hidden.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]},"
        "\"output.weight\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[36,48]}}";
    struct mlprt_bytes b = bytes_of_file();
    size_t length = b.data[0] + ((size_t)b.data[1] << 8), text = sizeof header - 1;
    cr_expect_eq((8 + length) % 64, 0);
    cr_assert_eq(b.size, 8 + length + 48);
    cr_expect_arr_eq(b.data + 2, "\0\0\0\0\0", 6);
    cr_expect_arr_eq(b.data + 8, header, text);
    for (size_t i = text; i < length; i++)
        cr_expect_eq(b.data[8 + i], ' ');
    static const unsigned char minus_two_and_a_half[] = {0, 0, 0x20, 0xc0};
    cr_expect_arr_eq(b.data + 8 + length, minus_two_and_a_half, 4);
    mlprt_bytes_free(&b);
}

Test(weights, numbers_are_the_shortest_that_read_back)
{
    static const struct {
        double lr;
        const char *text;
    } cases[] = {
        {0.05, "\"lr\":\"0.05\""},
        {1.0 / 3, "\"lr\":\"0.3333333333333333\""},
        {0.1 + 0.2, "\"lr\":\"0.30000000000000004\""},
        {1e-5, "\"lr\":\"1e-05\""},
        {100, "\"lr\":\"1e+02\""},
        {0x1p-1074, "\"lr\":\"5e-324\""},
    };
    struct mlprt_model m = tiny();
    _Alignas(64) unsigned char arena[ARENA];
    fill(&m, arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mlprt_error e;
        struct mlprt_run other = run;
        other.lr = cases[i].lr;
        cr_assert_eq(mlprt_weights_save(&m, arena, &other, path, &e), MLPRT_OK);
        struct mlprt_bytes b = bytes_of_file();
        b.data[b.size - 1] = '\0'; /* the last weight's last byte: strstr finds the end */
        cr_expect(strstr((char *)b.data + 8, cases[i].text), "%s", cases[i].text);
        mlprt_bytes_free(&b);
    }
}

Test(weights, of_another_shape_or_type_are_refused)
{
    struct mlprt_model m = tiny(), other = tiny();
    struct mlprt_param p[PARAMS];
    _Alignas(64) unsigned char arena[ARENA];
    memcpy(p, params_of_f32, sizeof p);
    fill(&m, arena);
    save(&m, arena);
    other.params = p;
    p[0].units = 4;
    for (enum mlprt_match match = MLPRT_MATCH_ALL; match <= MLPRT_MATCH_BY_NAME; match++)
        expect_refusal(&other, match, MLPRT_MISMATCH,
                       "'hidden.weight' has shape [3, 2]; expected [4, 2]");
    p[0].units = 3;
    p[1].rank = 2;
    expect_refusal(&other, MLPRT_MATCH_ALL, MLPRT_MISMATCH,
                   "'hidden.bias' has shape [3]; expected [3, 1]");
    p[1].rank = 1;
    other.element = MLPRT_F64;
    expect_refusal(&other, MLPRT_MATCH_BY_NAME, MLPRT_MISMATCH,
                   "'hidden.weight' is F32; expected F64");
}

Test(weights, of_other_names_are_refused)
{
    struct mlprt_model m = tiny(), other = tiny();
    struct mlprt_param p[PARAMS];
    _Alignas(64) unsigned char arena[ARENA];
    memcpy(p, params_of_f32, sizeof p);
    fill(&m, arena);
    save(&m, arena);
    other.params = p;
    p[1].name = "hidden.slope";
    expect_refusal(&other, MLPRT_MATCH_ALL, MLPRT_MISMATCH,
                   "no tensor 'hidden.slope'; expected F32 [3]");
    p[1].frozen = true;
    expect_refusal(&other, MLPRT_MATCH_BY_NAME, MLPRT_MISMATCH,
                   "no tensor 'hidden.slope'; expected, as its layer is frozen, F32 [3]");
    other.params = params_of_f32;
    other.param_count = 2;
    expect_refusal(&other, MLPRT_MATCH_ALL, MLPRT_MISMATCH,
                   "'output.weight' is no tensor of model 'tiny'");
    p[0].name = "other.weight";
    other.params = p;
    other.param_count = 1;
    expect_refusal(&other, MLPRT_MATCH_BY_NAME, MLPRT_MISMATCH,
                   "none of the tensors of model 'tiny'");
}

Test(weights, are_taken_by_name)
{
    struct mlprt_model m = tiny(), other = tiny();
    struct mlprt_param p[PARAMS];
    _Alignas(64) unsigned char saved[ARENA], arena[ARENA], expected[ARENA];
    bool taken[PARAMS] = {true, true, true};
    struct mlprt_error e;
    memcpy(p, params_of_f32, sizeof p);
    fill(&m, saved);
    save(&m, saved);
    other.params = p;
    other.hash = "another model's";
    p[1].name = "hidden.slope";
    memset(arena, 0x5a, sizeof arena);
    memcpy(expected, arena, sizeof expected);
    memcpy(expected + 64, saved + 64, 64);
    memcpy(expected + 512, saved + 512, 48);
    cr_assert_eq(mlprt_weights_load(&other, arena, NULL, path, MLPRT_MATCH_BY_NAME, taken, &e),
                 MLPRT_OK, "%s", e.text);
    cr_expect(taken[0] && !taken[1] && taken[2]);
    cr_expect_arr_eq(arena, expected, sizeof arena);
}

Test(weights, of_another_model_are_refused)
{
    struct mlprt_model m = tiny();
    _Alignas(64) unsigned char arena[ARENA];
    fill(&m, arena);
    save(&m, arena);
    m.hash = "00fe";
    expect_refusal(&m, MLPRT_MATCH_ALL, MLPRT_MISMATCH,
                   "made by another model, though its tensors fit: model_hash is '00ff'; "
                   "expected '00fe'");
}

/* Changes the header's format, of as many letters. */
static void write_format(const struct mlprt_bytes *b, const char *format)
{
    unsigned char *place = (unsigned char *)strstr((char *)b->data + 8, "mlpgen 1");
    cr_assert_not_null(place);
    memcpy(place, format, strlen(format));
    write_file(b->data, b->size);
    memcpy(place, "mlpgen 1", strlen(format));
}

Test(weights, of_a_later_format_are_refused)
{
    struct mlprt_model m = tiny(), other = tiny();
    _Alignas(64) unsigned char arena[ARENA];
    struct mlprt_error e;
    fill(&m, arena);
    save(&m, arena);
    struct mlprt_bytes b = bytes_of_file();
    other.hash = "00fe"; /* that its hash is another's would be the wrong thing to say */
    write_format(&b, "mlpgen 2");
    expect_refusal(&other, MLPRT_MATCH_ALL, MLPRT_MISMATCH,
                   "its format is 'mlpgen 2', a newer one; expected 'mlpgen 1'");
    cr_expect_eq(
        mlprt_weights_load(&m, arena, NULL, path, MLPRT_MATCH_BY_NAME, (bool[PARAMS]){0}, &e),
        MLPRT_OK);
    write_format(&b, "pytorch!");
    cr_expect_eq(mlprt_weights_load(&m, arena, NULL, path, MLPRT_MATCH_ALL, NULL, &e), MLPRT_OK);
    mlprt_bytes_free(&b);
}

Test(weights, must_be_finite)
{
    struct mlprt_model m = tiny();
    _Alignas(64) unsigned char arena[ARENA];
    fill(&m, arena);
    mlprt_arena_set(&m, arena, 64, mlprt_param_index(&m.params[0], 2, 1), (double)NAN);
    save(&m, arena);
    expect_refusal(&m, MLPRT_MATCH_ALL, MLPRT_MISMATCH,
                   "'hidden.weight'[2, 1] is NaN; expected finite numbers");
    fill(&m, arena);
    mlprt_arena_set(&m, arena, 320, mlprt_param_index(&m.params[1], 1, 0), (double)-INFINITY);
    save(&m, arena);
    expect_refusal(&m, MLPRT_MATCH_BY_NAME, MLPRT_MISMATCH,
                   "'hidden.bias'[1] is infinite; expected finite numbers");
}

Test(weights, cannot_be_saved_nowhere)
{
    struct mlprt_model m = tiny();
    struct mlprt_error e = {""};
    _Alignas(64) unsigned char arena[ARENA];
    fill(&m, arena);
    cr_expect_eq(mlprt_weights_save(&m, arena, &run, "/nonexistent/w", &e), MLPRT_IO);
    cr_expect(strstr(e.text, "/nonexistent/w"));
}

/* Loads a damaged file. It is refused with the arena untouched, or it means the same weights. */
static void expect_refused_or_same(const struct mlprt_model *m, const unsigned char *weights,
                                   const char *what, size_t at, int *accepted)
{
    _Alignas(64) unsigned char arena[ARENA], before[ARENA];
    struct mlprt_error e = {""};
    memset(arena, 0, sizeof arena);
    memcpy(before, arena, sizeof before);
    enum mlprt_status status = mlprt_weights_load(m, arena, NULL, path, MLPRT_MATCH_ALL, NULL, &e);
    *accepted += status == MLPRT_OK;
    cr_assert(status == MLPRT_OK || status == MLPRT_IO || status == MLPRT_MISMATCH);
    cr_assert_arr_eq(arena, status ? before : weights, ARENA, "%s %zu: %s", what, at, e.text);
    cr_assert_eq(!status, !e.text[0]);
}

Test(weights, cut_anywhere_are_refused)
{
    struct mlprt_model m = tiny();
    _Alignas(64) unsigned char weights[ARENA];
    fill(&m, weights);
    save(&m, weights);
    struct mlprt_bytes b = bytes_of_file();
    int accepted = 0;
    for (size_t size = 0; size < b.size; size++) {
        write_file(b.data, size);
        expect_refused_or_same(&m, weights, "cut at", size, &accepted);
    }
    cr_expect_eq(accepted, 0);
    mlprt_bytes_free(&b);
}

Test(weights, with_any_header_byte_changed_are_refused_or_the_same)
{
    static const unsigned char flip[] = {0x01, 0x04, 0x20, 0x80, 0xff};
    static const unsigned char put[] = {0, '"', '\\', '0', '9', ',', '{', ']', ' ', '\n'};
    struct mlprt_model m = tiny();
    _Alignas(64) unsigned char weights[ARENA];
    fill(&m, weights);
    save(&m, weights);
    struct mlprt_bytes b = bytes_of_file();
    size_t header = b.size - 48;
    int accepted = 0;
    for (size_t at = 0; at < header; at++) {
        unsigned char was = b.data[at];
        for (size_t i = 0; i < sizeof flip + sizeof put; i++) {
            b.data[at] = i < sizeof flip ? was ^ flip[i] : put[i - sizeof flip];
            write_file(b.data, b.size);
            expect_refused_or_same(&m, weights, "changed at", at, &accepted);
        }
        b.data[at] = was;
    }
    cr_expect_gt(accepted, 0); /* a letter of the program, white space for white space */
    mlprt_bytes_free(&b);
}
