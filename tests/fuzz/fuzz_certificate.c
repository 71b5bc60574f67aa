/*
 * Bytes to certificate. What parses is checked as it is, and then with a key of ours and a fresh
 * signature, so that a mutated input also comes past the signature: there time alone decides.
 */
#include "crypto/certificate.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_signed(const uint8_t *data, size_t size)
{
    static const uint8_t seed[crypto_sign_SEEDBYTES] = { 1 };
    struct tacet_certificate certificate;
    uint8_t public_key[32], secret[64];
    uint8_t bytes[TACET_CERTIFICATE_MAX];
    uint8_t message[16 + TACET_CERTIFICATE_MAX] = "tacet/1 cert-id";

    (void)crypto_sign_seed_keypair(public_key, secret, seed);
    memcpy(bytes, data, size);
    memcpy(bytes + size - 192, public_key, sizeof(public_key));
    memcpy(message + 16, bytes, size - 128);
    (void)crypto_sign_detached(bytes + size - 128, NULL, message, 16 + size - 128, secret);
    if (tacet_certificate_parse(bytes, size, &certificate) != 0) {
        abort();
    }
    if (tacet_certificate_check(bytes, size, &certificate, certificate.not_before) != 0 ||
        tacet_certificate_check(bytes, size, &certificate, certificate.not_after) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tacet_certificate certificate;
    struct tacet_public_identity shown;

    if (sodium_init() < 0 || tacet_certificate_parse(data, size, &certificate) != 0) {
        return 0;
    }
    if (size > TACET_CERTIFICATE_MAX || size != 231 + strlen(certificate.name)) {
        abort();
    }
    (void)tacet_certificate_check(data, size, &certificate, certificate.not_before);
    tacet_certificate_public(&certificate, &shown);
    if (!tacet_name_valid(shown.name, strlen(shown.name))) {
        abort();
    }
    check_signed(data, size);
    return 0;
}
