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
    for (uint32_t i = 0; i < n; i++)
        sum += mlprt_arena_get(s->model, s->arena, s->model->loss_offset, i);
    return sum;
}

uint32_t mlprt_metrics_class(const struct mlprt_session *s, uint32_t sample)
{
    const struct mlprt_model *model = s->model;
    const size_t row = (size_t)sample * model->output_stride;
    uint32_t best = 0;
    double most = mlprt_arena_get(model, s->arena, model->output_offset, row);

    for (uint32_t j = 1; j < model->output_size; j++) {
        const double output = mlprt_arena_get(model, s->arena, model->output_offset, row + j);
        if (output > most) {
            most = output;
            best = j;
        }
    }
    return best;
}

void mlprt_metrics_add(struct mlprt_metrics *m, const struct mlprt_session *s,
                       const struct mlprt_batch *batch)
{
    const struct mlprt_model *model = s->model;

    m->target = model->target;
    for (uint32_t i = 0; i < batch->n; i++) {
        m->loss_sum += mlprt_arena_get(model, s->arena, model->loss_offset, i);
        if (model->target == MLPRT_CLASS) {
            m->correct += mlprt_metrics_class(s, i) == batch->label[i];
            continue;
        }
        for (uint32_t j = 0; j < model->output_size; j++) {
            const double d = mlprt_arena_get(model, s->arena, model->output_offset,
                                             (size_t)i * model->output_stride + j) -
                             mlprt_arena_get(model, s->arena, model->target_offset,
                                             (size_t)i * model->target_stride + j);
            m->square_sum = fma(d, d, m->square_sum);
        }
    }
    m->samples += batch->n;
    m->outputs += (uint64_t)batch->n * model->output_size;
}

double mlprt_metrics_loss(const struct mlprt_metrics *m)
{
    return m->loss_sum / (double)m->samples;
}

double mlprt_metrics_accuracy(const struct mlprt_metrics *m)
{
    return (double)m->correct / (double)m->samples;
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
    if (m->target == MLPRT_CLASS) {
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
    const bool class = m->target == MLPRT_CLASS;
    char loss[MLPRT_NUMBER_TEXT], metric[MLPRT_NUMBER_TEXT];

    json_number(loss, mlprt_metrics_loss(m));
    json_number(metric, class ? mlprt_metrics_accuracy(m) : mlprt_metrics_rmse(m));
    snprintf(text, MLPRT_METRICS_TEXT, "{\"loss\": %s, \"%s\": %s, \"samples\": %" PRIu64 "}", loss,
             class ? "accuracy" : "rmse", metric, m->samples);
}
