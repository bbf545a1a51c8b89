/* Which warnings are left out, and which are errors: the words behind -W. */
#include "diag_policy.h"

#include "typo.h"

#include <string.h>

bool diag_policy_find(struct arena *arena, const char *name, enum slug *slug, struct strbuf *error)
{
    if (diag_find(name, slug))
        return true;
    const char **names = ARENA_ARRAY(arena, const char *, DIAG_COUNT);
    for (size_t i = 0; i < DIAG_COUNT; i++)
        names[i] = diag_slug((enum slug)i);
    const char *near = typo_nearest(name, names, DIAG_COUNT);
    strbuf_printf(error, "there is no message '%s'" DIAG_HELP, name);
    if (near)
        strbuf_printf(error, "did you mean '%s'?", near);
    else
        strbuf_puts(error, "mlpgen --explain list names them");
    return false;
}

/* Sets every warning that is not off. */
static void set_all(struct diag_policy *policy, enum warning to)
{
    for (size_t i = 0; i < DIAG_COUNT; i++)
        if (policy->of[i] != WARNING_OFF)
            policy->of[i] = to;
}

bool diag_policy_set(struct arena *arena, struct diag_policy *policy, const char *what,
                     struct strbuf *error)
{
    static const struct {
        const char *before;
        enum warning to;
    } kinds[] = {{"error=", WARNING_ERROR}, {"no-error=", WARNING_SHOWN}, {"no-", WARNING_OFF}};
    if (!strcmp(what, "error") || !strcmp(what, "no-error")) {
        set_all(policy, what[0] == 'e' ? WARNING_ERROR : WARNING_SHOWN);
        return true;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t len = strlen(kinds[i].before);
        enum slug slug;
        if (strncmp(what, kinds[i].before, len))
            continue;
        if (!diag_policy_find(arena, what + len, &slug, error))
            return false;
        if (diag_severity(slug) == SEVERITY_ERROR) {
            strbuf_printf(error, "'%s' is an error by itself, not a warning", what + len);
            return false;
        }
        policy->of[slug] = kinds[i].to;
        return true;
    }
    strbuf_printf(error, "'-W' takes no-SLUG, error or error=SLUG, not '%s'", what);
    return false;
}
