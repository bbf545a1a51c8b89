/* Training: the steps that are taken and in which order, what is saved, and what stops it. */
#include "evaluate.h"
#include "shuffle.h"
#include "weights.h"

#include "trained.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

TestSuite(train, .init = prepare_training, .fini = clean_training);

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
            const struct mlprt_batch batch = {.arena = s->arena,
                                              .load = handnet_loaded,
                                              .label = label,
                                              .n = n,
                                              .training = true,
                                              .step = step++,
                                              .seed = options.seed,
                                              .lr = options.lr,
                                              .threads = 1};
            mlprt_dataset_gather(&d.train, &model, &s->normalizers, order + first, 0, n, 0,
                                 s->arena, label);
            handnet_backward(&batch);
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

/* Four steps an epoch, the first three of them in a series. */
Test(train, takes_the_same_steps_in_series)
{
    options.quiet = true;
    handnet_dropout = true;
    model.schedule = (struct mlprt_schedule){MLPRT_COSINE, 0, 0};
    model.batch = 1;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    cr_expect_eq(handnet_series_taken, 0);
    struct mlprt_bytes single = saved();
    model.series = 3;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    cr_expect_eq(handnet_series_taken, 3, "one in each epoch");
    cr_expect_eq(handnet_steps, 12);
    struct mlprt_bytes in_series = saved();
    cr_expect(same_bytes(&single, &in_series));
    mlprt_bytes_free(&single);
    mlprt_bytes_free(&in_series);
}

Test(train, takes_no_smaller_batch_into_a_series)
{
    options.quiet = true;
    model.batch = 2;
    model.series = 2;
    model.train.row_count = 3;
    cr_assert_eq(train(), MLPRT_OK, "%s", e.text);
    cr_expect_eq(handnet_series_taken, 0, "only one batch is of whole size");
    cr_expect_eq(handnet_steps, 6);
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
