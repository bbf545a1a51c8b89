/* What validation says of a run: the best epoch, and when patience ends. */
#include "best.h"

#include <criterion/criterion.h>

static struct mlprt_model model;
static struct mlprt_best best;

/* Notes the losses of epochs 1, 2, …; returns the epoch after which training stops, or 0. */
static uint32_t note(size_t count, const double *losses)
{
    for (uint32_t epoch = 1; epoch <= count; epoch++) {
        const struct mlprt_run run = {.epochs = epoch, .steps = 10 * epoch};
        mlprt_best_note(&best, &model, NULL, &run, losses[epoch - 1]);
        if (mlprt_best_stops(&best, &model, &run))
            return epoch;
    }
    return 0;
}

#define NOTE(...)                                                                                  \
    note(sizeof((const double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__})

static void start(uint32_t patience, double min_delta)
{
    model = (struct mlprt_model){.patience = patience, .min_delta = min_delta};
    best = (struct mlprt_best){0};
}

Test(best, is_the_epoch_of_the_smallest_loss_the_first_among_equals)
{
    start(0, 0);
    cr_expect_eq(NOTE(3, 2, 2, 2.5, 4), 0);
    cr_expect_eq(best.epochs, 2);
    cr_expect_eq(best.steps, 20);
    cr_expect_eq(best.loss, 2);
}

Test(best, patience_counts_epochs_without_a_smaller_loss)
{
    start(2, 0);
    cr_expect_eq(NOTE(3, 2, 2.5, 1.9, 2, 1.9, 1), 6);
    start(1, 0);
    cr_expect_eq(NOTE(3, 2, 1, 0.5), 0);
    start(1, 0);
    cr_expect_eq(NOTE(3, 3), 2, "an equal loss is not smaller");
}

/* Small gains add up: they are measured from the last loss that counted. */
Test(best, min_delta_is_what_counts_as_smaller)
{
    start(2, 0.5);
    cr_expect_eq(NOTE(3, 2.75, 2.5), 3, "0.5 is not more than 0.5");
    cr_expect_eq(best.epochs, 3, "the best is the best all the same");
    start(3, 0.5);
    cr_expect_eq(NOTE(3, 2.75, 2.25, 2, 1.7), 0);
}
