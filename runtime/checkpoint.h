/* Checkpoints: everything that a training run needs to go on as if it had never stopped. */
#ifndef MLPRT_CHECKPOINT_H
#define MLPRT_CHECKPOINT_H

#include "best.h"
#include "options.h"
#include "weights.h"

/* Where a training run is. The order of an epoch's samples, dropout and the learning rate follow
 * from seed, epoch and step, so that no other state is kept but the optimizer's. */
struct mlprt_course {
    struct mlprt_run run; /* its lr and seed; epochs and steps that are done */
    uint32_t epochs;      /* of the whole run: what schedules see */
    uint32_t batches; /* steps of an epoch; those beyond run.epochs are of the one under way … */
    double loss_sum;  /* … whose samples' losses so far have this sum */
    struct mlprt_best best;
};

/* Writes a checkpoint: a weights file (see mlprt_weights_save) of the parameters and, behind each,
 * of the optimizer's states of it under PARAMETER.STATE, and of the best one so far, where that is
 * kept, under PARAMETER.best. Further keys of __metadata__ are
 *
 *     checkpoint   "1": raised when what is below changes its meaning
 *     run_epochs   those of the whole run; `epochs` and `steps` are what is done of it
 *     loss_sum     of the epoch under way
 *     best_loss, best_epochs, best_steps, mark, mark_epochs
 *                  struct mlprt_best, where an epoch has been validated */
enum mlprt_status mlprt_checkpoint_save(const struct mlprt_model *model, const void *arena,
                                        const struct mlprt_course *course, const char *path,
                                        struct mlprt_error *e);

/* Reads one into the arena and *course, whose batches and run.data_sha256 say what is trained on.
 * The program that made it must be the model's but for its epochs, the data the same; of options lr
 * and seed, where given, must be those of the run. Its epochs are those of the options where given,
 * else the program's if they were changed there, else as they were. On an error the arena and
 * *course are untouched. Errors: MLPRT_IO (no safetensors file), MLPRT_MISMATCH. */
enum mlprt_status mlprt_checkpoint_load(const struct mlprt_model *model, void *arena,
                                        const struct mlprt_options *options, const char *path,
                                        struct mlprt_course *course, struct mlprt_error *e);

#endif
