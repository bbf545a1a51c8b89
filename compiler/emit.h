/* Emission: the scheduled IR as a C file that trains. */
#ifndef MLPGEN_EMIT_H
#define MLPGEN_EMIT_H

#include "ctree.h"
#include "emit_index.h"
#include "ir.h"
#include "isa.h"

struct emit_options {
    const char *file;              /* base name of the input */
    const struct sources *sources; /* for line numbers */
    const char *source_sha256;
    const char *options; /* those that change the output, as text */
    bool standalone;     /* with the runtime inside */
    const char *target;  /* the one instruction set wanted besides portable; NULL: all */
    size_t blame;        /* of this line of the file (from 1) say who made it; 0: write the file */
};

/* Appends the whole file, or what is said of one of its lines, if it has that line. Same model,
 * same options: same bytes. */
void emit_trainer(struct arena *arena, const struct ir *ir, const struct model *model,
                  const struct emit_options *options, struct strbuf *out);

/* What the files of the emitter share. */
struct emitter {
    struct cbuild cb;
    struct emit_index index;
    const struct ir *ir;
    const struct model *model;
    const struct emit_options *options;
};

/* Is the text of an instruction set part of the file? */
bool emit_wants(const struct emitter *em, const struct isa *isa);
/* The line in the model file. */
uint32_t emit_line(const struct emitter *em, struct span at);
/* Which part of an op's work a call does, in expressions of the emitted C. */
struct emit_range {
    struct cx *first, *last; /* samples (n of them), or rows or panels of a parameter */
    struct cx *passing;      /* the row that `first` has in tensors whose rows pass */
    struct cx *staged;       /* in a series: where the mini-batch's rows start in staged tensors */
    /* Of a gradient's slices: where `first` stands, and how far apart panels are. */
    struct cx *gradient, *panel_step;
    /* Of an op by units: the first panel, and how many there are; NULL: all. */
    struct cx *panel, *panels;
};
/* emit_path.c: every function of one instruction set, and its struct mlprt_path. */
void emit_path(struct emitter *em, const struct isa *isa);
/* Calls op's function, in a function that has batch, a, part, parts, and what the phase needs. */
void emit_call(struct emitter *em, const struct isa *isa, const struct op *op,
               const struct emit_range *range);
/* emit_weights.c: what is done to all parameters, in functions that have a, n, part and parts;
 * staged as in struct emit_range. */
enum { DO_GRADIENT = 1, DO_UPDATE = 2, DO_COPY = 4 };
void emit_weights(struct emitter *em, const struct isa *isa, unsigned what, struct cx *staged);
/* What the norm of all gradients is made of. */
void emit_norm(struct emitter *em, const struct isa *isa);
/* emit_entry.c: what the runtime calls. */
void emit_entries(struct emitter *em, const struct isa *isa);
/* emit_data.c: the tables that hang on the model's data; its members of struct mlprt_model. */
void emit_data(struct emitter *em);
void emit_data_members(struct emitter *em, struct cx *m);
/* emit_model.c: the tables that describe the model to the runtime, and main. */
void emit_model(struct emitter *em);

#endif
