/* Diagnostics: kept as they come, sorted and laid out when they are printed. */
#include "diag.h"

#include "diag_json.h"
#include "diag_text.h"
#include "vec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *explanation;
    enum severity severity;
} rows[DIAG_COUNT] = {
#define DIAG(id, text, level, why) {text, why, SEVERITY_##level},
#include "diag.def"
#undef DIAG
};

const char *diag_slug(enum slug slug)
{
    return rows[slug].name;
}

const char *diag_explanation(enum slug slug)
{
    return rows[slug].explanation;
}

enum severity diag_severity(enum slug slug)
{
    return rows[slug].severity;
}

bool diag_find(const char *name, enum slug *slug)
{
    for (size_t i = 0; i < DIAG_COUNT; i++) {
        if (!strcmp(rows[i].name, name)) {
            *slug = (enum slug)i;
            return true;
        }
    }
    return false;
}

static bool is_off(const struct diags *d, enum slug slug)
{
    return d->policy && rows[slug].severity == SEVERITY_WARNING &&
           (d->policy->silent || d->policy->of[slug] == WARNING_OFF);
}

void diag_report(struct diags *d, enum slug slug, struct span at, const char *fmt, ...)
{
    d->skipped = is_off(d, slug);
    if (d->skipped)
        return;
    enum severity severity = rows[slug].severity;
    if (d->policy && d->policy->of[slug] == WARNING_ERROR)
        severity = SEVERITY_ERROR;
    d->errors += severity == SEVERITY_ERROR;
    if (d->len == DIAG_KEPT_MAX) {
        d->lost++;
        d->skipped = true;
        return;
    }
    va_list ap;
    va_start(ap, fmt);
    const char *message = arena_vprintf(d->arena, fmt, ap);
    va_end(ap);
    *VEC_PUSH(d->arena, d) =
        (struct diag){.slug = slug, .severity = severity, .at = at, .message = message};
}

void diag_help(struct diags *d, const char *fmt, ...)
{
    if (d->skipped)
        return;
    va_list ap;
    va_start(ap, fmt);
    d->at[d->len - 1].help = arena_vprintf(d->arena, fmt, ap);
    va_end(ap);
}

void diag_note(struct diags *d, struct span also, const char *fmt, ...)
{
    if (d->skipped)
        return;
    va_list ap;
    va_start(ap, fmt);
    d->at[d->len - 1].note = arena_vprintf(d->arena, fmt, ap);
    d->at[d->len - 1].also = also;
    va_end(ap);
}

/* By place; at the same place in the order of reporting, which is that of the addresses. */
static int by_place(const void *a, const void *b)
{
    const struct diag *const *x = a, *const *y = b;
    if ((*x)->at.beg != (*y)->at.beg)
        return (*x)->at.beg < (*y)->at.beg ? -1 : 1;
    return *x < *y ? -1 : *x > *y;
}

static bool same(const struct diag *a, const struct diag *b)
{
    return a->slug == b->slug && a->at.end == b->at.end && strcmp(a->message, b->message) == 0;
}

static bool is_repeated(const struct diag *const *sorted, size_t i)
{
    for (size_t j = i; j > 0 && sorted[j - 1]->at.beg == sorted[i]->at.beg; j--) {
        if (same(sorted[j - 1], sorted[i]))
            return true;
    }
    return false;
}

static void print_more(size_t more, struct diag_style style, struct strbuf *out)
{
    char text[64];
    snprintf(text, sizeof text, "%zu more message%s", more, more == 1 ? "" : "s");
    if (style.json)
        diag_json_plain("note", text, out);
    else
        strbuf_printf(out, "mlpgen: %s\n", text);
}

void diag_print(const struct diags *d, struct diag_style style, struct strbuf *out)
{
    if (d->len == 0)
        return;
    const struct diag **sorted = ARENA_ARRAY(d->arena, const struct diag *, d->len);
    for (size_t i = 0; i < d->len; i++)
        sorted[i] = &d->at[i];
    qsort(sorted, d->len, sizeof *sorted, by_place);
    size_t shown = 0, more = d->lost;
    for (size_t i = 0; i < d->len; i++) {
        if (is_repeated(sorted, i))
            continue;
        if (shown == DIAG_SHOWN_MAX) {
            more++;
        } else {
            if (style.json)
                diag_json(d, sorted[i], out);
            else
                diag_text(d, sorted[i], style.color, out);
            shown++;
        }
    }
    if (more > 0)
        print_more(more, style, out);
}

void diag_print_plain(const char *error, struct diag_style style, struct strbuf *out)
{
    if (style.json)
        diag_json_plain("error", error, out);
    else
        diag_text_plain(error, style.color, out);
}
