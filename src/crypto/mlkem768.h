/* ML-KEM-768 (FIPS 203) on given randomness: the functions "_internal" of its section 6. */
#ifndef TACET_CRYPTO_MLKEM768_H
#define TACET_CRYPTO_MLKEM768_H

#include <stdbool.h>
#include <stdint.h>

#define TACET_MLKEM768_EK 1184
#define TACET_MLKEM768_DK 2400
#define TACET_MLKEM768_CIPHER 1088
#define TACET_MLKEM768_SHARED 32

void tacet_mlkem768_keygen(const uint8_t d[32], const uint8_t z[32], uint8_t ek[TACET_MLKEM768_EK],
                           uint8_t dk[TACET_MLKEM768_DK]);
/* Section 7.2: no coefficient is q or more. */
bool tacet_mlkem768_ek_valid(const uint8_t ek[TACET_MLKEM768_EK]);
/* Section 7.3: the hash in it is of the encapsulation key in it. */
bool tacet_mlkem768_dk_valid(const uint8_t dk[TACET_MLKEM768_DK]);
/* TACET_ERR_CRYPTO, and no output: the key is not valid. */
int tacet_mlkem768_encapsulate(const uint8_t ek[TACET_MLKEM768_EK], const uint8_t m[32],
                               uint8_t cipher[TACET_MLKEM768_CIPHER],
                               uint8_t shared[TACET_MLKEM768_SHARED]);
/* Of a valid key. A ciphertext that is not right gives a secret that nobody else can know. */
void tacet_mlkem768_decapsulate(const uint8_t dk[TACET_MLKEM768_DK],
                                const uint8_t cipher[TACET_MLKEM768_CIPHER],
                                uint8_t shared[TACET_MLKEM768_SHARED]);

#endif
