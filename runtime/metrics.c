/* Loss, accuracy and root mean square error: their sums over samples, and how they are written. */
#include "posix.h"

#include "metrics.h"
#include "param.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

double mlprt_metrics_add_losses(const struct mlprt_session *s, uint32_t n, double sum)
{
    const void *losses = (const unsigned char *)s->arena + s->model->loss_offset;
    if (s->model->element == MLPRT_F32)
        for (uint32_t i = 0; i < n; i++)
            sum += (double)((const float *)losses)[i];
    else
        for (uint32_t i = 0; i < n; i++)
            sum += ((const double *)losses)[i];
    return sum;
}

double mlprt_metrics_output(const struct mlprt_session *s, uint32_t sample, uint32_t j)
{
    const struct mlprt_model *model = s->model;
    const uint32_t block = model->output_block, behind = sample % block;
    return mlprt_arena_get(model, s->arena, model->output_offset,
                           (size_t)(sample - behind) * model->output_stride + j * block + behind);
}

/* As the network has it: normalised. */
static double target_of(const struct mlprt_session *s, uint32_t sample, uint32_t j)
{
    const struct mlprt_model *model = s->model;
    return mlprt_arena_get(model, s->arena, model->target_offset,
                           (size_t)sample * model->target_stride + j);
}

uint32_t mlprt_metrics_class(const struct mlprt_session *s, uint32_t sample)
{
    uint32_t best = 0;
    double most = mlprt_metrics_output(s, sample, 0);

    for (uint32_t j = 1; j < s->model->output_size; j++) {
        const double output = mlprt_metrics_output(s, sample, j);
        if (output > most) {
            most = output;
            best = j;
        }
    }
    return best;
}

/* How many of a sample's outputs are on the side of 1/2 that their targets are on. */
static uint32_t binary_right(const struct mlprt_session *s, uint32_t sample)
{
    uint32_t right = 0;

    for (uint32_t j = 0; j < s->model->output_size; j++)
        right += (mlprt_metrics_output(s, sample, j) > 0) == (target_of(s, sample, j) > 0.5);
    return right;
}

/* Adds the squares of what a sample's outputs are off; row is where its target stands. */
static double add_squares(const struct mlprt_session *s, const struct mlprt_matrix *target,
                          uint32_t row, uint32_t sample, double sum)
{
    const struct mlprt_normalizer *n = &s->normalizers.target;

    for (uint32_t j = 0; j < s->model->output_size; j++) {
        const double output = mlprt_metrics_output(s, sample, j);
        const double d = target->rows ? mlprt_normalizer_undo(n, s->model, j, output) -
                                            mlprt_matrix_number(target, row, j)
                                      : output - target_of(s, sample, j);
        sum = fma(d, d, sum);
    }
    return sum;
}

void mlprt_metrics_add(struct mlprt_metrics *m, const struct mlprt_session *s,
                       const struct mlprt_dataset *d, const uint32_t *index,
                       const struct mlprt_batch *batch)
{
    m->target = s->model->target;
    m->loss_sum = mlprt_metrics_add_losses(s, batch->n, m->loss_sum);
    for (uint32_t i = 0; i < batch->n; i++)
        switch (m->target) {
        case MLPRT_CLASS: m->correct += mlprt_metrics_class(s, i) == batch->label[i]; break;
        case MLPRT_BINARY: m->correct += binary_right(s, i); break;
        case MLPRT_NUMBERS:
            m->square_sum =
                add_squares(s, &d->target, mlprt_dataset_row(d, index[i]), i, m->square_sum);
            break;
        }
    m->samples += batch->n;
    m->outputs += (uint64_t)batch->n * s->model->output_size;
}

double mlprt_metrics_loss(const struct mlprt_metrics *m)
{
    return m->loss_sum / (double)m->samples;
}

double mlprt_metrics_accuracy(const struct mlprt_metrics *m)
{
    return (double)m->correct / (double)(m->target == MLPRT_CLASS ? m->samples : m->outputs);
}

double mlprt_metrics_rmse(const struct mlprt_metrics *m)
{
    return sqrt(m->square_sum / (double)m->outputs);
}

void mlprt_metrics_number(char text[MLPRT_NUMBER_TEXT], double value)
{
    const double least = 1e-3, most = 1e6; /* four decimals show two digits, and fit a column */
    const bool plain = value == 0 || (fabs(value) >= least && fabs(value) < most);
    snprintf(text, MLPRT_NUMBER_TEXT, plain ? "%.4f" : "%.3e", value);
}

void mlprt_metrics_text(char text[MLPRT_METRICS_TEXT], const struct mlprt_metrics *m)
{
    char loss[MLPRT_NUMBER_TEXT], rmse[MLPRT_NUMBER_TEXT];

    mlprt_metrics_number(loss, mlprt_metrics_loss(m));
    if (m->target != MLPRT_NUMBERS) {
        snprintf(text, MLPRT_METRICS_TEXT, "loss %s  accuracy %.4f", loss,
                 mlprt_metrics_accuracy(m));
    } else {
        mlprt_metrics_number(rmse, mlprt_metrics_rmse(m));
        snprintf(text, MLPRT_METRICS_TEXT, "loss %s  rmse %s", loss, rmse);
    }
}

/* A number in JSON: enough digits to read back the same double. */
static void json_number(char text[MLPRT_NUMBER_TEXT], double value)
{
    if (isfinite(value))
        snprintf(text, MLPRT_NUMBER_TEXT, "%.17g", value);
    else
        strcpy(text, "null");
}

void mlprt_metrics_json(char text[MLPRT_METRICS_TEXT], const struct mlprt_metrics *m)
{
    const bool numbers = m->target == MLPRT_NUMBERS;
    char loss[MLPRT_NUMBER_TEXT], metric[MLPRT_NUMBER_TEXT];

    json_number(loss, mlprt_metrics_loss(m));
    json_number(metric, numbers ? mlprt_metrics_rmse(m) : mlprt_metrics_accuracy(m));
    snprintf(text, MLPRT_METRICS_TEXT, "{\"loss\": %s, \"%s\": %s, \"samples\": %" PRIu64 "}", loss,
             numbers ? "rmse" : "accuracy", metric, m->samples);
}
