/* The lines of a training's log. */
#include "posix.h"

#include "file.h"
#include "json.h"
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { LOG_DIGITS = 17 /* significant: a double reads back as it was */ };

static bool log_is_output(const struct mlprt_training *t)
{
    return strcmp(t->s->options->log, "-") == 0;
}

static enum mlprt_status log_fail(const struct mlprt_training *t, int error, struct mlprt_error *e)
{
    const char *path = log_is_output(t) ? "standard output" : t->s->options->log;
    return mlprt_file_fail(e, MLPRT_IO, path, "cannot write: %s", strerror(error));
}

/* Ends a line; each is on disk, as far as the process goes, before the next epoch starts. */
static enum mlprt_status log_end_line(struct mlprt_training *t, struct mlprt_error *e)
{
    errno = 0;
    fputs("}\n", t->log);
    return fflush(t->log) || ferror(t->log) ? log_fail(t, errno ? errno : EIO, e) : MLPRT_OK;
}

static void log_string(struct mlprt_training *t, const char *text)
{
    struct mlprt_writer writer = {.file = t->log};
    struct mlprt_json_out out = {.writer = &writer};
    mlprt_json_put_escaped(&out, text);
}

static enum mlprt_status log_start(struct mlprt_training *t, struct mlprt_error *e)
{
    const struct mlprt_model *model = t->s->model;
    const struct mlprt_run *run = &t->course.run;

    fprintf(t->log, "{\"model\": \"%s\", \"program\": \"", model->name);
    for (const char *const *line = model->program; *line; line++) {
        log_string(t, *line);
        log_string(t, "\n");
    }
    fprintf(t->log,
            "\", \"lr\": %.*g, \"epochs\": %" PRIu32 ", \"seed\": %" PRIu64
            ", \"data_sha256\": \"%s\"",
            LOG_DIGITS, run->lr, t->course.epochs, run->seed, run->data_sha256);
    return log_end_line(t, e);
}

enum mlprt_status mlprt_log_open(struct mlprt_training *t, struct mlprt_error *e)
{
    const struct mlprt_options *o = t->s->options;

    if (!o->log)
        return MLPRT_OK;
    if (mlprt_file_same(o->log, t->save) || mlprt_file_same(o->log, t->checkpoint))
        return mlprt_fail(e, MLPRT_USAGE, "'%s' cannot be both the log and what is saved", o->log);
    t->log = log_is_output(t) ? stdout : fopen(o->log, o->resume ? "a" : "w");
    if (!t->log)
        return log_fail(t, errno, e);
    return o->resume ? MLPRT_OK : log_start(t, e);
}

static void log_split(struct mlprt_training *t, const char *name, const struct mlprt_metrics *m)
{
    char text[MLPRT_METRICS_TEXT];
    mlprt_metrics_json(text, m);
    fprintf(t->log, ", \"%s\": %s", name, text);
}

enum mlprt_status mlprt_log_epoch(struct mlprt_training *t, double loss, double lr, double seconds,
                                  struct mlprt_error *e)
{
    const struct mlprt_run *run = &t->course.run;

    if (!t->log)
        return MLPRT_OK;
    fprintf(t->log, "{\"epoch\": %" PRIu32 ", \"step\": %" PRIu32 ", \"lr\": %.*g, \"loss\": %.*g",
            run->epochs, run->steps, LOG_DIGITS, lr, LOG_DIGITS, loss);
    if (t->has_validation)
        log_split(t, "validation", &t->validated);
    if (t->has_test)
        log_split(t, "test", &t->last);
    fprintf(t->log, ", \"seconds\": %.6f", seconds);
    return log_end_line(t, e);
}

void mlprt_log_close(struct mlprt_training *t)
{
    if (t->log && t->log != stdout)
        fclose(t->log);
    t->log = NULL;
}
