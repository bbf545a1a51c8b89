/* The command line of a generated program: one table of commands, one of options, and what reads
 * and prints them. Options are exact (--opt VALUE or --opt=VALUE) and may stand anywhere among the
 * FILEs; after "--" there are only FILEs. */
#include "posix.h"

#include "options.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct command_row {
    const char *name, *files, *help;
    size_t files_max;
    const char *about_files; /* NULL: nothing more */
} command_rows[MLPRT_COMMANDS] = {
    [MLPRT_TRAIN] = {"train", " [FILE...]", "trains the network and saves its weights", SIZE_MAX,
                     "FILEs replace, in order, the paths of the training split."},
    [MLPRT_EVAL] = {"eval", " [FILE...]", "loss and metrics of trained weights on the test split",
                    SIZE_MAX, "FILEs replace, in order, the paths of the test split."},
    [MLPRT_PREDICT] = {"predict", " [FILE]", "what the network says of each sample, as CSV", 1,
                       "FILE has other inputs than those of the test split: IDX, without targets."},
    [MLPRT_GRADCHECK] = {"gradcheck", "", "checks the gradients against central differences", 0,
                         NULL},
    [MLPRT_INFO] = {"info", " [WEIGHTS]", "what the compiler planned, or what made a weights file",
                    1, NULL},
    [MLPRT_BENCH] = {"bench", "", "times training and inference, on data of its own", 0, NULL},
};

enum option_type {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_OUTPUT,
    OPTION_COUNT,
    OPTION_THREADS,
    OPTION_WHOLE,
    OPTION_RATE,
    OPTION_EVERY
};

enum { /* sets of commands */
       ON_TRAIN = 1 << MLPRT_TRAIN,
       ON_EVAL = 1 << MLPRT_EVAL,
       ON_PREDICT = 1 << MLPRT_PREDICT,
       ON_GRADCHECK = 1 << MLPRT_GRADCHECK,
       ON_INFO = 1 << MLPRT_INFO,
       ON_BENCH = 1 << MLPRT_BENCH,
       ON_ALL = (1 << MLPRT_COMMANDS) - 1
};

static const struct option_row {
    const char *name, *value, *help;
    unsigned commands;
    enum option_type type;
    size_t field;
} option_rows[] = {
#define OPTION_FIELD(name) offsetof(struct mlprt_options, name)
    {"--data", "DIR", "where the paths of the data start (default: the current directory)",
     ON_TRAIN | ON_EVAL | ON_PREDICT | ON_GRADCHECK | ON_INFO, OPTION_TEXT, OPTION_FIELD(data)},
    {"--epochs", "N", "passes over the training split", ON_TRAIN, OPTION_COUNT,
     OPTION_FIELD(epochs)},
    {"--lr", "X", "learning rate", ON_TRAIN, OPTION_RATE, OPTION_FIELD(lr)},
    {"--seed", "N", "what initial weights, the order of samples and dropout are drawn from",
     ON_TRAIN | ON_GRADCHECK, OPTION_WHOLE, OPTION_FIELD(seed)},
    {"--threads", "N", "threads to work on (default: as many as are faster)",
     ON_TRAIN | ON_INFO | ON_BENCH, OPTION_THREADS, OPTION_FIELD(threads)},
    {"--init", "W", "start from the tensors that weights file W has", ON_TRAIN, OPTION_TEXT,
     OPTION_FIELD(init)},
    {"--save", "W", "where to save the weights (default: the model's name with .safetensors)",
     ON_TRAIN, OPTION_OUTPUT, OPTION_FIELD(save)},
    {"--stop-after", "N", "end after N epochs of this run, with a checkpoint", ON_TRAIN,
     OPTION_COUNT, OPTION_FIELD(stop_after)},
    {"--checkpoint", "F",
     "write checkpoints to F (default: the name of --save and .ckpt behind it)", ON_TRAIN,
     OPTION_OUTPUT, OPTION_FIELD(checkpoint)},
    {"--checkpoint-every", "N", "write one every N epochs, or with Nmin every N minutes", ON_TRAIN,
     OPTION_EVERY, OPTION_FIELD(every)},
    {"--resume", "F",
     "go on from checkpoint F, of the same program, data, --lr and --seed; --epochs may differ",
     ON_TRAIN, OPTION_TEXT, OPTION_FIELD(resume)},
    {"--log", "F",
     "write a line of JSON for each epoch to F; with --resume, behind those there are", ON_TRAIN,
     OPTION_TEXT, OPTION_FIELD(log)},
    {"--weights", "W", "the weights (default: the model's name with .safetensors)",
     ON_EVAL | ON_PREDICT, OPTION_TEXT, OPTION_FIELD(weights)},
    {"--all", NULL, "check every parameter, however many there are", ON_GRADCHECK, OPTION_FLAG,
     OPTION_FIELD(all)},
    {"--program", NULL, "print the resolved program", ON_INFO, OPTION_FLAG, OPTION_FIELD(program)},
    {"--isa", "NAME", "the path through the generated code (see info)", ON_ALL, OPTION_TEXT,
     OPTION_FIELD(isa)},
    {"--json", NULL, "print one line of JSON", ON_EVAL, OPTION_FLAG, OPTION_FIELD(json)},
    {"--quiet", NULL, "print nothing but warnings and errors", ON_TRAIN, OPTION_FLAG,
     OPTION_FIELD(quiet)},
    {"--quiet", NULL, "print nothing but the result, warnings and errors", ON_EVAL | ON_PREDICT,
     OPTION_FLAG, OPTION_FIELD(quiet)},
    {"--help", NULL, "print this help (also -h)", ON_ALL, OPTION_FLAG, OPTION_FIELD(help)},
#undef OPTION_FIELD
};

enum { OPTION_ROWS = sizeof option_rows / sizeof *option_rows };
_Static_assert(OPTION_ROWS <= 32, "mlprt_options.given has a bit for each");

/* A whole number in decimal digits and nothing else, from least to most. */
static bool parse_whole(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
    if (!*text || text[strspn(text, "0123456789")])
        return false;
    errno = 0;
    const unsigned long long parsed = strtoull(text, NULL, 10);
    *value = parsed;
    return errno == 0 && parsed >= least && parsed <= most;
}

/* A decimal number above 0. */
static bool parse_rate(const char *text, double *value)
{
    if (!*text || text[strspn(text, "0123456789.eE+-")])
        return false; /* strtod would also take "inf", "0x1p3" and leading blanks */
    char *end;
    *value = strtod(text, &end);
    return !*end && isfinite(*value) && *value > 0;
}

/* "N" epochs or "Nmin" minutes, N from 1 on. */
static bool parse_every(const char *text, struct mlprt_every *every)
{
    static const char minutes[] = "min";
    char digits[sizeof "4294967295"] = "";
    const size_t length = strspn(text, "0123456789");
    uint64_t whole;

    if (length >= sizeof digits || (text[length] && strcmp(text + length, minutes) != 0))
        return false;
    memcpy(digits, text, length);
    if (!parse_whole(digits, 1, UINT32_MAX, &whole))
        return false;
    *every = (struct mlprt_every){0};
    if (text[length])
        every->minutes = (uint32_t)whole;
    else
        every->epochs = (uint32_t)whole;
    return true;
}

/* What an option of a type needs, for a message. */
static const char *option_wants(enum option_type type)
{
    switch (type) {
    case OPTION_RATE: return "a number above 0";
    case OPTION_COUNT: return "a whole number from 1 to 4294967295";
    case OPTION_THREADS: return "a whole number from 1 to 1024";
    case OPTION_EVERY:
        return "a whole number of epochs above 0, or of minutes with 'min' behind it";
    default: return "a whole number from 0 to 2^64 - 1";
    }
}

/* Stores an option's value; text is NULL for a flag. */
static enum mlprt_status option_store(struct mlprt_options *o, const struct option_row *row,
                                      const char *text, struct mlprt_error *e)
{
    void *field = (char *)o + row->field;
    uint64_t whole;

    switch (row->type) {
    case OPTION_FLAG: *(bool *)field = true; return MLPRT_OK;
    case OPTION_TEXT:
    case OPTION_OUTPUT:
        if (!*text)
            return mlprt_fail(e, MLPRT_USAGE, "option '%s' needs a %s that is not empty", row->name,
                              row->value);
        if (row->type == OPTION_OUTPUT && strcmp(text, "-") == 0)
            return mlprt_fail(e, MLPRT_USAGE,
                              "option '%s' needs a file, not standard output: weights are renamed "
                              "into place",
                              row->name);
        *(const char **)field = text;
        return MLPRT_OK;
    case OPTION_COUNT:
    case OPTION_THREADS:
        if (!parse_whole(text, 1, row->type == OPTION_COUNT ? UINT32_MAX : MLPRT_THREADS_MAX,
                         &whole))
            break;
        *(uint32_t *)field = (uint32_t)whole;
        return MLPRT_OK;
    case OPTION_WHOLE:
        if (!parse_whole(text, 0, UINT64_MAX, (uint64_t *)field))
            break;
        return MLPRT_OK;
    case OPTION_RATE:
        if (!parse_rate(text, (double *)field))
            break;
        return MLPRT_OK;
    case OPTION_EVERY:
        if (!parse_every(text, (struct mlprt_every *)field))
            break;
        return MLPRT_OK;
    }
    return mlprt_fail(e, MLPRT_USAGE, "option '%s' needs %s, not '%s'", row->name,
                      option_wants(row->type), text);
}

/* Are a, of so many bytes, and b the same but for one letter that is missing, wrong or one too
 * many, or two that are swapped? */
static bool is_slip(const char *a, size_t length, const char *b)
{
    size_t before = 0, m = length, n = strlen(b);

    while (before < m && before < n && a[before] == b[before])
        before++;
    while (m > before && n > before && a[m - 1] == b[n - 1])
        m--, n--;
    a += before, b += before, m -= before, n -= before;
    return (m <= 1 && n <= 1) || (m == 2 && n == 2 && a[0] == b[1] && a[1] == b[0]);
}

/* The row of the option in the first `length` bytes of text. One that is unknown is an error, and
 * so is one that only other commands have. */
static enum mlprt_status option_find(enum mlprt_command command, const char *text, size_t length,
                                     const struct option_row **found, struct mlprt_error *e)
{
    const char *meant = NULL;
    bool elsewhere = false;

    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->commands & 1u << command && is_slip(text, length, row->name))
            meant = row->name;
        if (strlen(row->name) != length || memcmp(row->name, text, length) != 0)
            continue;
        *found = row;
        if (row->commands & 1u << command)
            return MLPRT_OK;
        elsewhere = true;
    }
    if (elsewhere)
        return mlprt_fail(e, MLPRT_USAGE, "'%s' has no option '%.*s'", command_rows[command].name,
                          (int)length, text);
    if (meant)
        return mlprt_fail(e, MLPRT_USAGE, "unknown option '%.*s'; did you mean '%s'?", (int)length,
                          text, meant);
    return mlprt_fail(e, MLPRT_USAGE, "unknown option '%.*s'", (int)length, text);
}

/* Reads the option at argv[*i], and its value, which may be the next argument. */
static enum mlprt_status option_read(struct mlprt_options *o, int argc, char **argv, int *i,
                                     struct mlprt_error *e)
{
    const char *text = argv[*i], *value = strchr(text, '=');
    const struct option_row *row = NULL;

    if (strcmp(text, "-h") == 0) {
        o->help = true;
        return MLPRT_OK;
    }
    const size_t length = value ? (size_t)(value - text) : strlen(text);
    const enum mlprt_status status = option_find(o->command, text, length, &row, e);
    if (status)
        return status;
    if (row->type == OPTION_FLAG && value)
        return mlprt_fail(e, MLPRT_USAGE, "option '%s' takes no value", row->name);
    if (row->type != OPTION_FLAG && !value && *i + 1 == argc)
        return mlprt_fail(e, MLPRT_USAGE, "option '%s' needs a value: %s", row->name, row->value);
    if (value)
        value++;
    else if (row->type != OPTION_FLAG)
        value = argv[++*i];
    o->given |= UINT32_C(1) << (row - option_rows);
    return option_store(o, row, value, e);
}

bool mlprt_options_given(const struct mlprt_options *o, const char *name)
{
    for (size_t i = 0; i < OPTION_ROWS; i++)
        if (o->given >> i & 1 && strcmp(option_rows[i].name, name) == 0)
            return true;
    return false;
}

static enum mlprt_status command_find(struct mlprt_options *o, const char *name,
                                      struct mlprt_error *e)
{
    const char *meant = NULL;

    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        o->help = true;
        return MLPRT_OK;
    }
    if (strcmp(name, "--version") == 0) {
        o->version = true;
        return MLPRT_OK;
    }
    for (int i = 0; i < MLPRT_COMMANDS; i++) {
        if (strcmp(name, command_rows[i].name) == 0) {
            o->command = (enum mlprt_command)i;
            return MLPRT_OK;
        }
        if (is_slip(name, strlen(name), command_rows[i].name))
            meant = command_rows[i].name;
    }
    if (*name == '-')
        return mlprt_fail(e, MLPRT_USAGE, "a command comes first, then options such as '%s'", name);
    if (meant)
        return mlprt_fail(e, MLPRT_USAGE, "unknown command '%s'; did you mean '%s'?", name, meant);
    return mlprt_fail(e, MLPRT_USAGE, "unknown command '%s'", name);
}

enum mlprt_status mlprt_options_parse(struct mlprt_options *o, const struct mlprt_model *model,
                                      int argc, char **argv, struct mlprt_error *e)
{
    *o = (struct mlprt_options){.command = MLPRT_COMMANDS,
                                .lr = model->lr,
                                .epochs = model->epochs,
                                .seed = model->seed,
                                .files = (const char *const *)argv};
    if (argc < 2)
        return mlprt_fail(e, MLPRT_USAGE, "a command is missing");
    enum mlprt_status status = command_find(o, argv[1], e);
    bool options = true;

    for (int i = 2; !status && !o->help && !o->version && i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (options && argv[i][0] == '-' && argv[i][1])
            status = option_read(o, argc, argv, &i, e);
        else if (o->file_count == command_rows[o->command].files_max)
            status = mlprt_fail(e, MLPRT_USAGE, "'%s' takes no argument '%s'",
                                command_rows[o->command].name, argv[i]);
        else
            argv[o->file_count++] = argv[i];
    }
    return status;
}

/* The line that says how a command is used. */
static void print_usage(FILE *out, const char *program, enum mlprt_command command)
{
    if (command == MLPRT_COMMANDS)
        fprintf(out, "usage: %s COMMAND [options] [FILE...]\n", program);
    else
        fprintf(out, "usage: %s %s [options]%s\n", program, command_rows[command].name,
                command_rows[command].files);
}

void mlprt_options_usage(FILE *out, const char *program, enum mlprt_command command)
{
    print_usage(out, program, command);
    if (command == MLPRT_COMMANDS) {
        fputs("commands:", out);
        for (int i = 0; i < MLPRT_COMMANDS; i++)
            fprintf(out, " %s", command_rows[i].name);
        putc('\n', out);
    } else {
        fprintf(out, "'%s %s --help' lists the options\n", program, command_rows[command].name);
    }
}

void mlprt_options_help(FILE *out, const char *program, const struct mlprt_model *model,
                        enum mlprt_command command)
{
    print_usage(out, program, command);
    if (command == MLPRT_COMMANDS) {
        fprintf(out, "The network of %s, compiled by %s.\n\n", model->file, model->compiler);
        for (int i = 0; i < MLPRT_COMMANDS; i++)
            fprintf(out, "  %-10s %s\n", command_rows[i].name, command_rows[i].help);
        fprintf(
            out,
            "\n'%s COMMAND --help' lists a command's options, '%s --version' says what it is.\n",
            program, program);
        return;
    }
    fprintf(out, "%s: %s.\n\n", command_rows[command].name, command_rows[command].help);
    int width = 0;
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const int length = (int)strlen(option_rows[i].name);
        if (option_rows[i].commands & 1u << command && length > width)
            width = length;
    }
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->commands & 1u << command)
            fprintf(out, "  %-*s %-4s %s\n", width, row->name, row->value ? row->value : "",
                    row->help);
    }
    if (command_rows[command].about_files)
        fprintf(out, "\n%s\n", command_rows[command].about_files);
}
