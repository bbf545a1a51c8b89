/* tables: fills the manual's tables from those that mlpgen and its programs work by.
 *
 *     tables <docs/language.md >filled
 *
 * What stands between a line `<!-- words: layer -->` and the next `<!-- end -->` becomes the words
 * that may stand at that place of the language; `<!-- messages -->` stands before the compiler's
 * messages, `<!-- help: mlpgen -->`, `<!-- help: NAME -->` and `<!-- help: NAME train -->` before
 * what these commands say of themselves. All else is copied. Exit status 1 where a table is
 * unknown, unfinished, there twice or, being one of words, not there at all. */
#include "posix.h"

#include "arena.h"
#include "diag.h"
#include "vocab.h"

#include "compiler/options.h"
#include "runtime/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64 };

static struct arena arena;

_Noreturn static void stop(const char *what, const char *line)
{
    fprintf(stderr, "tables: %s%s%s\n", what, *line ? ": " : "", line);
    exit(1);
}

/* Text in a cell of a table, meaning what it says. */
static void put_cell(const char *text)
{
    for (; *text; text++) {
        if (strchr("|\\*", *text))
            putchar('\\');
        putchar(*text);
    }
}

/* ---- words ---- */

/* "dense(units; bias = true, …)": arguments that may be given by place stand before the semicolon.
 */
static void put_signature(const struct vocab_word *w)
{
    printf("%s%s", w->name, w->param_count ? "(" : "");
    for (size_t i = 0; i < w->param_count; i++) {
        const struct vocab_param *p = &w->params[i];
        const char *before = i > 0 ? ", " : "";
        if (!p->by_place && (i == 0 || w->params[i - 1].by_place))
            before = "; ";
        printf("%s%s", before, p->type == VALUE_ROWS ? "[…], […], …" : p->name);
        if (p->fallback)
            printf(" = %s", p->fallback);
    }
    printf("%s%s", w->param_count ? ")" : "", w->has_body ? " { … }" : "");
}

/* What can be given for an argument. */
static void put_value(const struct vocab_param *p)
{
    const char *range = NULL;
    if (p->type == VALUE_NUMBER || p->type == VALUE_COUNT || p->type == VALUE_COUNTS)
        range = vocab_range(&arena, p);
    switch (p->type) {
    case VALUE_NUMBER: printf("a number"); break;
    case VALUE_COUNT: printf("a whole number"); break;
    case VALUE_COUNTS: printf("a whole number or a list of them, in all"); break;
    case VALUE_BOOL: printf("true or false"); break;
    case VALUE_STRING: printf("a string"); break;
    case VALUE_NAMES: printf("a list of strings"); break;
    case VALUE_STRING_OR_WORD: printf("a string or "); /* fall through */
    case VALUE_WORD: printf("%s", vocab_place_article(&arena, p->place)); break;
    case VALUE_ROWS: printf("lists of numbers, by place"); break;
    }
    if (range)
        printf("%s %s", p->type == VALUE_COUNTS ? "" : ",", range);
}

static void put_param(const struct vocab_param *p)
{
    put_value(p);
    if (p->fallback)
        printf(" | `%s` | ", p->fallback);
    else
        printf(" | %s | ", p->required ? "required" : "");
    put_cell(p->help);
    printf(" |\n");
}

static void put_block(const struct vocab_word *w)
{
    printf("\n`%s`: %s.\n\n| property | value | default | |\n|---|---|---|---|\n", w->name,
           w->help);
    for (size_t i = 0; i < w->param_count; i++) {
        printf("| `%s` | ", w->params[i].name);
        put_param(&w->params[i]);
    }
}

/* The same argument in all that the manual says of it. */
static bool is_same(const struct vocab_param *a, const struct vocab_param *b)
{
    const bool defaults = a->fallback && b->fallback ? strcmp(a->fallback, b->fallback) == 0
                                                     : a->fallback == b->fallback;
    return strcmp(a->name, b->name) == 0 && strcmp(a->help, b->help) == 0 && defaults &&
           a->type == b->type && a->place == b->place && a->required == b->required &&
           a->min == b->min && a->max == b->max;
}

static bool has_same(const struct vocab_word *w, const struct vocab_param *p)
{
    for (size_t i = 0; i < w->param_count; i++)
        if (is_same(&w->params[i], p))
            return true;
    return false;
}

/* A row of an argument and all words that share it, at the first of them. */
static void put_argument(const struct vocab_word *first, const struct vocab_param *p)
{
    const char *before = "";
    for (const struct vocab_word *w = vocab_words; w < vocab_words + vocab_word_count; w++) {
        if (w->place != first->place || !has_same(w, p))
            continue;
        if (w < first)
            return;
        if (w == first)
            printf("| `%s` | ", p->name);
        printf("%s`%s`", before, w->name);
        before = ", ";
    }
    printf(" | ");
    put_param(p);
}

static void put_words(enum place place)
{
    size_t params = 0;
    printf("\n| | |\n|---|---|\n");
    for (size_t i = 0; i < vocab_word_count; i++)
        if (vocab_words[i].place == place) {
            printf("| `");
            put_signature(&vocab_words[i]);
            printf("` | ");
            put_cell(vocab_words[i].help);
            printf(" |\n");
            params += vocab_words[i].param_count;
        }
    if (params)
        printf("\n| argument | of | value | default | |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < vocab_word_count; i++)
        for (size_t k = 0; vocab_words[i].place == place && k < vocab_words[i].param_count; k++)
            put_argument(&vocab_words[i], &vocab_words[i].params[k]);
}

static void put_place(const char *name, bool seen[PLACE_COUNT])
{
    int place = 0;
    while (place < PLACE_COUNT && strcmp(vocab_place_name((enum place)place), name) != 0)
        place++;
    if (place == PLACE_COUNT || seen[place])
        stop(place == PLACE_COUNT ? "no such place of words" : "a second table", name);
    seen[place] = true;
    if (place != PLACE_BLOCK)
        put_words((enum place)place);
    for (size_t i = 0; place == PLACE_BLOCK && i < vocab_word_count; i++)
        if (vocab_words[i].place == PLACE_BLOCK)
            put_block(&vocab_words[i]);
    putchar('\n');
}

/* ---- messages and commands ---- */

static void put_messages(void)
{
    static const char *const explanations[] = {
#define DIAG(id, text, severity, explanation) explanation,
#include "diag.def"
#undef DIAG
    };
    printf("\n| message | | |\n|---|---|---|\n");
    for (int slug = 0; slug < DIAG_COUNT; slug++) {
        const bool is_error = diag_severity((enum slug)slug) == SEVERITY_ERROR;
        printf("| `%s` | %s | ", diag_slug((enum slug)slug), is_error ? "error" : "warning");
        put_cell(explanations[slug]);
        printf(" |\n");
    }
    putchar('\n');
}

static void put_compiler_help(void)
{
    const struct options help = {.action = ACTION_HELP};
    struct strbuf text = {0};
    options_print(&help, &text);
    printf("%s", text.text);
    strbuf_free(&text);
}

/* What a generated program says of itself, or of one command where `NAME COMMAND` is asked. */
static void put_program_help(char *asked)
{
    const struct mlprt_model model = {.file = "NAME.mlp", .compiler = "mlpgen"};
    char *command = strchr(asked, ' '), help[] = "--help";
    char *argv[] = {asked, command ? command + 1 : help, help, NULL};
    struct mlprt_options o;
    struct mlprt_error e;
    if (mlprt_options_parse(&o, &model, 3, argv, &e))
        stop(e.text, asked);
    mlprt_options_help(stdout, "NAME", &model, o.command);
}

static void put_help(char *asked)
{
    printf("\n```\n");
    if (strcmp(asked, "mlpgen") == 0)
        put_compiler_help();
    else
        put_program_help(asked);
    printf("```\n\n");
}

/* ---- the manual ---- */

/* Is the line `<!-- KIND: NAME -->`? */
static bool is_marker(const char *line, const char *kind, char name[NAME_MAX_BYTES])
{
    const char opening[] = "<!-- ", middle[] = ": ", closing[] = " -->\n";
    const size_t before = strlen(opening) + strlen(kind) + strlen(middle);
    const size_t length = strlen(line), around = before + strlen(closing);
    if (length <= around || length - around >= NAME_MAX_BYTES)
        return false;
    memcpy(name, line + before, length - around);
    name[length - around] = '\0';
    return strncmp(line, opening, strlen(opening)) == 0 &&
           strncmp(line + strlen(opening), kind, strlen(kind)) == 0 &&
           strncmp(line + before - strlen(middle), middle, strlen(middle)) == 0 &&
           strcmp(line + length - strlen(closing), closing) == 0;
}

/* Prints the table that a line's marker names; false if the line is no marker. */
static bool fill(const char *line, bool seen[PLACE_COUNT])
{
    if (strncmp(line, "<!--", 4) != 0)
        return false;

    char name[NAME_MAX_BYTES];
    if (is_marker(line, "words", name))
        put_place(name, seen);
    else if (is_marker(line, "help", name))
        put_help(name);
    else if (strcmp(line, "<!-- messages -->\n") == 0)
        put_messages();
    else
        stop("no such table", line);
    return true;
}

int main(void)
{
    bool seen[PLACE_COUNT] = {false}, inside = false;
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        const bool end = strcmp(line, "<!-- end -->\n") == 0;
        if (inside ? !end && strncmp(line, "<!--", 4) == 0 : end)
            stop("no end before, or no table", line);
        if (inside && !end)
            continue;
        printf("%s", line);
        inside = !end && fill(line, seen);
    }
    if (inside)
        stop("the last table has no end", "");
    for (int place = 0; place < PLACE_COUNT; place++)
        if (!seen[place])
            stop("words without a table", vocab_place_name((enum place)place));
    free(line);
    arena_free(&arena);
    return fflush(stdout) != 0;
}
