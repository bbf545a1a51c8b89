/* "did you mean": the nearest of a list of names. */
#ifndef MLPGEN_TYPO_H
#define MLPGEN_TYPO_H

#include <stddef.h>

/* The name among n candidates nearest to word, or NULL where none is near: equal without regard to
 * case, else at most max(length, 3) / 3 edits away (insert, delete, replace, swap of neighbours).
 * Among equally near ones the first in the list. NULL candidates are skipped. */
const char *typo_nearest(const char *word, const char *const *candidates, size_t n);

#endif
