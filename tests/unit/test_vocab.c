/* The tables of the vocabulary: what the compiler takes for granted about them. */
#include "vocab.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

Test(vocab, every_word_is_found_at_its_place)
{
    for (size_t i = 0; i < vocab_word_count; i++) {
        const struct vocab_word *w = &vocab_words[i];
        cr_expect_eq(vocab_find(w->place, w->name), w, "%s stands there twice", w->name);
        cr_expect_not_null(vocab_find_anywhere(w->name));
        cr_expect_neq(w->id, WORD_NONE, "%s", w->name);
        cr_expect_not_null(w->help, "%s", w->name);
        cr_expect_null(strchr(w->help, '\n'), "%s", w->name);
    }
    cr_expect_null(vocab_find(PLACE_LOSS, "relu"));
    cr_expect_null(vocab_find_anywhere("relux"));
}

Test(vocab, every_place_has_a_name)
{
    for (int place = 0; place < PLACE_COUNT; place++)
        cr_expect_not_null(vocab_place_name((enum place)place));
}

Test(vocab, parameters_are_named_once_and_those_by_place_come_first)
{
    for (size_t i = 0; i < vocab_word_count; i++) {
        const struct vocab_word *w = &vocab_words[i];
        cr_expect_leq(w->param_count, VOCAB_PARAMS_MAX);
        for (size_t k = 0; k < w->param_count; k++) {
            const struct vocab_param *p = &w->params[k];
            cr_assert_not_null(p->name, "%s, argument %zu", w->name, k);
            cr_expect_not_null(p->help, "%s", p->name);
            cr_expect(k == 0 || !p->by_place || w->params[k - 1].by_place, "%s", p->name);
            for (size_t before = 0; before < k; before++)
                cr_expect_str_neq(p->name, w->params[before].name);
        }
    }
}

Test(vocab, every_default_is_a_value_that_could_be_given)
{
    for (size_t i = 0; i < vocab_word_count; i++)
        for (size_t k = 0; k < vocab_words[i].param_count; k++) {
            const struct vocab_param *p = &vocab_words[i].params[k];
            const struct vocab_word *word = NULL;
            char *end = NULL;
            cr_expect(!p->required || !p->fallback, "%s", p->name);
            if (!p->fallback)
                continue;
            double v = strtod(p->fallback, &end);
            switch (p->type) {
            case VALUE_NUMBER:
            case VALUE_COUNT:
                cr_expect(*end == '\0' && v >= p->min && v <= p->max, "%s", p->name);
                break;
            case VALUE_BOOL:
                cr_expect(!strcmp(p->fallback, "true") || !strcmp(p->fallback, "false"));
                break;
            case VALUE_WORD:
            case VALUE_STRING_OR_WORD:
                word = vocab_find(p->place, p->fallback);
                cr_assert_not_null(word, "%s", p->name);
                for (size_t a = 0; a < word->param_count; a++)
                    cr_expect_not(word->params[a].required, "%s", p->fallback);
                break;
            case VALUE_STRING: break;
            case VALUE_COUNTS:
            case VALUE_NAMES:
            case VALUE_ROWS: cr_expect_fail("%s can have no default", p->name); break;
            }
        }
}

Test(vocab, ranges_are_not_empty)
{
    for (size_t i = 0; i < vocab_word_count; i++)
        for (size_t k = 0; k < vocab_words[i].param_count; k++) {
            const struct vocab_param *p = &vocab_words[i].params[k];
            if (p->type == VALUE_NUMBER || p->type == VALUE_COUNT || p->type == VALUE_COUNTS)
                cr_expect_lt(p->min, p->max, "%s", p->name);
        }
}

Test(vocab, activations_come_from_their_list)
{
    const struct vocab_word *relu = vocab_find(PLACE_LAYER, "relu");
    cr_assert_not_null(relu);
    cr_expect_eq(relu->id, WORD_ACTIVATION);
    cr_expect_eq(relu->activation, ACTIVATION_relu);
    cr_expect_eq(relu->init_family, INIT_FAMILY_HE);
    cr_expect_eq(vocab_find(PLACE_LAYER, "tanh")->init_family, INIT_FAMILY_XAVIER);
}

Test(vocab, names_from_elsewhere_lead_to_names_from_here)
{
    cr_expect_str_eq(vocab_elsewhere("linear"), "dense");
    cr_expect_str_eq(vocab_elsewhere("learning_rate"), "lr");
    cr_expect_str_eq(vocab_elsewhere("LearningRate"), "lr");
    cr_expect_str_eq(vocab_elsewhere("MSE_loss"), "mse");
    cr_expect_null(vocab_elsewhere("learning"));
    cr_expect_null(vocab_elsewhere("learning_rates"));
    for (size_t i = 0; i < vocab_word_count; i++)
        cr_expect_null(vocab_elsewhere(vocab_words[i].name), "%s", vocab_words[i].name);
}

Test(vocab, some_words_from_elsewhere_are_not_needed)
{
    cr_expect_not_null(vocab_needless(PLACE_LAYER, "Flatten"));
    cr_expect_null(vocab_needless(PLACE_LOSS, "flatten"));
    cr_expect_null(vocab_needless(PLACE_LAYER, "dense"));
}
