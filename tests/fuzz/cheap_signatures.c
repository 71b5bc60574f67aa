/*
 * Signatures for fuzz targets that check many of them (linked with --wrap): a hash keyed with the
 * public key. Whoever knows that can forge, and a mutation does not; a run is much faster.
 * What the real ones refuse is shown by the unit tests.
 */
#include <sodium.h>
#include <string.h>

int __wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *ret_size,
                                const unsigned char *message, unsigned long long size,
                                const unsigned char *secret);
int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *message,
                                       unsigned long long size, const unsigned char *key);

int __wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *ret_size,
                                const unsigned char *message, unsigned long long size,
                                const unsigned char *secret)
{
    if (ret_size != NULL) {
        *ret_size = crypto_sign_BYTES;
    }
    /* libsodium's form of a secret key: seed || public key. */
    return crypto_generichash(sig, crypto_sign_BYTES, message, size, secret + 32, 32);
}

int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *message,
                                       unsigned long long size, const unsigned char *key)
{
    unsigned char expected[crypto_sign_BYTES];

    (void)crypto_generichash(expected, sizeof(expected), message, size, key, 32);
    return memcmp(sig, expected, sizeof(expected)) == 0 ? 0 : -1;
}
