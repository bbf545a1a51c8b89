/* Checkpoints: all of a run comes back, and no other run goes on from it. */
#include "checkpoint.h"
#include "param.h"

#include "scratch.h"

#include <math.h>

enum { PARAMS = 3, ARENA = 2048 };

/* The second is frozen: it has no states. */
static const struct mlprt_param params[PARAMS] = {
    {.name = "hidden.weight",
     .rank = 2,
     .units = 3,
     .depth = 2,
     .panel = 8,
     .offset = 64,
     .state_offset = {1024, 1088}},
    {.name = "fixed.weight",
     .rank = 2,
     .units = 2,
     .depth = 3,
     .panel = 2,
     .offset = 320,
     .frozen = true},
    {.name = "output.bias",
     .rank = 1,
     .units = 2,
     .depth = 1,
     .panel = 1,
     .offset = 512,
     .state_offset = {1280, 1344}},
};
static const char *const program[] = {"mlp 1;",           "train {", "    batch = 7;",
                                      "    epochs = 10;", "}",       NULL};

static struct scratch scratch;
static const char *path;
static struct mlprt_error e;
static struct mlprt_model model;
static struct mlprt_course course;
static _Alignas(64) unsigned char arena[ARENA], loaded[ARENA];
static float loaded_best[64];

/* Distinct numbers wherever there are any. */
static void fill(void)
{
    double value = -2.5;
    for (const struct mlprt_param *p = params; p < params + PARAMS; p++)
        for (uint32_t u = 0; u < p->units; u++)
            for (uint32_t k = 0; k < p->depth; k++, value += 1.0 / 3) {
                const size_t i = mlprt_param_index(p, u, k);
                mlprt_arena_set(&model, arena, p->offset, i, value);
                for (int s = 0; s < 2 && !p->frozen; s++)
                    mlprt_arena_set(&model, arena, p->state_offset[s], i, value * 10 + s);
            }
}

static void prepare(void)
{
    scratch_open(&scratch);
    path = scratch_path(&scratch, "net.ckpt");
    model = (struct mlprt_model){.abi = MLPRT_ABI,
                                 .name = "net",
                                 .hash = "00ff",
                                 .program = program,
                                 .params = params,
                                 .param_count = PARAMS,
                                 .state_name = {"exp_avg", "exp_avg_sq"},
                                 .lr = 0.5,
                                 .epochs = 10,
                                 .seed = 1};
    course = (struct mlprt_course){
        .run = {.lr = 0.1, .epochs = 3, .steps = 14, .seed = UINT64_MAX, .data_sha256 = "abcd"},
        .epochs = 8,
        .batches = 4,
        .loss_sum = 1.0 / 3};
    fill();
}

static void clean(void)
{
    scratch_close(&scratch);
}

TestSuite(checkpoint, .init = prepare, .fini = clean);

static void save(void)
{
    cr_assert_eq(mlprt_checkpoint_save(&model, arena, &course, path, &e), MLPRT_OK, "%s", e.text);
}

/* Loads with the options of a command line; *c knows what a new run knows. */
static enum mlprt_status load(struct mlprt_course *c, const char *option, const char *value)
{
    struct mlprt_options o;
    char *argv[] = {(char *)"net", (char *)"train", (char *)option, (char *)value, NULL};
    cr_assert_eq(mlprt_options_parse(&o, &model, option ? 4 : 2, argv, &e), MLPRT_OK, "%s", e.text);
    *c = (struct mlprt_course){.run = {.lr = o.lr, .seed = o.seed, .data_sha256 = "abcd"},
                               .epochs = o.epochs,
                               .batches = 4,
                               .best.params = loaded_best};
    return mlprt_checkpoint_load(&model, loaded, &o, path, c, &e);
}

/* Loading fails with "PATH: message", and nothing has changed. */
static void refused_with(const char *option, const char *value, const char *message)
{
    struct mlprt_course c;
    unsigned char before[ARENA];
    char expected[512];

    memset(loaded, 0x5a, sizeof loaded);
    memcpy(before, loaded, sizeof before);
    cr_expect_eq(load(&c, option, value), MLPRT_MISMATCH, "not refused: %s", message);
    snprintf(expected, sizeof expected, "%s: %s", path, message);
    cr_expect_str_eq(e.text, expected);
    cr_expect_arr_eq(loaded, before, sizeof loaded);
    cr_expect_eq(c.run.steps, 0);
}

static void refused(const char *message)
{
    refused_with(NULL, NULL, message);
}

static void comes_back(void)
{
    struct mlprt_course c;

    save();
    memset(loaded, 0, sizeof loaded);
    cr_assert_eq(load(&c, NULL, NULL), MLPRT_OK, "%s", e.text);
    cr_expect_arr_eq(loaded, arena, sizeof arena);
    cr_expect_eq(c.run.lr, 0.1);
    cr_expect_eq(c.run.seed, UINT64_MAX);
    cr_expect_eq(c.run.epochs, 3);
    cr_expect_eq(c.run.steps, 14);
    cr_expect_eq(c.epochs, 8);
    cr_expect_eq(c.loss_sum, 1.0 / 3);
}

Test(checkpoint, comes_back)
{
    comes_back();
}

Test(checkpoint, comes_back_in_double)
{
    static const struct mlprt_param few[] = {{.name = "w",
                                              .rank = 2,
                                              .units = 3,
                                              .depth = 2,
                                              .panel = 2,
                                              .offset = 64,
                                              .state_offset = {1024, 1280}}};
    memset(arena, 0, sizeof arena);
    model.element = MLPRT_F64;
    model.params = few;
    model.param_count = 1;
    for (size_t i = 0; i < 6; i++)
        for (size_t at = 0; at < 3; at++)
            mlprt_arena_set(&model, arena, (size_t[]){64, 1024, 1280}[at],
                            mlprt_param_index(few, (uint32_t)i / 2, i % 2), (double)(i + at) / 3);
    comes_back();
}

Test(checkpoint, takes_states_that_are_not_finite_but_no_such_weights)
{
    mlprt_arena_set(&model, arena, 1088, 0, INFINITY);
    comes_back();
    mlprt_arena_set(&model, arena, 64, 0, INFINITY);
    save();
    refused("'hidden.weight'[0, 0] is infinite; expected finite numbers");
}

/* The best weights so far, and what patience counts from; before the first validation there are
 * none. */
Test(checkpoint, comes_back_with_the_best_weights)
{
    static float best[64];
    struct mlprt_course c;

    model.validation.format = MLPRT_TABLE;
    for (size_t i = 0; i < sizeof best / sizeof *best; i++)
        best[i] = (float)i + 0.5F;
    course.best = (struct mlprt_best){.known = true,
                                      .loss = 1.0 / 7,
                                      .epochs = 2,
                                      .steps = 8,
                                      .params = best,
                                      .mark = 1.0 / 6,
                                      .mark_epochs = 1};
    save();
    cr_assert_eq(load(&c, NULL, NULL), MLPRT_OK, "%s", e.text);
    cr_expect(c.best.known && c.best.epochs == 2 && c.best.steps == 8);
    cr_expect(c.best.loss == 1.0 / 7 && c.best.mark == 1.0 / 6 && c.best.mark_epochs == 1);
    for (size_t i = 0; i < 6; i++) { /* hidden.weight, in a panel of 8 */
        const size_t at = mlprt_param_index(&params[0], (uint32_t)i / 2, i % 2);
        cr_expect_eq(loaded_best[at], best[at]);
    }
    course.best.epochs = 4;
    save();
    refused("its best epoch is one that it has not done");
    course.best.epochs = 2;
    course.best.mark_epochs = 4;
    save();
    refused("its best epoch is one that it has not done");

    course.best = (struct mlprt_best){.params = best};
    course.run.epochs = 0;
    course.run.steps = 2;
    save();
    cr_assert_eq(load(&c, NULL, NULL), MLPRT_OK, "%s", e.text);
    cr_expect(!c.best.known);
}

/* What stands in the file, in which order. */
Test(checkpoint, is_a_weights_file_with_more)
{
    struct mlprt_safetensors file;
    static const char *const names[] = {
        "hidden.weight", "hidden.weight.exp_avg", "hidden.weight.exp_avg_sq", "fixed.weight",
        "output.bias",   "output.bias.exp_avg",   "output.bias.exp_avg_sq"};
    static const char *const keys[] = {
        "format",      "model",      "model_hash", "normalize", "normalize_target",
        "program",     "lr",         "epochs",     "steps",     "seed",
        "data_sha256", "checkpoint", "run_epochs", "loss_sum"};

    save();
    cr_assert_eq(mlprt_safetensors_open(&file, path, &e), MLPRT_OK, "%s", e.text);
    cr_assert_eq(file.tensor_count, sizeof names / sizeof *names);
    for (size_t i = 0; i < file.tensor_count; i++)
        cr_expect(mlprt_text_is(file.tensor[i].name, names[i]), "%s", names[i]);
    cr_assert_eq(file.metadata_count, sizeof keys / sizeof *keys);
    for (size_t i = 0; i < file.metadata_count; i++)
        cr_expect(mlprt_text_is(file.metadata[i].key, keys[i]), "%s", keys[i]);
    mlprt_safetensors_close(&file);
}

Test(checkpoint, is_the_same_bytes_for_the_same_course)
{
    struct mlprt_bytes first, again;

    save();
    cr_assert_eq(mlprt_file_read(path, &first, &e), MLPRT_OK);
    save();
    cr_assert_eq(mlprt_file_read(path, &again, &e), MLPRT_OK);
    cr_assert_eq(first.size, again.size);
    cr_expect_arr_eq(first.data, again.data, first.size);
    mlprt_bytes_free(&first);
    mlprt_bytes_free(&again);
    cr_expect_eq(scratch_count(&scratch), 1);
}

Test(checkpoint, refuses_what_is_none)
{
    const struct mlprt_run run = {.data_sha256 = "abcd"};

    cr_assert_eq(mlprt_weights_save(&model, arena, &run, path, &e), MLPRT_OK);
    refused("not a checkpoint; weights are started from with --init");
}

/* Behind the list of lines there is nothing that may be read. */
Test(checkpoint, refuses_an_empty_line_too_many)
{
    static const char *const with[] = {"mlp 1;", "}", "", NULL}, *const without[] = {"mlp 1;", "}",
                                                                                     NULL};

    model.program = with;
    save();
    model.program = without;
    refused("made by another program: line 3 of it, resolved, is ''; expected its end");
}

Test(checkpoint, refuses_another_program)
{
    static const char *const other[] = {"mlp 1;",           "train {", "    batch = 8;",
                                        "    epochs = 10;", "}",       NULL};
    static const char *const longer[] = {
        "mlp 1;", "train {", "    batch = 7;", "    epochs = 10;", "}", "model", NULL};
    static const char *const shorter[] = {"mlp 1;", "train {", "    batch = 7;", NULL};

    save();
    model.program = other;
    refused("made by another program: line 3 of it, resolved, is '    batch = 7;'; expected "
            "'    batch = 8;'");
    model.program = longer;
    refused("made by another program: line 6 of it, resolved, is ''; expected 'model'");
    model.program = shorter;
    refused(
        "made by another program: line 4 of it, resolved, is '    epochs = 10;'; expected its end");
    model.program = program;
    model.hash = "00fe";
    refused("made by another model, though its tensors fit: model_hash is '00ff'; expected '00fe'");
}

Test(checkpoint, refuses_other_data)
{
    course.run.data_sha256 = "abce";
    save();
    refused("trained on other data: data_sha256 is 'abce'; expected 'abcd'");
}

Test(checkpoint, refuses_options_that_do_not_agree)
{
    struct mlprt_course c;

    save();
    refused_with("--lr", "0.5", "run with --lr 0.1, which --lr 0.5 cannot change");
    refused_with("--seed", "1",
                 "run with --seed 18446744073709551615, which --seed 1 cannot change");
    refused_with("--epochs", "3",
                 "has done 14 steps, more than the 3 epochs that are asked for have");
    cr_expect_eq(load(&c, "--lr", "1e-1"), MLPRT_OK, "%s", e.text);
    cr_expect_eq(load(&c, "--seed", "18446744073709551615"), MLPRT_OK, "%s", e.text);
}

/* Those of the command line, else the program's where they were changed there, else as they were.
 */
Test(checkpoint, takes_other_epochs)
{
    static const char *const other[] = {"mlp 1;",           "train {", "    batch = 7;",
                                        "    epochs = 20;", "}",       NULL};
    struct mlprt_course c;

    save();
    cr_assert_eq(load(&c, "--epochs", "12"), MLPRT_OK, "%s", e.text);
    cr_expect_eq(c.epochs, 12);
    model.program = other;
    model.epochs = 20;
    cr_assert_eq(load(&c, NULL, NULL), MLPRT_OK, "%s", e.text);
    cr_expect_eq(c.epochs, 20);
    cr_assert_eq(load(&c, "--epochs", "4"), MLPRT_OK, "%s", e.text);
    cr_expect_eq(c.epochs, 4);
}

Test(checkpoint, refuses_a_course_that_cannot_be)
{
    struct mlprt_course c;

    course.run.steps = 11;
    save();
    refused("11 steps are not in epoch 4 of 4 steps each");
    course.run.steps = 17;
    save();
    refused("17 steps are not in epoch 4 of 4 steps each");
    course.run.steps = 16; /* all of the epoch, which was not evaluated yet */
    save();
    cr_expect_eq(load(&c, NULL, NULL), MLPRT_OK, "%s", e.text);
}

/* Damaged entries: the file's text is edited in place, so that its length stays. */
static void damaged(const char *from, const char *to, const char *message)
{
    struct mlprt_bytes b;

    save();
    cr_assert_eq(mlprt_file_read(path, &b, &e), MLPRT_OK);
    cr_assert_eq(strlen(from), strlen(to));
    unsigned char *at = NULL;
    for (size_t i = 0; i + strlen(from) <= b.size && !at; i++)
        if (memcmp(b.data + i, from, strlen(from)) == 0)
            at = b.data + i;
    cr_assert_not_null(at, "no %s", from);
    memcpy(at, to, strlen(to));
    FILE *file = fopen(path, "wb");
    cr_assert_eq(fwrite(b.data, 1, b.size, file), b.size);
    cr_assert_eq(fclose(file), 0);
    mlprt_bytes_free(&b);
    refused(message);
}

Test(checkpoint, refuses_damaged_entries)
{
    damaged("\"steps\":\"14\"", "\"steqs\":\"14\"",
            "its metadata has no 'steps'; a checkpoint's has");
    damaged("\"steps\":\"14\"", "\"steps\":\"-4\"", "its 'steps' is '-4'; expected a number");
    damaged("\"steps\":\"14\"", "\"steps\":\"\"  ", "its 'steps' is ''; expected a number");
    damaged("\"lr\":\"0.1\"", "\"lr\":\"1e.\"", "its 'lr' is '1e.'; expected a finite number");
    damaged("\"seed\":\"18446744073709551615\"", "\"seed\":\"18446744073709551616\"",
            "its 'seed' is 18446744073709551616, beyond 18446744073709551615");
    damaged("\"checkpoint\":\"1\"", "\"checkpoint\":\"2\"",
            "a checkpoint of format '2'; expected '1'");
    damaged("\"output.bias.exp_avg\"", "\"output.bias.exp_axg\"",
            "no tensor 'output.bias.exp_avg'; expected F32 [2]");
}
