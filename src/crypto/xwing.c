/*
 * X-Wing as draft-connolly-cfrg-xwing-kem-10 section 5 has it (the draft's vectors are the same
 * since version 06). The shared secret is safe as long as one of ML-KEM-768 and X25519 is.
 *
 *     public key = pk_M (1184) || pk_X (32)      ciphertext = ct_M (1088) || ct_X (32)
 *     shared     = SHA3-256(ss_M || ss_X || ct_X || pk_X || label)
 */
#include "crypto/xwing.h"

#include "crypto/keccak.h"
#include "crypto/mlkem768.h"
#include "crypto/noise.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define X TACET_NOISE_KEY

_Static_assert(TACET_MLKEM768_EK + X == TACET_XWING_PUBLIC, "two halves");
_Static_assert(TACET_MLKEM768_CIPHER + X == TACET_XWING_CIPHER, "two halves");

struct expanded {
    uint8_t dk[TACET_MLKEM768_DK];
    uint8_t x_secret[X];
    uint8_t public_key[TACET_XWING_PUBLIC];
};

/* expandDecapsulationKey: SHAKE256 of the seed gives d, z and X25519's secret. */
static void expand(const uint8_t secret[TACET_XWING_SECRET], struct expanded *key)
{
    struct tacet_sponge xof = tacet_shake256();
    uint8_t d[32], z[32];

    tacet_sponge_absorb(&xof, secret, TACET_XWING_SECRET);
    tacet_sponge_squeeze(&xof, d, sizeof(d));
    tacet_sponge_squeeze(&xof, z, sizeof(z));
    tacet_sponge_squeeze(&xof, key->x_secret, sizeof(key->x_secret));
    tacet_mlkem768_keygen(d, z, key->public_key, key->dk);
    tacet_noise_public(key->x_secret, key->public_key + TACET_MLKEM768_EK);
    tacet_sponge_wipe(&xof);
    sodium_memzero(d, sizeof(d));
    sodium_memzero(z, sizeof(z));
}

/* X25519 as RFC 7748 has it: a point of small order gives zero, and that goes into the hash like
 * any other result. libsodium says of it that it failed, and writes zeros or nothing. */
static void dh(const uint8_t secret[X], const uint8_t point[X], uint8_t out[X])
{
    memset(out, 0, X);
    int small_order = crypto_scalarmult(out, secret, point);
    (void)small_order;
}

static void combine(const uint8_t ss_m[TACET_MLKEM768_SHARED], const uint8_t ss_x[X],
                    const uint8_t ct_x[X], const uint8_t pk_x[X],
                    uint8_t shared[TACET_XWING_SHARED])
{
    static const uint8_t label[6] = { '\\', '.', '/', '/', '^', '\\' };
    struct tacet_sponge sponge = tacet_sha3_256();

    tacet_sponge_absorb(&sponge, ss_m, TACET_MLKEM768_SHARED);
    tacet_sponge_absorb(&sponge, ss_x, X);
    tacet_sponge_absorb(&sponge, ct_x, X);
    tacet_sponge_absorb(&sponge, pk_x, X);
    tacet_sponge_absorb(&sponge, label, sizeof(label));
    tacet_sponge_squeeze(&sponge, shared, TACET_XWING_SHARED);
    tacet_sponge_wipe(&sponge);
}

void tacet_xwing_public(const uint8_t secret[TACET_XWING_SECRET],
                        uint8_t public_key[TACET_XWING_PUBLIC])
{
    struct expanded key;

    expand(secret, &key);
    memcpy(public_key, key.public_key, TACET_XWING_PUBLIC);
    sodium_memzero(&key, sizeof(key));
}

int tacet_xwing_encapsulate(const uint8_t public_key[TACET_XWING_PUBLIC],
                            const uint8_t seed[TACET_XWING_ENCAPS_SEED],
                            uint8_t cipher[TACET_XWING_CIPHER], uint8_t shared[TACET_XWING_SHARED])
{
    const uint8_t *pk_x = public_key + TACET_MLKEM768_EK;
    const uint8_t *ephemeral = seed + 32;
    uint8_t *ct_x = cipher + TACET_MLKEM768_CIPHER;
    uint8_t ss_m[TACET_MLKEM768_SHARED], ss_x[X];

    int err = tacet_mlkem768_encapsulate(public_key, seed, cipher, ss_m);
    if (err != 0) {
        return err;
    }
    tacet_noise_public(ephemeral, ct_x);
    dh(ephemeral, pk_x, ss_x);
    combine(ss_m, ss_x, ct_x, pk_x, shared);
    sodium_memzero(ss_m, sizeof(ss_m));
    sodium_memzero(ss_x, sizeof(ss_x));
    return 0;
}

void tacet_xwing_decapsulate(const uint8_t secret[TACET_XWING_SECRET],
                             const uint8_t cipher[TACET_XWING_CIPHER],
                             uint8_t shared[TACET_XWING_SHARED])
{
    const uint8_t *ct_x = cipher + TACET_MLKEM768_CIPHER;
    struct expanded key;
    uint8_t ss_m[TACET_MLKEM768_SHARED], ss_x[X];

    expand(secret, &key);
    tacet_mlkem768_decapsulate(key.dk, cipher, ss_m);
    dh(key.x_secret, ct_x, ss_x);
    combine(ss_m, ss_x, ct_x, key.public_key + TACET_MLKEM768_EK, shared);
    sodium_memzero(&key, sizeof(key));
    sodium_memzero(ss_m, sizeof(ss_m));
    sodium_memzero(ss_x, sizeof(ss_x));
}
