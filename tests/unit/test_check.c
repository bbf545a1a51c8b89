/* What programs mean: names, shapes, initialisers, data; and what is said of wrong ones. */
#include "program.h"

#include <math.h>
#include <stdio.h>

#define DATA          "data { train = table([0, 0, 1]); }\n"
#define TRAIN         "train { optimizer = sgd(lr = 0.1); batch = 1; epochs = 1; }\n"
#define MODEL(layers) "model net { input = 2; loss = half_squared;\n" layers " }\n"

static void expect(const char *text, const char *slug, unsigned line, unsigned column)
{
    program_expect(text, NULL, 0, slug, line, column);
}

/* ---- names and shapes ---- */

static void expect_names(const char *layers, const char *names)
{
    char text[1024];
    snprintf(text, sizeof text, "model net { input = 2; loss = half_squared; %s }\n%s%s", layers,
             DATA, TRAIN);
    struct program p;
    struct strbuf got = {0};
    program_open_good(&p, text);
    for (size_t i = 0; i < p.model->layer_count; i++)
        strbuf_printf(&got, "%s%s", i ? " " : "", p.model->layers[i].name);
    cr_expect_str_eq(got.text, names);
    strbuf_free(&got);
    program_close(&p);
}

Test(check, layers_have_labels_or_kind_and_number)
{
    expect_names("dense(3); relu; dense(3); relu; dense(1);", "dense1 relu1 dense2 relu2 dense3");
    expect_names("a: dense(3); relu; dense(1);", "a relu1 dense2");
    expect_names("g: repeat(2) { dense(2); x: relu; } repeat(1) { dense(1); }",
                 "g.0.dense1 g.0.x g.1.dense1 g.1.x repeat2.0.dense1");
    expect_names("int: dense(3); main: dense(1);", "int main");
}

Test(check, shapes_flow_through_the_layers)
{
    struct program p;
    program_open_good(&p, "model net { input = [2, 3]; loss = softmax_cross_entropy;\n"
                          "dense(5); dropout(0.5); repeat(2) { dense(4); relu; } dense(3); }\n"
                          "data { train = table([0, 0, 0, 0, 0, 0, 2]); }\n" TRAIN);
    const struct model *m = p.model;
    const uint32_t out[] = {5, 5, 4, 4, 4, 4, 3};
    cr_expect_eq(m->input_size, 6);
    cr_expect_eq(m->output_size, 3);
    cr_assert_eq(m->layer_count, 7);
    for (size_t i = 0; i < 7; i++) {
        cr_expect_eq(m->layers[i].in, i ? out[i - 1] : 6);
        cr_expect_eq(m->layers[i].out, out[i]);
    }
    program_close(&p);
}

/* ---- defaults and initialisers ---- */

Test(check, defaults_are_filled_in)
{
    struct program p;
    program_open_good(&p, MODEL("dense(3); dropout(0.5); dense(1);") DATA TRAIN);
    const struct value *train = p.model->train->args, *dense = p.model->layers[0].word->args;
    const struct value *sgd = train[TRAIN_OPTIMIZER].word->args;
    cr_expect_eq(p.model->seed, 1);
    cr_expect(train[TRAIN_SHUFFLE].truth && !train[TRAIN_SHUFFLE].given);
    cr_expect_not(train[TRAIN_DROP_LAST].truth);
    cr_expect(dense[DENSE_BIAS].truth && !dense[DENSE_FROZEN].truth);
    cr_expect_eq(dense[DENSE_BIAS_INIT].word->vocab->id, WORD_ZEROS);
    cr_expect_eq(sgd[SGD_MOMENTUM].number, 0);
    cr_expect(p.model->data->args[DATA_TEST].absent);
    cr_expect_eq(p.model->data->args[DATA_NORMALIZE].word->vocab->id, WORD_NO_NORMALIZE);
    cr_expect_eq(p.model->layers[1].word->args[DROPOUT_MODE].word->vocab->id, WORD_INVERTED);
    program_close(&p);
}

static void expect_init(const char *layers, enum init_kind kind, double a, double b)
{
    char text[1024];
    snprintf(text, sizeof text, "model net { input = 2; loss = half_squared; %s }\n%s%s", layers,
             DATA, TRAIN);
    struct program p;
    program_open_good(&p, text);
    struct init_rule rule = p.model->layers[0].weight_init;
    cr_expect(rule.kind == kind && rule.a == a && rule.b == b, "%s: %d %g %g", layers, rule.kind,
              rule.a, rule.b);
    program_close(&p);
}

Test(check, auto_follows_the_next_activation)
{
    double xavier = sqrt(6 / 6.0), he = sqrt(2 / 2.0);
    expect_init("dense(4); relu; dense(1);", INIT_NORMAL, 0, he);
    expect_init("dense(4); dropout(0.5); relu; dense(1);", INIT_NORMAL, 0, he);
    expect_init("dense(4); tanh; dense(1);", INIT_UNIFORM, -xavier, xavier);
    expect_init("dense(4); sigmoid; relu; dense(1);", INIT_UNIFORM, -xavier, xavier);
    expect_init("dense(4); dense(1); relu;", INIT_UNIFORM, -xavier, xavier);
    expect_init("repeat(1) { dense(4); } relu; dense(1);", INIT_NORMAL, 0, he);
}

Test(check, initialisers_are_worked_out)
{
    expect_init("dense(4, init = normal(std = 0.5)); dense(1);", INIT_NORMAL, 0, 0.5);
    expect_init("dense(4, init = normal(mean = 2, std = 0)); dense(1);", INIT_NORMAL, 2, 0);
    expect_init("dense(4, init = uniform(-1, 3)); dense(1);", INIT_UNIFORM, -1, 3);
    expect_init("dense(4, init = constant(7)); dense(1);", INIT_CONSTANT, 7, 0);
    expect_init("dense(4, init = zeros); dense(1);", INIT_CONSTANT, 0, 0);
    expect_init("dense(4, init = he_uniform); dense(1);", INIT_UNIFORM, -sqrt(3), sqrt(3));
    expect_init("dense(4, init = he_normal); dense(1);", INIT_NORMAL, 0, 1);
    expect_init("dense(4, init = xavier_normal); dense(1);", INIT_NORMAL, 0, sqrt(2 / 6.0));
    expect_init("dense(4, init = xavier_uniform); dense(1);", INIT_UNIFORM, -1, 1);
    expect_init("dense(4, init = lecun_normal); dense(1);", INIT_NORMAL, 0, sqrt(1 / 2.0));
}

Test(check, the_models_init_is_the_default_of_its_dense_layers)
{
    expect_init("init = constant(2); dense(4); dense(1);", INIT_CONSTANT, 2, 0);
    expect_init("dense(4); dense(1); init = constant(2);", INIT_CONSTANT, 2, 0);
    expect_init("init = constant(2); dense(4, init = zeros); dense(1);", INIT_CONSTANT, 0, 0);
    expect_init("init = constant(2); dense(4, init = auto); relu; dense(1);", INIT_NORMAL, 0, 1);
}

Test(check, tables_are_read)
{
    struct program p;
    program_open_good(&p, "let last = [5, 6, 1]; let zero = 0;\n"
                          "model net { input = 2; loss = softmax_cross_entropy; dense(2); }\n"
                          "data { train = table([1, -2, zero], last); }\n" TRAIN);
    const struct value *rows = &p.model->data->args[DATA_TRAIN].word->args[TABLE_ROWS];
    const double want[] = {1, -2, 0, 5, 6, 1};
    cr_expect(rows->count == 2 && rows->columns == 3);
    for (size_t i = 0; i < 6; i++)
        cr_expect_eq(rows->numbers[i], want[i]);
    program_close(&p);
}

/* ---- one message for one mistake ---- */

Test(check, arguments)
{
    expect(MODEL("dense;") DATA TRAIN, "missing-argument", 2, 1);
    expect(MODEL("dense(1, units = 1);") DATA TRAIN, "duplicate-argument", 2, 10);
    expect(MODEL("dense(units = 1, 1);") DATA TRAIN, "duplicate-argument", 2, 18);
    expect(MODEL("dense(1, false);") DATA TRAIN, "argument-needs-name", 2, 10);
    expect(MODEL("dense(1); relu(1, 2);") DATA TRAIN, "too-many-arguments", 2, 16);
    expect(MODEL("dense(unit = 1);") DATA TRAIN, "unknown-argument", 2, 7);
    expect(MODEL("dense(1.5);") DATA TRAIN, "not-whole", 2, 7);
    expect(MODEL("dense(0);") DATA TRAIN, "out-of-range", 2, 7);
    expect(MODEL("dense(16777217);") DATA TRAIN, "out-of-range", 2, 7);
    expect(MODEL("dense(\"1\");") DATA TRAIN, "wrong-kind", 2, 7);
    expect(MODEL("dense(relu);") DATA TRAIN, "wrong-kind", 2, 7);
    expect(MODEL("dropout(1); dense(1);") DATA TRAIN, "out-of-range", 2, 9);
    expect(MODEL("dense(1, init = relu);") DATA TRAIN, "unknown-init", 2, 17);
    expect(MODEL("dense(1, init = uniform(1, 1));") DATA TRAIN, "contradiction", 2, 28);
    expect(MODEL("dense(1);") DATA
           "train { optimizer = sgd(lr = 1, nesterov = true); batch = 1; epochs = 1; }",
           "contradiction", 4, 44);
    /* The number is not known, so that there is no second message. */
    expect(MODEL("dense(1);") DATA "train { optimizer = sgd(lr = 1, nesterov = true,\n"
                                   "momentm = 0.5); batch = 1; epochs = 1; }",
           "unknown-argument", 5, 1);
}

Test(check, properties)
{
    expect(MODEL("dense(1); loss = half_squared;") DATA TRAIN, "duplicate-property", 2, 11);
    expect(MODEL("dense(1);") DATA "train { optimizer = sgd(lr = 1); batch = 1; }",
           "missing-property", 4, 1);
    expect(MODEL("dense(1);") DATA "train { optimizer = sgd(lr = 1); batch_size = 1; epochs = 1; }",
           "unknown-property", 4, 34);
    expect("model net { input = []; loss = half_squared; dense(1); }" DATA TRAIN, "out-of-range", 1,
           21);
    expect("model net { input = [4096, 4096, 2]; loss = half_squared; dense(1); }" DATA TRAIN,
           "out-of-range", 1, 21);
}

Test(check, blocks)
{
    expect(MODEL("dense(1);") TRAIN, "missing-block", 3, 60);
    expect(MODEL("dense(1);") DATA TRAIN TRAIN, "duplicate-block", 5, 1);
    expect(MODEL("dense(1);") DATA "trian { epochs = 1; }", "unknown-block", 4, 1);
    expect(MODEL("dense(1);") DATA "train t { optimizer = sgd(lr = 1); batch = 1; epochs = 1; }",
           "block-name", 4, 7);
    expect("model { input = 2; loss = half_squared; dense(1); }" DATA TRAIN, "block-name", 1, 1);
    expect("mlp 2; model net { tahn; }", "version", 1, 5);
    expect("mlp 0.5; model net { tahn; }", "version", 1, 5);
}

Test(check, layers)
{
    expect(MODEL("dense(1); tahn;") DATA TRAIN, "unknown-layer", 2, 11);
    expect(MODEL("") DATA TRAIN, "no-layers", 1, 1);
    expect(MODEL("relu; dense(1, frozen = true);") "data { train = table([0, 0, 0]); }" TRAIN,
           "nothing-to-train", 1, 1);
    expect(MODEL("repeat(2) { } dense(1);") DATA TRAIN, "missing-group", 2, 1);
    expect(MODEL("repeat(2); dense(1);") DATA TRAIN, "missing-group", 2, 1);
    expect(MODEL("dense(1) { relu; }") DATA TRAIN, "unexpected-group", 2, 1);
    expect(MODEL("repeat(2) { dense(1); init = zeros; }") DATA TRAIN, "misplaced-property", 2, 23);
    expect(MODEL("input: dense(1);") DATA TRAIN, "reserved-label", 2, 1);
    expect("let a = 1;" MODEL("a: dense(1);") DATA TRAIN, "reserved-label", 2, 1);
}

Test(check, layer_names_differ)
{
    expect(MODEL("a: dense(1); a: relu;") DATA TRAIN, "duplicate-layer", 2, 14);
    expect(MODEL("dense(1); dense1: relu;") DATA TRAIN, "duplicate-layer", 2, 11);
    expect(MODEL("dense2: dense(1); dense(1);") DATA TRAIN, "duplicate-layer", 2, 19);
    expect(MODEL("g: repeat(2) { a: dense(1); } g_1_a: relu;") DATA TRAIN, "duplicate-layer", 2,
           31);
    expect(MODEL("g: repeat(300) { a: dense(1); a: dense(1); }") DATA TRAIN, "duplicate-layer", 2,
           31);
}

Test(check, sizes_are_bounded)
{
    expect(MODEL("repeat(1e6) { dense(1); }") DATA TRAIN, "too-large", 2, 1);
    expect(MODEL("repeat(100) { repeat(100) { dense(1); } }") DATA TRAIN, "too-large", 2, 1);
    expect(MODEL("repeat(16777216) { repeat(16777216) { repeat(16777216) { dense(1); } } }")
               DATA TRAIN,
           "too-large", 2, 1);
    expect(MODEL("dense(1e7); dense(100); dense(1);") DATA TRAIN, "too-large", 2, 13);
    expect(MODEL("dense(10000); dense(1);") DATA
           "train { optimizer = sgd(lr = 1); batch = 1e6; epochs = 1; }",
           "too-large", 4, 42);
}

/* A label stands before the group number and what is in the group. */
static void expect_full_name(size_t length, bool good)
{
    char label[64], text[4096] = "model net { input = 2; loss = half_squared;\n";
    memset(label, 'g', sizeof label);
    size_t left = length, groups = 0;
    for (; left > 64; left -= 64, groups++) /* GROUP.0. */
        snprintf(text + strlen(text), sizeof text - strlen(text), "%.61s: repeat(1) {", label);
    snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s: relu;", (int)left, label);
    for (; groups > 0; groups--)
        strcat(text, "}");
    strcat(text, " dense(1); }\n" DATA TRAIN);
    struct program p;
    program_open(&p, text, NULL, 0);
    struct strbuf messages = program_messages(&p);
    cr_expect_eq(p.diags.len, good ? 0 : 1, "%s", messages.text);
    cr_expect(good || p.diags.at[0].slug == DIAG_TOO_LONG, "%s", messages.text);
    strbuf_free(&messages);
    program_close(&p);
}

Test(check, full_names_are_bounded)
{
    expect_full_name(1000, true);
    expect_full_name(1001, false);
}

Test(check, parameters_are_counted_with_biases)
{
#define SQUARE(bias)                                                                               \
    "model net { input = 16384; loss = half_squared;\n"                                            \
    "dense(16384, bias = " bias "); }\ndata { train = idx(\"x\", \"y\"); }\n" TRAIN
    struct program p;
    program_open_good(&p, SQUARE("false"));
    program_close(&p);
    expect(SQUARE("true"), "too-large", 2, 1);
#undef SQUARE
}

Test(check, tables_fit_the_model)
{
    expect(MODEL("dense(1);") "data { train = table([0, 0, 1],\n[0, 0]); }" TRAIN, "row-length", 4,
           1);
    expect(MODEL("dense(2);") DATA TRAIN, "row-length", 3, 22);
    expect(MODEL("dense(1);") "data { train = table([0, 0, 1], 3); }" TRAIN, "wrong-kind", 3, 33);
    expect(MODEL("dense(1);") "data { train = table([0, 0, \"x\"]); }" TRAIN, "wrong-kind", 3, 29);
    expect(MODEL("dense(1);") "data { train = table(); }" TRAIN, "missing-argument", 3, 16);
    const char *classes[] = {"2", "-1", "0.5"};
    for (size_t i = 0; i < 3; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "model net { input = 1; loss = softmax_cross_entropy; dense(2); }\n"
                 "data { train = table([7, %s]); }\n" TRAIN,
                 classes[i]);
        expect(text, "class-range", 2, 26);
    }
}

/* Rows that cannot be compared with a model are compared with the first. */
Test(check, tables_of_an_unknown_model)
{
    struct program p;
    program_open(
        &p, MODEL("dense(0);") "data { train = table(3, [0, 0, 1, 2, 3], [1], [2, 2]); }" TRAIN,
        NULL, 0);
    cr_expect_eq(p.diags.len, 4);
    program_close(&p);
}

/* A layer that is left out for its syntax may have had any shape. */
Test(check, nothing_is_said_that_a_syntax_error_explains)
{
    expect(MODEL("dense(3); dense(1 1);") DATA TRAIN, "syntax", 2, 19);
    expect(MODEL("dense(3); dense(1 1);") "data { train = table([0, 0, 1, 1, 1]); }" TRAIN,
           "syntax", 2, 19);
    expect(MODEL("dense(1);") DATA "train { optimizer = sgd(lr = 1); batch 1; epochs = 1; }",
           "syntax", 4, 40);
}

Test(check, the_input_as_target)
{
    struct program p;
    program_open_good(&p, MODEL("dense(2);") "data { train = idx(\"x\", input); }" TRAIN);
    program_close(&p);
    expect(MODEL("dense(1);") "data { train = idx(\"x\", input); }" TRAIN, "target-input", 3, 25);
    expect("model net { input = 2; loss = softmax_cross_entropy; dense(2); }\n"
           "data { train = idx(\"x\", target = input); }" TRAIN,
           "target-input", 2, 34);
    expect(MODEL("dense(1);") "data { train = idx(\"x\"); }" TRAIN, "missing-argument", 3, 16);
}

Test(check, five_mistakes_make_five_messages)
{
    struct program p;
    program_open(&p,
                 "let width = 8 / 0;\n"
                 "model net {\n"
                 "    input = [2, width];\n"
                 "    loss = cross_entropy;\n"
                 "    dense(width); tahn; dense(width, bias = 1);\n"
                 "}\n"
                 "data { train = table([0, 0, 0]) test = table([width]); }\n" TRAIN,
                 NULL, 0);
    struct strbuf messages = program_messages(&p);
    cr_expect_eq(p.diags.len, 5, "%s", messages.text);
    strbuf_free(&messages);
    program_close(&p);
}
