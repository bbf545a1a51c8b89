/* The safetensors format: everything a valid file may do is read, everything else is refused with
 * the byte and what was expected there. */
#include "safetensors.h"

#include "scratch.h"

#include <inttypes.h>

static struct scratch scratch;
static const char *path; /* of the file, written anew again and again */

static void make_directory(void)
{
    scratch_open(&scratch);
    path = scratch_path(&scratch, "w");
}

static void remove_directory(void)
{
    scratch_close(&scratch);
}

TestSuite(safetensors, .init = make_directory, .fini = remove_directory);

static void write_file(const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/* A file of this header and so many bytes of data, byte i being i. */
static void put_file(const char *header, size_t header_size, size_t data_size)
{
    unsigned char file[4096] = {(unsigned char)header_size, (unsigned char)(header_size >> 8)};
    cr_assert_leq(8 + header_size + data_size, sizeof file);
    memcpy(file + 8, header, header_size);
    for (size_t i = 0; i < data_size; i++)
        file[8 + header_size + i] = (unsigned char)i;
    write_file(file, 8 + header_size + data_size);
}

static void expect_refusal(const char *message)
{
    struct mlprt_safetensors s;
    struct mlprt_error e = {""};
    char expected[1024];
    snprintf(expected, sizeof expected, "%s: %s", path, message);
    cr_expect_eq(mlprt_safetensors_open(&s, path, &e), MLPRT_IO, "%s", message);
    cr_expect_str_eq(e.text, expected);
}

static void expect_error(const char *header, size_t data_size, const char *message)
{
    put_file(header, strlen(header), data_size);
    expect_refusal(message);
}

static struct mlprt_safetensors open_file(const char *header, size_t data_size)
{
    struct mlprt_safetensors s;
    struct mlprt_error e = {""};
    put_file(header, strlen(header), data_size);
    cr_assert_eq(mlprt_safetensors_open(&s, path, &e), MLPRT_OK, "%s: %s", header, e.text);
    return s;
}

static bool is_text(struct mlprt_text text, const char *bytes, size_t size)
{
    return text.size == size && memcmp(text.data, bytes, size) == 0;
}

#define A "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"

Test(safetensors, is_read)
{
    struct mlprt_safetensors s =
        open_file("{\"b\":{\"dtype\":\"F64\",\"shape\":[1,1],\"data_offsets\":[8,16]}," A
                  ",\"__metadata__\":{\"z\":\"1\",\"y\":\"\"}}",
                  16);
    cr_assert_eq(s.tensor_count, 2);
    const struct mlprt_tensor *a = mlprt_safetensors_tensor(&s, "a");
    const struct mlprt_tensor *b = mlprt_safetensors_tensor(&s, "b");
    cr_expect_eq(a, &s.tensor[0]); /* the data's order, not the header's */
    cr_expect_eq(b, &s.tensor[1]);
    cr_expect_str_eq(a->dtype->name, "F32");
    cr_expect_str_eq(b->dtype->name, "F64");
    cr_expect_eq(a->rank, 1);
    cr_expect_eq(b->rank, 2);
    cr_expect_eq(s.dims[a->shape], 2);
    cr_expect_eq(s.data[b->begin], 8);
    cr_assert_eq(s.metadata_count, 2);
    cr_expect(is_text(s.metadata[0].key, "z", 1));
    cr_expect(is_text(*mlprt_safetensors_metadata(&s, "z"), "1", 1));
    cr_expect(is_text(*mlprt_safetensors_metadata(&s, "y"), "", 0));
    cr_expect_null(mlprt_safetensors_metadata(&s, "x"));
    cr_expect_null(mlprt_safetensors_tensor(&s, "aa"));
    cr_expect_null(mlprt_safetensors_tensor(&s, ""));
    mlprt_safetensors_close(&s);
}

Test(safetensors, may_be_padded_and_spaced)
{
    static const char *const headers[] = {
        "{" A "}      ",
        "{" A "}\n\t\r ",
        "{ \n\t\r\"a\" : { \"shape\" : [ 2 ] , \"data_offsets\" : [ 0 , 8 ] ,\"dtype\":\"F32\" } }",
        "{\"__metadata__\":{}," A "}",
        "{" A ",\"e\":{\"dtype\":\"I8\",\"shape\":[3,0],\"data_offsets\":[0,0]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"BF16\",\"shape\":[4,1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,8]}}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct mlprt_safetensors s = open_file(headers[i], 8);
        cr_expect_not_null(mlprt_safetensors_tensor(&s, "a"), "%s", headers[i]);
        mlprt_safetensors_close(&s);
    }
    struct mlprt_safetensors s = open_file("{}", 0);
    cr_expect_eq(s.tensor_count, 0);
    mlprt_safetensors_close(&s);
}

Test(safetensors, strings_are_decoded)
{
    struct mlprt_safetensors s = open_file(
        "{\"__metadata__\":{\"1\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"2\":\"\\u0041\\u00e4\\u20AC\","
        "\"3\":\"\\ud83d\\uDE00\",\"4\":\"x\\u0000y\",\"\\u0035\":\"\xc3\xa4\xe2\x82\xac"
        "\xf0\x9f\x98\x80\x7f\",\"6\":\"\\uffff\\ud7ff\\ue000\\udbff\\udfff\"}}",
        0);
    static const struct {
        const char *key, *value;
        size_t size;
    } expected[] = {
        {"1", "\"\\/\b\f\n\r\t", 8},
        {"2", "A\xc3\xa4\xe2\x82\xac", 6},
        {"3", "\xf0\x9f\x98\x80", 4},
        {"4", "x\0y", 3},
        {"5", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\x7f", 10},
        {"6", "\xef\xbf\xbf\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 13},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct mlprt_text *value = mlprt_safetensors_metadata(&s, expected[i].key);
        cr_assert_not_null(value, "%s", expected[i].key);
        cr_expect(is_text(*value, expected[i].value, expected[i].size), "%s", expected[i].key);
    }
    mlprt_safetensors_close(&s);
}

Test(safetensors, must_be_json)
{
    static const struct {
        const char *header, *message;
    } cases[] = {
        {"x", "byte 8: a header starts with '{', this one with byte 0x78"},
        {" {}", "byte 8: a header starts with '{', this one with byte 0x20"},
        {"\xef\xbb\xbf{}", "byte 8: a header starts with '{', this one with byte 0xef"},
        {"[]", "byte 8: a header starts with '{', this one with byte 0x5b"},
        {"{", "byte 9: expected a string, found the end"},
        {"{,", "byte 9: expected a string, found ','"},
        {"{}{", "byte 10: expected the end, found '{'"},
        {"{}\v", "byte 10: expected the end, found byte 0x0b"},
        {"{" A ",}", "byte 62: expected a string, found '}'"},
        {"{" A ";", "byte 61: expected ',' or '}', found ';'"},
        {"{" A, "byte 61: expected ',' or '}', found the end"},
        {"{'a'", "byte 9: expected a string, found '''"},
        {"{\"a\"}", "byte 12: expected ':', found '}'"},
        {"{\"a\":null}", "byte 13: expected '{', found 'n'"},
        {"{\"a\":[[[[", "byte 13: expected '{', found '['"},
        {"{\"a\":{\"shape\":{", "byte 22: expected '[', found '{'"},
        {"{\"a\":{\"shape\":[[", "byte 23: expected a whole number, found '['"},
        {"{\"a\":{\"shape\":[-1", "byte 23: expected a whole number, found '-'"},
        {"{\"a\":{\"shape\":[1.0", "byte 24: expected ',' or ']', found '.'"},
        {"{\"a\":{\"shape\":[1e1", "byte 24: expected ',' or ']', found 'e'"},
        {"{\"a\":{\"shape\":[01", "byte 24: expected ',' or ']', found '1'"},
        {"{\"a\":{\"shape\":[1,]", "byte 25: expected a whole number, found ']'"},
        {"{\"a\":{\"shape\":[\"1\"]", "byte 23: expected a whole number, found '\"'"},
        {"{\"a\":{\"shape\":[18446744073709551616]", "byte 23: number beyond 18446744073709551615"},
        {"{\"a\":{\"shape\":[99999999999999999999999]",
         "byte 23: number beyond 18446744073709551615"},
        {"{\"__metadata__\":[]}", "byte 24: expected '{', found '['"},
        {"{\"__metadata__\":{\"k\":1}}", "byte 29: expected a string, found '1'"},
        {"{\"__metadata__\":{\"k\":{}}}", "byte 29: expected a string, found '{'"},
        {"{\"abc", "byte 9: string without closing quote"},
        {"{\"a\nb\"", "byte 11: control character in a string"},
        {"{\"\x1f\"", "byte 10: control character in a string"},
        {"{\"a\\x\"", "byte 11: unknown escape in a string"},
        {"{\"a\\", "byte 11: unknown escape in a string"},
        {"{\"a\\u12", "byte 11: expected \\u and four hex digits"},
        {"{\"a\\u12g4\"", "byte 15: expected four hex digits after \\u"},
        {"{\"a\\udc00\"", "byte 11: half a surrogate pair in a string"},
        {"{\"a\\ud800x      \"", "byte 17: expected \\u and four hex digits"},
        {"{\"a\\ud800\\u0041\"", "byte 11: half a surrogate pair in a string"},
        {"{\"a\\ud800\\ud800\"", "byte 11: half a surrogate pair in a string"},
        {"{\"\x80\"", "byte 10: invalid UTF-8 in a string"},
        {"{\"\xc3\"", "byte 10: invalid UTF-8 in a string"},
        {"{\"\xc3", "byte 10: invalid UTF-8 in a string"},
        {"{\"\xc0\x80\"", "byte 10: invalid UTF-8 in a string"},
        {"{\"\xe0\x9f\xbf\"", "byte 10: invalid UTF-8 in a string"},
        {"{\"\xed\xa0\x80\"", "byte 10: invalid UTF-8 in a string"},
        {"{\"\xf0\x8f\xbf\xbf\"", "byte 10: invalid UTF-8 in a string"},
        {"{\"\xf4\x90\x80\x80\"", "byte 10: invalid UTF-8 in a string"},
        {"{\"\xf5\x80\x80\x80\"", "byte 10: invalid UTF-8 in a string"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_error(cases[i].header, 8, cases[i].message);
    write_file("\3\0\0\0\0\0\0\0{\"\xc3\x80", 12); /* a character beyond the header's end */
    expect_refusal("byte 10: invalid UTF-8 in a string");
    put_file("{\"\0\"", 4, 0);
    expect_refusal("byte 10: control character in a string");
    put_file("{\0}", 3, 0);
    expect_refusal("byte 9: expected a string, found byte 0x00");
    put_file("{}\0", 3, 0);
    expect_refusal("byte 10: expected the end, found byte 0x00");
}

Test(safetensors, tensors_must_be_described)
{
    static const struct {
        const char *tensor, *message; /* "a":{ is in front of it, at byte 9 */
    } cases[] = {
        {"}", "byte 9: 'a' has no dtype"},
        {"\"dtype\":\"F32\",\"data_offsets\":[0,8]}", "byte 9: 'a' has no shape"},
        {"\"dtype\":\"F32\",\"shape\":[2]}", "byte 9: 'a' has no data_offsets"},
        {"\"dtype\":\"F33\"", "byte 22: unknown dtype 'F33'"},
        {"\"dtype\":\"f32\"", "byte 22: unknown dtype 'f32'"},
        {"\"dtype\":\"F32\\u0000\"", "byte 22: unknown dtype 'F32\\x00'"},
        {"\"dtype\":32", "byte 22: expected a string, found '3'"},
        {"\"dtype\":\"F32\",\"dtype\":\"F32\"", "byte 28: duplicate key 'dtype'"},
        {"\"dtype\":\"F32\",\"sha\\u0070e\":[2],\"shape\":[2]", "byte 45: duplicate key 'shape'"},
        {"\"data_offsets\":[0,8],\"data_offsets\":[0,8]", "byte 35: duplicate key 'data_offsets'"},
        {"\"dtyp\":\"F32\"", "byte 14: unknown key 'dtyp'; expected dtype, shape or data_offsets"},
        {"\"data_offsets\":[0]", "byte 29: data_offsets of 1 numbers; expected 2"},
        {"\"data_offsets\":[0,8,8]", "byte 29: data_offsets of 3 numbers; expected 2"},
        {"\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}",
         "byte 9: 'a': data_offsets [8, 0]; F32 [2] takes 8 bytes"},
        {"\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,4]}",
         "byte 9: 'a': data_offsets [0, 4]; F32 [2, 1] takes 8 bytes"},
        {"\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,4]}",
         "byte 9: 'a': data_offsets [0, 4]; F64 [] takes 8 bytes"},
        {"\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}",
         "byte 9: 'a': shape [4611686018427387904] is too large"},
        {"\"dtype\":\"I8\",\"shape\":[18446744073709551615],\"data_offsets\":[1,0]}",
         "byte 9: 'a': data_offsets [1, 0]; I8 [18446744073709551615] takes 18446744073709551615 "
         "bytes"},
        {"\"dtype\":\"I8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}",
         "byte 9: 'a': shape [4294967296, 4294967296] is too large"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[512];
        snprintf(header, sizeof header, "{\"a\":{%s}", cases[i].tensor);
        expect_error(header, 8, cases[i].message);
    }
}

/* Tensors of bytes with these ranges, and so many bytes of data. */
static void expect_cover_error(size_t count, const uint64_t range[][2], size_t data_size,
                               const char *message)
{
    char header[1024] = "{";
    for (size_t i = 0; i < count; i++) {
        char tensor[128];
        snprintf(tensor, sizeof tensor,
                 "%s\"%c\":{\"dtype\":\"U8\",\"shape\":[%" PRIu64 "],\"data_offsets\":[%" PRIu64
                 ",%" PRIu64 "]}",
                 i ? "," : "", (char)('a' + i), range[i][1] - range[i][0], range[i][0],
                 range[i][1]);
        strcat(header, tensor);
    }
    strcat(header, "}");
    expect_error(header, data_size, message);
}

Test(safetensors, tensors_must_cover_the_data)
{
    expect_cover_error(2, (const uint64_t[][2]){{0, 4}, {5, 8}}, 8,
                       "byte 61: 'b' starts at 5 of the data; the bytes from 4 on belong to no "
                       "tensor");
    expect_cover_error(1, (const uint64_t[][2]){{1, 4}}, 4,
                       "byte 9: 'a' starts at 1 of the data; the bytes from 0 on belong to no "
                       "tensor");
    expect_cover_error(2, (const uint64_t[][2]){{0, 4}, {3, 8}}, 8,
                       "byte 61: the data of 'b' overlaps that of 'a'");
    expect_cover_error(2, (const uint64_t[][2]){{0, 8}, {0, 8}}, 8,
                       "byte 61: the data of 'b' overlaps that of 'a'");
    expect_cover_error(3, (const uint64_t[][2]){{4, 8}, {0, 8}, {0, 4}}, 8,
                       "byte 61: the data of 'b' overlaps that of 'c'");
    expect_cover_error(2, (const uint64_t[][2]){{0, 8}, {4, 4}}, 8,
                       "byte 61: the data of 'b' overlaps that of 'a'");
    expect_cover_error(1, (const uint64_t[][2]){{0, 8}}, 7,
                       "byte 9: 'a' ends at 8 of the data, but the file has only 7 bytes of data");
    expect_cover_error(1, (const uint64_t[][2]){{0, UINT64_MAX}}, 7,
                       "byte 9: 'a' ends at 18446744073709551615 of the data, but the file has "
                       "only 7 bytes of data");
    expect_cover_error(1, (const uint64_t[][2]){{0, 8}}, 9,
                       "byte 69: 1 bytes behind the last tensor");
    expect_error("{}", 3, "byte 10: 3 bytes behind the last tensor");
}

Test(safetensors, keys_must_not_come_twice)
{
    expect_error("{" A "," A "}", 8, "byte 62: duplicate key 'a', first at byte 9");
    expect_error("{" A ",\"\\u0061\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}}", 8,
                 "byte 62: duplicate key 'a', first at byte 9");
    expect_error("{\"__metadata__\":{\"k\":\"1\",\"j\":\"2\",\"k\":\"1\"}}", 0,
                 "byte 41: duplicate key 'k', first at byte 25");
    expect_error("{\"__metadata__\":{},\"__metadata__\":{}}", 0,
                 "byte 27: duplicate key '__metadata__'");
}

Test(safetensors, header_length_must_fit)
{
    static const struct {
        unsigned char file[12];
        size_t size;
        const char *message;
    } cases[] = {
        {"", 0, "the file ends at byte 0; expected 8 bytes of header length"},
        {"\2\0\0\0\0\0\0", 7, "the file ends at byte 7; expected 8 bytes of header length"},
        {"\2\0\0\0\0\0\0\0{", 9, "a header of 2 bytes, but the file ends at byte 9"},
        {"\0\0\0\0\0\0\0\0{}", 10, "a header of 0 bytes, but the file ends at byte 10"},
        {"\0\xe1\xf5\5\0\0\0\0{}", 10, "a header of 100000000 bytes, but the file ends at byte 10"},
        {"\1\xe1\xf5\5\0\0\0\0{}", 10,
         "a header of 100000001 bytes; expected at most 100000000 (is this a safetensors file?)"},
        {"\377\377\377\377\377\377\377\377{}", 10,
         "a header of 18446744073709551615 bytes; expected at most 100000000 (is this a "
         "safetensors file?)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(cases[i].file, cases[i].size);
        expect_refusal(cases[i].message);
    }
}

Test(safetensors, names_are_printed_harmlessly)
{
    struct mlprt_text hostile = {"\x1b[2J\n\0\xc2\x9b\xff\xc3\xa4'", 12, 0}, longer;
    char quoted[MLPRT_QUOTED], many[300], shape[MLPRT_SHAPE_TEXT];
    cr_expect_str_eq(mlprt_text_quote(hostile, quoted), "'\\x1b[2J\\x0a\\x00\\x9b\\xff\xc3\xa4''");
    memset(many, 'n', sizeof many);
    longer = (struct mlprt_text){many, sizeof many, 0};
    mlprt_text_quote(longer, quoted);
    CONTAINS(quoted, "nnn...'");
    uint64_t dims[64];
    for (int i = 0; i < 64; i++)
        dims[i] = UINT64_MAX;
    cr_expect_str_eq(mlprt_shape_print(dims, 64, shape),
                     "[18446744073709551615, 18446744073709551615, 18446744073709551615, "
                     "18446744073709551615, 18446744073709551615, ...]");
    cr_expect_str_eq(mlprt_shape_print(dims, 0, shape), "[]");
}

Test(safetensors, missing_file_is_an_error)
{
    struct mlprt_safetensors s;
    struct mlprt_error e = {""};
    cr_expect_eq(mlprt_safetensors_open(&s, "/nonexistent/w", &e), MLPRT_IO);
    CONTAINS(e.text, "/nonexistent/w: ");
}
