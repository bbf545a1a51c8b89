/* fann FOLDER SHAPE BATCH LR MOMENTUM EPOCHS THREADS: FANN, sample by sample, a peer of bench/run.
 *
 * The arguments are those of mlp.c, the answers too; BATCH and THREADS change nothing, and since
 * its loss (squares) and first weights are its own, it answers with no loss: "work only". Of large
 * networks it trains a few samples only. Without EPOCHS (`fann FOLDER SHAPE run`) it answers with
 * the seconds of one forward pass. */
#define _POSIX_C_SOURCE 200809L

#include <fann.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LAYERS_MAX = 8, PATH_BYTES = 4096, INPUTS = 1024 };
static const double connections_max = 1e8; /* of an epoch: half a second */

static unsigned units[LAYERS_MAX], layers;
static float *x;
static unsigned *t;
static size_t samples;

static void *read_numbers(const char *folder, const char *name, size_t *count)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    const size_t bytes = (size_t)ftell(file);
    void *numbers = malloc(bytes + 1);
    rewind(file);
    if (!numbers || fread(numbers, 1, bytes, file) != bytes) {
        perror(path);
        exit(1);
    }
    fclose(file);
    *count = bytes / sizeof(float);
    return numbers;
}

static void read_shape(char *shape)
{
    for (units[layers++] = (unsigned)strtoul(shape, &shape, 10);
         *shape == '-' && layers < LAYERS_MAX;)
        units[layers++] = (unsigned)strtoul(shape + 1, &shape, 10);
}

/* Samples of an epoch: as many as take about a second at most. */
static size_t taken(void)
{
    double connections = 0;
    for (unsigned l = 1; l < layers; l++)
        connections += (double)units[l - 1] * units[l];
    const double most = connections_max / connections;
    return most < (double)samples ? (size_t)most : samples;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The seconds that an epoch of all samples would take. */
static double train_epoch(struct fann *net)
{
    const size_t n = taken();
    const unsigned outputs = units[layers - 1];
    float *target = calloc(outputs, sizeof *target);
    const double start = seconds();
    for (size_t i = 0; target && i < n; i++) {
        memset(target, 0, outputs * sizeof *target);
        if (outputs == 1)
            target[0] = (float)t[i];
        else
            target[t[i]] = 1;
        fann_train(net, x + i * units[0], target);
    }
    free(target);
    return (seconds() - start) / (double)n * (double)samples;
}

static double run_one(struct fann *net)
{
    static volatile float sink;
    const size_t n = samples < INPUTS ? samples : INPUTS;
    size_t done = 0;
    const double start = seconds();
    double spent;
    do {
        for (size_t i = 0; i < n; i++)
            sink = fann_run(net, x + i * units[0])[0];
        done += n;
        spent = seconds() - start;
    } while (spent < 0.05);
    (void)sink;
    return spent / (double)done;
}

int main(int argc, char **argv)
{
    char line[16];
    if (argc < 4)
        return 2;
    size_t count;
    x = read_numbers(argv[1], "x.f32", &count);
    t = read_numbers(argv[1], "t.u32", &samples);
    read_shape(argv[2]);
    struct fann *net = fann_create_standard_array(layers, units);
    if (!net)
        return 1;
    fann_set_activation_function_hidden(net, FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_function_output(net, FANN_SIGMOID);
    fann_set_learning_rate(net, argc > 4 ? strtof(argv[4], NULL) : 0.1f);
    puts("FANN");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        printf("%.12f nan\n", argc > 4 ? train_epoch(net) : run_one(net));
        fflush(stdout);
    }
    fann_destroy(net);
    return 0;
}
