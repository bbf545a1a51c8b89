/* The message of a failure. */
#include "posix.h"

#include "status.h"

#include <stdarg.h>
#include <stdio.h>

enum mlprt_status mlprt_fail(struct mlprt_error *e, enum mlprt_status status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, args);
    va_end(args);
    return status;
}
