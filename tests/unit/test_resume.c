/* Checkpoints of trainings: when they are written, and that a run goes on from them to the same
 * bytes. */
#include "trained.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

TestSuite(resume, .init = prepare_training, .fini = clean_training);

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

/* Stopped in each step and gone on with, a run leaves the files of one at once. */
static void stop_in_any_step(void)
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

Test(resume, goes_on_after_a_signal_in_any_step)
{
    stop_in_any_step();
}

/* The learning rate is too large for the loss to fall in every epoch: the best is not the last. */
Test(resume, goes_on_with_the_best_weights)
{
    model.validation = model.train;
    model.keep_best = true;
    options.lr = 8;
    stop_in_any_step();
    struct mlprt_bytes checkpoint = bytes_of(options.checkpoint);
    expect_header(&checkpoint, "\"best_epochs\":\"2\",\"best_steps\":\"4\"");
    mlprt_bytes_free(&checkpoint);
}

Test(resume, goes_on_one_epoch_at_a_time)
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
Test(resume, takes_the_run_of_the_checkpoint)
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

Test(resume, shows_the_same_loss_for_an_epoch_in_two_parts)
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

Test(resume, writes_checkpoints_only_when_asked_or_stopped)
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

Test(resume, writes_checkpoints_after_as_many_epochs)
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

Test(resume, writes_checkpoints_by_the_clock)
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

Test(resume, keeps_apart_what_it_reads_and_writes)
{
    options.quiet = true;
    options.checkpoint = options.save;
    cr_expect_eq(train(), MLPRT_USAGE);
    CONTAINS(e.text, "cannot be both the weights and the checkpoint");
    options.checkpoint = scratch_path(&scratch, "./net"); /* by another name */
    cr_expect_eq(train(), MLPRT_USAGE);
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
