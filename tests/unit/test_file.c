/* Whole files in and out, and what stands in their way. */
#include "file.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { NOBODY = 65534 }; /* root may read and write everything */

static void expect_content(const char *path, const char *content)
{
    struct mlprt_bytes bytes;
    struct mlprt_error e;
    cr_assert_eq(mlprt_file_read(path, &bytes, &e), MLPRT_OK, "%s", e.text);
    cr_expect_eq(bytes.size, strlen(content));
    cr_expect_eq(memcmp(bytes.data, content, bytes.size), 0);
    mlprt_bytes_free(&bytes);
}

static void expect_unreadable(const char *path, const char *why)
{
    struct mlprt_bytes bytes;
    struct mlprt_error e;
    cr_expect_eq(mlprt_file_read(path, &bytes, &e), MLPRT_IO);
    cr_expect_null(bytes.data);
    CONTAINS(e.text, path);
    CONTAINS(e.text, why);
}

static enum mlprt_status replace(const char *path, const void *data, size_t size,
                                 struct mlprt_error *e)
{
    struct mlprt_writer w;
    const enum mlprt_status status = mlprt_writer_open(&w, path, e);
    if (status)
        return status;
    mlprt_writer_put(&w, data, size);
    return mlprt_writer_commit(&w, e);
}

static void expect_unwritable(const char *path, const char *why)
{
    struct mlprt_error e;
    cr_expect_eq(replace(path, "new", 3, &e), MLPRT_IO);
    CONTAINS(e.text, path);
    CONTAINS(e.text, why);
}

/* Runs in a child: writes size bytes into path and ends. */
static void feed(const char *path, size_t size)
{
    if (fork())
        return;
    FILE *file = fopen(path, "wb");
    for (size_t i = 0; file && i < size; i++)
        putc((int)(i % 251), file);
    _exit(!file || fclose(file));
}

Test(file, read)
{
    struct scratch s;
    scratch_open(&s);
    expect_content(scratch_put(&s, "a", "hello\0", 5), "hello");
    expect_content(scratch_put(&s, "empty", "", 0), "");
    expect_unreadable(scratch_path(&s, "missing"), "cannot open: No such file");
    expect_unreadable(s.directory, "is a directory; expected a file");
    scratch_close(&s);
}

Test(file, read_pipe)
{
    struct scratch s;
    scratch_open(&s);
    const char *path = scratch_path(&s, "pipe");
    const size_t size = 300001;
    struct mlprt_bytes bytes;
    struct mlprt_error e;
    cr_assert_eq(mkfifo(path, 0600), 0);
    feed(path, size);
    cr_assert_eq(mlprt_file_read(path, &bytes, &e), MLPRT_OK, "%s", e.text);
    cr_assert_eq(bytes.size, size);
    for (size_t i = 0; i < size; i++)
        cr_assert_eq(bytes.data[i], i % 251);
    mlprt_bytes_free(&bytes);
    wait(NULL);
    scratch_close(&s);
}

/* What is large stands where large pages can be, and is read to its last byte. */
Test(file, read_large)
{
    enum { LARGE_PAGE = 2 << 20, SIZE = 2 * LARGE_PAGE + 3 };
    struct scratch s;
    struct mlprt_bytes bytes;
    struct mlprt_error e;
    unsigned char *data = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (unsigned char)(i % 251);
    scratch_open(&s);
    cr_assert_eq(mlprt_file_read(scratch_put(&s, "large", data, SIZE), &bytes, &e), MLPRT_OK, "%s",
                 e.text);
    cr_expect_eq(bytes.size, SIZE);
    cr_expect_eq(memcmp(bytes.data, data, SIZE), 0);
#ifdef MADV_HUGEPAGE
    cr_expect_eq((uintptr_t)bytes.data % LARGE_PAGE, 0);
#endif
    mlprt_bytes_free(&bytes);
    free(data);
    scratch_close(&s);
}

Test(file, read_standard_input)
{
    struct scratch s;
    scratch_open(&s);
    const int fd = open(scratch_put(&s, "a", "typed", 5), O_RDONLY);
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
    expect_content("-", "typed");
    expect_content("-", "");
    scratch_close(&s);
}

/* A file that claims no size and has one. */
Test(file, read_grown)
{
    struct mlprt_bytes bytes;
    struct mlprt_error e;
    if (access("/proc/self/maps", R_OK))
        cr_skip_test("no /proc here");
    cr_assert_eq(mlprt_file_read("/proc/self/maps", &bytes, &e), MLPRT_OK, "%s", e.text);
    cr_expect_gt(bytes.size, 0);
    mlprt_bytes_free(&bytes);
}

Test(file, no_permission)
{
    struct scratch s;
    scratch_open(&s);
    const char *path = scratch_put(&s, "secret", "old", 3);
    cr_assert_eq(chmod(path, 0), 0);
    const uid_t user = geteuid();
    if (user == 0)
        cr_assert_eq(seteuid(NOBODY), 0);
    expect_unreadable(path, "cannot open: Permission denied");
    if (user == 0) { /* whose directory it is not */
        expect_unwritable(path, "cannot write: Permission denied");
        cr_assert_eq(seteuid(0), 0);
    }
    cr_expect_eq(scratch_count(&s), 1);
    scratch_close(&s);
}

Test(file, long_path)
{
    char path[4097];
    struct mlprt_error e;
    struct mlprt_bytes bytes;
    memset(path, 'd', sizeof path - 1);
    for (size_t i = 0; i < sizeof path; i += 100)
        path[i] = '/';
    memcpy(path + sizeof path - 7, "/theend", 7);
    path[sizeof path - 1] = '\0';
    cr_expect_eq(mlprt_file_read(path, &bytes, &e), MLPRT_IO);
    CONTAINS(e.text, "/theen: cannot open: File name too long");
    cr_expect_eq(replace(path, "new", 3, &e), MLPRT_IO);
    CONTAINS(e.text, "/theen: cannot write: File name too long");
}

Test(file, message_stays_on_its_line)
{
    struct mlprt_error e;
    mlprt_file_fail(&e, MLPRT_IO, "a\nb\033[1mü", "%d %s", 7, "dwarfs");
    cr_expect_str_eq(e.text, "a?b?[1mü: 7 dwarfs");
    mlprt_file_fail(&e, MLPRT_IO, "-", "short");
    cr_expect_str_eq(e.text, "standard input: short");
}

Test(file, replace)
{
    struct scratch s;
    struct mlprt_error e;
    scratch_open(&s);
    const char *path = scratch_path(&s, "net");
    cr_assert_eq(replace(path, "first", 5, &e), MLPRT_OK, "%s", e.text);
    expect_content(path, "first");
    cr_assert_eq(chmod(path, 0640), 0);
    cr_assert_eq(replace(path, "2nd", 3, &e), MLPRT_OK, "%s", e.text);
    expect_content(path, "2nd");
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0640);
    cr_expect_eq(scratch_count(&s), 1);
    scratch_close(&s);
}

/* Until the commit the old file is there, and the new one is seen under no name of the user's. */
Test(file, replace_is_atomic)
{
    struct scratch s;
    struct mlprt_writer w;
    struct mlprt_error e;
    scratch_open(&s);
    const char *path = scratch_put(&s, "net", "old", 3);
    cr_assert_eq(mlprt_writer_open(&w, path, &e), MLPRT_OK, "%s", e.text);
    mlprt_writer_put(&w, "new", 3);
    cr_expect_eq(scratch_count(&s), 2);
    expect_content(path, "old");
    mlprt_writer_abandon(&w);
    cr_expect_eq(scratch_count(&s), 1);
    expect_content(path, "old");
    mlprt_writer_abandon(&w); /* of one that is closed: nothing */
    scratch_close(&s);
}

/* A disk that fills up, small enough for a test: the limit on file sizes. */
Test(file, disk_full)
{
    struct scratch s;
    struct mlprt_error e;
    scratch_open(&s);
    const char *path = scratch_put(&s, "net", "old", 3);
    static const char data[100000] = {1};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 50000, .rlim_max = 50000}),
                 0);
    cr_expect_eq(replace(path, data, sizeof data, &e), MLPRT_IO);
    CONTAINS(e.text, "/net: cannot write: File too large");
    cr_expect_eq(scratch_count(&s), 1);
    expect_content(path, "old");
    scratch_close(&s);
}

/* Never as root: a writer that took a device for a file would replace it for the whole machine. */
Test(file, devices)
{
    struct mlprt_error e;
    if (geteuid() == 0)
        cr_assert_eq(setuid(NOBODY), 0);
    cr_assert_neq(access("/dev", W_OK), 0, "/dev is open to everybody: not tested there");
    cr_expect_eq(replace("/dev/null", "x", 1, &e), MLPRT_OK, "%s", e.text);
    struct stat st;
    cr_assert_eq(stat("/dev/null", &st), 0);
    cr_expect(S_ISCHR(st.st_mode));
    expect_unwritable("/dev/full", "cannot write: No space left on device");
}

Test(file, into_pipe)
{
    struct scratch s;
    struct mlprt_error e;
    scratch_open(&s);
    const char *path = scratch_path(&s, "pipe");
    cr_assert_eq(mkfifo(path, 0600), 0);
    const pid_t reader = fork();
    if (reader == 0) {
        char got[8] = {0};
        FILE *file = fopen(path, "rb");
        _exit(!file || fread(got, 1, sizeof got, file) != 5 || strcmp(got, "hello") != 0);
    }
    cr_expect_eq(replace(path, "hello", 5, &e), MLPRT_OK, "%s", e.text);
    int status;
    cr_assert_eq(waitpid(reader, &status, 0), reader);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    scratch_close(&s);
}

Test(file, through_symbolic_link)
{
    struct scratch s;
    struct mlprt_error e;
    scratch_open(&s);
    const char *path = scratch_put(&s, "net", "old", 3), *link = scratch_path(&s, "link");
    cr_assert_eq(symlink("net", link), 0);
    cr_expect_eq(replace(link, "new", 3, &e), MLPRT_OK, "%s", e.text);
    expect_content(path, "new");
    struct stat st;
    cr_assert_eq(lstat(link, &st), 0);
    cr_expect(S_ISLNK(st.st_mode));
    cr_expect_eq(scratch_count(&s), 2);
    scratch_close(&s);
}

/* Of links that lead nowhere yet it is the end that is created. */
Test(file, through_dangling_link)
{
    struct scratch s;
    struct mlprt_error e;
    struct stat st;
    scratch_open(&s);
    const char *path = scratch_path(&s, "net"), *link = scratch_path(&s, "link"),
               *second = scratch_path(&s, "second"), *lost = scratch_path(&s, "lost");
    cr_assert_eq(symlink(path, second), 0);   /* absolute … */
    cr_assert_eq(symlink("second", link), 0); /* … and beside the link, not the working directory */
    cr_expect_eq(replace(link, "new", 3, &e), MLPRT_OK, "%s", e.text);
    expect_content(path, "new");
    cr_expect(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    cr_expect(lstat(second, &st) == 0 && S_ISLNK(st.st_mode));
    cr_expect_eq(scratch_count(&s), 3);
    cr_assert_eq(symlink("no/such", lost), 0);
    expect_unwritable(lost, "cannot write: No such file or directory");
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(symlink("link", path), 0);
    expect_unwritable(link, "cannot write: Too many levels of symbolic links");
    cr_expect_eq(scratch_count(&s), 4);
    scratch_close(&s);
}

Test(file, unwritable)
{
    struct scratch s;
    struct mlprt_error e;
    scratch_open(&s);
    expect_unwritable(s.directory, "cannot write: Is a directory");
    expect_unwritable(scratch_path(&s, "no/such"), "cannot write: No such file or directory");
    cr_expect_eq(replace("", "x", 1, &e), MLPRT_IO);
    cr_expect_eq(scratch_count(&s), 0);
    scratch_close(&s);
}

/* The longest name that a file may have, and one without a directory. */
Test(file, names)
{
    struct scratch s;
    struct mlprt_error e;
    char name[256];
    scratch_open(&s);
    memset(name, 'n', 255);
    name[255] = '\0';
    cr_assert_eq(chdir(s.directory), 0);
    cr_expect_eq(replace(name, "x", 1, &e), MLPRT_OK, "%s", e.text);
    expect_content(name, "x");
    cr_expect_eq(scratch_count(&s), 1);
    scratch_close(&s);
}

/* Two names of one file, whether it is there already or not. */
Test(file, same)
{
    struct scratch s;
    scratch_open(&s);
    const char *path = scratch_put(&s, "net", "", 0);
    cr_assert_eq(chdir(s.directory), 0);
    cr_assert_eq(symlink("net", "link"), 0);
    cr_assert_eq(link("net", "hard"), 0);
    cr_expect(mlprt_file_same("net", path));
    cr_expect(mlprt_file_same("net", "link"));
    cr_expect(mlprt_file_same("hard", "./link"));
    cr_expect(mlprt_file_same("new", "./new"));
    cr_expect(mlprt_file_same(scratch_path(&s, "new"), "new"));
    cr_expect(mlprt_file_same("no/such", "no/such"));
    cr_expect_not(mlprt_file_same("net", "new"));
    cr_expect_not(mlprt_file_same("new", "old"));
    cr_expect_not(mlprt_file_same("no/new", "new"));
    cr_expect_not(mlprt_file_same("/new", "new"));
    scratch_close(&s);
}
