/* The resolved program: every default written out, and the same again when compiled again. */
#include "resolved.h"

#include "program.h"

static struct strbuf resolve(const char *text)
{
    struct program p;
    struct strbuf out = {0};
    program_open_good(&p, text);
    resolved_print(p.model, &out);
    program_close(&p);
    return out;
}

static struct strbuf identity(const char *text)
{
    struct program p;
    struct strbuf out = {0};
    program_open_good(&p, text);
    resolved_print_identity(p.model, &out);
    program_close(&p);
    return out;
}

#define TRAIN "train { optimizer = sgd(lr = 0.1); batch = 10; epochs = 100; }\n"

Test(resolved, writes_every_default_out)
{
    struct strbuf got = resolve("let w = 4; let act = tanh;\n"
                                "train { epochs = 1e3; batch = 256; optimizer = sgd(lr = 1e-3); }\n"
                                "model net { hidden: dense(w * 2); act; output: dense(2);\n"
                                "            loss = softmax_cross_entropy; input = [1, 2]; }\n"
                                "data { train = table([0, -0.5, 1]); }\n");
    cr_expect_str_eq(
        got.text,
        "mlp 1;\n"
        "\n"
        "model net {\n"
        "    input = [1, 2];\n"
        "    loss = softmax_cross_entropy(label_smoothing = 0);\n"
        "    init = auto;\n"
        "\n"
        "    hidden: dense(8, bias = true, init = auto, bias_init = zeros, frozen = false);\n"
        "    tanh;\n"
        "    output: dense(2, bias = true, init = auto, bias_init = zeros, frozen = false);\n"
        "}\n"
        "\n"
        "data {\n"
        "    train = table(\n"
        "        [0, -0.5, 1]);\n"
        "    normalize = none;\n"
        "    normalize_target = none;\n"
        "}\n"
        "\n"
        "train {\n"
        "    optimizer = sgd(lr = 0.001, momentum = 0, nesterov = false, weight_decay = 0,\n"
        "        decay_bias = false);\n"
        "    batch = 256;\n"
        "    epochs = 1000;\n"
        "    seed = 1;\n"
        "    shuffle = true;\n"
        "    drop_last = false;\n"
        "    schedule = constant;\n"
        "    keep = last;\n"
        "}\n");
    strbuf_free(&got);
}

static void expect_round_trip(const char *text)
{
    struct strbuf once = resolve(text), twice = resolve(once.text);
    cr_expect_str_eq(once.text, twice.text);
    strbuf_free(&once);
    strbuf_free(&twice);
}

Test(resolved, means_the_same_again)
{
    expect_round_trip("model net { input = 2; loss = half_squared; init = normal(std = 0.01);\n"
                      "dense(3); relu; dropout(0.5, mode = classic);\n"
                      "g: repeat(2) { dense(3, init = auto); inner: repeat(3) { sigmoid; } }\n"
                      "last: dense(2, init = uniform(-1, 1), bias = false); }\n"
                      "data { train = idx(\"a\\\"b\\\\c\\td\", input); test = idx(\"é\", \"t\");\n"
                      "normalize = scale(1 / 255); }\n" TRAIN);
    expect_round_trip("model net { input = 1; loss = half_squared; dense(1); }\n"
                      "data { train = table([0.1, 1e-320], [-0, 123456789012345680],\n"
                      "[1 / 3, -1.7976931348623157e308]); }\n" TRAIN);
}

Test(resolved, writes_classes_as_they_are)
{
    const char text[] =
        "model net { input = 1; loss = softmax_cross_entropy; dense(3); }\n"
        "data { train = idx(\"x\", \"t\"); classes = [\"a, b\", \"\\\"\\\\\", \"é\"]; }\n" TRAIN;
    struct strbuf got = resolve(text), hashed = identity(text);
    cr_expect_not_null(strstr(got.text, "    classes = [\"a, b\", \"\\\"\\\\\", \"é\"];\n"));
    cr_expect_not_null(strstr(hashed.text, "    classes = [\"a, b\","));
    strbuf_free(&got);
    strbuf_free(&hashed);
    expect_round_trip(text);
}

Test(resolved, keeps_the_best_where_it_can_be_told)
{
#define NET "model net { input = 1; loss = mse; dense(1); } data { train = table([1, 2]);"
    struct strbuf got = resolve(NET "validation = holdout(0.5); }" TRAIN);
    cr_expect_not_null(
        strstr(got.text, "    validation = holdout(0.5, seed = 1, shuffle = true);\n"));
    cr_expect_not_null(strstr(got.text, "    keep = best;\n"));
    strbuf_free(&got);
    expect_round_trip(NET "validation = holdout(0.5); test = holdout(0.1, shuffle = false); }"
                          "train { optimizer = adam; batch = 1; epochs = 1; keep = last;"
                          "early_stop = patience(3); }");
#undef NET
}

/* Lines become string literals of C, which promises 4095 characters. */
static void expect_lines_within(const char *text, size_t limit)
{
    struct strbuf got = resolve(text);
    for (const char *line = got.text; *line; line += strcspn(line, "\n") + 1)
        cr_expect_leq(strcspn(line, "\n"), limit, "%.150s", line);
    strbuf_free(&got);
    expect_round_trip(text);
}

Test(resolved, wraps_long_lines)
{
    struct strbuf text = {0}, string = {0};
    strbuf_puts(&text, "model net { input = [");
    for (int i = 0; i < 1000; i++)
        strbuf_puts(&text, "1, ");
    strbuf_puts(&text, "]; loss = half_squared; dense(999);\n"
                       "dense(10, init = normal(std = 0.12345678901234567), bias_init = zeros); }\n"
                       "data { train = table([");
    for (int i = 0; i < 11; i++)
        strbuf_printf(&text, "%d / 3, ", i);
    strbuf_puts(&text, "]); }\n" TRAIN);
    expect_lines_within(text.text, 100);

    for (int i = 0; i < 500; i++)
        strbuf_puts(&string, ", \\\"");
    text.len = 0;
    strbuf_printf(&text,
                  "model net { input = 1; loss = half_squared; dense(1); }\n"
                  "data { train = idx(\"%s\", \"%s\"); }\n" TRAIN,
                  string.text, string.text);
    expect_lines_within(text.text, 4095);
    strbuf_free(&text);
    strbuf_free(&string);
}

Test(resolved, keeps_a_dense_layers_own_auto)
{
    struct strbuf got = resolve("model net { input = 2; loss = half_squared; init = zeros;\n"
                                "dense(3); relu; dense(1, init = auto); }\n"
                                "data { train = table([0, 0, 0]); }\n" TRAIN);
    cr_expect_not_null(strstr(got.text, "dense(3, bias = true, init = zeros,"));
    cr_expect_not_null(strstr(got.text, "dense(1, bias = true, init = auto,"));
    strbuf_free(&got);
}

Test(resolved, identity_is_the_model_and_its_normalisation)
{
#define NET "model net { input = 2; loss = half_squared; dense(2); }\n"
    struct strbuf a = identity(NET "data { train = idx(\"a\", \"b\"); }" TRAIN);
    struct strbuf b = identity(NET "data { normalize = none; train = table([1, 2, 3, 4]); }"
                                   "train { optimizer = sgd(lr = 1); batch = 1; epochs = 1; }");
    struct strbuf c =
        identity(NET "data { train = idx(\"a\", \"b\"); normalize = scale(2); }" TRAIN);
    struct strbuf d =
        identity(NET "data { train = idx(\"a\", \"b\"); normalize_target = minmax; }" TRAIN);
    cr_expect_str_eq(a.text, b.text);
    cr_expect_str_neq(a.text, c.text);
    cr_expect_str_neq(a.text, d.text);
    cr_expect_null(strstr(a.text, "classes"));
    cr_expect_null(strstr(a.text, "idx"));
    strbuf_free(&a);
    strbuf_free(&b);
    strbuf_free(&c);
    strbuf_free(&d);
#undef NET
}
