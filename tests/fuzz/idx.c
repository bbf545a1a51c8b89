/* A fuzz target: any bytes as an IDX file of inputs, plain or gzipped. Of one that is taken every
 * number can be read. */
#define _GNU_SOURCE /* memfd_create */
#include "memory_file.h"

#include "dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUTS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mlprt_model model = {
        .name = "fuzz", .input_size = INPUTS, .output_size = 2, .batch = 1};
    static const struct mlprt_source source = {.format = MLPRT_IDX, .input_path = "fuzz.idx"};
    struct mlprt_dataset d;
    struct mlprt_error e;
    double row[INPUTS];
    volatile double sink = 0;
    if (mlprt_dataset_load_inputs(&d, &model, &source, memory_file(data, size), &e) != MLPRT_OK)
        return 0;
    if (d.input.columns != INPUTS || d.samples != d.input.rows || d.samples == 0)
        abort();
    for (uint32_t i = 0; i < d.samples; i++) {
        mlprt_matrix_row(&d.input, i, row);
        sink = row[INPUTS - 1];
    }
    (void)sink;
    mlprt_dataset_free(&d);
    return 0;
}
