/* Source texts: their place in the common address space, their lines, their encoding. */
#include "source.h"

#include "ice.h"
#include "vec.h"

#include <string.h>

/* Editors of one system put a byte order mark before UTF-8, and count columns behind it. */
static const char BYTE_ORDER_MARK[] = "\xEF\xBB\xBF";

static void find_lines(struct arena *arena, struct source *s)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < s->len; i++)
        count += s->text[i] == '\n' && i + 1 < s->len;
    s->line_beg = ARENA_ARRAY(arena, uint32_t, count);
    s->line_count = 1;
    for (uint32_t i = 0; i < s->len; i++) {
        if (s->text[i] == '\n' && i + 1 < s->len)
            s->line_beg[s->line_count++] = i + 1;
    }
}

struct source *source_add(struct sources *set, const char *name, const char *text, size_t len)
{
    REQUIRE(len <= SOURCE_MAX);
    if (len == 0)
        text = "";
    size_t mark = strlen(BYTE_ORDER_MARK);
    const bool marked = len >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0;
    if (marked) {
        text += mark;
        len -= mark;
    }
    struct source *s = ARENA_NEW(set->arena, struct source);
    *s = (struct source){.name = name, .text = text, .len = (uint32_t)len, .marked = marked};
    if (set->len > 0) {
        const struct source *last = set->at[set->len - 1];
        REQUIRE(last->base <= UINT32_MAX - last->len - 1 - SOURCE_MAX);
        s->base = last->base + last->len + 1; /* + 1: the end of a text is a place of that text */
    }
    find_lines(set->arena, s);
    *VEC_PUSH(set->arena, set) = s;
    return s;
}

static const struct source *source_of(const struct sources *set, uint32_t offset)
{
    REQUIRE(set->len > 0);
    size_t low = 0, high = set->len; /* at[low]->base <= offset < at[high]->base */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (set->at[middle]->base <= offset)
            low = middle;
        else
            high = middle;
    }
    return set->at[low];
}

struct position source_position(const struct sources *set, struct span at)
{
    const struct source *s = source_of(set, at.beg);
    uint32_t offset = at.beg - s->base;
    REQUIRE(offset <= s->len);
    uint32_t low = 0, high = s->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (s->line_beg[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    uint32_t len, column = offset - s->line_beg[low];
    source_line(s, low + 1, &len);
    if (column > len) /* within the line ending: no editor goes there */
        column = len;
    return (struct position){.source = s, .line = low + 1, .column = column + 1};
}

const char *source_line(const struct source *s, uint32_t line, uint32_t *len)
{
    REQUIRE(line >= 1 && line <= s->line_count);
    uint32_t beg = s->line_beg[line - 1];
    uint32_t end = line < s->line_count ? s->line_beg[line] : s->len;
    if (end > beg && s->text[end - 1] == '\n')
        end--;
    if (end > beg && s->text[end - 1] == '\r')
        end--;
    *len = end - beg;
    return s->text + beg;
}

size_t source_utf8_length(const char *text, size_t len)
{
    const unsigned char *u = (const unsigned char *)text;
    unsigned first = len > 0 ? u[0] : 0;
    if (first < 0x80)
        return len > 0;
    /* The second byte's range keeps out overlong forms, surrogates and what is above U+10FFFF. */
    unsigned low = 0x80, high = 0xBF;
    size_t need;
    if (first >= 0xC2 && first <= 0xDF) {
        need = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        need = 3;
        low = first == 0xE0 ? 0xA0 : low;
        high = first == 0xED ? 0x9F : high;
    } else if (first >= 0xF0 && first <= 0xF4) {
        need = 4;
        low = first == 0xF0 ? 0x90 : low;
        high = first == 0xF4 ? 0x8F : high;
    } else {
        return 0;
    }
    if (len < need || u[1] < low || u[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++) {
        if (u[i] < 0x80 || u[i] > 0xBF)
            return 0;
    }
    return need;
}
