/* Instruction sets: what the emitter knows of each. The generated file carries the text of every
 * set whole, and picks the first usable one when it runs; all of them compute the same bits. */
#ifndef MLPGEN_ISA_H
#define MLPGEN_ISA_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>

/* How an instruction set spells an operation: a call of its intrinsics, in which a, b and c stand
 * for the operands: "_mm256_fmadd_ps(a, b, c)" (lane_spell in lane.h). */
typedef const char *isa_spelling;

/* Vectors of as many 32-bit integers as there are floats: their bits. */
struct isa_bits {
    const char *type;
    isa_spelling of_floats, to_floats; /* (a): the same bits */
    isa_spelling value;                /* (a): as many floats of the integers' values */
    isa_spelling splat, add, sub, and;
    isa_spelling load;        /* (a): at a pointer to 32-bit integers, unaligned … */
    const char *pointer;      /* … cast to this type first, or NULL */
    isa_spelling left, right; /* (a, b): a shifted by the constant b, zeros coming in */
};

/* What four rows of columns, or as many fours of them as a vector has lanes for, are turned into
 * vectors of a column each by. */
struct isa_turn {
    isa_spelling four;                  /* (a): four elements at a, then zeros */
    isa_spelling fours;                 /* (a, b, c): a, its lanes 4·c … 4·c + 3 those at b */
    isa_spelling low, high;             /* (a, b): of each four a0 b0 a1 b1, and a2 b2 a3 b3 */
    isa_spelling low_pairs, high_pairs; /* (a, b): a0 a1 b0 b1, and a2 a3 b2 b3 */
};

/* One element type's vectors. */
struct isa_vector {
    unsigned lanes; /* elements in a vector; 1: no vectors */
    const char *type;
    isa_spelling load, store; /* (a), (a, b): at pointer a, unaligned */
    isa_spelling splat, zero;
    isa_spelling first; /* (a): the element in its first lane */
    isa_spelling fma;   /* (a, b, c): a·b + c */
    isa_spelling add, sub, mul, div, sqrt, abs;
    isa_spelling xor, or ; /* of bits */
    isa_spelling max, min; /* (a, b): a > b ? a : b, and b where they do not compare; or NULL */
    isa_spelling greater, equal; /* (a, b): a mask */
    isa_spelling blend;          /* (a, b, c): where mask c is set b, else a */
    /* What the names of their functions end in, exp_avx2; NULL: they have none, nor bits. */
    const char *functions;
    struct isa_bits bits;
    struct isa_turn turn; /* NULL where they are not of floats */
};

struct isa {
    const char *name;      /* what --target and --isa take; the suffix of emitted functions */
    const char *guard;     /* preprocessor condition under which its text compiles, or NULL */
    const char *include;   /* the header of its intrinsics, or NULL */
    const char *attribute; /* of every function of it, or NULL */
    const char *usable;    /* C condition: does this machine have it? */
    unsigned accumulators; /* vector registers that hold sums; the rest holds operands */
    unsigned tile_vectors; /* of them side by side in a tile */
    struct isa_vector f32, f64;
};

/* Best first. The last is the portable one, which needs nothing but fma() and fmaf(). */
extern const struct isa isas[];
extern const size_t isa_count;

/* What a function of that instruction set that returns nothing starts with. Where a compiler can be
 * told so, it is inlined into whoever calls it, or whatever it calls is inlined into it. */
enum isa_inlining { INLINE_AS_IT_LIKES, INLINE_IT, INLINE_ITS_CALLS };
const char *isa_function(struct arena *arena, const struct isa *isa, enum isa_inlining inlining);

/* Is it part of what is emitted for `target`, the name of the one wanted besides the portable one?
 * NULL: all are. */
bool isa_wanted(const struct isa *isa, const char *target);

/* Does any of what is emitted for `target` have vectors? */
bool isa_has_vectors(const char *target);

static inline const struct isa_vector *isa_vector(const struct isa *isa, int f64)
{
    return f64 ? &isa->f64 : &isa->f32;
}

#endif
