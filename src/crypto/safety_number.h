/* One side's half of a safety number, for any key and identifier: what published vectors test. */
#ifndef TACET_CRYPTO_SAFETY_NUMBER_H
#define TACET_CRYPTO_SAFETY_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define TACET_SAFETY_HALF_DIGITS 30

/* 30 digits without a NUL. */
void tacet_safety_half(const uint8_t *key, size_t key_size, const void *id, size_t id_size,
                       char out[TACET_SAFETY_HALF_DIGITS]);

#endif
