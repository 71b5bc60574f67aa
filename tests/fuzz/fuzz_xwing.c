/*
 * X-Wing and ML-KEM with keys and ciphertexts of the input's making: first byte the mode, then the
 * bytes, zeros where it is too short. A key is judged by a second reading of its coefficients; what
 * is made with a valid one comes out the same twice.
 */
#include "crypto/kem.h"
#include "crypto/mlkem768.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t seed[TACET_KEM_ENCAPS_SEED_MAX] = { 7, 6, 5, 4, 3, 2, 1 };

/* What stands at `at` of the input, or zeros. */
static void take(const uint8_t *data, size_t size, size_t *at, uint8_t *out, size_t count)
{
    memset(out, 0, count);
    if (*at < size) {
        memcpy(out, data + *at, size - *at < count ? size - *at : count);
    }
    *at += count;
}

static bool coefficients_below_q(const uint8_t *ek)
{
    for (size_t i = 0; i < 1152; i += 3) {
        unsigned first = ek[i] + (ek[i + 1] % 16u) * 256;
        unsigned second = ek[i + 1] / 16u + ek[i + 2] * 16u;
        if (first >= 3329 || second >= 3329) {
            return false;
        }
    }
    return true;
}

static void encapsulate(const uint8_t *key)
{
    uint8_t cipher[2][TACET_KEM_CIPHER_MAX] = { { 0 } }, shared[2][32] = { { 0 } };

    int err = tacet_kem_xwing.encapsulate(key, seed, cipher[0], shared[0]);
    if (!coefficients_below_q(key) && err == 0) {
        abort();
    }
    if (err != 0) {
        if (!sodium_is_zero(cipher[0], sizeof(cipher[0])) || !sodium_is_zero(shared[0], 32)) {
            abort();
        }
        return;
    }
    if (tacet_kem_xwing.encapsulate(key, seed, cipher[1], shared[1]) != 0 ||
        memcmp(cipher[0], cipher[1], sizeof(cipher[0])) != 0 ||
        memcmp(shared[0], shared[1], 32) != 0) {
        abort();
    }
}

/* The genuine ciphertext with the input's bytes added to it: only the genuine one gives what the
 * other side has. */
static void decapsulate(const uint8_t *change)
{
    uint8_t public_key[TACET_KEM_PUBLIC_MAX], secret[TACET_KEM_SECRET_MAX];
    uint8_t cipher[TACET_KEM_CIPHER_MAX], shared[32], got[32];

    tacet_kem_xwing.keygen(seed, public_key, secret);
    if (tacet_kem_xwing.encapsulate(public_key, seed, cipher, shared) != 0) {
        abort();
    }
    for (size_t i = 0; i < sizeof(cipher); i++) {
        cipher[i] ^= change[i];
    }
    bool same = sodium_is_zero(change, sizeof(cipher)) == 1;
    int err = tacet_kem_xwing.decapsulate(secret, cipher, got);
    if (same ? err != 0 || memcmp(got, shared, 32) != 0 : err == 0 && !memcmp(got, shared, 32)) {
        abort();
    }
}

/* A decapsulation key of any bytes: no crash, and the check holds it to its hash. */
static void decapsulate_with(uint8_t *dk, const uint8_t *cipher)
{
    uint8_t shared[32];

    tacet_mlkem768_decapsulate(dk, cipher, shared);
    if (tacet_mlkem768_dk_valid(dk)) {
        dk[1152] ^= 1;
        if (tacet_mlkem768_dk_valid(dk)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[TACET_MLKEM768_DK], cipher[TACET_MLKEM768_CIPHER];
    size_t at = 1;

    if (size == 0 || sodium_init() < 0) {
        return 0;
    }
    switch (data[0] % 3) {
    case 0:
        take(data, size, &at, bytes, TACET_KEM_PUBLIC_MAX);
        encapsulate(bytes);
        break;
    case 1:
        take(data, size, &at, bytes, TACET_KEM_CIPHER_MAX);
        decapsulate(bytes);
        break;
    default:
        take(data, size, &at, bytes, sizeof(bytes));
        take(data, size, &at, cipher, sizeof(cipher));
        decapsulate_with(bytes, cipher);
    }
    return 0;
}
