/* oracle: the trainer of a model, computed by the reference evaluator instead of emitted C.
 *
 *     oracle [--f64] FILE.mlp COMMAND …
 *
 * takes the commands and options of a generated program and answers as it must, to the bit. */
#include "check.h"
#include "evaluated.h"
#include "input.h"
#include "parse.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const bool f64 = argc > 1 && !strcmp(argv[1], "--f64");
    struct arena arena = {0};
    struct strbuf text = {0}, messages = {0};
    struct sources sources = {.arena = &arena};
    struct diags diags = {.arena = &arena, .sources = &sources};
    argc -= f64, argv += f64;
    if (argc < 2 || !input_read(argv[1], &text, &messages)) {
        fprintf(stderr, "usage: oracle [--f64] FILE.mlp COMMAND …  %s\n",
                messages.text ? messages.text : "");
        return 2;
    }
    const struct source *source = source_add(&sources, argv[1], text.text, text.len);
    struct ast_file *file = parse_file(&arena, source, &diags);
    const struct model *model = check_program(&arena, file, NULL, 0, &sources, &diags);
    diag_print(&diags, &messages);
    if (!model) {
        fputs(messages.text, stderr);
        return 1;
    }
    const char *slash = strrchr(argv[1], '/');
    const struct mlprt_model *described =
        evaluated_model(&arena, model, slash ? slash + 1 : argv[1], f64);
    int status = mlprt_main(described, argc - 1, argv + 1);
    strbuf_free(&text);
    strbuf_free(&messages);
    arena_free(&arena);
    return status;
}
