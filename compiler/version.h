/* The version of mlpgen and of its runtime; the Makefile reads it from here. */
#ifndef MLPGEN_VERSION_H
#define MLPGEN_VERSION_H

#define MLPGEN_VERSION "0.1.0"

#endif
