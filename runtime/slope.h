/* Slopes of the loss by differences: what gradcheck compares gradients with.
 *
 * The loss is a function of the trained parameters, numbered through in model order, unit by unit
 * (frozen ones are left out); the samples and their dropout masks stay as they are. */
#ifndef MLPRT_SLOPE_H
#define MLPRT_SLOPE_H

#include "session.h"

enum { MLPRT_PROBE_ROWS = 8 /* samples: enough for every mask and class to matter */ };

struct mlprt_probe {
    struct mlprt_session *s;
    const struct mlprt_dataset *data;
    uint32_t row[MLPRT_PROBE_ROWS], rows; /* the samples */
    size_t size;                          /* trained parameters */
    double *point;                 /* [size] their values; one allocation with the next two */
    double *gradient;              /* [size] of the mean loss, as the program computes it */
    double *direction;             /* [size] of length 1, where a ray needs one */
    double loss[MLPRT_PROBE_ROWS]; /* of the samples at the point */
    double noise;                  /* rounding errors of the mean loss */
    double bound;                  /* relative precision wanted */
};

/* A straight line through the point: one parameter's axis, or probe->direction. */
struct mlprt_ray {
    const struct mlprt_param *param; /* NULL: probe->direction */
    uint32_t unit, k;
    size_t number; /* of the parameter among all */
};

struct mlprt_slope {
    double value;         /* of the mean loss along the ray, at the point */
    double doubt;         /* how far off it may be: curvature, kinks and rounding all add to it */
    double rounding;      /* what of the doubt rounding alone may be */
    double left, right;   /* slopes on both sides, over the shortest steps taken */
    double side_rounding; /* their rounding errors */
};

/* Takes the parameters in the arena as the point, where it computes the gradient, and measures the
 * noise. row and rows are filled in before. Errors: MLPRT_IO (no memory), MLPRT_NOT_FINITE. */
enum mlprt_status mlprt_probe_open(struct mlprt_probe *p, struct mlprt_error *e);
void mlprt_probe_close(struct mlprt_probe *p);

/* Draws probe->direction by the seed, a different one for each number. */
void mlprt_probe_aim(struct mlprt_probe *p, uint32_t number);

/* The slope along a ray. It does not look at the gradient. floor is the size below which a slope
 * counts as small: precision is relative to no less. */
struct mlprt_slope mlprt_probe_slope(struct mlprt_probe *p, const struct mlprt_ray *ray,
                                     double floor);

/* The random numbers of gradcheck: uses of MLPRT_PURPOSE_GRADCHECK. */
enum mlprt_probe_stream { MLPRT_PROBE_NUDGE, MLPRT_PROBE_DIRECTION, MLPRT_PROBE_PICK };

#endif
