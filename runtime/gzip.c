/* Gzip files as a whole, by libdeflate, which checks every CRC and length. */
#include "posix.h"

#include "gzip.h"

#include <libdeflate.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    GZIP_RATIO = 1032 /* deflate cannot do better: 258 bytes for two bits. Bounds what is tried. */
};

static bool gzip_magic(const unsigned char *data, size_t size)
{
    return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

bool mlprt_gzip_is(const struct mlprt_bytes *bytes)
{
    return gzip_magic(bytes->data, bytes->size);
}

/* The last four bytes of a file of one member are its uncompressed size, modulo 2^32. */
static size_t gzip_size_hint(const struct mlprt_bytes *in, size_t bound)
{
    if (in->size < 4)
        return 1;
    const unsigned char *p = in->data + in->size - 4;
    const size_t hint = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    return hint == 0 ? 1 : hint < bound ? hint : bound;
}

/* Decompresses every member of in; out is released by the caller, whatever comes of it. */
static enum mlprt_status gzip_members(struct libdeflate_decompressor *d, const char *path,
                                      const struct mlprt_bytes *in, struct mlprt_bytes *out,
                                      struct mlprt_error *e)
{
    const size_t bound = in->size < SIZE_MAX / GZIP_RATIO ? in->size * GZIP_RATIO : SIZE_MAX;
    size_t capacity = gzip_size_hint(in, bound);
    out->data = mlprt_bytes_allocate(capacity);
    if (!out->data)
        return mlprt_file_fail(e, MLPRT_IO, path, "not enough memory for %zu bytes", capacity);
    for (size_t at = 0; at < in->size;) {
        if (!gzip_magic(in->data + at, in->size - at))
            return mlprt_file_fail(e, MLPRT_IO, path,
                                   "byte %zu: %zu bytes of garbage behind the gzip data; expected "
                                   "the end of the file or another gzip member",
                                   at, in->size - at);
        size_t taken, made;
        const enum libdeflate_result result =
            libdeflate_gzip_decompress_ex(d, in->data + at, in->size - at, out->data + out->size,
                                          capacity - out->size, &taken, &made);
        if (result == LIBDEFLATE_SUCCESS) {
            at += taken;
            out->size += made;
        } else if (result == LIBDEFLATE_INSUFFICIENT_SPACE && capacity < bound) {
            capacity = capacity < bound / 2 ? capacity * 2 : bound;
            unsigned char *data = realloc(out->data, capacity);
            if (!data)
                return mlprt_file_fail(e, MLPRT_IO, path, "not enough memory for %zu bytes",
                                       capacity);
            out->data = data;
        } else {
            return mlprt_file_fail(e, MLPRT_IO, path,
                                   "damaged or truncated gzip data in the member at byte %zu of "
                                   "%zu",
                                   at, in->size);
        }
    }
    return MLPRT_OK;
}

enum mlprt_status mlprt_gzip_inflate(const char *path, struct mlprt_bytes *bytes,
                                     struct mlprt_error *e)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    if (!d)
        return mlprt_file_fail(e, MLPRT_IO, path, "not enough memory to decompress");
    struct mlprt_bytes out = {0};
    const enum mlprt_status status = gzip_members(d, path, bytes, &out, e);
    libdeflate_free_decompressor(d);
    mlprt_bytes_free(status ? &out : bytes);
    if (status == MLPRT_OK)
        *bytes = out;
    return status;
}
