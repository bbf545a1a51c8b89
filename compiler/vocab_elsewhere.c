/* What other tools call the things of the vocabulary. No aliases: only help lines come from it. */
#include "vocab.h"

#include <string.h>

/* What other tools call a thing, and its name here. */
static const struct {
    const char *theirs, *ours;
} elsewhere[] = {
    {"network", "model"},
    {"net", "model"},
    {"dataset", "data"},
    {"training", "train"},
    {"linear", "dense"},
    {"fully_connected", "dense"},
    {"fc", "dense"},
    {"affine", "dense"},
    {"logistic", "sigmoid"},
    {"softmax", "softmax_cross_entropy"},
    {"cross_entropy", "softmax_cross_entropy"},
    {"cross_entropy_loss", "softmax_cross_entropy"},
    {"categorical_cross_entropy", "softmax_cross_entropy"},
    {"mse_loss", "mse"},
    {"mean_squared_error", "mse"},
    {"l2_loss", "mse"},
    {"mean_absolute_error", "mae"},
    {"l1_loss", "mae"},
    {"smooth_l1", "huber"},
    {"bce", "sigmoid_cross_entropy"},
    {"binary_cross_entropy", "sigmoid_cross_entropy"},
    {"bce_with_logits", "sigmoid_cross_entropy"},
    {"lrelu", "leaky_relu"},
    {"swish", "silu"},
    {"epsilon", "eps"},
    {"gamma", "factor"},
    {"step_size", "every"},
    {"step_lr", "step"},
    {"cosine_annealing", "cosine"},
    {"exponential_decay", "exponential"},
    {"negative_slope", "slope"},
    {"clip_grad_norm", "clip_norm"},
    {"gradient_clipping", "clip_norm"},
    {"max_norm", "clip_norm"},
    {"lr_schedule", "schedule"},
    {"scheduler", "schedule"},
    {"early_stopping", "early_stop"},
    {"nodes", "units"},
    {"neurons", "units"},
    {"features", "units"},
    {"use_bias", "bias"},
    {"rate", "p"},
    {"learning_rate", "lr"},
    {"eta", "lr"},
    {"l2", "weight_decay"},
    {"batch_size", "batch"},
    {"iterations", "epochs"},
    {"random_seed", "seed"},
    {"random_state", "seed"},
    {"objective", "loss"},
    {"glorot", "xavier_uniform"},
    {"glorot_uniform", "xavier_uniform"},
    {"glorot_normal", "xavier_normal"},
    {"xavier", "xavier_uniform"},
    {"he", "he_normal"},
    {"kaiming_uniform", "he_uniform"},
    {"kaiming_normal", "he_normal"},
    {"gaussian", "normal"},
    {"zero", "zeros"},
    {"stddev", "std"},
    {"sigma", "std"},
    {"mnist", "idx"},
    {"val", "validation"},
    {"validate", "validation"},
    {"input_shape", "input"},
    {"input_dim", "input"},
    {"in_features", "input"},
    {"nll", "softmax_cross_entropy"},
    {"nll_loss", "softmax_cross_entropy"},
    {"standard", "standardize"},
    {"split", "holdout"},
    {"valid", "validation"},
    {"validation_split", "holdout"},
    {"train_test_split", "holdout"},
    {"random_split", "holdout"},
    {"test_size", "fraction"},
    {"class_names", "classes"},
    {"labels", "classes"},
    {"standard_scaler", "standardize"},
    {"standardise", "standardize"},
    {"zscore", "standardize"},
    {"min_max_scaler", "minmax"},
};

/* The next byte of a name as it is compared with theirs: LearningRate is learning_rate. */
static char next_letter(const char **name)
{
    *name += strspn(*name, "_");
    char c = **name;
    *name += c != '\0';
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alike(const char *a, const char *b)
{
    char c;
    do {
        c = next_letter(&a);
        if (c != next_letter(&b))
            return false;
    } while (c);
    return true;
}

const char *vocab_elsewhere(const char *name)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (is_alike(elsewhere[i].theirs, name))
            return elsewhere[i].ours;
    return NULL;
}

/* Words of other tools that nothing here takes the place of. */
static const struct {
    enum place place;
    const char *theirs, *remark;
} needless[] = {
    {PLACE_LAYER, "softmax", "the loss applies it: loss = softmax_cross_entropy"},
    {PLACE_LAYER, "flatten", "not needed: input = [28, 28] is flattened"},
    {PLACE_LAYER, "activation", "an activation is a layer by its name: tanh;"},
    {PLACE_LAYER, "batch_norm", "there is none: normalize in the data block is for the inputs"},
    {PLACE_LAYER, "batch_normalization",
     "there is none: normalize in the data block is for the inputs"},
    {PLACE_LAYER, "conv2d", "there is none: layers are dense"},
    {PLACE_SOURCE, "csv",
     "text is not read: rows stand in table(…), or in IDX files, for which "
     "docs/language.md has a writer in Python"},
};

const char *vocab_needless(enum place place, const char *name)
{
    for (size_t i = 0; i < sizeof needless / sizeof *needless; i++)
        if (needless[i].place == place && is_alike(needless[i].theirs, name))
            return needless[i].remark;
    return NULL;
}
