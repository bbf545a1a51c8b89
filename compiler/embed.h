/* The runtime's sources as one text, for --standalone. The array is made by tools/embed.c from the
 * files of runtime/ when mlpgen is built. */
#ifndef MLPGEN_EMBED_H
#define MLPGEN_EMBED_H

/* Lines without their newline, NULL behind the last. Printed in place of `#include <mlprt.h>` they
 * give the same declarations, and the functions of libmlprt too (gzip left out). They set
 * feature-test macros, so they come before every other #include. */
extern const char *const embed_runtime[];

#endif
