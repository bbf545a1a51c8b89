/* load INPUTS TARGETS: what the program of a 784-input, 10-class model takes to load two IDX files,
 * linked with the runtime. A process loads once, since what it has loaded before leaves it memory
 * that need not be fetched from the system. Prints
 *
 *     load SECONDS
 */
#define _POSIX_C_SOURCE 200809L

#include "dataset.h"

#include <stdio.h>
#include <time.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    const struct mlprt_model model = {.input_size = 784, .output_size = 10, .target = MLPRT_CLASS};
    struct mlprt_dataset d;
    struct mlprt_error e;

    if (argc != 3)
        return 2;
    const struct mlprt_source source = {
        .format = MLPRT_IDX, .input_path = argv[1], .target_path = argv[2]};
    const double start = seconds();
    if (mlprt_dataset_load(&d, &model, &source, NULL, NULL, 0, &e)) {
        fprintf(stderr, "load: %s\n", e.text);
        return 1;
    }
    printf("load %.9f\n", seconds() - start);
    mlprt_dataset_free(&d);
    return 0;
}
