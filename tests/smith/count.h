/* What a model has in it of all that a run of random models has to show. */
#ifndef SMITH_COUNT_H
#define SMITH_COUNT_H

#include "model.h"

/* Prints "item GROUP<tab>NAME" for each word that stands in the file, each optional argument that
 * is given (of true and false only what is not the default), and each class of its widths and its
 * batch. rows: of the training split. */
void count_print(const struct model *m, uint32_t rows);
/* The same as if a model had it all. */
void count_print_all(void);

#endif
