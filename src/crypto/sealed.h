/* Small secrets as the bytes of a file: sealed with a passphrase, or in clear with a checksum. */
#ifndef TACET_CRYPTO_SEALED_H
#define TACET_CRYPTO_SEALED_H

#include "tacet/random.h"

#include <stddef.h>
#include <stdint.h>

#define TACET_SEALED_OVERHEAD 88 /* bytes around the payload, sealed or not, at most */
#define TACET_SEALED_PAYLOAD_MAX 1448

/*
 * Writes `payload` in its file form; `magic` is 4 bytes. With NULL for the passphrase it is written
 * in clear. TACET_ERR_ARGUMENT (an empty passphrase, no random), TACET_ERR_SPACE, TACET_ERR_NOMEM
 * (Argon2id's memory).
 */
int tacet_sealed_write(const char *magic, const uint8_t *payload, size_t payload_size,
                       const struct tacet_random *random, const char *passphrase, uint8_t *out,
                       size_t capacity, size_t *ret_size);
/*
 * Reads it back; the caller wipes the payload. TACET_ERR_FORMAT: not such a file, or one in clear
 * that is damaged; TACET_ERR_PASSPHRASE: sealed, and the passphrase is NULL or wrong, or the bytes
 * were changed; TACET_ERR_NOMEM.
 */
int tacet_sealed_read(const char *magic, const uint8_t *data, size_t size, const char *passphrase,
                      uint8_t payload[TACET_SEALED_PAYLOAD_MAX], size_t *ret_size);

#endif
