/* HKDF with SHA-512 (RFC 5869), and Noise's chained form of it (Noise section 4.3). */
#ifndef TACET_CRYPTO_HKDF_H
#define TACET_CRYPTO_HKDF_H

#include <stddef.h>
#include <stdint.h>

#define TACET_HASH_SIZE 64

/* HMAC-SHA512 of up to four parts, as if concatenated; a part may be {NULL, 0}. */
struct tacet_part {
    const void *data;
    size_t size;
};
void tacet_hmac_sha512(const uint8_t *key, size_t key_size, const struct tacet_part *parts,
                       size_t part_count, uint8_t out[TACET_HASH_SIZE]);

/* RFC 5869 section 2.3. size at most 255 * 64. */
void tacet_hkdf_expand(const uint8_t prk[TACET_HASH_SIZE], const uint8_t *info, size_t info_size,
                       uint8_t *out, size_t size);
/* RFC 5869 section 2.2. */
void tacet_hkdf_extract(const uint8_t *salt, size_t salt_size, const uint8_t *ikm,
                        size_t ikm_size, uint8_t prk[TACET_HASH_SIZE]);
/* Noise section 4.3: `count` (2 or 3) outputs of 64 bytes. */
void tacet_hkdf_noise(const uint8_t ck[TACET_HASH_SIZE], const uint8_t *input, size_t size,
                      unsigned count, uint8_t out[][TACET_HASH_SIZE]);

#endif
