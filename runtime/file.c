/* Whole files in, whole files out: reading to the end, and replacing in one step. */
#include "posix.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_SHOWN = 400, /* bytes of a path in a message: leaves more than half of it to the rest */
    LARGE_PAGE = 2 << 20,  /* bytes: what x86-64 and AArch64 have besides those of 4 KiB */
    READ_START = 1 << 16,  /* first buffer where the size is unknown: a pipe's usual capacity */
    TEMPORARY_NAME = 200,  /* bytes of the name in a temporary one: NAME_MAX is 255 */
    TEMPORARY_TRIES = 100, /* left-overs of killed runs of the same process id to step over */
    LINKS_MOST = 40,       /* symbolic links to follow, as Linux does */
    LINK_TARGET = 4096     /* bytes of what one says: PATH_MAX on Linux */
};

enum mlprt_status mlprt_file_fail(struct mlprt_error *e, enum mlprt_status status, const char *path,
                                  const char *fmt, ...)
{
    char shown[PATH_SHOWN + 4], message[sizeof e->text];
    const char *from = strcmp(path, "-") == 0 ? "standard input" : path;
    const size_t length = strlen(from);
    const char *dots = "";
    if (length > PATH_SHOWN) {
        from += length - PATH_SHOWN;
        dots = "...";
    }
    snprintf(shown, sizeof shown, "%s%s", dots, from);
    for (char *c = shown; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    return mlprt_fail(e, status, "%s: %s", shown, message);
}

/* A fresh page is a fault that the system has to answer: with pages of 4 KiB, that takes a fifth of
 * the time of decompression. What does not fill a large page takes small ones, not more memory. */
void *mlprt_bytes_allocate(size_t size)
{
#ifdef MADV_HUGEPAGE
    void *data;
    if (size >= LARGE_PAGE) {
        if (posix_memalign(&data, LARGE_PAGE, size) != 0)
            return NULL;
        madvise(data, size - size % LARGE_PAGE, MADV_HUGEPAGE); /* or they stay small */
        return data;
    }
#endif
    return malloc(size);
}

void mlprt_bytes_free(struct mlprt_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct mlprt_bytes){0};
}

/* The directory of a path, and where its last name starts. */
static bool stat_directory(const char *path, struct stat *directory, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    if (!slash)
        return stat(".", directory) == 0;
    char *text = strdup(path);
    if (!text)
        return false;
    text[slash - path + 1] = '\0'; /* "/" stays what it is */
    const bool there = stat(text, directory) == 0;
    free(text);
    return there;
}

bool mlprt_file_same(const char *a, const char *b)
{
    struct stat x, y;
    const char *name, *other;
    if (strcmp(a, b) == 0)
        return true;
    if (stat(a, &x) == 0 && stat(b, &y) == 0)
        return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    return stat_directory(a, &x, &name) && stat_directory(b, &y, &other) && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino && strcmp(name, other) == 0;
}

/* Makes room for at least one more byte. */
static bool bytes_grow(struct mlprt_bytes *bytes, size_t *capacity)
{
    if (bytes->size < *capacity)
        return true;
    if (*capacity > SIZE_MAX / 2)
        return false;
    unsigned char *data = realloc(bytes->data, *capacity * 2);
    if (!data)
        return false;
    bytes->data = data;
    *capacity *= 2;
    return true;
}

/* Reads to the end. The size that a regular file claims is a hint only: it may grow or shrink. */
static enum mlprt_status read_all(int fd, const char *path, struct mlprt_bytes *bytes,
                                  struct mlprt_error *e)
{
    struct stat st;
    if (fstat(fd, &st))
        return mlprt_file_fail(e, MLPRT_IO, path, "cannot read: %s", strerror(errno));
    if (S_ISDIR(st.st_mode))
        return mlprt_file_fail(e, MLPRT_IO, path, "is a directory; expected a file");
    size_t capacity = READ_START;
    if (S_ISREG(st.st_mode) && st.st_size > 0) {
        if ((uintmax_t)st.st_size >= SIZE_MAX)
            return mlprt_file_fail(e, MLPRT_IO, path, "is larger than memory can be");
        capacity = (size_t)st.st_size + 1; /* the end is seen without growing */
    }
    bytes->data = mlprt_bytes_allocate(capacity);
    if (!bytes->data)
        return mlprt_file_fail(e, MLPRT_IO, path, "not enough memory for %zu bytes", capacity);
    for (;;) {
        if (!bytes_grow(bytes, &capacity))
            return mlprt_file_fail(e, MLPRT_IO, path, "not enough memory for more than %zu bytes",
                                   bytes->size);
        const ssize_t got = read(fd, bytes->data + bytes->size, capacity - bytes->size);
        if (got == 0)
            return MLPRT_OK;
        if (got > 0)
            bytes->size += (size_t)got;
        else if (errno != EINTR)
            return mlprt_file_fail(e, MLPRT_IO, path, "cannot read at byte %zu: %s", bytes->size,
                                   strerror(errno));
    }
}

enum mlprt_status mlprt_file_read(const char *path, struct mlprt_bytes *bytes,
                                  struct mlprt_error *e)
{
    *bytes = (struct mlprt_bytes){0};
    const bool standard_input = strcmp(path, "-") == 0;
    const int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return mlprt_file_fail(e, MLPRT_IO, path, "cannot open: %s", strerror(errno));
    const enum mlprt_status status = read_all(fd, path, bytes, e);
    if (!standard_input)
        close(fd);
    if (status)
        mlprt_bytes_free(bytes);
    return status;
}

/* Bytes of path up to and with its last slash. */
static size_t directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* The file that path leads to behind symbolic links, whether it is there yet or not. Released by
 * the caller; NULL with errno. Only the last name is followed: the system follows the others. */
static char *path_follow(const char *path)
{
    char target[LINK_TARGET], *at = strdup(path);
    for (int links = 0; at && links < LINKS_MOST; links++) {
        const ssize_t length = readlink(at, target, sizeof target);
        if (length < 0 || (size_t)length == sizeof target)
            return at; /* no link, or none that can be opened */
        const size_t directory = *target == '/' ? 0 : directory_length(at);
        char *next = malloc(directory + (size_t)length + 1);
        if (next)
            snprintf(next, directory + (size_t)length + 1, "%.*s%.*s", (int)directory, at,
                     (int)length, target);
        free(at);
        at = next;
    }
    return at;
}

/* Creates a new file beside w->path and returns its descriptor, or -1. */
static int temporary_create(struct mlprt_writer *w)
{
    const int directory = (int)directory_length(w->path);
    const size_t room = (size_t)directory + TEMPORARY_NAME + 64; /* 64: two numbers and the dots */
    w->temporary = malloc(room);
    if (!w->temporary)
        return -1;
    int fd = -1;
    for (int i = 0; fd < 0 && i < TEMPORARY_TRIES; i++) {
        snprintf(w->temporary, room, "%.*s%.*s.%ld-%d.tmp", directory, w->path, TEMPORARY_NAME,
                 w->path + directory, (long)getpid(), i);
        fd = open(w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0) {
        const int error = errno; /* that free might change */
        free(w->temporary);
        w->temporary = NULL;
        errno = error;
    }
    return fd;
}

/* Opens what is to be written: a temporary file where path is or becomes a regular one. Returns its
 * descriptor, or -1 with errno. */
static int target_open(struct mlprt_writer *w, const char *path)
{
    struct stat st;
    const bool exists = stat(path, &st) == 0;
    if (!exists && errno != ENOENT)
        return -1;
    if (exists && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    if (exists && access(path, W_OK) != 0)
        return -1; /* renaming would not ask */
    const bool replaced = !exists || S_ISREG(st.st_mode);
    w->path = replaced ? path_follow(path) : strdup(path);
    if (!w->path)
        return -1;
    if (!replaced)
        return open(w->path, O_WRONLY | O_CLOEXEC);
    const int fd = temporary_create(w);
    if (fd >= 0 && exists && fchmod(fd, st.st_mode & 07777)) {
        const int error = errno;
        close(fd);
        unlink(w->temporary);
        errno = error;
        return -1;
    }
    return fd;
}

static void writer_release(struct mlprt_writer *w)
{
    free(w->path);
    free(w->temporary);
    *w = (struct mlprt_writer){0};
}

enum mlprt_status mlprt_writer_open(struct mlprt_writer *w, const char *path, struct mlprt_error *e)
{
    *w = (struct mlprt_writer){0};
    const int fd = target_open(w, path);
    w->file = fd < 0 ? NULL : fdopen(fd, "wb");
    if (w->file)
        return MLPRT_OK;
    mlprt_file_fail(e, MLPRT_IO, path, "cannot write: %s", strerror(errno));
    if (fd >= 0) {
        close(fd);
        if (w->temporary)
            unlink(w->temporary);
    }
    writer_release(w);
    return MLPRT_IO;
}

void mlprt_writer_put(struct mlprt_writer *w, const void *data, size_t size)
{
    if (w->error || size == 0)
        return;
    errno = 0;
    if (fwrite(data, 1, size, w->file) != size)
        w->error = errno ? errno : EIO;
}

/* Makes the renaming last. Not every file system can, nor every directory be opened. */
static int directory_sync(const char *path)
{
    const size_t length = directory_length(path);
    char *directory = length ? strndup(path, length) : strdup(".");
    if (!directory)
        return ENOMEM;
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    if (fd < 0)
        return errno == EACCES ? 0 : errno;
    const int error = fsync(fd) && errno != EINVAL ? errno : 0;
    close(fd);
    return error;
}

enum mlprt_status mlprt_writer_commit(struct mlprt_writer *w, struct mlprt_error *e)
{
    if (fflush(w->file) && !w->error)
        w->error = errno;
    if (w->temporary && !w->error && fsync(fileno(w->file)))
        w->error = errno;
    if (fclose(w->file) && !w->error)
        w->error = errno;
    if (w->temporary) {
        if (!w->error && rename(w->temporary, w->path))
            w->error = errno;
        if (w->error)
            unlink(w->temporary);
        else
            w->error = directory_sync(w->path);
    }
    enum mlprt_status status = MLPRT_OK;
    if (w->error)
        status = mlprt_file_fail(e, MLPRT_IO, w->path, "cannot write: %s", strerror(w->error));
    writer_release(w);
    return status;
}

void mlprt_writer_abandon(struct mlprt_writer *w)
{
    if (w->file)
        fclose(w->file);
    if (w->temporary)
        unlink(w->temporary);
    writer_release(w);
}
