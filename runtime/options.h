/* The command line of a generated program: its commands and options, from one table. */
#ifndef MLPRT_OPTIONS_H
#define MLPRT_OPTIONS_H

#include "mlprt.h"
#include "status.h"

#include <stdio.h>

enum mlprt_command {
    MLPRT_TRAIN,
    MLPRT_EVAL,
    MLPRT_PREDICT,
    MLPRT_GRADCHECK,
    MLPRT_INFO,
    MLPRT_BENCH,
    MLPRT_COMMANDS /* how many there are; also: none was given */
};

enum {
    MLPRT_THREADS_MAX =
        1024 /* more than any machine's; the system may end a program that wants more */
};

/* What was asked for; the model's own values where nothing else was. */
struct mlprt_options {
    enum mlprt_command command;
    bool help;
    bool version;        /* asked for in place of a command */
    const char *data;    /* NULL: the current directory */
    const char *init;    /* NULL: weights are drawn */
    const char *save;    /* NULL: the model's name with .safetensors */
    const char *weights; /* NULL: as save */
    const char *isa;     /* NULL: the best path */
    double lr;
    uint32_t epochs;
    uint32_t threads; /* 0: as many as are faster, else up to MLPRT_THREADS_MAX */
    uint64_t seed;
    const char *checkpoint; /* NULL: the save name with .ckpt */
    const char *resume;     /* NULL: from the start */
    const char *log;        /* NULL: none is written */
    uint32_t stop_after;    /* epochs of this run; 0: all there are */
    struct mlprt_every {
        uint32_t epochs, minutes; /* between two checkpoints; 0: not by them */
    } every;
    bool quiet, json, all, program;
    uint32_t given; /* for mlprt_options_given */
    const char *const *files;
    size_t file_count;
};

/* Reads the command line. FILEs are moved to the front of argv. An error (MLPRT_USAGE) leaves
 * o->command as far as it was known. */
enum mlprt_status mlprt_options_parse(struct mlprt_options *o, const struct mlprt_model *model,
                                      int argc, char **argv, struct mlprt_error *e);

/* Did the command line have the option of that name? */
bool mlprt_options_given(const struct mlprt_options *o, const char *name);

/* How a command is used, and where to read more; of the program where command is MLPRT_COMMANDS. */
void mlprt_options_usage(FILE *out, const char *program, enum mlprt_command command);
/* The same and all there is to choose from. */
void mlprt_options_help(FILE *out, const char *program, const struct mlprt_model *model,
                        enum mlprt_command command);

#endif
