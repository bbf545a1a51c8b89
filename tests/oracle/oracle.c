/* oracle: the trainer of a model, computed by the reference evaluator instead of emitted C.
 *
 *     oracle [--f64] FILE.mlp COMMAND …
 *
 * takes the commands and options of a generated program and answers as it must, to the bit. */
#include "evaluated.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const bool f64 = argc > 1 && !strcmp(argv[1], "--f64");
    struct arena arena = {0};
    struct strbuf messages = {0};
    argc -= f64, argv += f64;
    if (argc < 2) {
        fputs("usage: oracle [--f64] FILE.mlp COMMAND …\n", stderr);
        return 2;
    }
    const struct model *model = evaluated_read(&arena, argv[1], &messages);
    if (!model) {
        fprintf(stderr, "%s\n", messages.text);
        return 1;
    }
    const char *slash = strrchr(argv[1], '/');
    const struct mlprt_model *described =
        evaluated_model(&arena, model, slash ? slash + 1 : argv[1], f64);
    int status = mlprt_main(described, argc - 1, argv + 1);
    strbuf_free(&messages);
    arena_free(&arena);
    return status;
}
