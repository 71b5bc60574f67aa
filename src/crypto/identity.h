/* The inside of an identity, for the handshake; the public half is in tacet/identity.h. */
#ifndef TACET_CRYPTO_IDENTITY_H
#define TACET_CRYPTO_IDENTITY_H

#include "tacet/identity.h"

struct tacet_identity_certificate {
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size;
};

struct tacet_identity {
    uint8_t ed_public[32];
    uint8_t ed_secret[64]; /* libsodium's form: seed || public */
    uint8_t x_public[32];
    uint8_t x_secret[32];
    char name[TACET_NAME_MAX + 1];
    struct tacet_identity_certificate certificates[TACET_IDENTITY_CERTIFICATES_MAX];
    size_t certificate_count;
};

/* An identity of these secrets; `name` is valid, or NULL for the one made of the key.
 * TACET_ERR_NOMEM. */
int tacet_identity_from_secrets(const uint8_t ed_seed[32], const uint8_t x_secret[32],
                                const char *name, struct tacet_identity **ret);

#endif
