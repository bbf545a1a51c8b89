/* gradients: every combination layer × activation × loss × initialiser × dropout × decay, checked
 * in the evaluator in double against central differences (numerics: "How right is shown").
 *
 *     gradients [EVERY]      takes every EVERY-th combination, 1 by default
 *
 * The words come from the vocabulary: a new one is in the table. Prints, for each activation and
 * each loss, the worst relative error over all that they were combined with, then the same for
 * initialisers, dropout and decay; exit status 1 if a check failed.
 *
 * Decay is part of the step, not of the loss: it is checked that it leaves the gradient alone. */
#include "check.h"
#include "parse.h"

#include "tests/oracle/evaluated.h"

#include "runtime/gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHOICES_MAX = 64,
    TEXT_MAX_BYTES = 4096,
    INPUTS = 3,
    OUTPUTS = 3,
    ROWS = 7 /* odd: signs, as mae's slopes are, never add up to zero */
};

/* What one factor of the combinations may be, as text in the model. */
struct factor {
    const char *name;
    const char *text[CHOICES_MAX];
    size_t count;
};

/* What was found of one choice, over all combinations that it was part of. */
struct tally {
    size_t models, checked, kinks;
    double worst;
};

enum { LAYER, ACTIVATION, LOSS, INIT, DROPOUT, DECAY, FACTORS };

static struct factor factors[FACTORS] = {
    [LAYER] = {"layer", {"", "bias = false"}, 2},
    [ACTIVATION] = {"activation", {""}, 0},
    [LOSS] = {"loss", {""}, 0},
    [INIT] = {"initialiser", {""}, 0},
    [DROPOUT] = {"dropout", {"", "dropout(0.3);", "dropout(0.3, mode = classic);"}, 3},
    [DECAY] = {"decay", {"", ", weight_decay = 0.1", ", weight_decay = 0.1, decay_bias = true"}, 3},
};
static struct tally tallies[FACTORS][CHOICES_MAX], pairs[CHOICES_MAX][CHOICES_MAX];
static size_t failures;

static void add_choice(struct factor *f, const char *text)
{
    if (f->count == CHOICES_MAX) {
        fprintf(stderr, "gradients: more than %d choices of %s\n", CHOICES_MAX, f->name);
        exit(1);
    }
    f->text[f->count++] = text;
}

static bool is_activation(const struct vocab_word *w)
{
    return w->id == WORD_ACTIVATION || w->id == WORD_PRELU || w->id == WORD_IDENTITY;
}

/* A value unlike the default of argument i: what a formula that ignores its arguments gets wrong.
 */
static double other_value(const struct vocab_param *p, size_t i)
{
    const double fallback = p->fallback ? strtod(p->fallback, NULL) : 0.3 * (double)i;
    return fma(fallback, 0.75, fallback < 0 ? 0.1 : 0.15);
}

/* A word with every argument other than its default. */
static const char *with_arguments(struct arena *arena, const struct vocab_word *w)
{
    const char *text = arena_printf(arena, "%s(", w->name);
    for (size_t i = 0; i < w->param_count; i++) {
        const struct vocab_param *p = &w->params[i];
        const char *value = p->type == VALUE_BOOL ? (strcmp(p->fallback, "true") ? "true" : "false")
                                                  : arena_printf(arena, "%.3g", other_value(p, i));
        text = arena_printf(arena, "%s%s%s = %s", text, i ? ", " : "", p->name, value);
    }
    return arena_printf(arena, "%s)", text);
}

/* The words of the vocabulary as choices, with their defaults and without. */
static void take_words(struct arena *arena)
{
    for (size_t i = 0; i < vocab_word_count; i++) {
        const struct vocab_word *w = &vocab_words[i];
        struct factor *f = is_activation(w)         ? &factors[ACTIVATION]
                           : w->place == PLACE_LOSS ? &factors[LOSS]
                           : w->place == PLACE_INIT ? &factors[INIT]
                                                    : NULL;
        bool required = false;
        for (size_t k = 0; k < w->param_count; k++)
            required = required || w->params[k].required;
        if (!f)
            continue;
        if (!required)
            add_choice(f, w->name);
        if (w->param_count)
            add_choice(f, with_arguments(arena, w));
    }
}

/* ---- a model ---- */

static double drawn(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return (double)(*state >> 16 & 0x7fff) / 0x4000 - 1; /* within ±1 */
}

static int put_rows(char *text, size_t room, enum target_kind target, unsigned seed)
{
    int n = 0;
    for (int r = 0; r < ROWS; r++) {
        n += snprintf(text + n, room - (size_t)n, "%s[", r ? ", " : "");
        for (int k = 0; k < INPUTS; k++)
            n += snprintf(text + n, room - (size_t)n, "%.3f, ", 2 * drawn(&seed));
        if (target == TARGET_CLASS)
            n += snprintf(text + n, room - (size_t)n, "%d]", r % OUTPUTS);
        for (int k = 0; k < OUTPUTS && target != TARGET_CLASS; k++) {
            const double t = target == TARGET_BINARY ? drawn(&seed) > 0 : drawn(&seed);
            n += snprintf(text + n, room - (size_t)n, "%.3f%s", t, k + 1 < OUTPUTS ? ", " : "]");
        }
    }
    return n;
}

static enum target_kind target_of(const char *loss)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(loss, "("), loss);
    return vocab_find(PLACE_LOSS, name)->target;
}

/* Two hidden layers of the activation, the second one behind the dropout. */
static void write_model(char text[TEXT_MAX_BYTES], const size_t choice[FACTORS])
{
    const char *part[FACTORS];
    for (int f = 0; f < FACTORS; f++)
        part[f] = factors[f].text[choice[f]];
    int n = snprintf(text, TEXT_MAX_BYTES,
                     "model net { input = %d; loss = %s;\n"
                     "    dense(5%s%s, init = %s); %s; %s\n"
                     "    dense(4%s%s); %s; dense(%d); }\n"
                     "data { train = table(",
                     INPUTS, part[LOSS], *part[LAYER] ? ", " : "", part[LAYER], part[INIT],
                     part[ACTIVATION], part[DROPOUT], *part[LAYER] ? ", " : "", part[LAYER],
                     part[ACTIVATION], OUTPUTS);
    n += put_rows(text + n, TEXT_MAX_BYTES - (size_t)n, target_of(part[LOSS]),
                  (unsigned)(choice[ACTIVATION] * 7 + choice[LOSS] * 3 + choice[INIT]));
    snprintf(text + n, TEXT_MAX_BYTES - (size_t)n,
             "); }\ntrain { optimizer = sgd(lr = 0.1%s); batch = %d; epochs = 1; seed = %zu; }\n",
             part[DECAY], ROWS, choice[INIT] + 1);
}

static void count(struct tally *t, const struct mlprt_gradients *found)
{
    t->models++;
    t->checked += found->checked;
    t->kinks += found->kinks;
    t->worst = fmax(t->worst, found->worst);
}

static void fail(const char *text, const char *why)
{
    if (failures++ < 5)
        printf("%s\n%s\n", why, text);
}

static void check_model(struct arena *arena, const struct model *model, const char *text,
                        const size_t choice[FACTORS])
{
    const struct mlprt_options options = {.quiet = true, .seed = model->seed, .threads = 1};
    const struct mlprt_model *evaluated = evaluated_model(arena, model, "gradients", true);
    struct mlprt_gradients found = {0};
    struct mlprt_session s;
    struct mlprt_error e = {""};
    if (mlprt_session_open(&s, evaluated, &options, &e)) {
        fail(text, e.text);
        return;
    }
    if (mlprt_gradcheck(&s, &found, &e))
        fail(text, e.text);
    mlprt_session_close(&s);
    for (int f = 0; f < FACTORS; f++)
        count(&tallies[f][choice[f]], &found);
    count(&pairs[choice[ACTIVATION]][choice[LOSS]], &found);
}

static void check_text(const char *text, const size_t choice[FACTORS])
{
    struct arena arena = {0};
    struct strbuf messages = {0};
    struct sources sources = {.arena = &arena};
    struct diags diags = {.arena = &arena, .sources = &sources};
    const struct source *source = source_add(&sources, "gradients", text, strlen(text));
    const struct ast_file *file = parse_file(&arena, source, &diags);
    const struct model *model = check_program(&arena, file, NULL, 0, &sources, &diags);
    diag_print(&diags, (struct diag_style){0}, &messages);
    if (model)
        check_model(&arena, model, text, choice);
    else
        fail(text, messages.text);
    strbuf_free(&messages);
    arena_free(&arena);
}

/* ---- tables ---- */

static void print_factor(const struct factor *f, const struct tally *t)
{
    printf("\n%-46s %7s %10s %7s  %s\n", f->name, "models", "checked", "kinks", "worst");
    for (size_t i = 0; i < f->count; i++)
        printf("%-46s %7zu %10zu %7zu  %.1e\n", *f->text[i] ? f->text[i] : "(as it is)",
               t[i].models, t[i].checked, t[i].kinks, t[i].worst);
}

static void print_pairs(void)
{
    const struct factor *a = &factors[ACTIVATION], *l = &factors[LOSS];
    puts("\nworst relative error, activation by loss");
    for (size_t k = 0; k < l->count; k++)
        printf("  %zu = %s\n", k + 1, l->text[k]);
    printf("%-46s", "");
    for (size_t k = 0; k < l->count; k++)
        printf(" %8zu", k + 1);
    putchar('\n');
    for (size_t i = 0; i < a->count; i++) {
        printf("%-46s", a->text[i]);
        for (size_t k = 0; k < l->count; k++)
            printf("  %.1e", pairs[i][k].worst);
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    const size_t every = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    struct arena words = {0};
    char text[TEXT_MAX_BYTES];
    size_t combinations = 1, models = 0;
    take_words(&words);
    for (int f = 0; f < FACTORS; f++)
        combinations *= factors[f].count;
    for (size_t i = 0; every > 0 && i < combinations; i += every, models++) {
        size_t choice[FACTORS], rest = i;
        for (int f = 0; f < FACTORS; f++) {
            choice[f] = rest % factors[f].count;
            rest /= factors[f].count;
        }
        write_model(text, choice);
        check_text(text, choice);
    }
    print_pairs();
    for (int f = 0; f < FACTORS; f++)
        print_factor(&factors[f], tallies[f]);
    printf("\ngradients: %zu of %zu combinations right, of %zu there are\n", models - failures,
           models, combinations);
    arena_free(&words);
    return failures > 0 || models == 0;
}
