/*
 * X-Wing as the KEM of the epoch step. Beyond the draft it refuses a half of X25519 that an honest
 * peer never makes: not canonical (protocol.md section 3), or of small order, which would leave
 * ML-KEM alone to hold.
 */
#include "crypto/kem.h"
#include "crypto/mlkem768.h"
#include "crypto/noise.h"
#include "crypto/xwing.h"
#include "tacet/error.h"

#include <sodium.h>
#include <string.h>

static bool point_valid(const uint8_t point[TACET_NOISE_KEY])
{
    /* Any scalar tells: clamping makes it a multiple of 8, and a point of small order zero. */
    static const uint8_t scalar[TACET_NOISE_KEY] = { 1 };
    uint8_t product[TACET_NOISE_KEY];

    return tacet_noise_public_valid(point) && crypto_scalarmult(product, scalar, point) == 0;
}

static void keygen(const uint8_t *seed, uint8_t *public_key, uint8_t *secret)
{
    memcpy(secret, seed, TACET_XWING_SECRET);
    tacet_xwing_public(secret, public_key);
}

static int encapsulate(const uint8_t *public_key, const uint8_t *seed, uint8_t *cipher,
                       uint8_t *shared)
{
    if (!point_valid(public_key + TACET_MLKEM768_EK)) {
        return TACET_ERR_CRYPTO;
    }
    return tacet_xwing_encapsulate(public_key, seed, cipher, shared);
}

static int decapsulate(const uint8_t *secret, const uint8_t *cipher, uint8_t *shared)
{
    if (!point_valid(cipher + TACET_MLKEM768_CIPHER)) {
        return TACET_ERR_CRYPTO;
    }
    tacet_xwing_decapsulate(secret, cipher, shared);
    return 0;
}

const struct tacet_kem tacet_kem_xwing = {
    .name = "xwing-10",
    .pq = true,
    .public_size = TACET_XWING_PUBLIC,
    .secret_size = TACET_XWING_SECRET,
    .cipher_size = TACET_XWING_CIPHER,
    .shared_size = TACET_XWING_SHARED,
    .keygen_seed_size = TACET_XWING_SECRET,
    .encaps_seed_size = TACET_XWING_ENCAPS_SEED,
    .keygen = keygen,
    .encapsulate = encapsulate,
    .decapsulate = decapsulate,
};

_Static_assert(TACET_XWING_PUBLIC <= TACET_KEM_PUBLIC_MAX &&
                   TACET_XWING_SECRET <= TACET_KEM_SECRET_MAX &&
                   TACET_XWING_CIPHER <= TACET_KEM_CIPHER_MAX &&
                   TACET_XWING_SHARED <= TACET_KEM_SHARED_MAX &&
                   TACET_XWING_SECRET <= TACET_KEM_KEYGEN_SEED_MAX &&
                   TACET_XWING_ENCAPS_SEED <= TACET_KEM_ENCAPS_SEED_MAX,
               "the bounds of kem.h");
