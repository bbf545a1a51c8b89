/* The command line of a generated program: what is understood, and what is refused in which words.
 */
#include "runtime/options.h"

#include "scratch.h"

#define ARGUMENTS(...) ((char *[]){"net", __VA_ARGS__, NULL})

static const struct mlprt_model model = {
    .name = "net", .file = "net.mlp", .compiler = "mlpgen 0", .lr = 0.1, .epochs = 10, .seed = 42};

static struct mlprt_options o;
static struct mlprt_error e;

static enum mlprt_status parse(char **arguments)
{
    static char *argv[16]; /* outlives the call, as o.files points there */
    int argc = 0;

    while (arguments[argc]) {
        argv[argc] = arguments[argc];
        argc++;
    }
    e.text[0] = '\0';
    return mlprt_options_parse(&o, &model, argc, argv, &e);
}

static void refused(char **argv, const char *message)
{
    cr_expect_eq(parse(argv), MLPRT_USAGE, "not refused: %s", message);
    cr_expect_str_eq(e.text, message);
}

Test(options, default_to_the_model)
{
    cr_assert_eq(parse(ARGUMENTS("train")), MLPRT_OK);
    cr_expect_eq(o.command, MLPRT_TRAIN);
    cr_expect_eq(o.lr, 0.1);
    cr_expect_eq(o.epochs, 10);
    cr_expect_eq(o.seed, 42);
    cr_expect_eq(o.threads, 0);
    cr_expect_eq(o.file_count, 0);
    cr_expect_null(o.data);
    cr_expect(!o.quiet && !o.help);
}

Test(options, take_values_in_either_form)
{
    cr_assert_eq(parse(ARGUMENTS("train", "--lr", "2.5e-3", "--epochs=7", "--seed",
                                 "18446744073709551615", "--data=a=b", "--quiet")),
                 MLPRT_OK, "%s", e.text);
    cr_expect_eq(o.lr, 2.5e-3);
    cr_expect_eq(o.epochs, 7);
    cr_expect_eq(o.seed, UINT64_MAX);
    cr_expect_str_eq(o.data, "a=b");
    cr_expect(o.quiet);
}

Test(options, stand_anywhere_among_the_files)
{
    cr_assert_eq(parse(ARGUMENTS("train", "a", "--epochs", "2", "-", "--", "--lr", "-h")), MLPRT_OK,
                 "%s", e.text);
    cr_expect_eq(o.epochs, 2);
    cr_assert_eq(o.file_count, 4);
    cr_expect_str_eq(o.files[0], "a");
    cr_expect_str_eq(o.files[1], "-");
    cr_expect_str_eq(o.files[2], "--lr");
    cr_expect_str_eq(o.files[3], "-h");
}

Test(options, ask_for_help)
{
    cr_expect_eq(parse(ARGUMENTS("--help")), MLPRT_OK);
    cr_expect(o.help && o.command == MLPRT_COMMANDS);
    cr_expect_eq(parse(ARGUMENTS("eval", "-h")), MLPRT_OK);
    cr_expect(o.help && o.command == MLPRT_EVAL);
}

Test(options, refuse_what_is_unknown)
{
    refused(ARGUMENTS("tarin"), "unknown command 'tarin'; did you mean 'train'?");
    refused(ARGUMENTS("inof"), "unknown command 'inof'; did you mean 'info'?");
    refused(ARGUMENTS("bank"), "unknown command 'bank'");
    refused(ARGUMENTS(""), "unknown command ''");
    refused(ARGUMENTS("--quiet"), "a command comes first, then options such as '--quiet'");
    refused(ARGUMENTS("train", "--epoch", "3"),
            "unknown option '--epoch'; did you mean '--epochs'?");
    refused(ARGUMENTS("train", "--epochss=3"),
            "unknown option '--epochss'; did you mean '--epochs'?");
    refused(ARGUMENTS("eval", "--sav", "3"), "unknown option '--sav'");
    refused(ARGUMENTS("train", "-q"), "unknown option '-q'");
    refused(ARGUMENTS("train", "--all"), "'train' has no option '--all'");
    refused(ARGUMENTS("eval", "--epochs=3"), "'eval' has no option '--epochs'");
    cr_expect_eq(o.command, MLPRT_EVAL);
}

Test(options, refuse_missing_and_idle_values)
{
    refused(ARGUMENTS("train", "--epochs"), "option '--epochs' needs a value: N");
    refused(ARGUMENTS("train", "--save="), "option '--save' needs a W that is not empty");
    refused(ARGUMENTS("train", "--quiet=1"), "option '--quiet' takes no value");
}

Test(options, refuse_standard_output_for_weights)
{
    refused(ARGUMENTS("train", "--save", "-"),
            "option '--save' needs a file, not standard output: weights are renamed into place");
    cr_expect_eq(parse(ARGUMENTS("train", "--save", "./-", "--init=-")), MLPRT_OK);
    cr_expect_eq(parse(ARGUMENTS("eval", "--weights", "-")), MLPRT_OK);
}

Test(options, refuse_files_that_have_no_meaning)
{
    refused(ARGUMENTS("gradcheck", "x"), "'gradcheck' takes no argument 'x'");
    refused(ARGUMENTS("info", "x", "y"), "'info' takes no argument 'y'");
}

Test(options, read_numbers_strictly)
{
    static char *const whole[] = {"",   "0",   "-1",  "+1",  " 1",
                                  "1 ", "1.0", "1e3", "0x1", "4294967296"};
    static char *const rate[] = {"",      "0",    "-1",    "nan", "inf",
                                 "0x1p3", "1..2", "1e400", " 1",  "1e-999"};

    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        cr_expect_eq(parse(ARGUMENTS("train", "--epochs", whole[i])), MLPRT_USAGE, "'%s'",
                     whole[i]);
        CONTAINS(e.text, "needs a whole number from 1 to 4294967295, not");
    }
    for (size_t i = 0; i < sizeof rate / sizeof *rate; i++) {
        cr_expect_eq(parse(ARGUMENTS("train", "--lr", rate[i])), MLPRT_USAGE, "'%s'", rate[i]);
        CONTAINS(e.text, "needs a number above 0, not");
    }
    refused(ARGUMENTS("train", "--seed", "18446744073709551616"),
            "option '--seed' needs a whole number from 0 to 2^64 - 1, not '18446744073709551616'");
    cr_expect_eq(parse(ARGUMENTS("train", "--epochs", "4294967295", "--lr", "1e-300")), MLPRT_OK);
}

Test(options, know_what_was_given)
{
    cr_assert_eq(parse(ARGUMENTS("train", "--lr", "0.1", "--quiet")), MLPRT_OK);
    cr_expect(mlprt_options_given(&o, "--lr"));
    cr_expect(mlprt_options_given(&o, "--quiet"));
    cr_expect(!mlprt_options_given(&o, "--seed"));
    cr_expect(!mlprt_options_given(&o, "--epochs"));
}

Test(options, count_epochs_or_minutes_between_checkpoints)
{
    cr_assert_eq(parse(ARGUMENTS("train", "--checkpoint-every", "4294967295")), MLPRT_OK);
    cr_expect(o.every.epochs == UINT32_MAX && o.every.minutes == 0);
    cr_assert_eq(parse(ARGUMENTS("train", "--checkpoint-every=30min")), MLPRT_OK);
    cr_expect(o.every.epochs == 0 && o.every.minutes == 30);
    static char *const wrong[] = {"",      "0",     "min",    "0min", "1 min",
                                  "1min ", "1mins", "1.5min", "1h",   "4294967296min"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(parse(ARGUMENTS("train", "--checkpoint-every", wrong[i])), MLPRT_USAGE, "'%s'",
                     wrong[i]);
        CONTAINS(e.text,
                 "needs a whole number of epochs above 0, or of minutes with 'min' behind it");
    }
}
