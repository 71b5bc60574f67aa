/* The inside of the registry; what apps see is in tacet/ca.h. */
#ifndef TACET_CRYPTO_REGISTRY_H
#define TACET_CRYPTO_REGISTRY_H

#include "tacet/ca.h"

/* Writes the record that comes next, and sets its `index`. Returns its size. */
size_t tacet_registry_write(const struct tacet_registry *registry,
                            struct tacet_registry_record *record, const uint8_t secret[64],
                            uint8_t out[TACET_REGISTRY_RECORD_MAX]);
/* Whether the record that begins at `at` was signed by this key. */
bool tacet_registry_signed(const struct tacet_registry *registry, size_t at,
                           const uint8_t key[TACET_KEY_SIZE]);

/* Whom a name belongs to. */
struct tacet_binding {
    bool bound;
    bool revoked;
    uint8_t key[TACET_KEY_SIZE];
    uint64_t serial; /* given last */
    uint64_t revoked_at;
};

void tacet_registry_binding(const struct tacet_registry *registry, const char *name,
                            struct tacet_binding *ret);
/* The ISSUED or REBOUND record of this serial. False: none. */
bool tacet_registry_find_serial(const struct tacet_registry *registry, uint64_t serial,
                                struct tacet_registry_record *ret);
/* Whether a REVOKED record names this key. */
bool tacet_registry_key_revoked(const struct tacet_registry *registry,
                                const uint8_t key[TACET_KEY_SIZE]);

#endif
