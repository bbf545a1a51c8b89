/* Reading the model file. */
#define _POSIX_C_SOURCE 200809L

#include "input.h"
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

const char *input_name(const char *path)
{
    return strcmp(path, "-") ? path : "<stdin>";
}

static bool read_all(int fd, const char *path, struct strbuf *text, struct strbuf *error)
{
    char part[1 << 16];
    for (;;) {
        ssize_t got = read(fd, part, sizeof part);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) { /* a directory too: it can be opened, but not read */
            strbuf_printf(error, "%s: cannot read: %s", input_name(path), strerror(errno));
            return false;
        }
        strbuf_put(text, part, (size_t)got);
        if (got == 0)
            return true;
        if (text->len > SOURCE_MAX) {
            strbuf_printf(error, "%s: is larger than %d MiB, which no model file is",
                          input_name(path), SOURCE_MAX >> 20);
            return false;
        }
    }
}

bool input_read(const char *path, struct strbuf *text, struct strbuf *error)
{
    bool standard = !strcmp(path, "-");
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        strbuf_printf(error, "%s: cannot open: %s", path, strerror(errno));
        return false;
    }
    bool done = read_all(fd, path, text, error);
    if (!standard)
        close(fd);
    return done;
}
