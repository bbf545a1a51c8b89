/* Instruction sets: what the emitter knows of each. The generated file carries the text of every
 * set whole, and picks the first usable one when it runs; all of them compute the same bits. */
#ifndef MLPGEN_ISA_H
#define MLPGEN_ISA_H

#include <stddef.h>

/* The names of vectors of as many 32-bit integers as there are floats: their bits. */
struct isa_bits {
    const char *type;
    const char *of_floats, *to_floats; /* the same bits */
    const char *value;                 /* as many floats of the integers' values */
    const char *splat, *add, *sub, *and;
    const char *left, *right; /* shifted by a constant, zeros coming in */
};

/* The names of one element type's vectors. */
struct isa_vector {
    unsigned lanes; /* elements in a vector; 1: no vectors */
    const char *type;
    const char *load, *store; /* unaligned */
    const char *splat, *zero;
    const char *fma; /* (a, b, c) = a·b + c */
    const char *add, *sub, *mul, *div, *sqrt;
    const char * xor, *andnot; /* of bits; andnot(a, b) = ~a & b */
    const char *max, *min; /* (a, b) = a > b ? a : b, as maxps does: b where they do not compare */
    const char *greater, *equal;           /* (a, b): a mask */
    const char *greater_last, *equal_last; /* a further argument, or NULL */
    const char *blend;                     /* (no, yes, mask) */
    /* What the names of their functions end in, exp_avx2; NULL: they have none, nor bits. */
    const char *functions;
    struct isa_bits bits;
};

struct isa {
    const char *name;      /* what --target and --isa take; the suffix of emitted functions */
    const char *guard;     /* preprocessor condition under which its text compiles, or NULL */
    const char *include;   /* the header of its intrinsics, or NULL */
    const char *attribute; /* of every function of it, or NULL */
    const char *usable;    /* C condition: does this machine have it? */
    unsigned accumulators; /* vector registers that hold sums; the rest holds operands */
    struct isa_vector f32, f64;
};

/* Best first. The last is the portable one, which needs nothing but fma() and fmaf(). */
extern const struct isa isas[];
extern const size_t isa_count;

static inline const struct isa_vector *isa_vector(const struct isa *isa, int f64)
{
    return f64 ? &isa->f64 : &isa->f32;
}

#endif
