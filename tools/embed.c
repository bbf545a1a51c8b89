/* Makes the runtime into a C array: embed FILE… prints to standard output the text of
 * `embed_runtime[]` (compiler/embed.h), one translation unit out of the FILEs.
 *
 * - Every header named by `#include "…"` is put in once, before all that needs it; the line that
 *   named it goes, and so do the header's guards.
 * - `#include <…>` outside of any #if stays where it comes first; within an #if it stays always.
 * - A comment line introduces each file. FILEs come in the order given. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_MAX_BYTES = 1024, /* the sources keep to 100 columns */
    NAME_MAX_BYTES = 512,
    NAMES_MAX = 256 /* files and system headers of the runtime: a few dozen */
};

struct names {
    char text[NAMES_MAX][NAME_MAX_BYTES];
    size_t count;
};

static struct names files, system_headers;

_Noreturn static void stop(const char *what, const char *name)
{
    fprintf(stderr, "embed: %s: %s\n", name, what);
    exit(1);
}

/* Notes the name down; returns 0 if it was there before. */
static int add(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->text[i], name) == 0)
            return 0;
    }
    if (names->count == NAMES_MAX || strlen(name) >= NAME_MAX_BYTES)
        stop("too many names, or too long a one", name);
    strcpy(names->text[names->count++], name);
    return 1;
}

/* One line without its newline; returns 0 at the end of the file. */
static int read_line(FILE *file, const char *path, char line[LINE_MAX_BYTES])
{
    if (!fgets(line, LINE_MAX_BYTES, file))
        return 0;
    size_t length = strcspn(line, "\n");
    if (line[length] != '\n')
        stop("a line is too long or has no newline", path);
    line[length] = '\0';
    return 1;
}

/* Is the line `#WORD …`? Returns what follows the word, or NULL. */
static const char *directive(const char *line, const char *word)
{
    size_t length = strlen(word);
    if (line[0] != '#' || strncmp(line + 1, word, length) != 0)
        return NULL;
    return line + 1 + length;
}

/* The name between open and close of an #include line, or NULL if it is none of that sort. */
static const char *included(const char *line, char open, char close, char name[NAME_MAX_BYTES])
{
    const char *rest = directive(line, "include ");
    const char *end = rest && rest[0] == open ? strchr(rest + 1, close) : NULL;
    if (!end || end - rest >= NAME_MAX_BYTES)
        return NULL;
    snprintf(name, NAME_MAX_BYTES, "%.*s", (int)(end - rest - 1), rest + 1);
    return name;
}

static FILE *open_source(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        stop("cannot be opened", path);
    return file;
}

/* The path of a local header: beside the file that includes it, else below runtime/. */
static void locate(const char *includer, const char *name, char path[NAME_MAX_BYTES])
{
    const char *slash = strrchr(includer, '/');
    int folder = slash ? (int)(slash - includer) + 1 : 0;
    int length = snprintf(path, NAME_MAX_BYTES, "%.*s%s", folder, includer, name);
    FILE *there = length < NAME_MAX_BYTES ? fopen(path, "r") : NULL;
    if (there) {
        fclose(there);
        return;
    }
    if (snprintf(path, NAME_MAX_BYTES, "runtime/%s", name) >= NAME_MAX_BYTES)
        stop("too long a path", name);
}

static void print_literal(const char *line)
{
    fputs("    \"", stdout);
    for (const char *c = line; *c; c++) {
        if (*c == '"' || *c == '\\' || *c == '?') /* ?: no trigraphs */
            putchar('\\');
        if (*c == '\t')
            fputs("\\t", stdout);
        else
            putchar(*c);
    }
    puts("\",");
}

/* Prints the file's own lines: guards, local includes and repeated system headers dropped. */
static void print_file(const char *path)
{
    FILE *file = open_source(path);
    char line[LINE_MAX_BYTES], name[NAME_MAX_BYTES], guard[LINE_MAX_BYTES] = "";
    size_t length = strlen(path);
    int header = length > 2 && strcmp(path + length - 2, ".h") == 0;
    int depth = 0; /* of #if, the guard not counted */

    snprintf(line, sizeof line, "/* ---- %.500s ---- */", path);
    print_literal("");
    print_literal(line);
    while (read_line(file, path, line)) {
        const char *rest;
        if (header && !guard[0] && (rest = directive(line, "ifndef "))) {
            snprintf(guard, sizeof guard, "%s", rest);
            continue;
        }
        if (guard[0] && (rest = directive(line, "define ")) && strcmp(rest, guard) == 0)
            continue;
        if (directive(line, "if"))
            depth++;
        else if (directive(line, "endif") && depth-- == 0)
            break; /* of the guard */
        if (included(line, '"', '"', name))
            continue;
        if (depth == 0 && included(line, '<', '>', name) && !add(&system_headers, name))
            continue;
        print_literal(line);
    }
    fclose(file);
}

/* Prints the file behind all the headers that it needs, unless it was printed before. */
static void print_with_headers(const char *path)
{
    char line[LINE_MAX_BYTES], name[NAME_MAX_BYTES], header[NAME_MAX_BYTES];
    if (!add(&files, path))
        return;
    FILE *file = open_source(path);
    while (read_line(file, path, line)) {
        if (included(line, '"', '"', name)) {
            locate(path, name, header);
            print_with_headers(header);
        }
    }
    fclose(file);
    print_file(path);
}

int main(int argc, char **argv)
{
    puts("/* Made by tools/embed.c from runtime/. */\n"
         "#include \"embed.h\"\n\n"
         "#include <stddef.h>\n\n"
         "const char *const embed_runtime[] = {");
    print_literal(
        "/* The runtime of mlpgen (MIT licence), put in by --standalone. It comes without any");
    print_literal(" * claim on this file: use it as your own. */");
    print_literal("#if defined(__clang__) /* no model calls every function of the runtime */");
    print_literal("#pragma clang diagnostic push");
    print_literal("#pragma clang diagnostic ignored \"-Wunused-function\"");
    print_literal("#endif");
    for (int i = 1; i < argc; i++)
        print_with_headers(argv[i]);
    print_literal("");
    print_literal("#if defined(__clang__)");
    print_literal("#pragma clang diagnostic pop");
    print_literal("#endif");
    puts("    NULL};");
    return fflush(stdout) != 0 || ferror(stdout);
}
