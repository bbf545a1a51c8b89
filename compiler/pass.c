/* The table of passes. Layout comes before memory: how much room a tensor takes depends on whether
 * its layer is straight-line code or padded to panels, which the schedule decides. */
#include "pass.h"

const struct pass passes[] = {
    {"autodiff", pass_autodiff, "derive the backward pass and the update"},
    {"prune", pass_prune,
     "drop what nothing reads: the first layer's dX, frozen layers' gradients"},
    {"fuse", pass_fuse, "apply activations to a dense op's sums before they are stored"},
    {"schedule", pass_schedule, "choose straight-line code or loops, layouts and order"},
    {"memory", pass_memory, "place every tensor in one arena"},
};
const size_t pass_count = sizeof passes / sizeof *passes;
