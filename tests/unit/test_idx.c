/* IDX files: every element type, and every way in which a file can be wrong. */
#include "data/format.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <math.h>

/* Loads one file as inputs; messages name it as PATH. */
static enum mlprt_status load(struct mlprt_dataset *d, const char *path, struct mlprt_error *e)
{
    struct mlprt_sha256 sha256;
    mlprt_sha256_start(&sha256);
    *d = (struct mlprt_dataset){0};
    const struct mlprt_request r = {.input_path = path, .sha256 = &sha256};
    return mlprt_idx_load(d, &r, e);
}

static void expect_refused(const char *bytes, size_t size, enum mlprt_status status,
                           const char *why)
{
    struct scratch s;
    struct mlprt_dataset d;
    struct mlprt_error e = {{0}};
    scratch_open(&s);
    const char *path = scratch_put(&s, "f.idx", bytes, size);
    cr_expect_eq(load(&d, path, &e), status, "%s", why);
    CONTAINS(e.text, path);
    CONTAINS(e.text, why);
    mlprt_dataset_free(&d);
    scratch_close(&s);
}

#define REFUSED(bytes, status, why) expect_refused((bytes), sizeof(bytes) - 1, (status), (why))

Test(idx, damaged_header)
{
    REFUSED("", MLPRT_IO, "0 bytes; expected an IDX header");
    REFUSED("\0\0\x08", MLPRT_IO, "3 bytes; expected an IDX header");
    REFUSED("PK\3\4....", MLPRT_IO, "byte 0: no IDX file: starts with 0x50 0x4B");
    REFUSED("a,b,class\n1,2,0\n", MLPRT_IO, "byte 0: text, and no IDX file");
    REFUSED("\0\1\x08\1\0\0\0\1x", MLPRT_IO, "byte 0: no IDX file");
    REFUSED("\0\0\x0A\1\0\0\0\1x", MLPRT_IO, "byte 2: element type 0x0A; expected 0x08");
    REFUSED("\0\0\x0F\1\0\0\0\1x", MLPRT_IO, "byte 2: element type 0x0F");
    REFUSED("\0\0\x08\0", MLPRT_IO, "byte 3: no dimensions");
    REFUSED("\0\0\x08\1\0\0\0", MLPRT_IO, "has 8 bytes; the file ends at 7");
    REFUSED("\0\0\x08\xff\0\0\0\1", MLPRT_IO, "255 dimensions has 1024 bytes; the file ends at 8");
}

Test(idx, wrong_dimensions)
{
    REFUSED("\0\0\x08\1\0\0\0\0", MLPRT_MISMATCH, "byte 4: a dimension of 0");
    REFUSED("\0\0\x08\2\0\0\0\1\0\0\0\0", MLPRT_MISMATCH, "byte 8: a dimension of 0");
    REFUSED("\0\0\x08\1\0\0\0\3ab", MLPRT_IO,
            "byte 8: expected 3 samples of 1 elements of 1 bytes; 2 bytes follow");
    REFUSED("\0\0\x08\1\0\0\0\3abcd", MLPRT_IO, "4 bytes follow");
    REFUSED("\0\0\x0B\2\0\0\0\2\0\0\0\1aabbc", MLPRT_IO,
            "byte 12: expected 2 samples of 1 elements of 2 bytes; 5 bytes follow");
    REFUSED("\0\0\x08\1\xff\xff\xff\xff", MLPRT_IO, "expected 4294967295 samples");
}

/* Products that are 0 or small where they are computed in 32 or 64 bits. */
Test(idx, overflowing_dimensions)
{
    REFUSED("\0\0\x08\3\0\0\0\1\0\1\0\0\0\1\0\0", MLPRT_IO, "byte 12: the dimensions make more");
    REFUSED("\0\0\x08\2\0\1\0\0\0\1\0\0", MLPRT_IO, "expected 65536 samples of 65536 elements");
    REFUSED("\0\0\x0E\2\x80\0\0\0\x40\0\0\0", MLPRT_IO,
            "expected 2147483648 samples of 1073741824 elements of 8 bytes; 0 bytes follow");
    REFUSED("\0\0\x0E\2\xff\xff\xff\xff\xff\xff\xff\xff", MLPRT_IO,
            "expected 4294967295 samples of 4294967295 elements of 8 bytes; 0 bytes follow");
}

/* Every prefix of a good file is refused, and so is one byte more. */
Test(idx, every_truncation)
{
    static const char good[] = "\0\0\x0C\3\0\0\0\2\0\0\0\1\0\0\0\2"
                               "aaaabbbbccccddddx";
    for (size_t size = 0; size < sizeof good; size++)
        if (size != 32)
            expect_refused(good, size, MLPRT_IO, "f.idx: ");
}

static void expect_elements(const char *bytes, size_t size, enum mlprt_stored stored,
                            const void *elements, size_t element_bytes)
{
    struct scratch s;
    struct mlprt_dataset d;
    struct mlprt_error e;
    scratch_open(&s);
    cr_assert_eq(load(&d, scratch_put(&s, "f.idx", bytes, size), &e), MLPRT_OK, "%s", e.text);
    cr_expect_eq(d.input.stored, stored);
    cr_expect_eq(d.input.rows, 2);
    cr_expect_eq(d.input.columns, element_bytes / mlprt_stored_size(stored) / 2);
    cr_expect_eq((uintptr_t)d.input.data % mlprt_stored_size(stored), 0);
    cr_expect_eq(memcmp(d.input.data, elements, element_bytes), 0);
    mlprt_dataset_free(&d);
    scratch_close(&s);
}

#define ELEMENTS(bytes, stored, elements)                                                          \
    expect_elements((bytes), sizeof(bytes) - 1, (stored), (elements), sizeof(elements))

/* With one to three dimensions, so that doubles come to stand at odd places too. */
Test(idx, element_types)
{
    ELEMENTS("\0\0\x08\1\0\0\0\2\x01\xff", MLPRT_U8, ((const uint8_t[]){1, 255}));
    ELEMENTS("\0\0\x09\1\0\0\0\2\x7f\x80", MLPRT_I8, ((const int8_t[]){127, -128}));
    ELEMENTS("\0\0\x0B\2\0\0\0\2\0\0\0\2\x01\x02\xff\xfe\x7f\xff\x80\0", MLPRT_I16,
             ((const int16_t[]){258, -2, 32767, -32768}));
    ELEMENTS("\0\0\x0C\1\0\0\0\2\x01\x02\x03\x04\xff\xff\xff\xfd", MLPRT_I32,
             ((const int32_t[]){16909060, -3}));
    ELEMENTS("\0\0\x0D\1\0\0\0\2\x3f\x80\0\0\xc0\x49\x0f\xdb", MLPRT_STORED_F32,
             ((const float[]){1, -3.14159274f}));
    ELEMENTS("\0\0\x0E\1\0\0\0\2\x3f\xf0\0\0\0\0\0\0\xc0\x09\x21\xfb\x54\x44\x2d\x18",
             MLPRT_STORED_F64, ((const double[]){1, -3.141592653589793}));
    ELEMENTS("\0\0\x0E\2\0\0\0\2\0\0\0\1\x3f\xf0\0\0\0\0\0\0\xc0\x09\x21\xfb\x54\x44\x2d\x18",
             MLPRT_STORED_F64, ((const double[]){1, -3.141592653589793}));
    ELEMENTS("\0\0\x0E\3\0\0\0\2\0\0\0\1\0\0\0\1"
             "\x3f\xf0\0\0\0\0\0\0\xc0\x09\x21\xfb\x54\x44\x2d\x18",
             MLPRT_STORED_F64, ((const double[]){1, -3.141592653589793}));
}

/* Recognized by its content: the name does not say so. */
Test(idx, compressed)
{
    static const char good[] = "\0\0\x0B\1\0\0\0\2\x01\x02\xff\xfe";
    char packed[128];
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
    const size_t size = libdeflate_gzip_compress(c, good, sizeof good - 1, packed, sizeof packed);
    libdeflate_free_compressor(c);
    cr_assert(size > 0);
    expect_elements(packed, size, MLPRT_I16, (const int16_t[]){258, -2}, 4);
    expect_refused(packed, size - 1, MLPRT_IO, "damaged or truncated gzip data");
    packed[size] = 0;
    expect_refused(packed, size + 1, MLPRT_IO, "1 bytes of garbage behind the gzip data");
}

/* A hole in the file: it is as large as it says, and the reader must count that in 64 bits. */
Test(idx, larger_than_it_says)
{
    struct scratch s;
    struct mlprt_dataset d;
    struct mlprt_error e;
    scratch_open(&s);
    const char *path = scratch_put(&s, "f.idx", "\0\0\x08\2\0\1\0\0\0\0\0\1", 12);
    cr_assert_eq(truncate(path, 12 + 65537), 0);
    cr_expect_eq(load(&d, path, &e), MLPRT_IO);
    CONTAINS(e.text, "65537 bytes follow");
    cr_assert_eq(truncate(path, 12 + 65536), 0);
    cr_expect_eq(load(&d, path, &e), MLPRT_OK);
    mlprt_dataset_free(&d);
    scratch_close(&s);
}
