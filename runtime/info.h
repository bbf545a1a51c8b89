/* The info command. */
#ifndef MLPRT_INFO_H
#define MLPRT_INFO_H

#include "session.h"

/* Prints what the compiler planned; the resolved program with --program; of a weights file what
 * made it. */
enum mlprt_status mlprt_info(struct mlprt_session *s, struct mlprt_error *e);

#endif
