/* The bench command: how fast this program is on this machine, beside what it could be at the peak
 * of multiply-adds and what the compiler expected. */
#include "posix.h"

#include "bench.h"
#include "guard.h"
#include "metrics.h"
#include "param.h"
#include "peak.h"
#include "progress.h"
#include "shuffle.h"
#include "tuner.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    BENCH_BYTES = 64 << 20, /* of samples, as floats: more than a core's caches have, as data has */
    BENCH_SAMPLES_MAX = 1 << 16,
};
static const double bench_time = 0.3;     /* seconds for each of the rows */
static const double bench_stretch = 5e-3; /* at least so long between two looks at the clock */

struct bench {
    struct mlprt_session *s;
    struct mlprt_dataset data;
    uint32_t *index;      /* [data.samples]: their order */
    uint32_t next;        /* the first one of the next batch */
    uint32_t step, steps; /* taken so far, and at a time */
    double *rates;        /* of those */
    double peak;
};

/* ---- data ---- */

static uint32_t bench_word(const struct bench *b, uint64_t i)
{
    const uint64_t counter = i / 4;
    return mlprt_philox(b->s->options->seed, (uint32_t)counter, (uint32_t)(counter >> 32), 0,
                        mlprt_counter_end(MLPRT_PURPOSE_BENCH, 0))
        .w[i % 4];
}

/* Rows of pixels, or of numbers below 1 (0 and 1 alone where whole). */
static enum mlprt_status bench_matrix(const struct bench *b, struct mlprt_matrix *m,
                                      enum mlprt_stored stored, uint32_t columns, bool whole,
                                      struct mlprt_error *e)
{
    const size_t count = (size_t)b->data.samples * columns;
    void *data =
        mlprt_session_allocate(count, stored == MLPRT_U8 ? 1 : sizeof(float), "samples", e);
    if (!data)
        return MLPRT_IO;
    *m = (struct mlprt_matrix){stored, b->data.samples, columns, 2, data, data};
    for (size_t i = 0; i < count; i++) {
        const uint32_t word = bench_word(b, i);
        if (stored == MLPRT_U8)
            ((uint8_t *)data)[i] = (uint8_t)(word >> 24);
        else
            ((float *)data)[i] = whole ? (float)(word & 1) : (float)mlprt_uniform24(word);
    }
    return MLPRT_OK;
}

/* A batch at least, or those of a series, however large. */
static uint32_t bench_samples(const struct mlprt_model *model)
{
    const uint64_t row = ((uint64_t)model->input_size + model->output_size) * sizeof(float);
    const uint64_t most = BENCH_BYTES / row;
    const uint32_t samples = most < BENCH_SAMPLES_MAX ? (uint32_t)most : BENCH_SAMPLES_MAX;
    const uint32_t least = model->batch * (model->series ? model->series : 1);
    return samples < least ? least : samples;
}

/* Is the input the target? */
static bool bench_own_target(const struct mlprt_model *model)
{
    const struct mlprt_source *from = &model->train;
    return model->target != MLPRT_CLASS &&
           (from->format == MLPRT_IDX ? !from->target_path : from->row_length == model->input_size);
}

static enum mlprt_status bench_targets(struct bench *b, struct mlprt_error *e)
{
    const struct mlprt_model *model = b->s->model;
    struct mlprt_dataset *d = &b->data;
    if (bench_own_target(model))
        return MLPRT_OK;
    if (model->target != MLPRT_CLASS)
        return bench_matrix(b, &d->target, MLPRT_STORED_F32, model->output_size,
                            model->target == MLPRT_BINARY, e);
    d->label = mlprt_session_allocate(d->samples, sizeof *d->label, "labels", e);
    if (!d->label)
        return MLPRT_IO;
    for (uint32_t i = 0; i < d->samples; i++)
        d->label[i] = bench_word(b, i) % model->output_size;
    return MLPRT_OK;
}

/* Samples like those of an IDX file, bytes that are normalised, or else numbers below 1; drawn
 * weights; everything in the order of an epoch. */
static enum mlprt_status bench_begin(struct bench *b, struct mlprt_error *e)
{
    struct mlprt_session *s = b->s;
    const struct mlprt_model *model = s->model;
    const bool pixels = model->train.format == MLPRT_IDX &&
                        model->normalize.kind != MLPRT_UNCHANGED && !bench_own_target(model);
    b->data.samples = bench_samples(model);
    enum mlprt_status status = bench_matrix(b, &b->data.input, pixels ? MLPRT_U8 : MLPRT_STORED_F32,
                                            model->input_size, false, e);
    if (status || (status = bench_targets(b, e)) ||
        (status = mlprt_normalizers_fit(&s->normalizers, model, &b->data, e)))
        return status;
    b->index = mlprt_session_allocate(b->data.samples, sizeof *b->index, "the samples' order", e);
    b->steps = model->series && s->threads == 1 ? model->series : 1;
    b->rates = mlprt_session_allocate(b->steps, sizeof *b->rates, "learning rates", e);
    if (!b->index || !b->rates)
        return MLPRT_IO;
    for (uint32_t i = 0; i < b->steps; i++)
        b->rates[i] = s->options->lr;
    for (uint32_t i = 0; i < b->data.samples; i++)
        b->index[i] = i;
    mlprt_shuffle(b->index, b->data.samples, s->options->seed, 0);
    mlprt_param_initialize(model, s->arena, s->options->seed);
    mlprt_session_prepare(s);
    return MLPRT_OK;
}

static void bench_end(struct bench *b)
{
    mlprt_dataset_free(&b->data);
    free(b->index);
    free(b->rates);
}

/* ---- what is timed ---- */

static struct mlprt_batch bench_batch(struct bench *b, uint32_t n, bool training)
{
    if (b->next + n > b->data.samples)
        b->next = 0;
    const uint32_t *index = b->index + b->next;
    b->next += n;
    return mlprt_session_batch(b->s, &b->data, index, n, b->step, training);
}

/* Steps as the train command takes them, wherever they lead: one, or a series. */
static void bench_train(struct bench *b)
{
    struct mlprt_fault fault;
    const struct mlprt_session *s = b->s;
    const uint32_t n = s->model->batch;
    struct mlprt_batch batch = bench_batch(b, n * b->steps, true);
    batch.n = n;
    if (b->steps > 1) {
        batch.steps = b->steps;
        batch.rates = b->rates;
        s->path->series(&batch);
    } else {
        s->path->backward(&batch);
        s->path->update(&batch);
    }
    mlprt_metrics_add_losses(s, n * b->steps, 0);
    mlprt_guard_gradients(b->s, &fault);
    b->step += b->steps;
}

/* Finds the number of threads as the train command does. */
static void bench_tune(struct bench *b)
{
    struct mlprt_session *s = b->s;
    struct mlprt_tuner tuner = mlprt_tuner_of(s->threads, s->options->threads != 0);
    while (mlprt_tuner_searches(&tuner)) {
        const double start = mlprt_progress_clock();
        bench_train(b);
        mlprt_tuner_note(&tuner, mlprt_progress_clock() - start);
        s->threads = tuner.threads;
    }
}

static void bench_evaluate(struct bench *b)
{
    const struct mlprt_batch batch = bench_batch(b, b->s->model->batch, false);
    b->s->path->evaluate(&batch);
}

static void bench_sample(struct bench *b)
{
    struct mlprt_batch batch = bench_batch(b, 1, false);
    batch.load(&batch, 0, 1, 0);
    b->s->path->infer(&batch);
}

/* Seconds that one call takes: of the stretch of calls that was fastest. */
static double bench_measure(struct bench *b, void (*call)(struct bench *))
{
    const double end = mlprt_progress_clock() + bench_time;
    double best = 0, now;
    uint32_t calls = 1;
    do {
        const double before = mlprt_progress_clock();
        for (uint32_t i = 0; i < calls; i++)
            call(b);
        now = mlprt_progress_clock();
        if (now - before < bench_stretch && calls <= UINT32_MAX / 2)
            calls *= 2; /* the first ones are slower too: nothing is in the caches */
        else if (best == 0 || (now - before) / calls < best)
            best = (now - before) / calls;
    } while (now < end || best == 0);
    return best;
}

/* A line of the table, of samples that take so long each. */
static void bench_row(const struct bench *b, const char *name, double seconds, double expected,
                      uint64_t flops, uint32_t threads)
{
    const double rate = (double)flops / seconds, peak = b->peak / b->s->threads * threads;
    printf("%-17s %12.1f %12.1f %10.2f %11.1f %%\n", name, 1e9 * seconds, 1e9 * expected,
           1e-9 * rate, 100 * rate / peak);
}

static void bench_run(struct bench *b)
{
    const struct mlprt_session *s = b->s;
    const struct mlprt_model *model = s->model;
    const struct mlprt_path *path = s->path;
    const uint32_t n = model->batch;

    bench_tune(b);
    b->peak = mlprt_peak_measure(s);
    printf("%s: path %s, threads %" PRIu32 ", batch %" PRIu32 ", peak %.4g GFLOP/s\n\n",
           model->name, path->name, s->threads, n, 1e-9 * b->peak);
    printf("%-17s %12s %12s %10s %13s\n", "", "ns/sample", "expected", "GFLOP/s", "of the peak");
    const double step = mlprt_peak_shared(s, b->peak, path->step_slots, MLPRT_STEP_SHARES);
    const double batch = mlprt_peak_shared(s, b->peak, path->batch_slots, MLPRT_EVALUATE_SHARES);
    const double alone = mlprt_peak_seconds(s, b->peak, path->sample_slots);
    bench_row(b, "training", bench_measure(b, bench_train) / b->steps / n, step / n,
              model->train_flops, s->threads);
    bench_row(b, "inference", bench_measure(b, bench_evaluate) / n, batch / n,
              model->evaluate_flops, s->threads);
    bench_row(b, "inference, alone", bench_measure(b, bench_sample), alone, model->evaluate_flops,
              1);
}

enum mlprt_status mlprt_bench(struct mlprt_session *s, struct mlprt_error *e)
{
    struct bench b = {.s = s};
    const enum mlprt_status status = bench_begin(&b, e);
    if (!status)
        bench_run(&b);
    bench_end(&b);
    return status;
}
