/*
 * HKDF with SHA-512 over libsodium's HMAC. libsodium 1.0.18 has no HKDF of its own; this is RFC
 * 5869 and the chained form of Noise section 4.3, which is HKDF-Expand with an empty info.
 */
#include "crypto/hkdf.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(TACET_HASH_SIZE == crypto_auth_hmacsha512_BYTES, "SHA-512");

void tacet_hmac_sha512(const uint8_t *key, size_t key_size, const struct tacet_part *parts,
                       size_t part_count, uint8_t out[TACET_HASH_SIZE])
{
    crypto_auth_hmacsha512_state state;

    assert(part_count <= 4);
    (void)crypto_auth_hmacsha512_init(&state, key, key_size);
    for (size_t i = 0; i < part_count; i++) {
        assert(parts[i].data != NULL || parts[i].size == 0);
        (void)crypto_auth_hmacsha512_update(&state, parts[i].data, parts[i].size);
    }
    (void)crypto_auth_hmacsha512_final(&state, out);
    sodium_memzero(&state, sizeof(state));
}

void tacet_hkdf_expand(const uint8_t prk[TACET_HASH_SIZE], const uint8_t *info, size_t info_size,
                       uint8_t *out, size_t size)
{
    uint8_t block[TACET_HASH_SIZE];
    size_t block_size = 0; /* T(0) is empty */
    size_t done = 0;

    assert(size <= (size_t)255 * TACET_HASH_SIZE);
    for (uint8_t counter = 1; done < size; counter++) {
        const struct tacet_part parts[] = { { block, block_size },
                                            { info, info_size },
                                            { &counter, 1 } };
        tacet_hmac_sha512(prk, TACET_HASH_SIZE, parts, 3, block);
        block_size = sizeof(block);
        size_t take = size - done < sizeof(block) ? size - done : sizeof(block);
        memcpy(out + done, block, take);
        done += take;
    }
    sodium_memzero(block, sizeof(block));
}

void tacet_hkdf_extract(const uint8_t *salt, size_t salt_size, const uint8_t *ikm, size_t ikm_size,
                        uint8_t prk[TACET_HASH_SIZE])
{
    const struct tacet_part part = { ikm, ikm_size };

    /* No salt means zeros of the hash's size, which is the same HMAC key as an empty one. */
    tacet_hmac_sha512(salt, salt_size, &part, 1, prk);
}

void tacet_hkdf_noise(const uint8_t ck[TACET_HASH_SIZE], const uint8_t *input, size_t size,
                      unsigned count, uint8_t out[][TACET_HASH_SIZE])
{
    uint8_t temp_key[TACET_HASH_SIZE];

    assert(count == 2 || count == 3);
    tacet_hkdf_extract(ck, TACET_HASH_SIZE, input, size, temp_key);
    tacet_hkdf_expand(temp_key, NULL, 0, out[0], count * (size_t)TACET_HASH_SIZE);
    sodium_memzero(temp_key, sizeof(temp_key));
}
