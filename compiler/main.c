/* mlpgen: a description of a multilayer perceptron in, C that trains it out.
 *
 *     read → parse → check → lower → passes → emit → write */
#define _POSIX_C_SOURCE 200809L /* isatty */

#include "ast_print.h"
#include "check.h"
#include "check_data.h"
#include "digest.h"
#include "dot.h"
#include "emit.h"
#include "format.h"
#include "harmless.h"
#include "input.h"
#include "isa.h"
#include "lower.h"
#include "options.h"
#include "output.h"
#include "parse.h"
#include "pass.h"
#include "plan.h"
#include "resolved.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_DONE, STATUS_MODEL, STATUS_USAGE, STATUS_IO };

/* A compilation: what came in, what goes out, what was said. */
struct job {
    struct arena arena;
    struct options options;
    struct strbuf text, out, messages;
    struct sources sources;
    struct source *source;
    struct diags diags;
};

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

/* Colours by themselves only where they are seen: https://no-color.org */
static struct diag_style style_of(const struct options *o)
{
    const char *terminal = getenv("TERM");
    const bool seen =
        isatty(STDERR_FILENO) && !is_set("NO_COLOR") && terminal && strcmp(terminal, "dumb") != 0;
    return (struct diag_style){
        .json = o->json, .color = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && seen)};
}

static int fail(struct job *j, int status, const struct strbuf *error)
{
    diag_print_plain(error->text, style_of(&j->options), &j->messages);
    return status;
}

/* A mistake in the value of a -D, and none in the file, is one of the command line. */
static int status_of_errors(const struct job *j)
{
    int status = STATUS_USAGE;
    for (size_t i = 0; i < j->diags.len; i++) {
        const struct diag *d = &j->diags.at[i];
        if (d->severity == SEVERITY_ERROR &&
            source_position(&j->sources, d->at).source == j->source)
            status = STATUS_MODEL;
    }
    return status;
}

/* What the emitted C and the plan call the model's file: the last part of its path. */
static const char *file_name(struct job *j)
{
    const char *path = j->options.input, *slash = strrchr(path, '/');
    struct strbuf name = {0};
    harmless_puts(&name, slash ? slash + 1 : input_name(path));
    const char *shown = arena_strndup(&j->arena, name.text, name.len);
    strbuf_free(&name);
    return shown;
}

/* What the model is and takes, as a graph or as tables. */
static void describe(struct job *j, const struct ir *ir)
{
    const struct works works = work_of(ir);
    if (j->options.emit == EMIT_DOT)
        dot_print(ir, &works, &j->out);
    else
        plan_print(ir, &works,
                   &(struct plan_options){
                       .file = file_name(j), .sources = &j->sources, .target = j->options.target},
                   &j->out);
}

static void emit(struct job *j, const struct model *model, const struct ir *ir)
{
    const struct options *o = &j->options;
    char digest[DIGEST_HEX];
    struct strbuf effective = {0};
    digest_sha256(j->text.text, j->text.len, digest);
    options_print_effective(o, &effective);
    emit_trainer(&j->arena, ir, model,
                 &(struct emit_options){
                     .file = file_name(j),
                     .sources = &j->sources,
                     .source_sha256 = digest,
                     .options = effective.text ? effective.text : "",
                     .standalone = o->standalone,
                     .target = o->target,
                     .blame = o->blame,
                 },
                 &j->out);
    strbuf_free(&effective);
}

/* Model to C. A dump shows the IR after its pass, and is all that is written. */
static void translate(struct job *j, const struct model *model)
{
    const struct options *o = &j->options;
    const struct pass_options how = {
        .unroll = o->unroll,
        .vectors = isa_has_vectors(o->target),
    };
    struct ir *ir = lower_model(&j->arena, model, o->f64);
    ir_check(ir, "lower");
    for (size_t i = 0; i < pass_count; i++) {
        passes[i].run(ir, &how);
        ir_check(ir, passes[i].name);
        if (o->dump && !strcmp(o->dump, passes[i].name)) {
            ir_print(ir, &j->out);
            return;
        }
    }
    if (o->emit == EMIT_TRAINER)
        emit(j, model, ir);
    else
        describe(j, ir);
}

/* Whether the line that is to be blamed was found, if there is one. */
static bool blame_is_told(struct job *j)
{
    if (j->options.blame == 0 || j->out.len)
        return true;
    diag_print_plain(arena_printf(&j->arena, "%s: the program has no line %zu",
                                  input_name(j->options.input), j->options.blame),
                     style_of(&j->options), &j->messages);
    return false;
}

/* Text to text: the input laid out anew, or where that would change it. */
static int format(struct job *j)
{
    if (check_version(parse_file(&j->arena, j->source, &j->diags), &j->diags) && !j->diags.errors)
        format_source(&j->arena, j->source, &j->out);
    if (!j->diags.errors && j->options.check)
        format_check(j->source, &j->out, &j->diags);
    diag_print(&j->diags, style_of(&j->options), &j->messages);
    return j->diags.errors ? STATUS_MODEL : STATUS_DONE;
}

/* Text to j->out. */
static int compile(struct job *j)
{
    const struct options *o = &j->options;
    struct model *model = NULL;
    j->sources.arena = &j->arena;
    j->diags = (struct diags){.arena = &j->arena, .sources = &j->sources, .policy = &o->policy};
    j->source = source_add(&j->sources, input_name(o->input), j->text.text, j->text.len);
    if (o->format)
        return format(j);

    struct ast_file *file = parse_file(&j->arena, j->source, &j->diags);
    bool dump_ast = o->dump && !strcmp(o->dump, "ast");
    if (dump_ast)
        ast_print(file, &j->out);
    else
        model =
            check_program(&j->arena, file, o->overrides, o->override_count, &j->sources, &j->diags);
    if (model && !j->diags.errors && o->standalone)
        data_check_standalone(model, &j->diags);
    diag_print(&j->diags, style_of(o), &j->messages);
    if (j->diags.errors)
        return status_of_errors(j);
    if (model && o->emit == EMIT_RESOLVED)
        resolved_print(model, &j->out);
    else if (model)
        translate(j, model);
    return blame_is_told(j) ? STATUS_DONE : STATUS_USAGE;
}

static int run(struct job *j, int argc, char **argv, struct strbuf *error)
{
    struct options *o = &j->options;
    if (!options_parse(o, &j->arena, argc, argv, error))
        return fail(j, STATUS_USAGE, error);
    if (o->action != ACTION_COMPILE) {
        options_print(o, &j->out);
        return output_write("-", &j->out, error) ? STATUS_DONE : fail(j, STATUS_IO, error);
    }
    if (!o->format && output_is_input(o->output, o->input)) {
        strbuf_printf(error, "%s: the output would overwrite the input", o->output);
        return fail(j, STATUS_USAGE, error);
    }
    if (!input_read(o->input, &j->text, error))
        return fail(j, STATUS_IO, error);
    int status = compile(j);
    if (status == STATUS_DONE && o->output && !output_write(o->output, &j->out, error))
        return fail(j, STATUS_IO, error);
    return status;
}

int main(int argc, char **argv)
{
    struct job j = {0};
    /* A pipe closed by its reader is an error of writing, and so is a limit on files' sizes. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    struct strbuf error = {0};
    int status = run(&j, argc, argv, &error);
    if (j.messages.len)
        fputs(j.messages.text, stderr);
    strbuf_free(&error);
    strbuf_free(&j.text);
    strbuf_free(&j.out);
    strbuf_free(&j.messages);
    arena_free(&j.arena);
    return status;
}
