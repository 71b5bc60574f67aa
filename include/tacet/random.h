/* Chance as a parameter: the only source of randomness that the core uses. */
#ifndef TACET_RANDOM_H
#define TACET_RANDOM_H

#include "tacet/api.h"

struct tacet_random {
    /* Fills `size` bytes. Must not fail. For calls between people it must be cryptographic. */
    void (*fill)(void *ctx, uint8_t *out, size_t size);
    void *ctx;
};

TACET_BEGIN_DECLS

/* The operating system's generator (getrandom through libsodium). Any thread. */
TACET_API struct tacet_random tacet_random_system(void);

TACET_END_DECLS

#endif
