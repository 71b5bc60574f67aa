/* The KEM of the epoch step, on given randomness. A const table: another can stand there. */
#ifndef TACET_CRYPTO_KEM_H
#define TACET_CRYPTO_KEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_KEM_PUBLIC_MAX 1216
#define TACET_KEM_SECRET_MAX 32
#define TACET_KEM_CIPHER_MAX 1120
#define TACET_KEM_SHARED_MAX 32
#define TACET_KEM_KEYGEN_SEED_MAX 32
#define TACET_KEM_ENCAPS_SEED_MAX 64

struct tacet_kem {
    const char *name;
    bool pq;
    size_t public_size;
    size_t secret_size;
    size_t cipher_size;
    size_t shared_size;
    size_t keygen_seed_size;
    size_t encaps_seed_size;
    void (*keygen)(const uint8_t *seed, uint8_t *public_key, uint8_t *secret);
    /* TACET_ERR_CRYPTO: the public key, or the ciphertext, is malformed. */
    int (*encapsulate)(const uint8_t *public_key, const uint8_t *seed, uint8_t *cipher,
                       uint8_t *shared);
    int (*decapsulate)(const uint8_t *secret, const uint8_t *cipher, uint8_t *shared);
};

/* X-Wing (draft-connolly-cfrg-xwing-kem-10); refuses a coefficient >= q, and points of X25519 that
 * are not canonical or of small order. */
extern const struct tacet_kem tacet_kem_xwing;

#endif
