/* Writing a result: compare, write beside, rename. Functions return 0 or an errno. */
#define _XOPEN_SOURCE 700 /* realpath */

#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TEMPORARY_TRIES = 100 /* left-overs of killed runs with the same process id to step over */
};

static bool status_of(const char *path, int standard, struct stat *st)
{
    return strcmp(path, "-") ? stat(path, st) == 0 : fstat(standard, st) == 0;
}

bool output_is_input(const char *output, const char *input)
{
    struct stat out, in;
    return status_of(output, STDOUT_FILENO, &out) && status_of(input, STDIN_FILENO, &in) &&
           S_ISREG(out.st_mode) && out.st_dev == in.st_dev && out.st_ino == in.st_ino;
}

static int write_all(int fd, const struct strbuf *text)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t put = write(fd, text->text + done, text->len - done);
        if (put < 0 && errno != EINTR)
            return errno;
        done += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

/* Closing may report what writing did not (a quota, a network file system). */
static int close_after(int fd, int error)
{
    return close(fd) && !error ? errno : error;
}

static bool has_contents(const char *path, const struct stat *st, const struct strbuf *text)
{
    if (!S_ISREG(st->st_mode) || (uintmax_t)st->st_size != text->len)
        return false;
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    bool same = true;
    char part[1 << 14];
    size_t at = 0;
    while (same && at < text->len) {
        size_t got = fread(part, 1, sizeof part, f);
        same = got > 0 && got <= text->len - at && !memcmp(part, text->text + at, got);
        at += got;
    }
    fclose(f);
    return same;
}

/* A device, a pipe, a terminal: there is nothing to replace. */
static int write_through(const char *path, const struct strbuf *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd < 0 ? errno : close_after(fd, write_all(fd, text));
}

/* Writes a new file in the directory of path and renames it to path. old is what is to be replaced,
 * or NULL. */
static int replace(const char *path, const struct stat *old, const struct strbuf *text)
{
    const char *slash = strrchr(path, '/');
    struct strbuf temporary = {0};
    int fd = -1;
    for (int i = 0; fd < 0 && i < TEMPORARY_TRIES; i++) {
        strbuf_free(&temporary);
        strbuf_put(&temporary, path, slash ? (size_t)(slash - path) + 1 : 0);
        strbuf_printf(&temporary, ".mlpgen-%ld-%d.tmp", (long)getpid(), i);
        fd = open(temporary.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    int error = fd < 0 ? errno : 0;
    if (fd >= 0) {
        if (old && fchmod(fd, old->st_mode & 07777))
            error = errno;
        if (!error)
            error = write_all(fd, text);
        error = close_after(fd, error);
        if (!error && rename(temporary.text, path))
            error = errno;
        if (error)
            unlink(temporary.text);
    }
    strbuf_free(&temporary);
    return error;
}

static int write_file(const char *path, const struct strbuf *text)
{
    struct stat st;
    if (stat(path, &st))
        return errno == ENOENT ? replace(path, NULL, text) : errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    if (has_contents(path, &st, text))
        return 0;
    if (access(path, W_OK)) /* renaming would not ask */
        return errno;
    if (!S_ISREG(st.st_mode))
        return write_through(path, text);
    char *target = realpath(path, NULL); /* behind a symbolic link the file, not the link */
    if (!target)
        return errno;
    int error = replace(target, &st, text);
    free(target);
    return error;
}

bool output_write(const char *path, const struct strbuf *text, struct strbuf *error)
{
    bool standard = !strcmp(path, "-");
    int number = standard ? write_all(STDOUT_FILENO, text) : write_file(path, text);
    if (number)
        strbuf_printf(error, "%s: cannot write: %s", standard ? "<stdout>" : path,
                      strerror(number));
    return !number;
}
