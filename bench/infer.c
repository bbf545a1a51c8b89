/* infer: nanoseconds for one sample through a network that mlpgen wrote.
 *
 * Linked with the generated file in the place of the runtime: the file's main hands its model to
 * mlprt_main, which is here, and samples go one by one through the first path that the machine can
 * take. The weights are random: time does not depend on them. Prints
 *
 *     throughput NS    1,024 different inputs, one after the other, all outputs read
 *     latency NS       each input waits for the output before it
 */
#define _POSIX_C_SOURCE 200809L

#include "mlprt.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INPUTS = 1024, STRETCH = 32 /* between two looks at the clock */, TRIES = 5 };
static const double try_seconds = 0.02; /* at least */

static volatile float sink;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* In [-1, 1), the same numbers every time: the bench asks for other, not for good ones. */
static float draw(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) * 0x1p-23f - 1;
}

static void *allocate(size_t bytes)
{
    void *memory = NULL;
    if (posix_memalign(&memory, MLPRT_ALIGN, bytes ? bytes : 1) != 0) {
        fputs("infer: no memory\n", stderr);
        exit(1);
    }
    memset(memory, 0, bytes);
    return memory;
}

static const struct mlprt_path *path_of(const struct mlprt_model *model)
{
    size_t i = 0;
    while (!model->paths[i]->usable())
        i++;
    return model->paths[i];
}

static void draw_params(const struct mlprt_model *model, char *arena)
{
    for (size_t i = 0; i < model->param_count; i++) {
        const struct mlprt_param *p = &model->params[i];
        const size_t columns = (size_t)(p->units + p->panel - 1) / p->panel * p->panel;
        float *value = (float *)(arena + p->offset);
        for (size_t j = 0; j < columns * p->depth; j++)
            value[j] = draw() / sqrtf((float)p->depth);
    }
}

/* The next STRETCH of the inputs; `wait` times the output before it is added to each. */
static void stretch(const struct mlprt_model *model, const struct mlprt_path *path,
                    const struct mlprt_batch *batch, const float *inputs, float wait)
{
    char *arena = batch->arena;
    float *input = (float *)(arena + model->input_offset);
    const float *output = (const float *)(arena + model->output_offset);
    float sum = 0;

    for (size_t i = 0; i < STRETCH; i++) {
        memcpy(input, inputs + i * model->input_size, model->input_size * sizeof *input);
        if (wait > 0)
            input[0] += wait * output[0];
        path->infer(batch);
        for (uint32_t j = 0; j < model->output_size; j++)
            sum += output[j * model->output_block];
    }
    sink = sum;
}

static double best_ns(const struct mlprt_model *model, const struct mlprt_path *path,
                      const struct mlprt_batch *batch, const float *inputs, float wait)
{
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        const double start = seconds();
        double spent;
        size_t done = 0;
        do {
            stretch(model, path, batch, inputs + done % INPUTS * model->input_size, wait);
            done += STRETCH;
            spent = seconds() - start;
        } while (spent < try_seconds);
        const double ns = 1e9 * spent / (double)done;
        best = i == 0 || ns < best ? ns : best;
    }
    return best;
}

int mlprt_main(const struct mlprt_model *model, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct mlprt_path *path = path_of(model);
    char *arena = allocate(model->arena_size);
    float *inputs = allocate((size_t)INPUTS * model->input_size * sizeof *inputs);
    const struct mlprt_batch batch = {.arena = arena, .n = 1, .threads = 1};

    draw_params(model, arena);
    for (size_t i = 0; i < (size_t)INPUTS * model->input_size; i++)
        inputs[i] = draw();
    printf("path %s\n", path->name);
    printf("throughput %.3f\n", best_ns(model, path, &batch, inputs, 0));
    printf("latency %.3f\n", best_ns(model, path, &batch, inputs, 1e-30f));
    free(inputs);
    free(arena);
    return 0;
}
