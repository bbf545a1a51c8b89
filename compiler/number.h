/* Numbers as a user would write them. */
#ifndef MLPGEN_NUMBER_H
#define MLPGEN_NUMBER_H

enum { NUMBER_TEXT_MAX = 32 /* "-2.2250738585072014e-308" and a NUL fit */ };

struct number_text {
    char at[NUMBER_TEXT_MAX];
};

/* The shortest text that reads back to the same double: 256, 0.1, 1e-08. */
struct number_text number_text(double v);

#endif
