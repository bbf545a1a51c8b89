/* Slopes of the loss by differences.
 *
 * With f(t) the mean loss at t along the ray, the slope is the five-point formula
 *
 *     (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h        error h⁴ f⁽⁵⁾ / 30
 *
 * of the step h that leaves the least doubt. The doubt is the fourth difference / 2h: how much the
 * gap between the slopes on both sides over 2h differs from twice that over h. Curvature alone
 * makes one twice the other, so what remains is h³ f⁗ / 2 where f is smooth (far more than the
 * error), the rounding errors, and the jump where f has a kink within reach. Steps start long,
 * where rounding matters least, and get shorter until there is little doubt left: a kink that is
 * not quite at the point falls out of reach.
 *
 * In f32 rounding allows no short steps. Kinks are always within reach, and where there are several
 * they may cancel in the fourth difference; so a slope's distance from those over the next two
 * shorter steps counts as doubt too.
 *
 * Differences are taken sample by sample before they are added: less is rounded. */
#include "posix.h"

#include "metrics.h"
#include "param.h"
#include "slope.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum {
    NOISE_RAYS = 9, /* odd: the median is one of them */
    STEPS_MOST = 6,
    STEPS_CONFIRM = 2 /* shorter steps that a slope in f32 is compared with */
};

/* The steps tried are 2^first, 2^(first - shorter) … Over one of 2^noise the loss hardly changes,
 * be the point on a kink or not, but is rounded anew. */
static const struct step_ladder {
    int first, shorter, count, noise;
} step_ladders[] = {
    [MLPRT_F64] = {-10, 3, 6, -43}, /* down to 2^-25: rounding costs 1e-13 … 1e-8 of a loss of 1 */
    [MLPRT_F32] = {-4, 2, 5, -17},  /* down to 2^-12: 1e-6 … 1e-3 */
};

/* The five-point formula of losses with independent errors of 1 has one of 0.95 / h, and the doubt
 * one of 4.2 / h; a few times as much is hardly ever seen. */
static const double rounding_sigmas = 8;

static double step_of(const struct mlprt_probe *p, int i)
{
    const struct step_ladder *ladder = &step_ladders[p->s->model->element];
    return ldexp(1, ladder->first - ladder->shorter * i);
}

static struct mlprt_batch probe_batch(const struct mlprt_probe *p)
{
    return mlprt_session_batch(p->s, p->data, p->row, p->rows, 0, true);
}

static void probe_losses(const struct mlprt_probe *p, double *loss)
{
    const struct mlprt_model *model = p->s->model;
    const struct mlprt_batch batch = probe_batch(p);

    p->s->path->evaluate(&batch);
    for (uint32_t i = 0; i < p->rows; i++)
        loss[i] = mlprt_arena_get(model, p->s->arena, model->loss_offset, i);
}

/* Moves the parameters by t along the whole direction. */
static void move_all(const struct mlprt_probe *p, double t)
{
    const struct mlprt_model *model = p->s->model;
    size_t number = 0;

    for (size_t i = 0; i < model->param_count; i++) {
        const struct mlprt_param *param = &model->params[i];
        if (param->frozen)
            continue;
        for (uint32_t unit = 0; unit < param->units; unit++)
            for (uint32_t k = 0; k < param->depth; k++, number++)
                mlprt_arena_set(model, p->s->arena, param->offset,
                                mlprt_param_index(param, unit, k),
                                fma(t, p->direction[number], p->point[number]));
    }
}

/* Sets the parameters to the point, moved by t along the ray. */
static void probe_move(const struct mlprt_probe *p, const struct mlprt_ray *ray, double t)
{
    if (ray->param)
        mlprt_arena_set(p->s->model, p->s->arena, ray->param->offset,
                        mlprt_param_index(ray->param, ray->unit, ray->k),
                        p->point[ray->number] + t);
    else
        move_all(p, t);
}

/* The slope over steps of h and 2h. */
static struct mlprt_slope slope_over(const struct mlprt_probe *p, const struct mlprt_ray *ray,
                                     double h)
{
    enum { LEFT2, LEFT, RIGHT, RIGHT2, PLACES };
    static const double place[PLACES] = {-2, -1, 1, 2};
    double f[PLACES][MLPRT_PROBE_ROWS];
    double near = 0, far = 0, fourth = 0, left = 0, right = 0;

    for (int i = 0; i < PLACES; i++) {
        probe_move(p, ray, place[i] * h);
        probe_losses(p, f[i]);
    }
    probe_move(p, ray, 0);
    for (uint32_t i = 0; i < p->rows; i++) {
        const double to_left = p->loss[i] - f[LEFT][i], to_right = f[RIGHT][i] - p->loss[i];
        near += f[RIGHT][i] - f[LEFT][i];
        far += f[RIGHT2][i] - f[LEFT2][i];
        /* f(2h) - 4f(h) + 6f(0) - 4f(-h) + f(-2h) */
        fourth +=
            fma(-3, to_right - to_left, f[RIGHT2][i] - f[RIGHT][i] - f[LEFT][i] + f[LEFT2][i]);
        left += to_left;
        right += to_right;
    }
    const double run = h * p->rows;
    return (struct mlprt_slope){.value = fma(8, near, -far) / (12 * run),
                                .doubt = fabs(fourth) / (2 * run),
                                .rounding = rounding_sigmas * p->noise / h,
                                .left = left / run,
                                .right = right / run,
                                .side_rounding = rounding_sigmas * p->noise / h};
}

struct mlprt_slope mlprt_probe_slope(struct mlprt_probe *p, const struct mlprt_ray *ray,
                                     double floor)
{
    const enum mlprt_element element = p->s->model->element;
    const int confirm = element == MLPRT_F32 ? STEPS_CONFIRM : 0;
    struct mlprt_slope slope[STEPS_MOST], best = {.doubt = INFINITY};

    for (int i = 0; i < step_ladders[element].count; i++) {
        slope[i] = slope_over(p, ray, step_of(p, i));
        best.left = slope[i].left;
        best.right = slope[i].right;
        best.side_rounding = slope[i].side_rounding;
        if (i < confirm)
            continue;
        struct mlprt_slope judged = slope[i - confirm];
        for (int j = i - confirm + 1; j <= i; j++)
            judged.doubt = fmax(judged.doubt, fabs(judged.value - slope[j].value));
        if (judged.doubt < best.doubt) {
            best.value = judged.value;
            best.doubt = judged.doubt;
            best.rounding = judged.rounding;
        }
        const double wanted = p->bound / 4 * fmax(fabs(judged.value), floor);
        if (judged.doubt <= fmax(wanted, judged.rounding))
            break;
    }
    return best;
}

void mlprt_probe_aim(struct mlprt_probe *p, uint32_t number)
{
    const uint32_t end = mlprt_counter_end(MLPRT_PURPOSE_GRADCHECK, MLPRT_PROBE_DIRECTION);
    struct mlprt_words words = {{0}};
    double square = 0;

    for (size_t i = 0; i < p->size; i++) {
        if (i % 4 == 0)
            words = mlprt_philox(p->s->options->seed, (uint32_t)(i / 4),
                                 (uint32_t)((uint64_t)i / 4 >> 32), number, end);
        p->direction[i] = fma(2, mlprt_uniform24(words.w[i % 4]), -1);
        square = fma(p->direction[i], p->direction[i], square);
    }
    const double length = sqrt(square);
    for (size_t i = 0; i < p->size && length > 0; i++)
        p->direction[i] /= length;
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The largest number that a sample's loss at the point is rounded as: a cross-entropy of classes is
 * log sum exp, which an output near it is taken from, and that is the largest output and the
 * logarithm of a sum that is rounded as 1 or more. */
static double rounded_as(const struct mlprt_probe *p, uint32_t sample)
{
    if (p->s->model->target != MLPRT_CLASS)
        return p->loss[sample];
    const double largest = mlprt_metrics_output(p->s, sample, mlprt_metrics_class(p->s, sample));
    return fmax(fmax(p->loss[sample], 1), fabs(largest));
}

/* What the last rounding alone leaves of a loss's digits, in the mean: evenly spread over a unit in
 * the last place. Fourth differences show less where the loss hardly moves and rounds to the same
 * number every time. The arena holds the outputs at the point. */
static double least_noise(const struct mlprt_probe *p)
{
    const double unit = p->s->model->element == MLPRT_F32 ? FLT_EPSILON : DBL_EPSILON;
    double square = 0;

    for (uint32_t i = 0; i < p->rows; i++) {
        const double size = rounded_as(p, i);
        square = fma(size, size, square);
    }
    return unit / sqrt(12) * sqrt(square) / p->rows;
}

/* The rounding errors of the mean loss: the median of what is left of it in fourth differences. */
static double measure_noise(struct mlprt_probe *p)
{
    const double least = least_noise(p);
    const struct mlprt_ray ray = {.param = NULL};
    const double h = ldexp(1, step_ladders[p->s->model->element].noise);
    const double fourth_sigma = sqrt(70); /* of 1, -4, 6, -4, 1 */
    double noise[NOISE_RAYS];

    for (uint32_t i = 0; i < NOISE_RAYS; i++) {
        mlprt_probe_aim(p, UINT32_MAX - i); /* counted down: others count up */
        noise[i] = slope_over(p, &ray, h).doubt * 2 * h / fourth_sigma;
    }
    qsort(noise, NOISE_RAYS, sizeof *noise, compare_doubles);
    /* 0.67 is the median of a normal distribution's magnitudes */
    return fmax(noise[NOISE_RAYS / 2] / 0.67, least);
}

/* Copies the parameters out of the arena, and their gradients. */
static bool probe_read(struct mlprt_probe *p)
{
    const struct mlprt_model *model = p->s->model;
    size_t number = 0;
    bool finite = true;

    for (size_t i = 0; i < model->param_count; i++) {
        const struct mlprt_param *param = &model->params[i];
        if (param->frozen)
            continue;
        for (uint32_t unit = 0; unit < param->units; unit++)
            for (uint32_t k = 0; k < param->depth; k++, number++) {
                const size_t index = mlprt_param_index(param, unit, k);
                p->point[number] = mlprt_arena_get(model, p->s->arena, param->offset, index);
                p->gradient[number] =
                    mlprt_arena_get(model, p->s->arena, param->grad_offset, index) / p->rows;
                finite = finite && isfinite(p->gradient[number]);
            }
    }
    return finite;
}

enum mlprt_status mlprt_probe_open(struct mlprt_probe *p, struct mlprt_error *e)
{
    const struct mlprt_model *model = p->s->model;

    for (size_t i = 0; i < model->param_count; i++)
        if (!model->params[i].frozen)
            p->size += (size_t)model->params[i].units * model->params[i].depth;
    p->point = mlprt_session_allocate(3 * p->size, sizeof *p->point, "every gradient", e);
    if (!p->point)
        return MLPRT_IO;
    p->gradient = p->point + p->size;
    p->direction = p->gradient + p->size;

    const struct mlprt_batch batch = probe_batch(p);
    mlprt_session_prepare(p->s);
    p->s->path->backward(&batch);
    p->s->path->gradient(&batch);
    bool finite = probe_read(p);
    probe_losses(p, p->loss);
    for (uint32_t i = 0; i < p->rows; i++)
        finite = finite && isfinite(p->loss[i]);
    if (!finite)
        return mlprt_fail(e, MLPRT_NOT_FINITE,
                          "%s: the loss or a gradient is not finite at the initial weights",
                          model->file);
    p->noise = measure_noise(p);
    return MLPRT_OK;
}

void mlprt_probe_close(struct mlprt_probe *p)
{
    free(p->point);
}
