/* A promise of what is fuzzed; broken, it ends the run as a crash would. */
#ifndef TACET_FUZZ_CHECK_H
#define TACET_FUZZ_CHECK_H

#include <stdlib.h>

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
