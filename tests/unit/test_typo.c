/* The nearest of a list of names. */
#include "typo.h"

#include <criterion/criterion.h>

#include <string.h>

static const char *const words[] = {"dense", NULL, "dropout", "relu", "tanh", "sigmoid", "Tanh"};

static const char *nearest(const char *word)
{
    return typo_nearest(word, words, sizeof words / sizeof *words);
}

Test(typo, near_names_are_found)
{
    cr_expect_str_eq(nearest("tahn"), "tanh");       /* swap */
    cr_expect_str_eq(nearest("dens"), "dense");      /* insert */
    cr_expect_str_eq(nearest("rellu"), "relu");      /* delete */
    cr_expect_str_eq(nearest("sigmoit"), "sigmoid"); /* replace */
    cr_expect_str_eq(nearest("dropuot"), "dropout");
    cr_expect_str_eq(nearest("drpuot"), "dropout", "two edits in six bytes");
}

Test(typo, far_names_are_not)
{
    cr_expect_null(nearest("conv"));
    cr_expect_str_eq(nearest("denxxe"), "dense", "two edits, six bytes");
    cr_expect_null(nearest("dexxe"), "two edits, five bytes");
    cr_expect_null(nearest(""));
}

/* Restricted: "ca" is three edits from "abc", two if a swapped pair could be edited again. */
Test(typo, a_swapped_pair_is_not_edited_again)
{
    const char *const abc[] = {"xxxxabc"};
    cr_expect_null(typo_nearest("xxxxca", abc, 1));
}

Test(typo, case_counts_for_nothing)
{
    cr_expect_str_eq(nearest("RELU"), "relu");
    cr_expect_str_eq(nearest("SigMoid"), "sigmoid");
    cr_expect_str_eq(nearest("TANH"), "tanh", "the first in the list");
}

Test(typo, the_nearest_wins_then_the_first)
{
    const char *const some[] = {"batches", "batch", "match"};
    cr_expect_str_eq(typo_nearest("batc", some, 3), "batch");
    cr_expect_str_eq(typo_nearest("datch", some, 3), "batch");
}

Test(typo, no_length_is_too_long)
{
    char word[200];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    cr_expect_null(nearest(word));
    const char *const same[] = {word};
    cr_expect_eq(typo_nearest(word, same, 1), word);
    cr_expect_null(typo_nearest("relu", same, 1));
    cr_expect_null(typo_nearest("relu", NULL, 0));
}
