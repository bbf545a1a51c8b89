/* OpenBLAS: each product one call of sgemm. Weights are [in][out]. */
#include "products.h"

#include <cblas.h>
#include <stdio.h>

char *openblas_get_config(void);
void openblas_set_num_threads(int threads);

const char *products_name(void)
{
    return openblas_get_config();
}

void products_open(struct layer *l, const float *weight)
{
    openblas_set_num_threads(l->threads);
    l->count = (size_t)l->in * (size_t)l->out;
    if (!l->weight) {
        l->weight = products_allocate(l->count);
        l->gradient = products_allocate(l->count);
    }
    for (size_t j = 0; j < (size_t)l->out; j++)
        for (size_t k = 0; k < (size_t)l->in; k++)
            l->weight[k * (size_t)l->out + j] = weight[j * (size_t)l->in + k];
}

void products_forward(const struct layer *l, const float *x, float *y, int n)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, l->out, l->in, 1, x, l->in, l->weight,
                l->out, 0, y, l->out);
}

void products_input(const struct layer *l, const float *dy, float *dx, int n)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, l->in, l->out, 1, dy, l->out, l->weight,
                l->out, 0, dx, l->in);
}

void products_weight(const struct layer *l, const float *x, const float *dy, int n)
{
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->in, l->out, n, 1, x, l->in, dy, l->out,
                0, l->gradient, l->out);
}
