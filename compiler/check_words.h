/* Calls against the vocabulary: which word is meant, and what its arguments are. */
#ifndef MLPGEN_CHECK_WORDS_H
#define MLPGEN_CHECK_WORDS_H

#include "eval.h"
#include "model.h"

/* The word of `place` that a datum means, arguments checked and defaults filled in; an argument
 * that is wrong is `bad`. at is where the datum stands. NULL if it means none (reported, or
 * poison). */
struct word *words_match(struct scope *s, enum place place, const struct datum *d, struct span at);

/* The same for a block, whose properties are the arguments; incomplete: that a required one is
 * missing is no news. at is the block's kind. */
struct word *words_match_block(struct scope *s, const struct vocab_word *vocab,
                               const struct call *properties, struct span at, bool incomplete);

/* Reports the name of a call that no word of `place` has. */
void words_report_unknown(struct scope *s, enum place place, const struct call *call,
                          struct span at);

/* Whether an argument was given or has a default, and is right. */
bool words_has(const struct word *w, size_t arg);

#endif
