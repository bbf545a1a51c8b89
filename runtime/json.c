/* Reads and writes JSON. */
#include "posix.h"

#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mlprt_json_fail(struct mlprt_json *j, size_t at, const char *fmt, ...)
{
    if (j->status)
        return;
    char message[sizeof j->error->text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    j->status = mlprt_file_fail(j->error, MLPRT_IO, j->path, "byte %zu: %s", at, message);
}

static void skip_json_space(struct mlprt_json *j)
{
    while (j->at < j->end && (j->bytes[j->at] == ' ' || j->bytes[j->at] == '\n' ||
                              j->bytes[j->at] == '\r' || j->bytes[j->at] == '\t'))
        j->at++;
}

/* Reads c, behind white space, if it comes next. */
static bool accept_json(struct mlprt_json *j, char c)
{
    if (j->status)
        return false;
    skip_json_space(j);
    if (j->at == j->end || j->bytes[j->at] != (unsigned char)c)
        return false;
    j->at++;
    return true;
}

static void expected_json(struct mlprt_json *j, const char *what)
{
    if (j->status)
        return;
    if (j->at == j->end)
        mlprt_json_fail(j, j->at, "expected %s, found the end", what);
    else if (j->bytes[j->at] > 0x20 && j->bytes[j->at] < 0x7f)
        mlprt_json_fail(j, j->at, "expected %s, found '%c'", what, j->bytes[j->at]);
    else
        mlprt_json_fail(j, j->at, "expected %s, found byte 0x%02x", what, j->bytes[j->at]);
}

void mlprt_json_open(struct mlprt_json *j, char bracket)
{
    if (!accept_json(j, bracket))
        expected_json(j, bracket == '{' ? "'{'" : "'['");
    j->first = true;
}

bool mlprt_json_next(struct mlprt_json *j, char bracket)
{
    bool first = j->first;
    j->first = false;
    if (accept_json(j, bracket))
        return false;
    if (!first && !accept_json(j, ','))
        expected_json(j, bracket == '}' ? "',' or '}'" : "',' or ']'");
    return !j->status;
}

void mlprt_json_finish(struct mlprt_json *j)
{
    skip_json_space(j);
    if (j->at < j->end)
        expected_json(j, "the end");
}

uint64_t mlprt_json_whole(struct mlprt_json *j)
{
    if (accept_json(j, '0'))
        return 0;
    size_t start = j->at;
    uint64_t value = 0;
    while (!j->status && j->at < j->end && j->bytes[j->at] >= '0' && j->bytes[j->at] <= '9') {
        unsigned digit = j->bytes[j->at] - (unsigned)'0';
        if (value > (UINT64_MAX - digit) / 10)
            mlprt_json_fail(j, start, "number beyond %" PRIu64, UINT64_MAX);
        value = value * 10 + digit;
        j->at++;
    }
    if (j->at == start)
        expected_json(j, "a whole number");
    return j->status ? 0 : value;
}

static size_t skip_digits(const char *text, size_t at)
{
    return at + strspn(text + at, "0123456789");
}

/* Length of the number that text starts with, 0 if it starts with none. */
static size_t number_length(const char *text)
{
    size_t at = text[0] == '-';
    const size_t whole = skip_digits(text, at);
    if (whole == at || (text[at] == '0' && whole > at + 1))
        return 0;
    at = whole;
    if (text[at] == '.') {
        const size_t fraction = skip_digits(text, at + 1);
        if (fraction == at + 1)
            return 0;
        at = fraction;
    }
    if (text[at] == 'e' || text[at] == 'E') {
        const size_t sign = at + 1 + (text[at + 1] == '+' || text[at + 1] == '-');
        const size_t exponent = skip_digits(text, sign);
        if (exponent == sign)
            return 0;
        at = exponent;
    }
    return at;
}

double mlprt_json_number(struct mlprt_json *j)
{
    enum { LONGEST = 64 };
    char text[LONGEST + 1] = "";
    if (j->status)
        return 0;
    skip_json_space(j);
    const size_t left = j->end - j->at;
    memcpy(text, j->bytes + j->at, left < LONGEST ? left : LONGEST);
    const size_t length = number_length(text);
    const double value = strtod(text, NULL);
    if (length == 0)
        expected_json(j, "a number");
    else if (length == LONGEST)
        mlprt_json_fail(j, j->at, "a number of %d characters or more", LONGEST);
    else if (!isfinite(value))
        mlprt_json_fail(j, j->at, "number beyond all doubles");
    j->at += length;
    return j->status ? 0 : value;
}

/* Length of the UTF-8 sequence (RFC 3629) that p starts with, 0 if it starts with none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
    bool beyond = p[0] == 0xf4 && p[1] >= 0x90; /* U+10FFFF */
    return overlong || surrogate || beyond ? 0 : n;
}

static size_t utf8_encode(uint32_t code, unsigned char *p)
{
    if (code < 0x80) {
        p[0] = (unsigned char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        p[i] = (unsigned char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    p[0] = (unsigned char)((0xf00 >> n & 0xff) | code);
    return n;
}

/* \uXXXX from its backslash; a code unit, not yet a character. */
static uint32_t read_json_unit(struct mlprt_json *j)
{
    size_t start = j->at;
    uint32_t unit = 0;
    if (j->end - start < 6 || j->bytes[start] != '\\' || j->bytes[start + 1] != 'u') {
        mlprt_json_fail(j, start, "expected \\u and four hex digits");
        return 0;
    }
    for (size_t i = start + 2; i < start + 6; i++) {
        unsigned char c = j->bytes[i];
        unsigned digit = c >= '0' && c <= '9'   ? c - (unsigned)'0'
                         : c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10
                         : c >= 'A' && c <= 'F' ? c - (unsigned)'A' + 10
                                                : 16;
        if (digit == 16)
            mlprt_json_fail(j, i, "expected four hex digits after \\u");
        unit = unit << 4 | digit;
    }
    j->at = start + 6;
    return unit;
}

/* An escape from its backslash, decoded to p, which has room: no escape is shorter than what it
 * stands for. Returns the bytes written. */
static size_t read_json_escape(struct mlprt_json *j, unsigned char *p)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    size_t start = j->at;
    char letter = start + 1 < j->end ? (char)j->bytes[start + 1] : '\0';
    if (letter != 'u') {
        const char *found = letter ? strchr(letters, letter) : NULL;
        if (!found) {
            mlprt_json_fail(j, start, "unknown escape in a string");
            return 0;
        }
        j->at += 2;
        *p = (unsigned char)meanings[found - letters];
        return 1;
    }
    uint32_t code = read_json_unit(j);
    if (code >= 0xd800 && code < 0xdc00) { /* the first half of a surrogate pair */
        uint32_t low = read_json_unit(j);
        if (low < 0xdc00 || low > 0xdfff)
            mlprt_json_fail(j, start, "half a surrogate pair in a string");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        mlprt_json_fail(j, start, "half a surrogate pair in a string");
    }
    return j->status ? 0 : utf8_encode(code, p);
}

struct mlprt_text mlprt_json_string(struct mlprt_json *j)
{
    if (!accept_json(j, '"')) {
        expected_json(j, "a string");
        return (struct mlprt_text){"", 0, 0};
    }
    size_t start = j->at, out = start;
    while (!j->status && j->at < j->end && j->bytes[j->at] != '"') {
        if (j->bytes[j->at] == '\\') {
            out += read_json_escape(j, j->bytes + out);
            continue;
        }
        size_t n = utf8_length(j->bytes + j->at, j->end - j->at);
        if (n == 0)
            mlprt_json_fail(j, j->at, "invalid UTF-8 in a string");
        else if (j->bytes[j->at] < 0x20)
            mlprt_json_fail(j, j->at, "control character in a string");
        memmove(j->bytes + out, j->bytes + j->at, n);
        out += n;
        j->at += n;
    }
    if (j->at == j->end)
        mlprt_json_fail(j, start - 1, "string without closing quote");
    if (j->status)
        return (struct mlprt_text){"", 0, 0};
    j->at++; /* the quote */
    return (struct mlprt_text){(const char *)j->bytes + start, out - start, start - 1};
}

struct mlprt_text mlprt_json_key(struct mlprt_json *j)
{
    struct mlprt_text key = mlprt_json_string(j);
    if (!accept_json(j, ':'))
        expected_json(j, "':'");
    return key;
}

bool mlprt_text_is(struct mlprt_text text, const char *string)
{
    return text.size == strlen(string) && memcmp(text.data, string, text.size) == 0;
}

struct mlprt_text mlprt_text_cut_line(struct mlprt_text *text)
{
    const char *end = text->size ? memchr(text->data, '\n', text->size) : NULL;
    const struct mlprt_text line = {text->data, end ? (size_t)(end - text->data) : text->size,
                                    text->at};
    text->data += line.size + (end != NULL);
    text->size -= line.size + (end != NULL);
    return line;
}

const char *mlprt_text_quote(struct mlprt_text text, char quoted[MLPRT_QUOTED])
{
    const unsigned char *p = (const unsigned char *)text.data, *end = p + text.size;
    size_t out = 0;
    quoted[out++] = '\'';
    while (p < end) {
        if (out + sizeof "\\xNN...'" > MLPRT_QUOTED) {
            memcpy(quoted + out, "...", 3);
            out += 3;
            break;
        }
        size_t n = utf8_length(p, (size_t)(end - p));
        bool control = n < 2 ? *p < 0x20 || *p >= 0x7f : p[0] == 0xc2 && p[1] < 0xa0;
        if (control) {
            out += (size_t)snprintf(quoted + out, sizeof "\\xNN", "\\x%02x", p[n == 2]);
            p += n == 2 ? 2 : 1;
        } else {
            memcpy(quoted + out, p, n);
            out += n;
            p += n;
        }
    }
    memcpy(quoted + out, "'", 2);
    return quoted;
}

static void put_json_bytes(struct mlprt_json_out *out, const char *bytes, size_t size)
{
    if (out->writer)
        mlprt_writer_put(out->writer, bytes, size);
    out->size += size;
}

void mlprt_json_put(struct mlprt_json_out *out, const char *json)
{
    put_json_bytes(out, json, strlen(json));
}

void mlprt_json_put_escaped(struct mlprt_json_out *out, const char *string)
{
    for (const char *p = string; *p; p++) {
        char escape[sizeof "\\u00XX"] = {*p};
        if (*p == '"' || *p == '\\')
            snprintf(escape, sizeof escape, "\\%c", *p);
        else if (*p == '\n')
            snprintf(escape, sizeof escape, "\\n");
        else if ((unsigned char)*p < 0x20)
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)*p);
        mlprt_json_put(out, escape);
    }
}

void mlprt_json_put_whole(struct mlprt_json_out *out, uint64_t value)
{
    char digits[sizeof "18446744073709551615"];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    mlprt_json_put(out, digits);
}
