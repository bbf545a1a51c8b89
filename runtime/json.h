/* JSON (RFC 8259): a strict reader that is told what must come next, and a writer.
 *
 *     for (mlprt_json_open(&j, '{'); mlprt_json_next(&j, '}');) {
 *         struct mlprt_text key = mlprt_json_key(&j);
 *         uint64_t value = mlprt_json_whole(&j);
 *     }
 *     mlprt_json_finish(&j);
 *
 * Nothing recurses and nothing is allocated: depth is what the caller asks for, strings are decoded
 * where they stand. Errors are sticky: after the first, nothing is read, next() ends every loop and
 * values are empty or 0, so that only `status` needs a look at the end. */
#ifndef MLPRT_JSON_H
#define MLPRT_JSON_H

#include "file.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decoded string: UTF-8, may hold NUL bytes, not terminated. Lives as long as the bytes read. */
struct mlprt_text {
    const char *data;
    size_t size;
    size_t at; /* byte offset of its opening quote in the file */
};

struct mlprt_json {
    const char *path; /* for messages */
    unsigned char *bytes;
    size_t at, end; /* what is left to read: bytes[at … end-1] */
    bool first;     /* between an opening bracket and its first member */
    enum mlprt_status status;
    struct mlprt_error *error;
};

/* The opening bracket of an object or array. */
void mlprt_json_open(struct mlprt_json *j, char bracket);
/* Is there another member? If not, its closing bracket has been read. */
bool mlprt_json_next(struct mlprt_json *j, char bracket);
struct mlprt_text mlprt_json_string(struct mlprt_json *j);
/* A member's name and the colon. */
struct mlprt_text mlprt_json_key(struct mlprt_json *j);
/* A number without sign, fraction and exponent. */
uint64_t mlprt_json_whole(struct mlprt_json *j);
/* A number, rounded to the nearest double; one beyond all doubles is an error. */
double mlprt_json_number(struct mlprt_json *j);
/* Nothing but white space may be left. */
void mlprt_json_finish(struct mlprt_json *j);
/* "PATH: byte AT: …" (bytes from 0), unless an error came before. */
void mlprt_json_fail(struct mlprt_json *j, size_t at, const char *fmt, ...) MLPRT_PRINTF(3, 4);

bool mlprt_text_is(struct mlprt_text text, const char *string);

/* Cuts the first line off *text, without its newline. */
struct mlprt_text mlprt_text_cut_line(struct mlprt_text *text);

enum { MLPRT_QUOTED = 128 }; /* bytes of a quoted text, with the NUL */

/* The text in single quotes, for messages: control characters as \xNN, cut where long. */
const char *mlprt_text_quote(struct mlprt_text text, char quoted[MLPRT_QUOTED]);

/* Where JSON is written to: a first pass with writer NULL only counts. */
struct mlprt_json_out {
    struct mlprt_writer *writer;
    uint64_t size;
};

/* Text as it stands. */
void mlprt_json_put(struct mlprt_json_out *out, const char *json);
/* Part of a string: what JSON forbids in one is escaped. string is UTF-8. */
void mlprt_json_put_escaped(struct mlprt_json_out *out, const char *string);
void mlprt_json_put_whole(struct mlprt_json_out *out, uint64_t value);

#endif
