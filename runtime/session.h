/* What a running program works with: the model, the path taken through its code, the arena, and
 * what was asked for. */
#ifndef MLPRT_SESSION_H
#define MLPRT_SESSION_H

#include "normalize.h"
#include "options.h"
#include "split.h"

enum { MLPRT_WEIGHTS_NAME = 128 /* bytes: a model's name has at most 64 */ };

struct mlprt_session {
    const struct mlprt_model *model;
    const struct mlprt_options *options;
    const struct mlprt_path *path;
    uint32_t threads;  /* to work on: those asked for, else OpenMP's own, or fewer (tuner.h) */
    void *arena;       /* arena_size bytes, zeros at the start */
    uint32_t *label;   /* [batch], or [series][batch]; of the samples loaded last */
    void *fault;       /* what the last update said of it: struct mlprt_batch */
    size_t fault_size; /* bytes */
    struct mlprt_samples {
        const struct mlprt_session *s;
        const struct mlprt_dataset *d;
        const uint32_t *index;
    } samples; /* of the batch described last */
    struct mlprt_normalizers normalizers;
    char weights[MLPRT_WEIGHTS_NAME]; /* where weights stand unless told: NAME.safetensors */
};

/* Chooses the path and makes the arena. Errors: MLPRT_USAGE (--isa names no path that this machine
 * has), MLPRT_IO (no memory). */
enum mlprt_status mlprt_session_open(struct mlprt_session *s, const struct mlprt_model *model,
                                     const struct mlprt_options *options, struct mlprt_error *e);
void mlprt_session_close(struct mlprt_session *s);

/* Loads the splits that are wanted, the training one among them, and fits the normalisation to it;
 * the command line's FILEs replace the training source's paths. */
enum mlprt_status mlprt_session_load(struct mlprt_session *s, struct mlprt_splits *splits,
                                     unsigned wanted, struct mlprt_error *e);

/* Loads what there is to test a network on: the FILEs, as they stand; else the test split; else the
 * training split. *d is where among the splits it is. If nothing but inputs is wanted, a FILE needs
 * no targets beside it. Normalisation that the weights did not bring is fitted to the training
 * split, which has to be there then. */
enum mlprt_status mlprt_session_load_test(struct mlprt_session *s, struct mlprt_splits *splits,
                                          const struct mlprt_dataset **d, bool inputs,
                                          struct mlprt_error *e);

/* Describes samples index[0 … n-1] of d, 1 <= n <= batch, as a batch; they are loaded as the path's
 * functions come to them. One batch of a session is in use at a time. */
struct mlprt_batch mlprt_session_batch(struct mlprt_session *s, const struct mlprt_dataset *d,
                                       const uint32_t *index, uint32_t n, uint32_t step,
                                       bool training);

/* To be called when the parameters were set by anything but update, before a backward pass. */
void mlprt_session_prepare(struct mlprt_session *s);

/* count elements, all zeros; NULL with a message of what there was no memory for, which callers
 * return as MLPRT_IO. */
void *mlprt_session_allocate(size_t count, size_t size, const char *what, struct mlprt_error *e);

#endif
