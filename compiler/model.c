/* Small questions about the checked model. */
#include "model.h"

#include <string.h>

const struct value *word_arg(const struct word *w, const char *name)
{
    for (size_t i = 0; i < w->vocab->param_count; i++)
        if (!strcmp(w->vocab->params[i].name, name))
            return &w->args[i];
    return NULL;
}
