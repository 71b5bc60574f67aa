/* X-Wing, draft-connolly-cfrg-xwing-kem-10, on given randomness: ML-KEM-768 and X25519 in one. */
#ifndef TACET_CRYPTO_XWING_H
#define TACET_CRYPTO_XWING_H

#include <stdint.h>

#define TACET_XWING_SECRET 32
#define TACET_XWING_PUBLIC 1216
#define TACET_XWING_CIPHER 1120
#define TACET_XWING_SHARED 32
#define TACET_XWING_ENCAPS_SEED 64

/* The secret is the seed of both halves. */
void tacet_xwing_public(const uint8_t secret[TACET_XWING_SECRET],
                        uint8_t public_key[TACET_XWING_PUBLIC]);
/* TACET_ERR_CRYPTO, and no output: the half of ML-KEM is not a valid key. */
int tacet_xwing_encapsulate(const uint8_t public_key[TACET_XWING_PUBLIC],
                            const uint8_t seed[TACET_XWING_ENCAPS_SEED],
                            uint8_t cipher[TACET_XWING_CIPHER], uint8_t shared[TACET_XWING_SHARED]);
void tacet_xwing_decapsulate(const uint8_t secret[TACET_XWING_SECRET],
                             const uint8_t cipher[TACET_XWING_CIPHER],
                             uint8_t shared[TACET_XWING_SHARED]);

#endif
