/* The inside of a CA, for the files that sign with it; what apps see is in tacet/ca.h. */
#ifndef TACET_CRYPTO_CA_H
#define TACET_CRYPTO_CA_H

#include "crypto/certificate.h"
#include "tacet/ca.h"

struct tacet_ca {
    struct tacet_authority authority;
    uint8_t secret[64]; /* libsodium's form: seed || public */
};

/* A request as it is handed in: its certificate half, and the old key's signature or NULL. */
struct tacet_ca_request {
    struct tacet_certificate certificate;
    const uint8_t *data;
    size_t size; /* without the old key's signature */
    const uint8_t *old_signature;
};

/* The form alone. TACET_ERR_FORMAT. */
int tacet_ca_request_parse(const uint8_t *data, size_t size, struct tacet_ca_request *ret);
/* Whether this key signed that the name shall go on to the request's key. */
bool tacet_ca_request_released(const struct tacet_ca_request *request,
                               const uint8_t key[TACET_KEY_SIZE]);

#endif
