/* See certificate_bytes.h. */
#include "certificate_bytes.h"

#include "crypto/certificate.h"

#include <sodium.h>
#include <string.h>

void certificate_bytes_form(uint8_t *bytes, size_t size)
{
    memcpy(bytes, "TC01", 4);
    bytes[CERTIFICATE_NAME_SIZE] = (uint8_t)(size - CERTIFICATE_FIXED);
}

void certificate_bytes_sign(const char *label, uint8_t *bytes, size_t size,
                            const uint8_t secret[64])
{
    uint8_t message[16 + TACET_CERTIFICATE_MAX] = { 0 };

    memcpy(message, label, strlen(label));
    memcpy(message + 16, bytes, size);
    (void)crypto_sign_detached(bytes + size, NULL, message, 16 + size, secret);
}
