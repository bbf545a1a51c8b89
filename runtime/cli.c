/* mlprt_main: from the command line to an exit status. The only file that prints errors. */
#include "posix.h"

#include "bench.h"
#include "breach.h"
#include "evaluate.h"
#include "gradcheck.h"
#include "info.h"
#include "predict.h"
#include "train.h"

#include <errno.h>
#include <fenv.h>
#include <signal.h>
#include <string.h>

static enum mlprt_status run_command(struct mlprt_session *s, struct mlprt_error *e)
{
    switch (s->options->command) {
    case MLPRT_TRAIN: return mlprt_train(s, e);
    case MLPRT_EVAL: return mlprt_eval(s, e);
    case MLPRT_PREDICT: return mlprt_predict(s, e);
    case MLPRT_GRADCHECK: return mlprt_gradcheck(s, NULL, e);
    case MLPRT_INFO: return mlprt_info(s, e);
    case MLPRT_BENCH: return mlprt_bench(s, e);
    case MLPRT_COMMANDS: break;
    }
    return mlprt_fail(e, MLPRT_USAGE, "a command is missing");
}

/* What is not as it was asked for, or promised. */
static void warn(const struct mlprt_session *s, const char *program)
{
    const uint32_t asked = s->options->threads, breaches = mlprt_breach_find(s->model);

    if (asked > s->threads)
        fprintf(stderr, "%s: warning: this build works on one thread, not on %lu\n", program,
                (unsigned long)asked);
    if (breaches)
        fprintf(stderr, "%s: warning: results may differ from other builds' in their bits: %s\n",
                program, mlprt_breach_cause(breaches));
}

static enum mlprt_status run(const struct mlprt_model *model, const struct mlprt_options *o,
                             const char *program, struct mlprt_error *e)
{
    struct mlprt_session s;

    enum mlprt_status status = mlprt_session_open(&s, model, o, e);
    if (status)
        return status;
    warn(&s, program);
    status = run_command(&s, e);
    mlprt_session_close(&s);
    return status;
}

/* What was printed has to have arrived, or the command has not done its work. */
static enum mlprt_status check_output(enum mlprt_status status, struct mlprt_error *e)
{
    errno = 0;
    const bool lost = fflush(stdout) != 0 || ferror(stdout);
    if (!lost || status)
        return status;
    return mlprt_fail(e, MLPRT_IO, "standard output: %s",
                      errno ? strerror(errno) : "not all of it could be written");
}

static const char *program_name(int argc, char **argv, const struct mlprt_model *model)
{
    if (argc < 1 || !*argv[0])
        return model->name;
    const char *slash = strrchr(argv[0], '/');
    return slash && slash[1] ? slash + 1 : argv[0];
}

int mlprt_main(const struct mlprt_model *model, int argc, char **argv)
{
    struct mlprt_error e = {""};
    struct mlprt_options o;

    /* Linking with -ffast-math is enough to have subnormal numbers flushed to zero. */
    fesetenv(FE_DFL_ENV);
    /* A pipe closed by its reader is an error of writing, and so is a limit on files' sizes. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (model->abi != MLPRT_ABI) {
        fprintf(stderr,
                "error: compiled for runtime interface %lu, but linked with %d; compile "
                "and link with one version of mlpgen\n",
                (unsigned long)model->abi, MLPRT_ABI);
        return MLPRT_MISMATCH;
    }
    const char *program = program_name(argc, argv, model);
    if (argc < 2) {
        mlprt_options_help(stderr, program, model, MLPRT_COMMANDS);
        return MLPRT_USAGE;
    }
    enum mlprt_status status = mlprt_options_parse(&o, model, argc, argv, &e);
    const bool misused = status == MLPRT_USAGE;
    if (!status && o.help)
        mlprt_options_help(stdout, program, model, o.command);
    else if (!status && o.version)
        printf("%s: the network of %s, compiled by %s\n", program, model->file, model->compiler);
    else if (!status)
        status = run(model, &o, program, &e);

    status = check_output(status, &e);
    if (status)
        fprintf(stderr, "%s: %s%s\n", program, status > MLPRT_SIGNAL ? "" : "error: ", e.text);
    if (misused)
        mlprt_options_usage(stderr, program, o.command);
    return (int)status;
}
