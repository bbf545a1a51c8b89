/* ICE: a bug in mlpgen, not in the model. */
#include "ice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_INTERNAL = 70 /* EX_SOFTWARE of sysexits.h */ };

_Noreturn void ice_stop(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    fputs("mlpgen: internal error: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, " at %s:%d; please report this\n", file, line);
    exit(EXIT_INTERNAL);
}
