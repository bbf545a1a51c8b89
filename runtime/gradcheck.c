/* The gradcheck command: the gradients that the program computes against differences of its loss.
 *
 * The error of a gradient a whose difference is n is |a - n| / max(|a|, |n|, 1e-4 of the tensor's
 * largest |a|). What the rounding of the loss hides cannot be held against a gradient: it counts
 * in the denominator as what it may make of the bound. In f32, where no double evaluation is at
 * hand, all of the difference's doubt does, and a double build sees far more.
 *
 * A parameter on a kink has no slope to compare with. Whether it is on one is decided by the
 * differences alone, never by the gradient; it is left out and counted, but its gradient must then
 * be a slope between those on both sides, so that no wrong one hides there.
 *
 * Parameters that all start at one value are nudged off it: biases of zero put a unit whose inputs
 * are zero exactly on its kink, and weights of zero leave gradients of zero behind them. */
#include "posix.h"

#include "gradcheck.h"
#include "param.h"
#include "progress.h"
#include "shuffle.h"
#include "slope.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CHECK_ALL_UP_TO = 20000,               /* parameters: what takes seconds */
    CHECK_PER_TENSOR = 2000,               /* beyond that */
    CHECK_PER_EDGE = CHECK_PER_TENSOR / 8, /* of them on each edge of the matrix */
    CHECK_DIRECTIONS = 32
};

static const double check_bound_f64 = 1e-6, check_bound_f32 = 1e-3;
static const double check_small = 1e-4; /* of the largest gradient: what is smaller counts as it */
static const double check_nudge = 0.1;  /* beyond the steps that slopes are taken over */

/* A slope with more doubt than this is one at a kink, and of the parameters checked no more may be
 * on one. In f64 even a small jump would look like a wrong gradient. In f32 steps are long: small
 * jumps are in nearly every slope, and in a small network one unit near its kink is many
 * parameters. */
static const double check_kink_f64 = 2e-6, check_kink_f32 = 0.1;
static const double check_most_kinks_f64 = 0.01, check_most_kinks_f32 = 0.25;
static const double check_side = 1e-3; /* precision of a slope on one side */

/* In f32 a right gradient may be off by so many doubts; up to 5 were seen in deep relu networks. */
static const double check_doubts_f32 = 8;

struct check {
    struct mlprt_probe probe;
    bool all, quiet;
    struct mlprt_gradients found;
    const char *zero; /* a tensor whose gradient is zero everywhere */
    struct mlprt_progress progress;
};

/* What a tensor's line shows. */
struct check_row {
    size_t checked, kinks;
    double worst;
};

/* Adds a draw, of a size from 0.05 to 0.1 and either sign, to the parameters that all start at one
 * value. */
static void nudge(const struct mlprt_session *s)
{
    const struct mlprt_model *model = s->model;
    const uint32_t end = mlprt_counter_end(MLPRT_PURPOSE_GRADCHECK, MLPRT_PROBE_NUDGE);

    for (size_t i = 0; i < model->param_count; i++) {
        const struct mlprt_param *p = &model->params[i];
        if (p->init != MLPRT_CONSTANT)
            continue;
        for (uint32_t unit = 0; unit < p->units; unit++)
            for (uint32_t k = 0; k < p->depth; k++) {
                const struct mlprt_words words =
                    mlprt_philox(s->options->seed, unit, k, (uint32_t)i, end);
                const double size = fma(mlprt_uniform24(words.w[0]), 0.5, 0.5);
                mlprt_arena_set(model, s->arena, p->offset, mlprt_param_index(p, unit, k),
                                fma(words.w[1] & 1 ? check_nudge : -check_nudge, size, p->a));
            }
    }
}

/* The error of gradient a at a kink: none between the slopes on both sides, or as good as. */
static double error_at_kink(const struct mlprt_slope *slope, double a, double size)
{
    const double low = fmin(slope->left, slope->right), high = fmax(slope->left, slope->right);
    const double outside = fmax(low - a, a - high);
    const double widest = fmax(fmax(fabs(low), fabs(high)), size);

    if (outside <= fma(check_side, widest, slope->side_rounding))
        return 0;
    return outside / fmax(fabs(a), widest);
}

/* The error of gradient a against a slope, and whether the slope is one at a kink. */
static double error_of(const struct mlprt_slope *slope, double a, double small, bool f32,
                       bool *kink)
{
    const double bound = f32 ? check_bound_f32 : check_bound_f64;
    const double hidden =
        f32 ? fma(check_doubts_f32, slope->doubt, slope->rounding) : slope->rounding;
    const double size = fmax(fmax(fabs(slope->value), small), slope->rounding / bound);

    *kink = slope->doubt > (f32 ? check_kink_f32 : check_kink_f64) * size;
    if (*kink)
        return error_at_kink(slope, a, size);
    if (a == slope->value)
        return 0; /* also where the loss is flat and nothing in it is rounded: no 0 / 0 */
    return fabs(a - slope->value) / fmax(fmax(fabs(a), size), hidden / bound);
}

static bool is_f32(const struct check *c)
{
    return c->probe.s->model->element == MLPRT_F32;
}

/* Checks the gradient along a ray and counts it into the row. Returns whether it is the worst. */
static bool check_ray(struct check *c, struct check_row *row, const struct mlprt_ray *ray, double a,
                      double small)
{
    const struct mlprt_slope slope = mlprt_probe_slope(&c->probe, ray, small);
    bool kink;
    double error = error_of(&slope, a, small, is_f32(c), &kink);

    if (isnan(error))
        error = INFINITY; /* a loss that is no number, which no comparison may lose */
    row->checked++;
    row->kinks += kink;
    row->worst = fmax(row->worst, error);
    if (error <= c->found.worst)
        return false;
    c->found.worst = error;
    return true;
}

/* Says which of a tensor's elements, [unit * depth + k], to check where not all are: evenly spaced
 * ones along its four edges, and drawn ones. */
static void pick(bool *picked, const struct mlprt_param *p, uint64_t seed)
{
    const uint32_t end = mlprt_counter_end(MLPRT_PURPOSE_GRADCHECK, MLPRT_PROBE_PICK);
    const uint32_t last_unit = p->units - 1, last_k = p->depth - 1;
    size_t count = 0;

    for (uint32_t i = 0; i < CHECK_PER_EDGE; i++) {
        const size_t unit = (size_t)((uint64_t)last_unit * i / (CHECK_PER_EDGE - 1));
        const size_t k = (size_t)((uint64_t)last_k * i / (CHECK_PER_EDGE - 1));
        const size_t edge[] = {k, (size_t)last_unit * p->depth + k, unit * p->depth,
                               unit * p->depth + last_k};
        for (size_t j = 0; j < sizeof edge / sizeof *edge; j++) {
            count += !picked[edge[j]];
            picked[edge[j]] = true;
        }
    }
    for (uint32_t draw = 0; count < CHECK_PER_TENSOR; draw++) {
        const size_t unit = mlprt_bounded(mlprt_philox(seed, draw, 0, p->stream, end), p->units);
        const size_t k = mlprt_bounded(mlprt_philox(seed, draw, 1, p->stream, end), p->depth);
        count += !picked[unit * p->depth + k];
        picked[unit * p->depth + k] = true;
    }
}

static void place_of(char place[MLPRT_CHECK_PLACE], const struct mlprt_ray *ray)
{
    if (ray->param->rank == 2)
        snprintf(place, MLPRT_CHECK_PLACE, "%s[%lu,%lu]", ray->param->name,
                 (unsigned long)ray->unit, (unsigned long)ray->k);
    else
        snprintf(place, MLPRT_CHECK_PLACE, "%s[%lu]", ray->param->name, (unsigned long)ray->unit);
}

static void print_row(struct check *c, const char *name, size_t size, const struct check_row *row)
{
    if (c->quiet)
        return;
    mlprt_progress_clear(&c->progress);
    printf("%-24s %12zu %10zu %8zu  %.1e\n", name, size, row->checked, row->kinks, row->worst);
    fflush(stdout);
}

/* Checks a tensor, whose first element has that number among all; picked says which elements,
 * NULL: every one. */
static void check_tensor(struct check *c, const struct mlprt_param *p, size_t first,
                         const bool *picked)
{
    const size_t size = (size_t)p->units * p->depth;
    struct check_row row = {0};
    double largest = 0;

    for (size_t i = 0; i < size; i++)
        largest = fmax(largest, fabs(c->probe.gradient[first + i]));
    if (largest == 0)
        c->zero = p->name;
    for (size_t i = 0; i < size; i++) {
        if (picked && !picked[i])
            continue;
        const struct mlprt_ray ray = {.param = p,
                                      .unit = (uint32_t)(i / p->depth),
                                      .k = (uint32_t)(i % p->depth),
                                      .number = first + i};
        if (check_ray(c, &row, &ray, c->probe.gradient[ray.number], check_small * largest))
            place_of(c->found.place, &ray);
        mlprt_progress_draw(&c->progress, "%s  %zu/%zu", p->name, i + 1, size);
    }
    print_row(c, p->name, size, &row);
    c->found.checked += row.checked;
    c->found.kinks += row.kinks;
}

static enum mlprt_status check_tensors(struct check *c, struct mlprt_error *e)
{
    const struct mlprt_model *model = c->probe.s->model;
    size_t first = 0;

    for (size_t i = 0; i < model->param_count; i++) {
        const struct mlprt_param *p = &model->params[i];
        const size_t size = (size_t)p->units * p->depth;
        bool *picked = NULL;
        if (p->frozen) {
            if (!c->quiet)
                printf("%-24s %12zu     frozen\n", p->name, size);
            continue;
        }
        if (!c->all && size > CHECK_PER_TENSOR) {
            picked = mlprt_session_allocate(size, sizeof *picked, "a choice of elements", e);
            if (!picked)
                return MLPRT_IO;
            pick(picked, p, c->probe.s->options->seed);
        }
        check_tensor(c, p, first, picked);
        free(picked);
        first += size;
    }
    return MLPRT_OK;
}

/* Checks the slope in directions that move every parameter at once. */
static void check_directions(struct check *c)
{
    const struct mlprt_ray ray = {.param = NULL};
    const struct mlprt_probe *p = &c->probe;
    struct check_row row = {0};
    double square = 0;

    for (size_t i = 0; i < p->size; i++)
        square = fma(p->gradient[i], p->gradient[i], square);
    /* What the slope in a drawn direction of length 1 is like. */
    const double usual = sqrt(square / (double)p->size);

    for (uint32_t number = 0; number < CHECK_DIRECTIONS; number++) {
        double a = 0;
        mlprt_probe_aim(&c->probe, number);
        for (size_t i = 0; i < p->size; i++)
            a = fma(p->gradient[i], p->direction[i], a);
        if (check_ray(c, &row, &ray, a, usual))
            snprintf(c->found.place, MLPRT_CHECK_PLACE, "direction %lu", (unsigned long)number + 1);
        mlprt_progress_draw(&c->progress, "directions  %lu/%d", (unsigned long)number + 1,
                            CHECK_DIRECTIONS);
    }
    print_row(c, "(random directions)", p->size, &row);
    c->found.checked += row.checked;
    c->found.kinks += row.kinks;
}

/* The last lines, and what they come to. */
static enum mlprt_status check_finish(const struct check *c, struct mlprt_error *e)
{
    const double bound = c->probe.bound;
    const double most_kinks = is_f32(c) ? check_most_kinks_f32 : check_most_kinks_f64;

    if (is_f32(c) && !c->quiet)
        printf("this f32 build checks to %.0e; one made with --dtype=f64 checks to %.0e\n", bound,
               check_bound_f64);
    if (!c->quiet)
        printf("worst relative error %.1e at %s\n", fmax(c->found.worst, 0), c->found.place);
    if (!(c->found.worst <= bound))
        return mlprt_fail(e, MLPRT_CHECK_FAILED,
                          "the gradient at %s is wrong: the error of %.1e is above %.0e",
                          c->found.place, c->found.worst, bound);
    if (c->zero)
        return mlprt_fail(e, MLPRT_CHECK_FAILED, "the gradient of %s is zero everywhere", c->zero);
    if ((double)c->found.kinks > most_kinks * (double)c->found.checked)
        return mlprt_fail(e, MLPRT_CHECK_FAILED,
                          "%zu of %zu parameters are on kinks: too many to call the rest checked",
                          c->found.kinks, c->found.checked);
    return MLPRT_OK;
}

/* The samples are the first that training with this seed sees. */
static enum mlprt_status take_samples(struct mlprt_probe *p, struct mlprt_error *e)
{
    const struct mlprt_model *model = p->s->model;
    const uint32_t samples = p->data->samples;
    uint32_t *order = mlprt_session_allocate(samples, sizeof *order, "the order of the samples", e);

    if (!order)
        return MLPRT_IO;
    mlprt_shuffle(order, samples, p->s->options->seed, 0);
    while (p->rows < MLPRT_PROBE_ROWS && p->rows < samples && p->rows < model->batch) {
        p->row[p->rows] = model->shuffle ? order[p->rows] : p->rows;
        p->rows++;
    }
    free(order);
    return MLPRT_OK;
}

static enum mlprt_status check_run(struct check *c, struct mlprt_error *e)
{
    const struct mlprt_session *s = c->probe.s;
    enum mlprt_status status;

    mlprt_param_initialize(s->model, s->arena, s->options->seed);
    nudge(s);
    if ((status = take_samples(&c->probe, e)) || (status = mlprt_probe_open(&c->probe, e)))
        return status;
    if (c->probe.size == 0)
        return mlprt_fail(e, MLPRT_CHECK_FAILED, "every layer is frozen: there is no gradient");
    c->all = s->options->all || c->probe.size <= CHECK_ALL_UP_TO;
    mlprt_progress_start(&c->progress, c->quiet);

    if (!c->quiet)
        printf("%-24s %12s %10s %8s  %s\n", "tensor", "parameters", "checked", "kinks", "worst");
    status = check_tensors(c, e);
    if (status)
        return status;
    if (!c->all)
        check_directions(c);
    return check_finish(c, e);
}

enum mlprt_status mlprt_gradcheck(struct mlprt_session *s, struct mlprt_gradients *found,
                                  struct mlprt_error *e)
{
    const bool f64 = s->model->element == MLPRT_F64;
    struct mlprt_splits data;
    struct check c = {
        .probe = {.s = s, .data = &data.train, .bound = f64 ? check_bound_f64 : check_bound_f32},
        .found.worst = -1,
        .quiet = s->options->quiet};

    enum mlprt_status status = mlprt_session_load(s, &data, MLPRT_WANT_TRAIN, e);
    if (status)
        return status;
    status = check_run(&c, e);
    if (found)
        *found = c.found;
    mlprt_probe_close(&c.probe);
    mlprt_splits_free(&data);
    return status;
}
