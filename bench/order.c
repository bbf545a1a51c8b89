/* order SAMPLES EPOCHS: the order in which a trainer takes its samples in each epoch, seed 1, as
 * native 32-bit numbers on standard output: peers take them in the same. */
#include "shuffle.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const uint32_t samples = (uint32_t)strtoul(argv[1], NULL, 10);
    const uint32_t epochs = (uint32_t)strtoul(argv[2], NULL, 10);
    uint32_t *index = malloc((samples ? samples : 1) * sizeof *index);
    if (!index)
        return 1;
    for (uint32_t epoch = 0; epoch < epochs; epoch++) {
        mlprt_shuffle(index, samples, 1, epoch);
        fwrite(index, sizeof *index, samples, stdout);
    }
    free(index);
    return ferror(stdout) != 0;
}
