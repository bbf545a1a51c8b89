/* A directory for the files of one test, with what tests of files need. The functions are static:
 * every test file has its own. */
#ifndef TEST_SCRATCH_H
#define TEST_SCRATCH_H

#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
    char directory[64];
    char *path[16]; /* given out so far */
    size_t used;
};

static inline void scratch_open(struct scratch *s)
{
    *s = (struct scratch){.directory = "/tmp/mlpgen-unit-XXXXXX"};
    cr_assert_not_null(mkdtemp(s->directory));
}

/* The path of a file in the directory, valid until scratch_close. */
static inline const char *scratch_path(struct scratch *s, const char *name)
{
    cr_assert_lt(s->used, sizeof s->path / sizeof *s->path);
    const size_t size = strlen(s->directory) + strlen(name) + 2;
    char *path = s->path[s->used++] = malloc(size);
    snprintf(path, size, "%s/%s", s->directory, name);
    return path;
}

static inline const char *scratch_put(struct scratch *s, const char *name, const void *data,
                                      size_t size)
{
    const char *path = scratch_path(s, name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
    return path;
}

/* How many files the directory holds. */
static inline int scratch_count(const struct scratch *s)
{
    DIR *directory = opendir(s->directory);
    cr_assert_not_null(directory);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

static inline void scratch_close(struct scratch *s)
{
    DIR *directory = opendir(s->directory);
    cr_assert_not_null(directory);
    char path[sizeof s->directory + sizeof((struct dirent *)0)->d_name];
    for (struct dirent *entry; (entry = readdir(directory));) {
        snprintf(path, sizeof path, "%s/%s", s->directory, entry->d_name);
        unlink(path);
    }
    closedir(directory);
    cr_expect_eq(rmdir(s->directory), 0);
    while (s->used)
        free(s->path[--s->used]);
}

#define CONTAINS(text, part)                                                                       \
    cr_expect(strstr((text), (part)), "expected \"%s\" in: %s", (part), (text))

#endif
