/* The matrix products of a dense layer, as a library computes them: what the peers in C differ in.
 *
 * Rows are samples; a layer's weights and their gradient lie as the library likes them, `count`
 * numbers each in the same order, so that the update of mlp.c goes over them one by one. */
#ifndef BENCH_PRODUCTS_H
#define BENCH_PRODUCTS_H

#include <stddef.h>

struct layer {
    int in, out, batch, threads; /* batch: the most samples there are at a time */
    float *weight, *gradient;    /* made by products_open */
    size_t count;
    void *own; /* the library's */
};

/* Says who it is: name and version. */
const char *products_name(void);
/* Makes the weights from [out][in] as PyTorch has them. */
void products_open(struct layer *l, const float *weight);
/* y[n][out] = x[n][in] · W */
void products_forward(const struct layer *l, const float *x, float *y, int n);
/* dx[n][in] = dy[n][out] · Wᵀ */
void products_input(const struct layer *l, const float *dy, float *dx, int n);
/* gradient = x[n][in]ᵀ · dy[n][out] */
void products_weight(const struct layer *l, const float *x, const float *dy, int n);

/* Memory for so many numbers, all 0; there is always some, or the program ends. */
float *products_allocate(size_t count);

#endif
