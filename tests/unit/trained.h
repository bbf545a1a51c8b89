/* Trainings of the hand-written network, for the tests of what they do. The functions are static:
 * every test file has its own. Each names its suite's .init prepare_training, .fini clean_training.
 */
#ifndef TEST_TRAINED_H
#define TEST_TRAINED_H

#include "file.h"
#include "train.h"

#include "handnet.h"
#include "scratch.h"

#include <criterion/redirect.h>
#include <signal.h>

static struct scratch scratch;
static struct mlprt_error e;
static struct mlprt_model model;
static struct mlprt_options options;

static inline void prepare_training(void)
{
    scratch_open(&scratch);
    model = handnet_model();
    options = (struct mlprt_options){.command = MLPRT_TRAIN,
                                     .save = scratch_path(&scratch, "net"),
                                     .lr = model.lr,
                                     .epochs = model.epochs,
                                     .threads = 1,
                                     .seed = model.seed};
}

static inline void clean_training(void)
{
    scratch_close(&scratch);
}

static inline enum mlprt_status train(void)
{
    struct mlprt_session s;

    e.text[0] = '\0';
    handnet_steps = handnet_series_taken = 0;
    cr_assert_eq(mlprt_session_open(&s, &model, &options, &e), MLPRT_OK, "%s", e.text);
    const enum mlprt_status status = mlprt_train(&s, &e);
    mlprt_session_close(&s);
    fflush(stdout);
    return status;
}

static inline struct mlprt_bytes bytes_of(const char *path)
{
    struct mlprt_bytes bytes;
    cr_assert_eq(mlprt_file_read(path, &bytes, &e), MLPRT_OK, "%s", e.text);
    return bytes;
}

/* The file that training has saved. */
static inline struct mlprt_bytes saved(void)
{
    return bytes_of(options.save);
}

static inline bool same_bytes(const struct mlprt_bytes *a, const struct mlprt_bytes *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Standard output since the test began. */
static inline const char *printed(void)
{
    static char text[4096];
    text[fread(text, 1, sizeof text - 1, cr_get_redirected_stdout())] = '\0';
    return text;
}

static int signal_to_raise;
static uint32_t signal_step = 3;

static inline void raise_in_step(uint32_t step)
{
    if (step == signal_step)
        raise(signal_to_raise);
}

static inline void expect_header(const struct mlprt_bytes *file, const char *part)
{
    const int length = file->data[0] + (file->data[1] << 8);
    char text[2048];

    snprintf(text, sizeof text, "%.*s", length, (const char *)file->data + 8);
    CONTAINS(text, part);
}

#endif
