/* Feature-test macros: the first include of every runtime file, so that POSIX calls are declared
 * under -std=c11 too. */
#ifndef MLPRT_POSIX_H
#define MLPRT_POSIX_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* SIGXFSZ, which POSIX counts as XSI */
#endif
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* madvise, where there is one */
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit machines */
#endif

#endif
