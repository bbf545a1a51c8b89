/* Training: the steps that are taken and in which order, what is saved, and what stops it. */
#include "evaluate.h"
#include "file.h"
#include "train.h"
#include "weights.h"

#include "handnet.h"
#include "scratch.h"

#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static struct scratch scratch;
static struct mlprt_error e;
static struct mlprt_model model;
static struct mlprt_options options;

static void prepare(void)
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

static void clean(void)
{
    scratch_close(&scratch);
}

TestSuite(train, .init = prepare, .fini = clean);

static enum mlprt_status train(void)
{
    struct mlprt_session s;

    e.text[0] = '\0';
    handnet_steps = 0;
    cr_assert_eq(mlprt_session_open(&s, &model, &options, &e), MLPRT_OK, "%s", e.text);
    const enum mlprt_status status = mlprt_train(&s, &e);
    mlprt_session_close(&s);
    fflush(stdout);
    return status;
}

static struct mlprt_bytes bytes_of(const char *path)
{
    struct mlprt_bytes bytes;
    cr_assert_eq(mlprt_file_read(path, &bytes, &e), MLPRT_OK, "%s", e.text);
    return bytes;
}

/* The file that training has saved. */
static struct mlprt_bytes saved(void)
{
    return bytes_of(options.save);
}

static bool same_bytes(const struct mlprt_bytes *a, const struct mlprt_bytes *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Standard output since the test began. */
static const char *printed(void)
{
    static char text[4096];
    text[fread(text, 1, sizeof text - 1, cr_get_redirected_stdout())] = '\0';
    return text;
}

/* Trains by the plainest loop there is, as numerics and language have it. */
static void train_by_hand(struct mlprt_session *s, uint32_t batch_size)
{
    struct mlprt_splits d;
    uint32_t order[4], label[HANDNET_BATCH], step = 0;

    cr_assert_eq(mlprt_session_load(s, &d, MLPRT_WANT_TRAIN, &e), MLPRT_OK);
    mlprt_param_initialize(&model, s->arena, options.seed);
    for (uint32_t epoch = 0; epoch < options.epochs; epoch++) {
        mlprt_shuffle(order, 4, options.seed, epoch);
        for (uint32_t first = 0; first < 4; first += batch_size) {
            const uint32_t n = 4 - first < batch_size ? 4 - first : batch_size;
            const struct mlprt_batch batch = {s->arena, label,        n,          true,
                                              step++,   options.seed, options.lr, 1};
            mlprt_dataset_gather(&d.train, &model, &s->normalizers, order + first, n, s->arena,
                                 label);
            handnet_gradient(&batch);
            handnet_update(&batch);
        }
    }
    mlprt_splits_free(&d);
}

Test(train, takes_the_steps_of_the_definition)
{
    struct mlprt_session by_hand, by_train;

    cr_redirect_stdout();
    handnet_dropout = true; /* depends on the step's number and the seed */
    options.seed = 7;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    cr_expect_eq(handnet_steps, 6, "two batches in each of three epochs");

    cr_assert_eq(mlprt_session_open(&by_hand, &model, &options, &e), MLPRT_OK);
    cr_assert_eq(mlprt_session_open(&by_train, &model, &options, &e), MLPRT_OK);
    train_by_hand(&by_hand, HANDNET_BATCH);
    cr_assert_eq(
        mlprt_weights_load(&model, by_train.arena, NULL, options.save, MLPRT_MATCH_ALL, NULL, &e),
        MLPRT_OK, "%s", e.text);
    for (size_t i = 0; i < model.param_count; i++)
        cr_expect_arr_eq((char *)by_hand.arena + model.params[i].offset,
                         (char *)by_train.arena + model.params[i].offset,
                         mlprt_param_stored(&model.params[i]) * sizeof(float), "%s",
                         model.params[i].name);
    mlprt_session_close(&by_hand);
    mlprt_session_close(&by_train);
}

Test(train, saves_the_same_bytes_for_the_same_run)
{
    options.quiet = true;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    struct mlprt_bytes first = saved();
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    struct mlprt_bytes again = saved();
    options.seed = 2;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    struct mlprt_bytes other_seed = saved();
    options.seed = 1;
    options.epochs++;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    struct mlprt_bytes longer = saved();

    cr_expect(same_bytes(&first, &again));
    cr_expect(!same_bytes(&first, &other_seed));
    cr_expect(!same_bytes(&first, &longer));
    mlprt_bytes_free(&first);
    mlprt_bytes_free(&again);
    mlprt_bytes_free(&other_seed);
    mlprt_bytes_free(&longer);
}

Test(train, drops_the_smaller_batch_if_told_unless_it_is_the_only_one)
{
    options.quiet = true;
    model.drop_last = true;
    cr_expect_eq(train(), MLPRT_OK, "%s", e.text);
    cr_expect_eq(handnet_steps, 3);
    model.train.row_count = 2; /* of a batch of 3 */
    cr_expect_eq(train(), MLPRT_OK, "%s", e.text);
    cr_expect_eq(handnet_steps, 3);
}

Test(train, shows_a_line_for_each_epoch_and_what_it_saved)
{
    double loss[3], test_loss[3], accuracy[3], last_loss, last_accuracy;
    char name[128];

    cr_redirect_stdout();
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    const char *text = printed();
    const int read =
        sscanf(text,
               "epoch 1/3  loss %lf  test loss %lf  accuracy %lf  %*f s\n"
               "epoch 2/3  loss %lf  test loss %lf  accuracy %lf  %*f s\n"
               "epoch 3/3  loss %lf  test loss %lf  accuracy %lf  %*f s\n"
               "loss %lf  accuracy %lf  samples 4\n"
               "saved %127s",
               &loss[0], &test_loss[0], &accuracy[0], &loss[1], &test_loss[1], &accuracy[1],
               &loss[2], &test_loss[2], &accuracy[2], &last_loss, &last_accuracy, name);
    cr_assert_eq(read, 12, "%d of:\n%s", read, text);
    cr_expect_str_eq(name, options.save);
    cr_expect_eq(last_loss, test_loss[2]);
    cr_expect_eq(last_accuracy, accuracy[2]);
}

/* The mean loss of the first `count` samples at the initial weights. */
static double mean_loss(uint32_t count)
{
    struct mlprt_session s;
    struct mlprt_splits d;
    double sum = 0;

    cr_assert_eq(mlprt_session_open(&s, &model, &options, &e), MLPRT_OK);
    mlprt_param_initialize(&model, s.arena, options.seed);
    cr_assert_eq(mlprt_session_load(&s, &d, MLPRT_WANT_TRAIN, &e), MLPRT_OK);
    for (uint32_t i = 0; i < count; i++) {
        const struct mlprt_batch batch = mlprt_session_batch(&s, &d.train, &i, 1, 0, true);
        handnet_evaluate(&batch);
        sum = mlprt_metrics_add_losses(&s, 1, sum);
    }
    mlprt_splits_free(&d);
    mlprt_session_close(&s);
    return sum / count;
}

/* The lines of epochs that change no weights say the loss of all samples, or of those that are not
 * dropped. */
Test(train, shows_the_mean_loss_of_the_samples_seen)
{
    cr_redirect_stdout();
    model.test.format = MLPRT_NO_SOURCE;
    model.shuffle = false;
    options.lr = 1e-30;
    options.epochs = 2;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    model.drop_last = true;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);

    const char *text = printed();
    for (uint32_t count = HANDNET_BATCH; count <= 4; count++)
        for (int epoch = 1; epoch <= 2; epoch++) {
            char expected[64];
            snprintf(expected, sizeof expected, "epoch %d/2  loss %.4f  0.", epoch,
                     mean_loss(count));
            CONTAINS(text, expected);
        }
}

Test(train, is_silent_when_told)
{
    cr_redirect_stdout();
    cr_redirect_stderr();
    options.quiet = true;
    cr_expect_eq(train(), MLPRT_OK);
    fflush(stdout);
    fflush(stderr);
    cr_expect_stdout_eq_str("");
    cr_expect_stderr_eq_str("");
}

Test(train, learns_xor)
{
    struct mlprt_session s;
    struct mlprt_splits d;
    struct mlprt_metrics m;

    options.quiet = true;
    options.epochs = 500;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    cr_assert_eq(mlprt_session_open(&s, &model, &options, &e), MLPRT_OK);
    cr_assert_eq(mlprt_weights_load(&model, s.arena, NULL, options.save, MLPRT_MATCH_ALL, NULL, &e),
                 MLPRT_OK);
    cr_assert_eq(mlprt_session_load(&s, &d, MLPRT_WANT_TEST, &e), MLPRT_OK);
    cr_assert_eq(mlprt_evaluate(&s, &d.test, &m, &e), MLPRT_OK);
    cr_expect_eq(mlprt_metrics_accuracy(&m), 1);
    cr_expect_lt(mlprt_metrics_loss(&m), 0.1);
    mlprt_splits_free(&d);
    mlprt_session_close(&s);
}

Test(train, goes_on_from_other_weights)
{
    static struct mlprt_param renamed[4];
    struct mlprt_bytes before, after;

    cr_redirect_stdout();
    cr_assert_eq(train(), MLPRT_OK);
    before = saved();
    memcpy(renamed, handnet_params, sizeof renamed);
    renamed[2].name = "last.weight";
    model.params = renamed;
    options.init = options.save;
    options.lr = 1e-30;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    after = saved();
    CONTAINS(printed(), "  taken from it: hidden.weight, hidden.bias, output.bias\n"
                        "  drawn: last.weight\n");
    cr_expect(!same_bytes(&before, &after));
    mlprt_bytes_free(&before);
    mlprt_bytes_free(&after);

    struct mlprt_session s;
    cr_assert_eq(mlprt_session_open(&s, &model, &options, &e), MLPRT_OK);
    mlprt_param_initialize(&model, s.arena, options.seed);
    const double drawn = mlprt_arena_get(&model, s.arena, renamed[2].offset, 3);
    const double initial = mlprt_arena_get(&model, s.arena, renamed[0].offset, 0);
    cr_assert_eq(mlprt_weights_load(&model, s.arena, NULL, options.save, MLPRT_MATCH_ALL, NULL, &e),
                 MLPRT_OK);
    cr_expect_eq(mlprt_arena_get(&model, s.arena, renamed[2].offset, 3), drawn);
    cr_expect_neq(mlprt_arena_get(&model, s.arena, renamed[0].offset, 0), initial);
    mlprt_session_close(&s);
}

Test(train, saves_nothing_that_is_not_finite)
{
    struct mlprt_bytes left;
    static const char good[] = "good weights";

    options.quiet = true;
    scratch_put(&scratch, "net", good, sizeof good);
    handnet_loss_factor = NAN;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    CONTAINS(e.text, "handnet.mlp: the loss is not finite in epoch 1, step 1; nothing was saved");
    CONTAINS(e.text, "try a lower learning rate than 0.5, or normalize the data");

    handnet_loss_factor = 1;
    options.epochs = 1;
    options.lr = 1e300; /* infinite in float; the last step leaves a finite loss behind */
    model.batch = 3;
    model.drop_last = true;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    CONTAINS(e.text, "the test loss is not finite in epoch 1, step 1");
    model.test.format = MLPRT_NO_SOURCE;
    cr_expect_eq(train(), MLPRT_NOT_FINITE);
    CONTAINS(e.text, "the weights are not finite in epoch 1, step 1");

    left = saved();
    cr_expect(left.size == sizeof good && memcmp(left.data, good, sizeof good) == 0);
    mlprt_bytes_free(&left);
    cr_expect_eq(scratch_count(&scratch), 1);
}

Test(train, notices_before_the_first_step_that_it_cannot_save)
{
    options.quiet = true;
    options.save = scratch_path(&scratch, "none/net");
    cr_expect_eq(train(), MLPRT_IO);
    cr_expect_eq(handnet_steps, 0);
    CONTAINS(e.text, "none/net");
    options.save = scratch.directory;
    cr_expect_eq(train(), MLPRT_IO);
    cr_expect_eq(handnet_steps, 0);
    CONTAINS(e.text, "cannot write: Is a directory");
}

/* The trial would be an event for the pipe's reader. */
Test(train, opens_a_pipe_once, .timeout = 30)
{
    char first[9] = {0};

    options.quiet = true;
    cr_assert_eq(mkfifo(options.save, 0600), 0);
    const pid_t trainer = fork();
    if (trainer == 0) {
        alarm(20); /* not for ever, should nobody read */
        _exit((int)train());
    }
    FILE *file = fopen(options.save, "rb");
    cr_assert_not_null(file);
    cr_expect_eq(fread(first, 1, sizeof first, file), sizeof first);
    cr_expect_eq(first[8], '{');
    while (fread(first, 1, sizeof first, file) > 0)
        ;
    fclose(file);
    int status;
    cr_assert_eq(waitpid(trainer, &status, 0), trainer);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(train, refuses_more_steps_than_it_can_count)
{
    options.epochs = UINT32_MAX / 2 + 1;
    cr_expect_eq(train(), MLPRT_USAGE);
    CONTAINS(e.text, "2147483648 epochs of 2 steps are more than 2^32 - 1 steps");
}

static int signal_to_raise;

static uint32_t signal_step = 3;

static void raise_in_step(uint32_t step)
{
    if (step == signal_step)
        raise(signal_to_raise);
}

static void expect_header(const struct mlprt_bytes *file, const char *part)
{
    const int length = file->data[0] + (file->data[1] << 8);
    char text[2048];

    snprintf(text, sizeof text, "%.*s", length, (const char *)file->data + 8);
    CONTAINS(text, part);
}

/* A signal in the fourth step, the last of the second epoch: what is saved are the weights of two
 * epochs, though the second was not finished. */
static void interrupted(int number)
{
    const size_t tensors = 17 * sizeof(float); /* at the end of the file */
    char message[512];

    options.quiet = true;
    options.epochs = 5;
    signal_to_raise = number;
    handnet_on_update = raise_in_step;
    cr_expect_eq((int)train(), 128 + number);
    snprintf(message, sizeof message,
             "interrupted after epoch 1, step 4: saved %s; --resume %s.ckpt goes on", options.save,
             options.save);
    cr_expect_str_eq(e.text, message);
    cr_expect_eq(handnet_steps, 4);
    struct mlprt_bytes stopped = saved();
    expect_header(&stopped, "\"epochs\":\"1\",\"steps\":\"4\"");

    options.epochs = 2;
    handnet_on_update = NULL;
    cr_assert_eq(train(), MLPRT_OK);
    struct mlprt_bytes whole = saved();
    expect_header(&whole, "\"epochs\":\"2\",\"steps\":\"4\"");
    cr_expect_arr_eq(stopped.data + stopped.size - tensors, whole.data + whole.size - tensors,
                     tensors);
    mlprt_bytes_free(&stopped);
    mlprt_bytes_free(&whole);
}

Test(train, saves_when_interrupted)
{
    interrupted(SIGINT);
    interrupted(SIGTERM);
}

static void raise_twice(uint32_t step)
{
    if (step == 3) {
        raise(SIGINT);
        raise(SIGTERM);
    }
}

Test(train, ends_at_once_at_the_second_signal)
{
    int status;

    options.quiet = true;
    handnet_on_update = raise_twice;
    const pid_t trainer = fork();
    if (trainer == 0)
        _exit((int)train());
    cr_assert_eq(waitpid(trainer, &status, 0), trainer);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    cr_expect_eq(scratch_count(&scratch), 0);
}

Test(train, ignores_what_it_was_started_to_ignore)
{
    options.quiet = true;
    signal(SIGINT, SIG_IGN);
    signal_to_raise = SIGINT;
    handnet_on_update = raise_in_step;
    cr_expect_eq(train(), MLPRT_OK);
    cr_expect_eq(handnet_steps, 6);
}

/* ---- checkpoints ---- */

static struct mlprt_bytes whole_weights, whole_checkpoint;

/* What a run that nothing stops leaves. */
static void train_at_once(void)
{
    options.quiet = true;
    handnet_dropout = true; /* depends on the step's number and the seed, modulo 3 */
    options.seed = 8;
    options.epochs = 4;
    options.checkpoint = scratch_path(&scratch, "net.ckpt");
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    cr_assert_eq(scratch_count(&scratch), 2);
    whole_weights = saved();
    whole_checkpoint = bytes_of(options.checkpoint);
    unlink(options.save);
    unlink(options.checkpoint);
}

/* Is what is there now the same? */
static void expect_whole(const char *how)
{
    struct mlprt_bytes weights = saved(), checkpoint = bytes_of(options.checkpoint);
    cr_expect(same_bytes(&weights, &whole_weights), "other weights %s", how);
    cr_expect(same_bytes(&checkpoint, &whole_checkpoint), "another checkpoint %s", how);
    mlprt_bytes_free(&weights);
    mlprt_bytes_free(&checkpoint);
}

static void free_whole(void)
{
    mlprt_bytes_free(&whole_weights);
    mlprt_bytes_free(&whole_checkpoint);
}

Test(train, goes_on_after_a_signal_in_any_step)
{
    char how[64];

    train_at_once();
    signal_to_raise = SIGTERM;
    for (signal_step = 0; signal_step < 8; signal_step++) {
        handnet_on_update = raise_in_step;
        options.resume = NULL;
        cr_assert_eq((int)train(), 128 + SIGTERM);
        handnet_on_update = NULL;
        options.resume = options.checkpoint;
        cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
        cr_expect_eq(handnet_steps, 7 - signal_step);
        snprintf(how, sizeof how, "after step %u", signal_step);
        expect_whole(how);
    }
    free_whole();
}

Test(train, goes_on_one_epoch_at_a_time)
{
    train_at_once();
    options.stop_after = 1;
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
        cr_expect_eq(handnet_steps, 2);
        options.resume = options.checkpoint;
    }
    expect_whole("after four parts");
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    cr_expect_eq(handnet_steps, 0, "there is nothing left to do");
    expect_whole("after nothing");
    free_whole();
}

/* lr, epochs and seed are those of the checkpoint, whatever the program's are. */
Test(train, takes_the_run_of_the_checkpoint)
{
    struct mlprt_options defaults = options;

    options.lr = 0.25;
    train_at_once();
    options.stop_after = 2;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    defaults.checkpoint = defaults.resume = options.checkpoint;
    defaults.quiet = true;
    options = defaults;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    expect_whole("with the program's lr, epochs and seed");
    free_whole();
}

Test(train, shows_the_same_loss_for_an_epoch_in_two_parts)
{
    static char whole[64];

    cr_redirect_stdout();
    options.epochs = 2;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    const char *line = strstr(printed(), "epoch 2/2");
    cr_assert_not_null(line);
    snprintf(whole, sizeof whole, "%.*s", (int)strlen("epoch 2/2  loss 0.1234  test loss 0.1234"),
             line);
    signal_to_raise = SIGINT;
    signal_step = 2; /* the first of epoch 2 */
    handnet_on_update = raise_in_step;
    cr_assert_eq((int)train(), 128 + SIGINT);
    handnet_on_update = NULL;
    options.resume = scratch_path(&scratch, "net.ckpt");
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    const char *text = printed();
    CONTAINS(text, "net.ckpt: epoch 1, step 3\nepoch 2/2");
    CONTAINS(text, whole);
}

Test(train, writes_checkpoints_only_when_asked_or_stopped)
{
    options.quiet = true;
    cr_expect_eq(train(), MLPRT_OK);
    cr_expect_eq(scratch_count(&scratch), 1);
    options.stop_after = 9;
    cr_expect_eq(train(), MLPRT_OK);
    cr_expect_eq(scratch_count(&scratch), 2, "with --stop-after there is one, also behind the end");
}

static const char *checkpoint_seen;

/* Which checkpoints there are before which steps. */
static void see_checkpoint(uint32_t step)
{
    const bool there = access(checkpoint_seen, F_OK) == 0;
    cr_expect_eq(there, step >= 4, "before step %u", step);
}

Test(train, writes_checkpoints_after_as_many_epochs)
{
    options.quiet = true;
    options.every.epochs = 2;
    checkpoint_seen = scratch_path(&scratch, "net.ckpt");
    handnet_on_update = see_checkpoint;
    cr_expect_eq(train(), MLPRT_OK);
    struct mlprt_bytes last = bytes_of(checkpoint_seen);
    expect_header(&last, "\"epochs\":\"3\",\"steps\":\"6\"");
    mlprt_bytes_free(&last);
}

/* Seconds that the runtime's clock is ahead: this function stands before the system's. */
static time_t clock_ahead;

int clock_gettime(clockid_t id, struct timespec *now)
{
    const int failed = (int)syscall(SYS_clock_gettime, id, now);
    now->tv_sec += id == CLOCK_MONOTONIC ? clock_ahead : 0;
    return failed;
}

/* Two minutes go by in the first step, and the fourth is the first to be taken after its
 * checkpoint; the run ends there, as if by kill -9. */
static void let_time_pass(uint32_t step)
{
    if (step == 2)
        clock_ahead += 121;
    if (step == 4)
        _exit(access(checkpoint_seen, F_OK) != 0);
}

Test(train, writes_checkpoints_by_the_clock)
{
    int status;

    train_at_once();
    checkpoint_seen = options.checkpoint;
    options.every.minutes = 2;
    const pid_t trainer = fork();
    if (trainer == 0) {
        handnet_on_update = let_time_pass;
        _exit((int)train() + 100);
    }
    cr_assert_eq(waitpid(trainer, &status, 0), trainer);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
    cr_expect_eq(scratch_count(&scratch), 1);
    options.resume = options.checkpoint;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    cr_expect_eq(handnet_steps, 5);
    expect_whole("after a checkpoint within an epoch");
    free_whole();
}

Test(train, keeps_apart_what_it_reads_and_writes)
{
    options.quiet = true;
    options.checkpoint = options.save;
    cr_expect_eq(train(), MLPRT_USAGE);
    CONTAINS(e.text, "cannot be both the weights and the checkpoint");
    options.checkpoint = NULL;
    options.resume = options.init = "net";
    cr_expect_eq(train(), MLPRT_USAGE);
    CONTAINS(e.text, "--resume goes on with its own weights: it excludes --init");
    options.resume = options.init = NULL;
    options.checkpoint = scratch_path(&scratch, "none/net.ckpt");
    cr_expect_eq(train(), MLPRT_IO);
    cr_expect_eq(handnet_steps, 0);
    CONTAINS(e.text, "none/net.ckpt");
}
