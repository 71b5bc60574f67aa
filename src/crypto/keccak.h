/* SHA-3 and SHAKE (FIPS 202) as one sponge: absorb any number of times, then squeeze any number. */
#ifndef TACET_CRYPTO_KECCAK_H
#define TACET_CRYPTO_KECCAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tacet_sponge {
    uint64_t lanes[25];
    size_t rate; /* bytes of the state that meet the outside */
    size_t at;   /* how many of them are used since the last permutation */
    uint8_t suffix;
    bool squeezing;
};

struct tacet_sponge tacet_sha3_256(void);
struct tacet_sponge tacet_sha3_512(void);
struct tacet_sponge tacet_shake128(void);
struct tacet_sponge tacet_shake256(void);
/* Not after the first squeeze. */
void tacet_sponge_absorb(struct tacet_sponge *sponge, const uint8_t *data, size_t size);
/* The next `size` bytes of output; of SHA3-n the first n bits alone are its digest. */
void tacet_sponge_squeeze(struct tacet_sponge *sponge, uint8_t *out, size_t size);
void tacet_sponge_wipe(struct tacet_sponge *sponge);

#endif
