/* Gzip: what is whole comes out as it went in, and nothing else comes out. */
#include "gzip.h"
#include "scratch.h"

#include <libdeflate.h>

/* The standalone program's answer, beside the library's. */
#define mlprt_gzip_is      standalone_gzip_is
#define mlprt_gzip_inflate standalone_gzip_inflate
#include "nogzip.c"
#undef mlprt_gzip_is
#undef mlprt_gzip_inflate

/* Appends a member to bytes. */
static void member_add(struct mlprt_bytes *bytes, const void *data, size_t size)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
    const size_t bound = libdeflate_gzip_compress_bound(c, size);
    bytes->data = realloc(bytes->data, bytes->size + bound);
    const size_t made = libdeflate_gzip_compress(c, data, size, bytes->data + bytes->size, bound);
    cr_assert(made > 0);
    bytes->size += made;
    libdeflate_free_compressor(c);
}

static struct mlprt_bytes copy(const void *data, size_t size)
{
    struct mlprt_bytes bytes = {.data = malloc(size ? size : 1), .size = size};
    if (size)
        memcpy(bytes.data, data, size);
    return bytes;
}

static unsigned char *noise(size_t size)
{
    unsigned char *data = malloc(size);
    uint32_t x = 12345;
    for (size_t i = 0; i < size; i++)
        data[i] = (unsigned char)((x = x * 1664525u + 1013904223u) >> 24);
    return data;
}

Test(gzip, recognized_by_content)
{
    struct mlprt_bytes bytes = {0};
    cr_expect_not(mlprt_gzip_is(&bytes));
    bytes = copy("\x1f\x8b", 2);
    cr_expect(mlprt_gzip_is(&bytes));
    bytes.size = 1;
    cr_expect_not(mlprt_gzip_is(&bytes));
    mlprt_bytes_free(&bytes);
    bytes = copy("\0\0\x08\x03", 4);
    cr_expect_not(mlprt_gzip_is(&bytes));
    mlprt_bytes_free(&bytes);
}

/* Later members are larger or smaller than the size that the file's end tells. */
Test(gzip, members)
{
    static const size_t sizes[][3] = {{100, 70000, 5}, {5, 0, 70000}, {0, 0, 0}, {1, 1, 1}};
    unsigned char *data = noise(70000);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct mlprt_bytes bytes = {0}, expected = {.data = malloc(140010)};
        struct mlprt_error e;
        for (int k = 0; k < 3; k++) {
            member_add(&bytes, data, sizes[i][k]);
            memcpy(expected.data + expected.size, data, sizes[i][k]);
            expected.size += sizes[i][k];
        }
        cr_assert_eq(mlprt_gzip_inflate("f.gz", &bytes, &e), MLPRT_OK, "%s", e.text);
        cr_assert_eq(bytes.size, expected.size);
        cr_expect_eq(memcmp(bytes.data, expected.data, expected.size), 0);
        mlprt_bytes_free(&bytes);
        mlprt_bytes_free(&expected);
    }
    free(data);
}

/* The best ratio that deflate has: within the bound. */
Test(gzip, zeros)
{
    const size_t size = 32u << 20;
    unsigned char *zeros = calloc(1, size);
    struct mlprt_bytes bytes = {0};
    struct mlprt_error e;
    member_add(&bytes, zeros, size);
    member_add(&bytes, "x", 1);
    cr_assert_eq(mlprt_gzip_inflate("f.gz", &bytes, &e), MLPRT_OK, "%s", e.text);
    cr_expect_eq(bytes.size, size + 1);
    cr_expect_eq(memcmp(bytes.data, zeros, size), 0);
    mlprt_bytes_free(&bytes);
    free(zeros);
}

Test(gzip, every_truncation)
{
    unsigned char *data = noise(300);
    struct mlprt_bytes whole = {0};
    member_add(&whole, data, 300);
    for (size_t size = 2; size < whole.size; size++) {
        struct mlprt_bytes bytes = copy(whole.data, size);
        struct mlprt_error e;
        cr_expect_eq(mlprt_gzip_inflate("d/f.gz", &bytes, &e), MLPRT_IO, "%zu bytes", size);
        CONTAINS(e.text, "d/f.gz: damaged or truncated");
        mlprt_bytes_free(&bytes);
    }
    mlprt_bytes_free(&whole);
    free(data);
}

/* A flipped bit is found by the CRC, unless it stands where nothing hangs on it (time, system). */
Test(gzip, every_flipped_byte)
{
    unsigned char *data = noise(300);
    struct mlprt_bytes whole = {0};
    member_add(&whole, data, 300);
    int refused = 0;
    for (size_t at = 2; at < whole.size; at++) {
        struct mlprt_bytes bytes = copy(whole.data, whole.size);
        struct mlprt_error e;
        bytes.data[at] ^= 0x10;
        if (mlprt_gzip_inflate("f.gz", &bytes, &e))
            refused++;
        else
            cr_expect(bytes.size == 300 && memcmp(bytes.data, data, 300) == 0, "byte %zu", at);
        mlprt_bytes_free(&bytes);
    }
    cr_expect_geq(refused, (int)whole.size - 10, "%d of %zu", refused, whole.size);
    mlprt_bytes_free(&whole);
    free(data);
}

Test(gzip, garbage_behind)
{
    struct mlprt_bytes bytes = {0};
    struct mlprt_error e;
    member_add(&bytes, "hello", 5);
    const size_t end = bytes.size;
    bytes.data = realloc(bytes.data, end + 1);
    bytes.data[bytes.size++] = 0;
    cr_expect_eq(mlprt_gzip_inflate("f.gz", &bytes, &e), MLPRT_IO);
    char place[64];
    snprintf(place, sizeof place, "f.gz: byte %zu: 1 bytes of garbage", end);
    CONTAINS(e.text, place);
    mlprt_bytes_free(&bytes);
}

Test(gzip, standalone_refuses)
{
    struct mlprt_bytes bytes = copy("\x1f\x8b", 2);
    struct mlprt_error e;
    cr_expect(standalone_gzip_is(&bytes));
    cr_expect_eq(standalone_gzip_inflate("f.gz", &bytes, &e), MLPRT_IO);
    cr_expect_str_eq(
        e.text,
        "f.gz: compressed files need the installed runtime; gunzip it, and take .gz off its "
        "name in the model");
    mlprt_bytes_free(&bytes);
}
