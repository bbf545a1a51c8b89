/* IDX, the format of MNIST and its relatives: two zero bytes, the element type, the number of
 * dimensions, each of them in four bytes, then the elements; all big-endian. The first dimension
 * counts samples, the others are flattened row-major. */
#include "posix.h"

#include "data/format.h"

#include <string.h>

enum {
    IDX_MAGIC = 4,    /* bytes before the dimensions */
    IDX_DIMENSION = 4 /* bytes of each */
};

/* One file on its way into a matrix. */
struct idx_file {
    const char *path;
    struct mlprt_bytes bytes;
    size_t payload; /* where the elements start */
};

static const struct idx_type {
    unsigned char code;
    enum mlprt_stored stored;
} idx_types[] = {
    {0x08, MLPRT_U8},  {0x09, MLPRT_I8},         {0x0B, MLPRT_I16},
    {0x0C, MLPRT_I32}, {0x0D, MLPRT_STORED_F32}, {0x0E, MLPRT_STORED_F64},
};

static uint32_t idx_big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static const struct idx_type *idx_type_find(unsigned char code)
{
    for (size_t i = 0; i < sizeof idx_types / sizeof *idx_types; i++)
        if (idx_types[i].code == code)
            return &idx_types[i];
    return NULL;
}

/* Do four bytes look like the start of a table as text? */
static bool idx_is_text(const unsigned char *p)
{
    for (int i = 0; i < IDX_MAGIC; i++)
        if ((p[i] < ' ' || p[i] > '~') && p[i] != '\t' && p[i] != '\r' && p[i] != '\n')
            return false;
    return true;
}

static enum mlprt_status idx_magic_check(struct idx_file *f, struct mlprt_matrix *m,
                                         struct mlprt_error *e)
{
    const unsigned char *p = f->bytes.data;
    if (f->bytes.size < IDX_MAGIC)
        return mlprt_file_fail(e, MLPRT_IO, f->path,
                               "%zu bytes; expected an IDX header of at least 8", f->bytes.size);
    if (idx_is_text(p))
        return mlprt_file_fail(e, MLPRT_IO, f->path, "byte 0: text, and no IDX file");
    if (p[0] || p[1])
        return mlprt_file_fail(e, MLPRT_IO, f->path,
                               "byte 0: no IDX file: starts with 0x%02X 0x%02X; expected 0x00 0x00",
                               p[0], p[1]);
    const struct idx_type *type = idx_type_find(p[2]);
    if (!type)
        return mlprt_file_fail(e, MLPRT_IO, f->path,
                               "byte 2: element type 0x%02X; expected 0x08, 0x09, 0x0B, 0x0C, 0x0D "
                               "or 0x0E",
                               p[2]);
    if (p[3] == 0)
        return mlprt_file_fail(e, MLPRT_IO, f->path, "byte 3: no dimensions; expected 1 at least");
    f->payload = IDX_MAGIC + (size_t)IDX_DIMENSION * p[3];
    if (f->bytes.size < f->payload)
        return mlprt_file_fail(
            e, MLPRT_IO, f->path,
            "byte 3: a header of %u dimensions has %zu bytes; the file ends at %zu", p[3],
            f->payload, f->bytes.size);
    m->stored = type->stored;
    m->rank = p[3];
    return MLPRT_OK;
}

static enum mlprt_status idx_dimensions_check(const struct idx_file *f, struct mlprt_matrix *m,
                                              struct mlprt_error *e)
{
    m->rows = m->columns = 1;
    for (size_t at = IDX_MAGIC; at < f->payload; at += IDX_DIMENSION) {
        const uint32_t size = idx_big_endian(f->bytes.data + at);
        if (size == 0)
            return mlprt_file_fail(e, MLPRT_MISMATCH, f->path,
                                   "byte %zu: a dimension of 0; expected 1 at least", at);
        if (at == IDX_MAGIC) {
            m->rows = size;
        } else if (m->columns <= UINT32_MAX / size) {
            m->columns *= size;
        } else {
            return mlprt_file_fail(e, MLPRT_IO, f->path,
                                   "byte %zu: the dimensions make more than %lu elements a sample",
                                   at, (unsigned long)UINT32_MAX);
        }
    }
    /* Neither side can overflow: the elements are counted, not their bytes. */
    const size_t size = mlprt_stored_size(m->stored), follow = f->bytes.size - f->payload;
    if (follow % size || follow / size != (uint64_t)m->rows * m->columns)
        return mlprt_file_fail(e, MLPRT_IO, f->path,
                               "byte %zu: expected %lu samples of %lu elements of %zu bytes; "
                               "%zu bytes follow",
                               f->payload, (unsigned long)m->rows, (unsigned long)m->columns, size,
                               follow);
    return MLPRT_OK;
}

/* Turns the elements into the machine's byte order, in place, or from an odd place to the front:
 * every element is read before its bytes are written over. */
static void idx_elements_take(struct idx_file *f, struct mlprt_matrix *m)
{
    const size_t size = mlprt_stored_size(m->stored), n = (size_t)m->rows * m->columns;
    const unsigned char *from = f->bytes.data + f->payload;
    unsigned char *to = f->payload % size ? f->bytes.data : f->bytes.data + f->payload;
    m->data = to;
    m->memory = f->bytes.data;
    for (size_t i = 0; size == 2 && i < n; i++, from += 2, to += 2) {
        const uint16_t x = (uint16_t)(from[0] << 8 | from[1]);
        memcpy(to, &x, sizeof x);
    }
    for (size_t i = 0; size == 4 && i < n; i++, from += 4, to += 4) {
        const uint32_t x = idx_big_endian(from);
        memcpy(to, &x, sizeof x);
    }
    for (size_t i = 0; size == 8 && i < n; i++, from += 8, to += 8) {
        const uint64_t x = (uint64_t)idx_big_endian(from) << 32 | idx_big_endian(from + 4);
        memcpy(to, &x, sizeof x);
    }
}

static enum mlprt_status idx_read(const char *path, struct mlprt_matrix *m,
                                  struct mlprt_sha256 *sha256, struct mlprt_error *e)
{
    struct idx_file f = {.path = path};
    enum mlprt_status status = mlprt_source_read(path, &f.bytes, sha256, e);
    if (status == MLPRT_OK)
        status = idx_magic_check(&f, m, e);
    if (status == MLPRT_OK)
        status = idx_dimensions_check(&f, m, e);
    if (status == MLPRT_OK)
        idx_elements_take(&f, m);
    else
        mlprt_bytes_free(&f.bytes);
    return status;
}

enum mlprt_status mlprt_idx_load(struct mlprt_dataset *d, const struct mlprt_request *r,
                                 struct mlprt_error *e)
{
    const enum mlprt_status status = idx_read(r->input_path, &d->input, r->sha256, e);
    if (status || !r->target_path)
        return status;
    return idx_read(r->target_path, &d->target, r->sha256, e);
}
