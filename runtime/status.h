/* How runtime functions fail: they return a status and leave a message; only cli.c prints it and
 * exits with the status. */
#ifndef MLPRT_STATUS_H
#define MLPRT_STATUS_H

#if defined(__GNUC__)
#define MLPRT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define MLPRT_PRINTF(fmt, args)
#endif

/* Exit statuses of a generated program. */
enum mlprt_status {
    MLPRT_OK = 0,
    MLPRT_CHECK_FAILED = 1,
    MLPRT_USAGE = 2,
    MLPRT_IO = 3,
    MLPRT_MISMATCH = 4, /* data or weights do not fit the model */
    MLPRT_NOT_FINITE = 5,
    MLPRT_SIGNAL = 128 /* + the signal's number */
};

struct mlprt_error {
    char text[1024]; /* a message without "error:" and final newline; cut where longer */
};

/* Writes the message and returns status, so that `return mlprt_fail(e, MLPRT_IO, …);` reads well.
 */
enum mlprt_status mlprt_fail(struct mlprt_error *e, enum mlprt_status status, const char *fmt, ...)
    MLPRT_PRINTF(3, 4);

#endif
