/* mlpgen-smith: random valid models over the whole language, from a seed.
 *
 *     mlpgen-smith SEED FOLDER              writes FOLDER/model.mlp and the data that it reads
 *     mlpgen-smith --choices=LIST FOLDER    the same, from choices that an earlier run has printed
 *     mlpgen-smith --list                   prints all items that there are
 *
 * Says what the model was made of, each on a line: "choices LIST", "item GROUP<tab>NAME" (count.h),
 * and "refused SLUG" for each earlier draft of the same seed that the checker refused.
 * Exit status: 0 done, 1 the choices make no valid model, 2 the command line, 3 writing failed. */
#include "check.h"
#include "count.h"
#include "draft.h"
#include "parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ATTEMPTS = 100,     /* of one seed: most drafts are valid */
    LAYER_WEIGHTS = 32, /* at most, or up to sixteen times as many: cc is slow with straight code */
    MODEL_WEIGHTS = 3   /* times as many */
};

/* Everything that one draft takes. */
struct attempt {
    struct arena arena;
    struct choices choices;
    struct draft draft;
    struct strbuf text;
};

/* The model of a text; NULL, and why on standard output, if the checker refuses it. */
static const struct model *check(struct arena *arena, const struct strbuf *text)
{
    struct sources *sources = ARENA_NEW(arena, struct sources);
    struct diags *diags = ARENA_NEW(arena, struct diags);
    sources->arena = diags->arena = arena;
    diags->sources = sources;
    const struct source *source =
        source_add(sources, "model.mlp", arena_strndup(arena, text->text, text->len), text->len);
    struct ast_file *file = parse_file(arena, source, diags);
    const struct model *model = check_program(arena, file, NULL, 0, sources, diags);
    for (size_t i = 0; !model && i < diags->len; i++)
        if (diag_severity(diags->at[i].slug) == SEVERITY_ERROR) {
            printf("refused %s\n", diag_slug(diags->at[i].slug));
            break;
        }
    return model;
}

/* The file, its blocks in the order that starts with number `first`. */
static void put_file(struct attempt *a, const char *const blocks[3], uint32_t first)
{
    a->text.len = 0;
    strbuf_puts(&a->text, "# by mlpgen-smith\nmlp 1;\n\n");
    if (a->draft.let_count)
        strbuf_printf(&a->text, "%s\n", a->draft.lets.text);
    for (uint32_t i = 0; i < 3; i++)
        strbuf_printf(&a->text, "%s%s", i ? "\n" : "", blocks[(first + i) % 3]);
}

/* The data come last: what they have to be is known from the model checked with none. */
static const struct model *draw_model(struct attempt *a)
{
    struct draft *d = &a->draft;
    static const char no_data[] =
        "data {\n    train = idx(\"\", \"\"); validation = holdout(0.5);\n}\n";
    d->layer_weights = LAYER_WEIGHTS << choose(d->choices, 5);
    d->weights = MODEL_WEIGHTS * d->layer_weights;
    const char *name = draw_name(d), *properties = draw_properties(d, WORD_MODEL);
    const char *layers = draw_layers(d), *training = draw_properties(d, WORD_TRAIN);
    const char *blocks[] = {
        arena_printf(&a->arena, "model %s {\n%s\n%s}\n", name, properties, layers),
        no_data,
        arena_printf(&a->arena, "train {\n%s}\n", training),
    };
    put_file(a, blocks, 0);
    d->model = check(&a->arena, &a->text);
    if (!d->model)
        return NULL;
    blocks[1] = arena_printf(&a->arena, "data {\n%s}\n", draw_properties(d, WORD_DATA));
    put_file(a, blocks, choose(d->choices, 3));
    return check(&a->arena, &a->text);
}

static bool write_text(const char *folder, const struct strbuf *text)
{
    struct strbuf path = {0};
    strbuf_printf(&path, "%s/model.mlp", folder);
    FILE *file = fopen(path.text, "w");
    strbuf_free(&path);
    if (!file)
        return false;
    fputs(text->text, file);
    return fclose(file) == 0;
}

/* Draws a model; 1 if the checker refuses it. */
static int attempt(uint64_t seed, uint32_t number, const char *replay, const char *folder)
{
    struct attempt a = {.choices = {.seed = seed, .attempt = number, .replay = replay}};
    a.draft =
        (struct draft){.arena = &a.arena, .choices = &a.choices, .folder = folder, .times = 1};
    const struct model *model = draw_model(&a);
    int status = model ? 0 : 1;
    if (model && !write_text(folder, &a.text))
        status = 3;
    if (status == 0) {
        printf("choices%s\n", a.choices.made.text);
        count_print(model, a.draft.rows);
    }
    strbuf_free(&a.choices.made);
    strbuf_free(&a.draft.lets);
    strbuf_free(&a.text);
    arena_free(&a.arena);
    return status;
}

int main(int argc, char **argv)
{
    static const char option[] = "--choices=";
    const size_t length = strlen(option);
    int status = 1;
    if (argc == 2 && !strcmp(argv[1], "--list")) {
        count_print_all();
        return 0;
    }
    if (argc != 3) {
        fputs("usage: mlpgen-smith SEED|--choices=LIST FOLDER, or mlpgen-smith --list\n", stderr);
        return 2;
    }
    if (!strncmp(argv[1], option, length))
        return attempt(0, 0, argv[1] + length, argv[2]);
    const uint64_t seed = strtoull(argv[1], NULL, 10);
    for (uint32_t i = 0; status == 1 && i < ATTEMPTS; i++)
        status = attempt(seed, i, NULL, argv[2]);
    return status;
}
