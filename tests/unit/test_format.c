/* --format on every model file of the tree, from whose root the tests are run: but for space it is
 * the same text, and formatted once more it stays as it is. The layout itself:
 * tests/run/format.bats. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "check.h"
#include "format.h"
#include "input.h"
#include "parsing.h"

#include <ftw.h>

static const char *const folders[] = {"bench", "examples", "tests"};
static unsigned tried;

/* Appends what stands behind the first '#' of each line, a line each. */
static void append_comments(const char *text, struct strbuf *out)
{
    for (size_t len; *text; text += len + (text[len] != '\0')) {
        len = strcspn(text, "\n");
        const char *comment = memchr(text, '#', len);
        size_t rest = comment ? len - (size_t)(comment - text) : 0;
        while (rest && strchr(" \t\r", comment[rest - 1]))
            rest--;
        if (rest)
            strbuf_printf(out, "%.*s\n", (int)rest, comment);
    }
}

/* The tree of a text and its comments, and the text laid out anew. Returns whether it is one that
 * can be formatted. */
static bool laid_out(const char *text, size_t len, struct strbuf *meaning, struct strbuf *out)
{
    struct fixture f;
    begin(&f, text, len);
    const struct ast_file *file = parse_file(&f.arena, f.source, &f.diags);
    const bool good = check_version(file, &f.diags) && !f.diags.errors;
    if (good) {
        ast_print(file, meaning);
        append_comments(text, meaning);
        format_source(&f.arena, f.source, out);
    }
    end(&f);
    return good;
}

static int try(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)place;
    const size_t len = strlen(path);
    struct strbuf text = {0}, error = {0}, meaning = {0}, once = {0}, meaning_then = {0},
                  twice = {0};
    if (type != FTW_F || len < 4 || strcmp(path + len - 4, ".mlp") != 0)
        return 0;
    cr_assert(input_read(path, &text, &error), "%s: %s", path, error.text);
    if (laid_out(text.text, text.len, &meaning, &once)) {
        cr_assert(laid_out(once.text, once.len, &meaning_then, &twice), "%s", path);
        cr_expect_str_eq(meaning_then.text, meaning.text, "%s", path);
        cr_expect_str_eq(twice.text, once.text, "%s", path);
        tried++;
    }
    strbuf_free(&text);
    strbuf_free(&meaning);
    strbuf_free(&once);
    strbuf_free(&meaning_then);
    strbuf_free(&twice);
    return 0;
}

Test(format, every_model_of_the_tree_keeps_tree_and_comments)
{
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        cr_assert_eq(nftw(folders[i], try, 8, FTW_PHYS), 0, "%s: no folder from here", folders[i]);
    cr_expect_gt(tried, 60, "%u models", tried);
}
