/* The nearest of a list of names, by the restricted Damerau–Levenshtein distance (optimal string
 * alignment: no part of a word is edited twice). */
#include "typo.h"

#include <stdbool.h>
#include <string.h>

enum {
    WORD_MAX = 64 /* bytes of a name of the language; no longer word can be near to one */
};

/* ASCII alone: the compiler does not depend on a locale. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool equal_but_for_case(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return lower(*a) == lower(*b);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Three rows of the classical table: row i holds the distances from a's first i bytes to every
 * beginning of b. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replace = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smaller(smaller(last[j], row[j - 1]) + 1, replace);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_len];
}

const char *typo_nearest(const char *word, const char *const *candidates, size_t n)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < n; i++) {
        if (candidates[i] && equal_but_for_case(word, candidates[i]))
            return candidates[i];
    }
    if (len > WORD_MAX)
        return NULL;
    const char *nearest = NULL;
    size_t bound = (len > 3 ? len : 3) / 3 + 1; /* the first distance that is too far */
    for (size_t i = 0; i < n; i++) {
        size_t candidate_len = candidates[i] ? strlen(candidates[i]) : 0;
        if (candidate_len == 0 || candidate_len > WORD_MAX)
            continue;
        size_t d = distance(word, len, candidates[i], candidate_len);
        if (d < bound) {
            bound = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}
