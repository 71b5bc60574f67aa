/* See signature.h. Ed25519 takes what it signs in one piece. */
#include "crypto/signature.h"

#include "base/bytes.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define LABEL_MAX 24
#define MESSAGE_MAX (LABEL_MAX + TACET_SIGNED_MAX)

_Static_assert(TACET_SIGNATURE_SIZE == crypto_sign_BYTES, "one size");

static size_t write_message(const char *label, const uint8_t *data, size_t size,
                            uint8_t out[MESSAGE_MAX])
{
    struct tacet_writer w = tacet_writer(out, MESSAGE_MAX);

    tacet_write_bytes(&w, label, strlen(label) + 1);
    tacet_write_bytes(&w, data, size);
    assert(!w.failed);
    return w.at;
}

void tacet_sign(const char *label, const uint8_t *data, size_t size, const uint8_t secret[64],
                uint8_t out[TACET_SIGNATURE_SIZE])
{
    uint8_t message[MESSAGE_MAX];
    size_t message_size = write_message(label, data, size, message);

    (void)crypto_sign_detached(out, NULL, message, message_size, secret);
}

bool tacet_signed(const char *label, const uint8_t *data, size_t size,
                  const uint8_t signature[TACET_SIGNATURE_SIZE], const uint8_t key[32])
{
    uint8_t message[MESSAGE_MAX];
    size_t message_size = write_message(label, data, size, message);

    return crypto_sign_verify_detached(signature, message, message_size, key) == 0;
}
