/* Prints a C header with the vector functions of all instruction sets, for check_math.c:
 * mlpgen's own, each behind a function that applies it to an array. */
#include "ctree.h"
#include "isa.h"
#include "lane.h"
#include "lane_math.h"
#include "ops/activation.h"

#include <stdio.h>

/* What check_math measures: the functions, and activations that are made of several. */
enum { FORMULAS = LANE_FUNCTION_COUNT + 2 };

static const char *formula_name(int i)
{
    static const char *const activations[] = {"softplus", "gelu"};
    return i < LANE_FUNCTION_COUNT ? lane_function_name((enum lane_function)i)
                                   : activations[i - LANE_FUNCTION_COUNT];
}

static struct cx *formula(const struct lane *l, int i, struct cx *x)
{
    static const enum activation_id activations[] = {ACTIVATION_softplus, ACTIVATION_gelu};
    static const double beta = 1;
    return i < LANE_FUNCTION_COUNT
               ? lane_call(l, (enum lane_function)i, x)
               : activation_of(activations[i - LANE_FUNCTION_COUNT])->emit(l, &beta, x);
}

/* void NAME_all_ISA(const float *x, float *y, size_t n), for an n that vectors divide. */
static void emit_all(struct cbuild *cb, const struct isa *isa, int i)
{
    const struct lane l = {.cb = cb, .vector = &isa->f32};
    cb_function(cb,
                isa->attribute ? arena_printf(cb->arena, "%s\nstatic void", isa->attribute)
                               : "static void",
                arena_printf(cb->arena, "%s_all_%s", formula_name(i), isa->name),
                "const float *x, float *y, size_t n");
    struct cx *at = cb_for(cb, "i", cx_int(cb, 0), cx_name(cb, CT_INT, "n"), lane_count(&l));
    struct cx *xi = lane_load(&l, "xi", cx_name(cb, CT_REALS, "x"), at);
    lane_store(&l, cx_name(cb, CT_REALS, "y"), at, formula(&l, i, xi));
    cb_end(cb);
    cb_end(cb);
    cb_blank(cb);
}

/* The functions, and ROWS_ISA: their rows of the table. */
static void print_set(struct arena *arena, const struct isa *isa)
{
    struct cbuild cb;
    struct strbuf out = {0};
    cbuild_init(&cb, arena, false);
    struct cs *users = NULL, **here = cb_redirect(&cb, &users);
    for (int i = 0; i < FORMULAS; i++)
        emit_all(&cb, isa, i);
    cb_redirect(&cb, here);
    lane_math_emit(&cb, isa, users);
    cb_append(&cb, users);
    cprint_file(&cb.file, &out);

    printf("#if %s\n#include <%s>\n\n%s", isa->guard, isa->include, out.text);
    printf("static bool usable_%s(void)\n{\n    return %s;\n}\n\n", isa->name, isa->usable);
    printf("#define ROWS_%s", isa->name);
    for (int i = 0; i < FORMULAS; i++)
        printf(" \\\n    {\"%s\", \"%s\", usable_%s, %s_all_%s},", formula_name(i), isa->name,
               isa->name, formula_name(i), isa->name);
    printf("\n#else\n#define ROWS_%s\n#endif\n\n", isa->name);
    strbuf_free(&out);
}

int main(void)
{
    struct arena arena = {0};
    for (size_t i = 0; i < isa_count; i++)
        if (isas[i].f32.lanes > 1)
            print_set(&arena, &isas[i]);
    puts("static const struct vector_function vector_functions[] = {");
    for (size_t i = 0; i < isa_count; i++)
        if (isas[i].f32.lanes > 1)
            printf("    ROWS_%s\n", isas[i].name);
    puts("    {0}};");
    arena_free(&arena);
    return 0;
}
