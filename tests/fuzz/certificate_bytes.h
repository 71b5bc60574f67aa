/* A certificate as bytes, for those who mend mutated ones: where things stand in it
 * (src/crypto/certificate.c), and its signatures. Sources that include this are fuzz targets. */
#ifndef TACET_TESTS_FUZZ_CERTIFICATE_BYTES_H
#define TACET_TESTS_FUZZ_CERTIFICATE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#define CERTIFICATE_SERIAL 4
#define CERTIFICATE_FLAGS 28
#define CERTIFICATE_CA_ID 30
#define CERTIFICATE_NAME_SIZE 38
#define CERTIFICATE_FIXED 231 /* of its size; the rest is the name */
/* From its end. */
#define CERTIFICATE_ED25519 192
#define CERTIFICATE_X25519 160
#define CERTIFICATE_SIG_ID 128
#define CERTIFICATE_SIG_CA 64

/* So says the magic, and the name is as long as there is room for. */
void certificate_bytes_form(uint8_t *bytes, size_t size);
/* Signs the first `size` bytes under that label; the signature goes behind them. */
void certificate_bytes_sign(const char *label, uint8_t *bytes, size_t size,
                            const uint8_t secret[64]);

#endif
