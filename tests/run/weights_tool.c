/* What the tests of weights files run: a network of three tensors, written by hand, and the reader.
 *
 *     weights_tool f32|f64 save F       saves weights that depend on the element's place only
 *     weights_tool f32|f64 print F      loads F and prints every element: NAME UNIT K VALUE
 *     weights_tool f32|f64 by-name F    the same, of the tensors that F has
 *     weights_tool f32|f64 copy F G     loads F and saves it to G
 *     weights_tool any describe F
 *     weights_tool any parse F…         for each file "refused", or all that its header says
 */
#include "param.h"
#include "safetensors.h"
#include "weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PARAMS = 3 };

static const struct mlprt_param params[PARAMS] = {
    {.name = "hidden.weight", .rank = 2, .units = 5, .depth = 3, .panel = 8, .offset = 0},
    {.name = "hidden.bias", .rank = 1, .units = 5, .depth = 1, .panel = 2, .offset = 1024},
    {.name = "output.weight", .rank = 2, .units = 2, .depth = 5, .panel = 1, .offset = 2048},
};
static const char *const program[] = {"mlp 1;", "model tool { }", NULL};
static _Alignas(MLPRT_ALIGN) unsigned char arena[4096];

static int fail(enum mlprt_status status, const struct mlprt_error *e)
{
    fprintf(stderr, "error: %s\n", e->text);
    return status;
}

static int save(const struct mlprt_model *m, const char *path)
{
    const struct mlprt_run run = {
        .lr = 0.05, .epochs = 7, .steps = 70, .seed = 1, .data_sha256 = "1234"};
    struct mlprt_error e;
    const enum mlprt_status status = mlprt_weights_save(m, arena, &run, path, &e);
    return status ? fail(status, &e) : 0;
}

static void fill(const struct mlprt_model *m)
{
    double value = -4;
    for (const struct mlprt_param *p = params; p < params + PARAMS; p++)
        for (uint32_t unit = 0; unit < p->units; unit++)
            for (uint32_t k = 0; k < p->depth; k++, value += 1.0 / 3)
                mlprt_arena_set(m, arena, p->offset, mlprt_param_index(p, unit, k), value);
}

static int copy(const struct mlprt_model *m, const char *from, const char *to)
{
    struct mlprt_error e;
    const enum mlprt_status status =
        mlprt_weights_load(m, arena, NULL, from, MLPRT_MATCH_ALL, NULL, &e);
    return status ? fail(status, &e) : save(m, to);
}

static int print(const struct mlprt_model *m, const char *path, enum mlprt_match match)
{
    struct mlprt_error e;
    bool taken[PARAMS];
    const enum mlprt_status status = mlprt_weights_load(m, arena, NULL, path, match, taken, &e);
    if (status)
        return fail(status, &e);
    for (size_t i = 0; i < PARAMS; i++) {
        const struct mlprt_param *p = &params[i];
        for (uint32_t unit = 0; taken[i] && unit < p->units; unit++)
            for (uint32_t k = 0; k < p->depth; k++)
                printf("%s %" PRIu32 " %" PRIu32 " %.17g\n", p->name, unit, k,
                       mlprt_arena_get(m, arena, p->offset, mlprt_param_index(p, unit, k)));
    }
    return 0;
}

static void print_hex(const struct mlprt_text *text)
{
    for (size_t i = 0; i < text->size; i++)
        printf("%02x", (unsigned char)text->data[i]);
}

/* One line, tensors and metadata sorted by the bytes of their names. */
static void parse(const char *path)
{
    struct mlprt_safetensors s;
    struct mlprt_error e;
    if (mlprt_safetensors_open(&s, path, &e)) {
        puts("refused");
        return;
    }
    for (size_t i = 0; i < s.tensor_count; i++) {
        const struct mlprt_tensor *t = (const void *)s.tensor_index[i];
        print_hex(&t->name);
        printf(":%s", t->dtype->name);
        for (size_t k = 0; k < t->rank; k++)
            printf(",%" PRIu64, s.dims[t->shape + k]);
        printf(":%" PRIu64 "-%" PRIu64 " ", t->begin, t->end);
    }
    for (size_t i = 0; i < s.metadata_count; i++) {
        const struct mlprt_metadata *m = (const void *)s.metadata_index[i];
        print_hex(&m->key);
        putchar('=');
        print_hex(&m->value);
        putchar(' ');
    }
    puts("read");
    mlprt_safetensors_close(&s);
}

int main(int argc, char **argv)
{
    const struct mlprt_model model = {
        .name = "tool",
        .hash = "5678",
        .program = program,
        .element = argc > 1 && strcmp(argv[1], "f64") == 0 ? MLPRT_F64 : MLPRT_F32,
        .params = params,
        .param_count = PARAMS,
    };
    const char *command = argc > 3 ? argv[2] : "";
    struct mlprt_error e;
    if (strcmp(command, "save") == 0) {
        fill(&model);
        return save(&model, argv[3]);
    }
    if (strcmp(command, "copy") == 0 && argc > 4)
        return copy(&model, argv[3], argv[4]);
    if (strcmp(command, "print") == 0)
        return print(&model, argv[3], MLPRT_MATCH_ALL);
    if (strcmp(command, "by-name") == 0)
        return print(&model, argv[3], MLPRT_MATCH_BY_NAME);
    if (strcmp(command, "describe") == 0) {
        const enum mlprt_status status = mlprt_weights_describe(argv[3], stdout, &e);
        return status ? fail(status, &e) : 0;
    }
    for (int i = 3; i < argc; i++)
        parse(argv[i]);
    return strcmp(command, "parse") == 0 ? 0 : 2;
}
