/* ICE: a bug in mlpgen, not in the model. Says where and exits with 70. Nothing that a user types
 * may end here. */
#ifndef MLPGEN_ICE_H
#define MLPGEN_ICE_H

#define ICE(...) ice_stop(__FILE__, __LINE__, __VA_ARGS__)
/* A fact that earlier steps have made sure of. */
#define REQUIRE(fact)                                                                              \
    do {                                                                                           \
        if (!(fact))                                                                               \
            ICE("%s", #fact);                                                                      \
    } while (0)

_Noreturn void ice_stop(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
