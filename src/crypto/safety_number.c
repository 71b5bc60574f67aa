/*
 * The safety number of two identities: Signal's numeric fingerprint, as libsignal computes it
 * (rust/protocol/src/fingerprint.rs). Each half is a slow hash of one key; the smaller comes first,
 * so that both sides see the same.
 */
#include "crypto/safety_number.h"

#include "tacet/trust.h"

#include <sodium.h>
#include <string.h>

#define ITERATIONS 5200
#define CHUNK_BYTES 5
#define CHUNK_DIGITS 5

void tacet_safety_half(const uint8_t *key, size_t key_size, const void *id, size_t id_size,
                       char out[TACET_SAFETY_HALF_DIGITS])
{
    static const uint8_t version[2] = { 0, 0 };
    uint8_t hash[crypto_hash_sha512_BYTES];
    crypto_hash_sha512_state state;

    (void)crypto_hash_sha512_init(&state);
    (void)crypto_hash_sha512_update(&state, version, sizeof(version));
    (void)crypto_hash_sha512_update(&state, key, key_size);
    (void)crypto_hash_sha512_update(&state, id, id_size);
    for (int i = 1; i < ITERATIONS; i++) {
        (void)crypto_hash_sha512_update(&state, key, key_size);
        (void)crypto_hash_sha512_final(&state, hash);
        (void)crypto_hash_sha512_init(&state);
        (void)crypto_hash_sha512_update(&state, hash, sizeof(hash));
    }
    (void)crypto_hash_sha512_update(&state, key, key_size);
    (void)crypto_hash_sha512_final(&state, hash);
    for (size_t i = 0; i < TACET_SAFETY_HALF_DIGITS / CHUNK_DIGITS; i++) {
        uint64_t chunk = 0;
        for (size_t j = 0; j < CHUNK_BYTES; j++) {
            chunk = chunk << 8 | hash[i * CHUNK_BYTES + j];
        }
        for (size_t j = CHUNK_DIGITS; j-- > 0; chunk /= 10) {
            out[i * CHUNK_DIGITS + j] = (char)('0' + chunk % 10);
        }
    }
}

const char *tacet_safety_number(const uint8_t one[TACET_KEY_SIZE],
                                const uint8_t other[TACET_KEY_SIZE],
                                char out[TACET_SAFETY_NUMBER_MAX])
{
    char halves[2][TACET_SAFETY_HALF_DIGITS];
    size_t at = 0;

    tacet_safety_half(one, TACET_KEY_SIZE, one, TACET_KEY_SIZE, halves[0]);
    tacet_safety_half(other, TACET_KEY_SIZE, other, TACET_KEY_SIZE, halves[1]);
    size_t first = memcmp(halves[0], halves[1], sizeof(halves[0])) <= 0 ? 0 : 1;
    for (size_t i = 0; i < 2 * TACET_SAFETY_HALF_DIGITS; i++) {
        if (i > 0 && i % CHUNK_DIGITS == 0) {
            out[at++] = ' ';
        }
        out[at++] =
            halves[i < TACET_SAFETY_HALF_DIGITS ? first : 1 - first][i % TACET_SAFETY_HALF_DIGITS];
    }
    out[at] = '\0';
    _Static_assert(2 * TACET_SAFETY_HALF_DIGITS + 11 + 1 == TACET_SAFETY_NUMBER_MAX, "blanks");
    return out;
}
