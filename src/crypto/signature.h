/*
 * Ed25519 signatures that say what they are: over a label with its NUL and then the bytes, so that
 * none of one kind can be taken for one of another.
 */
#ifndef TACET_CRYPTO_SIGNATURE_H
#define TACET_CRYPTO_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_SIGNATURE_SIZE 64
#define TACET_SIGNED_MAX 512 /* bytes; revocation lists, which are longer, see to themselves */

void tacet_sign(const char *label, const uint8_t *data, size_t size, const uint8_t secret[64],
                uint8_t out[TACET_SIGNATURE_SIZE]);
bool tacet_signed(const char *label, const uint8_t *data, size_t size,
                  const uint8_t signature[TACET_SIGNATURE_SIZE], const uint8_t key[32]);

#endif
