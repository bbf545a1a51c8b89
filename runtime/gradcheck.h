/* The gradcheck command. */
#ifndef MLPRT_GRADCHECK_H
#define MLPRT_GRADCHECK_H

#include "session.h"

enum { MLPRT_CHECK_PLACE = 160 /* bytes: a parameter's name and its subscripts */ };

struct mlprt_gradients {
    size_t checked, kinks;         /* parameters, and directions where not all are */
    double worst;                  /* relative error */
    char place[MLPRT_CHECK_PLACE]; /* of the worst */
};

/* Compares the gradients that the program computes with central differences of its loss, at the
 * initial weights of the seed, on at most eight samples. The differences are those of the
 * five-point formula, at -2h, -h, h and 2h, of the step h from 2^-10 to 2^-25 that leaves the least
 * doubt (in f32 from 2^-4 to 2^-12). MLPRT_CHECK_FAILED where a relative error is above 1e-6 (in
 * f32 1e-3), a tensor's gradient is zero everywhere or too many parameters are on kinks of the
 * loss. Prints a line for each tensor and the worst of all; nothing where options say quiet. What
 * was found is left in found (may be NULL). */
enum mlprt_status mlprt_gradcheck(struct mlprt_session *s, struct mlprt_gradients *found,
                                  struct mlprt_error *e);

#endif
