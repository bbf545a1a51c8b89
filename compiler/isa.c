/* The table of instruction sets. */
#include "isa.h"

const struct isa isas[] = {
    {
        .name = "avx2",
        .guard = "defined(__GNUC__) && defined(__x86_64__)",
        .include = "immintrin.h",
        .attribute = "__attribute__((target(\"avx2,fma\")))",
        .usable = "__builtin_cpu_supports(\"avx2\") && __builtin_cpu_supports(\"fma\")",
        .accumulators = 12, /* of 16: two rows' operands and a broadcast besides */
        .f32 = {.lanes = 8,
                .type = "__m256",
                .load = "_mm256_loadu_ps",
                .store = "_mm256_storeu_ps",
                .splat = "_mm256_set1_ps",
                .zero = "_mm256_setzero_ps",
                .fma = "_mm256_fmadd_ps",
                .max = "_mm256_max_ps",
                .greater = "_mm256_cmp_ps",
                .greater_last = "_CMP_GT_OQ",
                .blend = "_mm256_blendv_ps"},
        .f64 = {.lanes = 4,
                .type = "__m256d",
                .load = "_mm256_loadu_pd",
                .store = "_mm256_storeu_pd",
                .splat = "_mm256_set1_pd",
                .zero = "_mm256_setzero_pd",
                .fma = "_mm256_fmadd_pd",
                .max = "_mm256_max_pd",
                .greater = "_mm256_cmp_pd",
                .greater_last = "_CMP_GT_OQ",
                .blend = "_mm256_blendv_pd"},
    },
    {
        .name = "portable",
        .usable = "true",
        .accumulators = 1,
        .f32 = {.lanes = 1, .type = "float"},
        .f64 = {.lanes = 1, .type = "double"},
    },
};
const size_t isa_count = sizeof isas / sizeof *isas;
