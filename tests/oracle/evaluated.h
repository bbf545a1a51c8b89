/* A model whose program is the reference evaluator. */
#ifndef EVALUATED_H
#define EVALUATED_H

#include "model.h"
#include "strbuf.h"

#include "runtime/mlprt.h"

/* The checked model of a file; NULL with what is wrong with it in messages. */
const struct model *evaluated_read(struct arena *arena, const char *path, struct strbuf *messages);
/* Describes the model to the runtime as emitted C would, but for the layout; its one path computes
 * by compiler/ir_eval.h. There is one such model at a time: the next call ends the last one's life.
 * file is for messages. */
const struct mlprt_model *evaluated_model(struct arena *arena, const struct model *model,
                                          const char *file, bool f64);

#endif
