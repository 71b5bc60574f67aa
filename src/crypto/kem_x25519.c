/*
 * X25519 in the form of a KEM: the ciphertext is an ephemeral public key. It gives fresh secrets to
 * an epoch against a later theft of keys, but nothing against a quantum computer (`pq` is false).
 */
#include "crypto/kem.h"
#include "crypto/noise.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define KEY crypto_scalarmult_BYTES

static void keygen(const uint8_t *seed, uint8_t *public_key, uint8_t *secret)
{
    memcpy(secret, seed, KEY);
    tacet_noise_public(secret, public_key);
}

/* SHA-512("tacet/1 x25519-kem" || 0x00 || dh || cipher || public) cut to 32 bytes. */
static int combine(const uint8_t *secret, const uint8_t *remote, const uint8_t *cipher,
                   const uint8_t *public_key, uint8_t *shared)
{
    static const char label[] = "tacet/1 x25519-kem"; /* hashed with its NUL */
    crypto_hash_sha512_state state;
    uint8_t dh[KEY];
    uint8_t hash[crypto_hash_sha512_BYTES];
    int err = TACET_ERR_CRYPTO;

    if (!tacet_noise_public_valid(remote) || crypto_scalarmult(dh, secret, remote) != 0) {
        goto out;
    }
    (void)crypto_hash_sha512_init(&state);
    (void)crypto_hash_sha512_update(&state, (const uint8_t *)label, sizeof(label));
    (void)crypto_hash_sha512_update(&state, dh, sizeof(dh));
    (void)crypto_hash_sha512_update(&state, cipher, KEY);
    (void)crypto_hash_sha512_update(&state, public_key, KEY);
    (void)crypto_hash_sha512_final(&state, hash);
    memcpy(shared, hash, TACET_KEM_SHARED_MAX);
    sodium_memzero(&state, sizeof(state));
    sodium_memzero(hash, sizeof(hash));
    err = 0;
out:
    sodium_memzero(dh, sizeof(dh));
    return err;
}

static int encapsulate(const uint8_t *public_key, const uint8_t *seed, uint8_t *cipher,
                       uint8_t *shared)
{
    uint8_t ephemeral[KEY];

    tacet_noise_public(seed, ephemeral);
    int err = combine(seed, public_key, ephemeral, public_key, shared);
    if (err == 0) {
        memcpy(cipher, ephemeral, sizeof(ephemeral));
    }
    return err;
}

static int decapsulate(const uint8_t *secret, const uint8_t *cipher, uint8_t *shared)
{
    uint8_t public_key[KEY];

    tacet_noise_public(secret, public_key);
    return combine(secret, cipher, cipher, public_key, shared);
}

const struct tacet_kem tacet_kem_x25519 = {
    .name = "x25519",
    .pq = false,
    .public_size = KEY,
    .secret_size = KEY,
    .cipher_size = KEY,
    .shared_size = TACET_KEM_SHARED_MAX,
    .keygen_seed_size = KEY,
    .encaps_seed_size = KEY,
    .keygen = keygen,
    .encapsulate = encapsulate,
    .decapsulate = decapsulate,
};

_Static_assert(KEY <= TACET_KEM_PUBLIC_MAX && KEY <= TACET_KEM_SECRET_MAX &&
                   KEY <= TACET_KEM_CIPHER_MAX && KEY <= TACET_KEM_KEYGEN_SEED_MAX &&
                   KEY <= TACET_KEM_ENCAPS_SEED_MAX,
               "the bounds of kem.h");
