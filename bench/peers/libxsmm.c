/* LIBXSMM: each product in blocks, by kernels that it makes while running. Weights are [in][out].
 *
 * To it, which counts columns first, a row-major [n][out] is a matrix of out × n: y = W · x needs
 * no transposition, and dW none of its first factor. For dx the weights are transposed, once a
 * step. A kernel adds DEPTH products to each of BLOCK × ROWS numbers: its panels stay in the
 * caches. */
#include "products.h"

#include <libxsmm.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 64, ROWS = 32, DEPTH = 128 };

const char *products_name(void)
{
    static char name[64];
    snprintf(name, sizeof name, "LIBXSMM %s %s", LIBXSMM_VERSION, libxsmm_get_target_arch());
    return name;
}

void products_open(struct layer *l, const float *weight)
{
    libxsmm_init();
    l->count = (size_t)l->in * (size_t)l->out;
    if (!l->weight) {
        l->weight = products_allocate(l->count);
        l->gradient = products_allocate(l->count);
        l->own = products_allocate(l->count); /* transposed */
    }
    libxsmm_otrans(l->weight, weight, sizeof(float), l->in, l->out, l->in, l->out);
}

/* A kernel that sets c (first) or adds to it. */
static libxsmm_smmfunction kernel_of(int m, int n, int k, int rows, int stride, bool transposed,
                                     bool first)
{
    const int flags = (first ? LIBXSMM_GEMM_FLAG_BETA_0 : LIBXSMM_GEMM_FLAG_NONE) |
                      (transposed ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE);
    const float alpha = 1, beta = first ? 0 : 1;
    libxsmm_smmfunction kernel =
        libxsmm_smmdispatch(m, n, k, &rows, &stride, &rows, &alpha, &beta, &flags, NULL);
    if (!kernel)
        abort();
    return kernel;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* c[columns][rows] = b[columns][depth] · a[depth][rows] as C sees them; b may lie transposed. */
static void product(const struct layer *l, const float *a, const float *b, float *c, int rows,
                    int columns, int depth, bool transposed)
{
    const int stride = transposed ? columns : depth; /* of b */
    const int across = (rows + BLOCK - 1) / BLOCK, down = (columns + ROWS - 1) / ROWS;
#pragma omp parallel for num_threads(l->threads)
    for (int i = 0; i < across * down; i++) {
        const int row = i % across * BLOCK, column = i / across * ROWS;
        const int m = least(rows - row, BLOCK), n = least(columns - column, ROWS);
        for (int k = 0; k < depth; k += DEPTH) {
            const size_t from = transposed ? (size_t)k * (size_t)stride + (size_t)column
                                           : (size_t)column * (size_t)stride + (size_t)k;
            kernel_of(m, n, least(depth - k, DEPTH), rows, stride, transposed,
                      k == 0)(a + (size_t)k * (size_t)rows + row, b + from,
                              c + (size_t)column * (size_t)rows + row);
        }
    }
}

void products_forward(const struct layer *l, const float *x, float *y, int n)
{
    product(l, l->weight, x, y, l->out, n, l->in, false);
}

void products_input(const struct layer *l, const float *dy, float *dx, int n)
{
    libxsmm_otrans(l->own, l->weight, sizeof(float), l->out, l->in, l->out, l->in);
    product(l, l->own, dy, dx, l->in, n, l->out, false);
}

void products_weight(const struct layer *l, const float *x, const float *dy, int n)
{
    product(l, dy, x, l->gradient, l->out, l->in, n, true);
}
