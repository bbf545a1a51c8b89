/* mlpgen's command line: parsing and help, both from the table of options. */
#include "options.h"
#include "diag_policy.h"
#include "isa.h"
#include "typo.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>

enum option_id {
    OPTION_OUTPUT,
    OPTION_DEFINE,
    OPTION_EMIT,
    OPTION_DUMP,
    OPTION_BLAME,
    OPTION_STANDALONE,
    OPTION_DTYPE,
    OPTION_TARGET,
    OPTION_UNROLL,
    OPTION_FORMAT,
    OPTION_CHECK,
    OPTION_WARNING,
    OPTION_NO_WARNINGS,
    OPTION_EXPLAIN,
    OPTION_DIAGNOSTICS,
    OPTION_COLOR,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

static const struct option {
    const char *name;     /* "-o" or "--emit": one letter takes its argument behind it or next */
    const char *argument; /* NULL: none; "a|b": one of these words; else any text */
    const char *help;
} table[OPTION_COUNT] = {
    [OPTION_OUTPUT] = {"-o", "FILE",
                       "write to FILE, '-' is standard output (default: NAME.c and the like)"},
    [OPTION_DEFINE] = {"-D", "NAME=VALUE", "replace the value of a let"},
    [OPTION_EMIT] = {"--emit", "trainer|resolved|plan|dot",
                     "a program (default), all that is set, what it takes, or its graph"},
    [OPTION_DUMP] = {"--dump", "WHAT",
                     "show what the compiler holds after a step; 'list' names them"},
    [OPTION_BLAME] = {"--blame", "LINE",
                      "show which line of mlpgen's sources made a line of the program"},
    [OPTION_STANDALONE] = {"--standalone", NULL, "put the runtime inside: nothing to link but -lm"},
    [OPTION_DTYPE] = {"--dtype", "f32|f64", "the type of all numbers: float (default) or double"},
    [OPTION_TARGET] = {"--target", "NAME",
                       "one instruction set (default: all, chosen when the program runs)"},
    [OPTION_UNROLL] = {"--unroll", "auto|always|never",
                       "straight-line code where it pays (default), everywhere, nowhere"},
    [OPTION_FORMAT] = {"--format", NULL, "lay FILE.mlp out anew, in its place unless -o is given"},
    [OPTION_CHECK] = {"--check", NULL,
                      "with --format: write nothing, 1 if the layout would change"},
    [OPTION_WARNING] = {"-W", "no-SLUG|error[=SLUG]",
                        "leave a warning out, or make one or all of them errors"},
    [OPTION_NO_WARNINGS] = {"-w", NULL, "no warnings"},
    [OPTION_EXPLAIN] = {"--explain", "SLUG", "say more of a message; 'list' names them all"},
    [OPTION_DIAGNOSTICS] = {"--diagnostics", "text|json",
                            "messages for people (default) or for programs, an object a line"},
    [OPTION_COLOR] = {"--color", "auto|always|never",
                      "colours in messages: on a terminal without NO_COLOR (default)"},
    [OPTION_HELP] = {"--help", NULL, "show this list (also -h)"},
    [OPTION_VERSION] = {"--version", NULL, "show the version"},
};

struct parser {
    struct options *o;
    struct arena *arena;
    struct strbuf *error;
};

/* "or" between the last two of n names, commas between the others. */
static void put_names(struct strbuf *out, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        strbuf_printf(out, "%s'%s'", i == 0 ? "" : i + 1 < n ? ", " : " or ", names[i]);
}

/* "emit" of "--emit=trainer". */
static const char *bare_name(struct arena *arena, const char *word)
{
    word += strspn(word, "-");
    return arena_strndup(arena, word, strcspn(word, "="));
}

static bool unknown_option(struct parser *p, const char *word)
{
    const char *names[OPTION_COUNT];
    for (int i = 0; i < OPTION_COUNT; i++)
        names[i] = table[i].name[1] == '-' ? table[i].name + 2 : NULL;
    const char *near = typo_nearest(bare_name(p->arena, word), names, OPTION_COUNT);
    strbuf_printf(p->error, "unknown option '%.*s'" DIAG_HELP, (int)strcspn(word, "="), word);
    if (near)
        strbuf_printf(p->error, "did you mean '--%s'?", near);
    else
        strbuf_puts(p->error, "mlpgen --help lists the options");
    return false;
}

/* Finds which of n names value is; one that is none of them is an error. */
static bool choose(struct parser *p, enum option_id id, const char *value, const char *const *names,
                   size_t n, size_t *chosen)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(names[i], value)) {
            *chosen = i;
            return true;
        }
    }
    strbuf_printf(p->error, "'%s' takes ", table[id].name);
    put_names(p->error, names, n);
    strbuf_printf(p->error, ", not '%s'", value);
    const char *near = typo_nearest(value, names, n);
    if (near)
        strbuf_printf(p->error, DIAG_HELP "did you mean '%s'?", near);
    return false;
}

/* The same for the words of an argument "a|b|c". */
static bool choose_word(struct parser *p, enum option_id id, const char *value, size_t *chosen)
{
    enum { WORDS_MAX = 4 };
    const char *names[WORDS_MAX];
    size_t n = 0;
    for (const char *s = table[id].argument; n < WORDS_MAX; s++) {
        size_t len = strcspn(s, "|");
        names[n++] = arena_strndup(p->arena, s, len);
        s += len;
        if (!*s)
            break;
    }
    return choose(p, id, value, names, n, chosen);
}

static bool choose_dump(struct parser *p, const char *value)
{
    const char **names = ARENA_ARRAY(p->arena, const char *, pass_count + 2);
    names[0] = "list";
    names[1] = "ast";
    for (size_t i = 0; i < pass_count; i++)
        names[i + 2] = passes[i].name;
    size_t chosen;
    if (!choose(p, OPTION_DUMP, value, names, pass_count + 2, &chosen))
        return false;
    p->o->dump = names[chosen];
    if (chosen == 0)
        p->o->action = ACTION_LIST;
    return true;
}

static bool choose_target(struct parser *p, const char *value)
{
    const char **names = ARENA_ARRAY(p->arena, const char *, isa_count);
    for (size_t i = 0; i < isa_count; i++)
        names[i] = isas[i].name;
    size_t chosen;
    if (!choose(p, OPTION_TARGET, value, names, isa_count, &chosen))
        return false;
    p->o->target = names[chosen];
    return true;
}

static bool choose_line(struct parser *p, const char *value)
{
    enum { DIGITS_MAX = 9 };
    const size_t digits = strspn(value, "0123456789");
    p->o->blame =
        digits > 0 && digits <= DIGITS_MAX && !value[digits] ? strtoul(value, NULL, 10) : 0;
    if (p->o->blame == 0)
        strbuf_printf(p->error, "'--blame' takes the number of a line, not '%s'", value);
    return p->o->blame > 0;
}

static bool define(struct parser *p, const char *value)
{
    const char *equals = strchr(value, '=');
    if (!equals || equals == value) {
        strbuf_printf(p->error, "'-D' takes NAME=VALUE, not '%s'", value);
        return false;
    }
    p->o->overrides[p->o->override_count++] = (struct override){
        .name = arena_strndup(p->arena, value, (size_t)(equals - value)), .value = equals + 1};
    return true;
}

static bool explain(struct parser *p, const char *value)
{
    enum slug slug;
    p->o->action = ACTION_EXPLAIN;
    p->o->explain = value;
    return !strcmp(value, "list") || diag_policy_find(p->arena, value, &slug, p->error);
}

static bool apply(struct parser *p, enum option_id id, const char *value)
{
    struct options *o = p->o;
    size_t chosen = 0;
    switch (id) {
    case OPTION_OUTPUT: o->output = value; return true;
    case OPTION_DEFINE: return define(p, value);
    case OPTION_EMIT:
        if (!choose_word(p, id, value, &chosen))
            return false;
        o->emit = (enum options_emit)chosen;
        return true;
    case OPTION_DUMP: return choose_dump(p, value);
    case OPTION_BLAME: return choose_line(p, value);
    case OPTION_STANDALONE: o->standalone = true; return true;
    case OPTION_DTYPE:
        if (!choose_word(p, id, value, &chosen))
            return false;
        o->f64 = chosen == 1;
        return true;
    case OPTION_TARGET: return choose_target(p, value);
    case OPTION_UNROLL:
        if (!choose_word(p, id, value, &chosen))
            return false;
        o->unroll = (enum unroll)chosen;
        return true;
    case OPTION_FORMAT: o->format = true; return true;
    case OPTION_CHECK: o->check = true; return true;
    case OPTION_WARNING: return diag_policy_set(p->arena, &o->policy, value, p->error);
    case OPTION_NO_WARNINGS: o->policy.silent = true; return true;
    case OPTION_EXPLAIN: return explain(p, value);
    case OPTION_DIAGNOSTICS:
        if (!choose_word(p, id, value, &chosen))
            return false;
        o->json = chosen == 1;
        return true;
    case OPTION_COLOR:
        if (!choose_word(p, id, value, &chosen))
            return false;
        o->color = (enum options_color)chosen;
        return true;
    case OPTION_HELP: o->action = ACTION_HELP; return true;
    case OPTION_VERSION: o->action = ACTION_VERSION; return true;
    case OPTION_COUNT: break;
    }
    return false;
}

/* The option that word gives, OPTION_COUNT if there is none; *value is what is attached to it. */
static enum option_id find(const char *word, const char **value)
{
    *value = NULL;
    if (!strcmp(word, "-h"))
        return OPTION_HELP;
    for (int i = 0; i < OPTION_COUNT; i++) {
        size_t len = strlen(table[i].name);
        if (strncmp(word, table[i].name, len))
            continue;
        bool letter = table[i].name[1] != '-';
        if (!word[len])
            return (enum option_id)i;
        if (letter || word[len] == '=') {
            *value = word + len + !letter;
            return (enum option_id)i;
        }
    }
    return OPTION_COUNT;
}

/* Handles the option at argv[0]; *used is how many words it took. */
static bool parse_option(struct parser *p, char **argv, int *used)
{
    const char *value;
    enum option_id id = find(argv[0], &value);
    *used = 1;
    if (id == OPTION_COUNT)
        return unknown_option(p, argv[0]);
    if (!table[id].argument && value) {
        strbuf_printf(p->error, "'%s' takes no argument", table[id].name);
        return false;
    }
    if (table[id].argument && !value) {
        value = argv[1];
        *used = 2;
    }
    if (table[id].argument && !value) {
        strbuf_printf(p->error, "'%s' needs an argument: %s", table[id].name, table[id].argument);
        return false;
    }
    return apply(p, id, value);
}

/* The input's base name, its ending .mlp replaced by the product's. */
static const char *default_output(struct arena *arena, const struct options *o)
{
    static const char *const endings[] = {[EMIT_TRAINER] = ".c",
                                          [EMIT_RESOLVED] = ".resolved.mlp",
                                          [EMIT_PLAN] = ".plan",
                                          [EMIT_DOT] = ".dot"};
    const char *slash = strrchr(o->input, '/'), *base = slash ? slash + 1 : o->input;
    size_t len = strlen(base), ending = strlen(".mlp");
    if (len > ending && !strcmp(base + len - ending, ".mlp"))
        len -= ending;
    return arena_printf(arena, "%.*s%s", (int)len, base, endings[o->emit]);
}

/* Whether at most one thing is wanted in place of the program. */
static bool one_product(struct parser *p)
{
    const struct options *o = p->o;
    const struct {
        bool wanted;
        enum option_id id;
    } products[] = {{o->emit != EMIT_TRAINER, OPTION_EMIT},
                    {o->dump, OPTION_DUMP},
                    {o->blame, OPTION_BLAME},
                    {o->format, OPTION_FORMAT}};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        if (!products[i].wanted)
            continue;
        const char *name = table[products[i].id].name;
        if (first) {
            strbuf_printf(p->error, "'%s' and '%s' exclude each other", first, name);
            return false;
        }
        first = name;
    }
    return true;
}

/* Whether all that is needed was given; fills in where to write. */
static bool complete(struct parser *p)
{
    struct options *o = p->o;
    if (!o->input) {
        strbuf_puts(p->error, "no input file" DIAG_HELP "usage: mlpgen [OPTION]... FILE.mlp");
        return false;
    }
    if (o->check && !o->format) {
        strbuf_puts(p->error, "'--check' goes with '--format'");
        return false;
    }
    if (!one_product(p))
        return false;
    if (o->dump || o->blame) { /* these take the place of the output */
        o->output = "-";
        return true;
    }
    if (o->check) /* nothing is written */
        return true;
    if (!o->output && !strcmp(o->input, "-")) {
        strbuf_puts(p->error, "standard input has no name to call the output by" DIAG_HELP
                              "say where to write: -o FILE");
        return false;
    }
    if (!o->output)
        o->output = o->format ? o->input : default_output(p->arena, o);
    return true;
}

bool options_parse(struct options *o, struct arena *arena, int argc, char **argv,
                   struct strbuf *error)
{
    struct parser p = {.o = o, .arena = arena, .error = error};
    bool only_files = false;
    *o = (struct options){.overrides = ARENA_ARRAY(arena, struct override, (size_t)argc + 1)};
    for (int i = 1, used = 1; i < argc; i += used) {
        used = 1;
        if (only_files || argv[i][0] != '-' || !argv[i][1]) {
            if (o->input) {
                strbuf_printf(error, "more than one input file: '%s' and '%s'", o->input, argv[i]);
                return false;
            }
            o->input = argv[i];
        } else if (!strcmp(argv[i], "--")) {
            only_files = true;
        } else if (!parse_option(&p, argv + i, &used)) {
            return false;
        }
        if (o->action != ACTION_COMPILE)
            return true;
    }
    return complete(&p);
}

/* An option, and behind it or below it what it does. */
static void print_option(const struct option *option, struct strbuf *out)
{
    enum { HELP_COLUMN = 32 };
    const size_t start = out->len;
    strbuf_printf(out, "  %s", option->name);
    if (option->argument)
        strbuf_printf(out, "%c%s", option->name[1] == '-' ? '=' : ' ', option->argument);
    int width = (int)(out->len - start);
    if (width >= HELP_COLUMN) {
        strbuf_putc(out, '\n');
        width = 0;
    }
    strbuf_printf(out, "%*s%s\n", HELP_COLUMN - width, "", option->help);
}

static void print_help(struct strbuf *out)
{
    strbuf_puts(out, "Usage: mlpgen [OPTION]... FILE.mlp\n"
                     "Compiles the description of a multilayer perceptron into C that trains it.\n"
                     "FILE.mlp may be '-', standard input; then -o is needed.\n\n");
    for (int i = 0; i < OPTION_COUNT; i++)
        print_option(&table[i], out);
    strbuf_puts(out, "\nExit status: 0 done, 1 the model is wrong, 2 the command line is wrong,\n"
                     "3 reading or writing failed, 70 a bug in mlpgen.\n");
}

static void print_dumps(struct strbuf *out)
{
    enum { NAME_COLUMNS = 12 };
    strbuf_printf(out, "%-*s %s\n", NAME_COLUMNS, "ast", "what was written, as the parser sees it");
    for (size_t i = 0; i < pass_count; i++)
        strbuf_printf(out, "%-*s %s\n", NAME_COLUMNS, passes[i].name, passes[i].help);
}

static void print_explanation(const char *name, struct strbuf *out)
{
    enum slug slug;
    if (diag_find(name, &slug))
        strbuf_printf(out, "%s (%s)\n\n%s\n", name,
                      diag_severity(slug) == SEVERITY_ERROR ? "error" : "warning",
                      diag_explanation(slug));
    else
        for (size_t i = 0; i < DIAG_COUNT; i++)
            strbuf_printf(out, "%s\n", diag_slug((enum slug)i));
}

void options_print(const struct options *o, struct strbuf *out)
{
    switch (o->action) {
    case ACTION_HELP: print_help(out); break;
    case ACTION_VERSION: strbuf_puts(out, "mlpgen " MLPGEN_VERSION "\n"); break;
    case ACTION_LIST: print_dumps(out); break;
    case ACTION_EXPLAIN: print_explanation(o->explain, out); break;
    case ACTION_COMPILE: break;
    }
}

void options_print_effective(const struct options *o, struct strbuf *out)
{
    static const char *const unrolls[] = {
        [UNROLL_AUTO] = "auto", [UNROLL_ALWAYS] = "always", [UNROLL_NEVER] = "never"};
    size_t start = out->len;
    for (size_t i = 0; i < o->override_count; i++)
        strbuf_printf(out, " -D %s=%s", o->overrides[i].name, o->overrides[i].value);
    if (o->standalone)
        strbuf_puts(out, " --standalone");
    if (o->f64)
        strbuf_puts(out, " --dtype=f64");
    if (o->target)
        strbuf_printf(out, " --target=%s", o->target);
    if (o->unroll != UNROLL_AUTO)
        strbuf_printf(out, " --unroll=%s", unrolls[o->unroll]);
    if (out->len > start) /* without the leading space */
        memmove(out->text + start, out->text + start + 1, out->len-- - start);
}
