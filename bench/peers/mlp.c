/* mlp FOLDER SHAPE BATCH LR MOMENTUM EPOCHS THREADS: an MLP by hand, around a library's products.
 *
 * relu between the layers, softmax cross-entropy, SGD. FOLDER holds, as native 32-bit numbers, the
 * data (x.f32, t.u32), the first weights in PyTorch's order (weights.f32) and the samples' order in
 * each epoch (order.u32); SHAPE is 784-256-10. For every line on standard input it trains EPOCHS
 * epochs from those weights and answers with the seconds and the mean loss of the last one. */
#define _POSIX_C_SOURCE 200809L

#include "products.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LAYERS_MAX = 8, ALIGN = 64, PATH_BYTES = 4096 };

static struct net {
    struct layer layer[LAYERS_MAX];
    float *bias[LAYERS_MAX], *bias_gradient[LAYERS_MAX], *velocity[LAYERS_MAX];
    float *value[LAYERS_MAX + 1]; /* [batch][units]; the first is the input */
    float *slope[LAYERS_MAX + 1]; /* the loss's derivative by it */
    int layers, batch;
    float lr, momentum;
} net;

static struct data {
    float *x, *weights;
    uint32_t *t, *order;
    size_t samples;
} data;

float *products_allocate(size_t count)
{
    const size_t bytes = (count * sizeof(float) / ALIGN + 1) * ALIGN;
    float *memory = aligned_alloc(ALIGN, bytes);
    if (!memory) {
        fputs("mlp: no memory\n", stderr);
        exit(1);
    }
    memset(memory, 0, bytes);
    return memory;
}

/* A file's 32-bit numbers; how many there are goes to count. */
static void *read_numbers(const char *folder, const char *name, size_t *count)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    *count = (size_t)ftell(file) / sizeof(float);
    rewind(file);
    float *numbers = products_allocate(*count);
    if (fread(numbers, sizeof *numbers, *count, file) != *count) {
        perror(path);
        exit(1);
    }
    fclose(file);
    return numbers;
}

static void read_data(const char *folder)
{
    size_t count;
    data.x = read_numbers(folder, "x.f32", &count);
    data.t = read_numbers(folder, "t.u32", &data.samples);
    data.weights = read_numbers(folder, "weights.f32", &count);
    data.order = read_numbers(folder, "order.u32", &count);
}

/* Layers as the shape says: "784-256-10". */
static void make_layers(char *shape, int threads)
{
    int in = (int)strtol(shape, &shape, 10);
    net.value[0] = products_allocate((size_t)net.batch * (size_t)in);
    while (*shape == '-' && net.layers < LAYERS_MAX) {
        const int l = net.layers++, out = (int)strtol(shape + 1, &shape, 10);
        net.layer[l] = (struct layer){.in = in, .out = out, .batch = net.batch, .threads = threads};
        net.value[l + 1] = products_allocate((size_t)net.batch * (size_t)out);
        net.slope[l + 1] = products_allocate((size_t)net.batch * (size_t)out);
        net.bias[l] = products_allocate((size_t)out);
        net.bias_gradient[l] = products_allocate((size_t)out);
        in = out;
    }
}

static void start_anew(void)
{
    const float *weights = data.weights;
    for (int l = 0; l < net.layers; l++) {
        struct layer *layer = &net.layer[l];
        products_open(layer, weights);
        weights += (size_t)layer->in * (size_t)layer->out;
        memcpy(net.bias[l], weights, (size_t)layer->out * sizeof *weights);
        weights += layer->out;
        if (!net.velocity[l])
            net.velocity[l] = products_allocate(layer->count + (size_t)layer->out);
        memset(net.velocity[l], 0, (layer->count + (size_t)layer->out) * sizeof(float));
    }
}

static void gather(const uint32_t *index, int n)
{
    const size_t in = (size_t)net.layer[0].in;
#pragma omp parallel for
    for (int i = 0; i < n; i++)
        memcpy(net.value[0] + (size_t)i * in, data.x + index[i] * in, in * sizeof(float));
}

static void forward(int n)
{
    for (int l = 0; l < net.layers; l++) {
        const int out = net.layer[l].out;
        const float least = l + 1 < net.layers ? 0 : -INFINITY;
        const float *bias = net.bias[l];
        products_forward(&net.layer[l], net.value[l], net.value[l + 1], n);
#pragma omp parallel for
        for (int i = 0; i < n; i++) {
            float *y = net.value[l + 1] + (size_t)i * (size_t)out;
            for (int j = 0; j < out; j++)
                y[j] = y[j] + bias[j] > least ? y[j] + bias[j] : least;
        }
    }
}

/* The sum of the samples' losses; slopes of their mean. */
static double loss(const uint32_t *index, int n)
{
    const int classes = net.layer[net.layers - 1].out;
    double sum = 0;
    for (int i = 0; i < n; i++) {
        const float *z = net.value[net.layers] + (size_t)i * (size_t)classes;
        float *slope = net.slope[net.layers] + (size_t)i * (size_t)classes;
        float most = z[0], total = 0;
        for (int j = 1; j < classes; j++)
            most = z[j] > most ? z[j] : most;
        for (int j = 0; j < classes; j++)
            total += slope[j] = expf(z[j] - most);
        for (int j = 0; j < classes; j++)
            slope[j] /= total * (float)n;
        const uint32_t target = data.t[index[i]];
        slope[target] -= 1 / (float)n;
        sum += logf(total) - (z[target] - most);
    }
    return sum;
}

static void backward(int n)
{
    for (int l = net.layers - 1; l >= 0; l--) {
        const struct layer *layer = &net.layer[l];
        const size_t out = (size_t)layer->out, in = (size_t)layer->in;
        memset(net.bias_gradient[l], 0, out * sizeof(float));
        for (size_t i = 0; i < (size_t)n; i++)
            for (size_t j = 0; j < out; j++)
                net.bias_gradient[l][j] += net.slope[l + 1][i * out + j];
        products_weight(layer, net.value[l], net.slope[l + 1], n);
        if (l == 0)
            continue;
        products_input(layer, net.slope[l + 1], net.slope[l], n);
#pragma omp parallel for
        for (size_t i = 0; i < (size_t)n * in; i++)
            net.slope[l][i] = net.value[l][i] > 0 ? net.slope[l][i] : 0;
    }
}

static void step_of(float *weight, const float *gradient, float *velocity, size_t count)
{
    const float lr = net.lr, momentum = net.momentum;
    if (momentum == 0) {
#pragma omp parallel for simd
        for (size_t i = 0; i < count; i++)
            weight[i] -= lr * gradient[i];
        return;
    }
#pragma omp parallel for simd
    for (size_t i = 0; i < count; i++) {
        velocity[i] = momentum * velocity[i] + gradient[i];
        weight[i] -= lr * velocity[i];
    }
}

static void update(void)
{
    for (int l = 0; l < net.layers; l++) {
        const struct layer *layer = &net.layer[l];
        step_of(layer->weight, layer->gradient, net.velocity[l], layer->count);
        step_of(net.bias[l], net.bias_gradient[l], net.velocity[l] + layer->count,
                (size_t)layer->out);
    }
}

static double train_epoch(const uint32_t *order)
{
    double sum = 0;
    for (size_t first = 0; first < data.samples; first += (size_t)net.batch) {
        const size_t left = data.samples - first;
        const int n = left < (size_t)net.batch ? (int)left : net.batch;
        gather(order + first, n);
        forward(n);
        sum += loss(order + first, n);
        backward(n);
        update();
    }
    return sum / (double)data.samples;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    char line[16];
    if (argc != 8)
        return 2;
    read_data(argv[1]);
    net.batch = atoi(argv[3]);
    net.lr = strtof(argv[4], NULL);
    net.momentum = strtof(argv[5], NULL);
    make_layers(argv[2], atoi(argv[7]));
    printf("%s\n", products_name());
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        double start = 0, mean = 0;
        start_anew();
        for (int epoch = 0; epoch < atoi(argv[6]); epoch++) {
            start = seconds();
            mean = train_epoch(data.order + (size_t)epoch * data.samples);
        }
        printf("%.9f %.9g\n", seconds() - start, mean);
        fflush(stdout);
    }
    return 0;
}
