/* Numbers as text. */
#include "number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Whole numbers up to here are printed with all their digits: "%g" would write 10 as 1e+01. */
#define WHOLE_MAX 9007199254740992.0
enum { DIGITS_MAX = 17 /* tell any two doubles apart */ };

struct number_text number_text(double v)
{
    struct number_text text;
    if (v == trunc(v) && fabs(v) <= WHOLE_MAX) {
        snprintf(text.at, sizeof text.at, "%.0f", v);
        return text;
    }
    for (int digits = 1; digits <= DIGITS_MAX; digits++) {
        snprintf(text.at, sizeof text.at, "%.*g", digits, v);
        if (strtod(text.at, NULL) == v)
            break;
    }
    return text;
}
