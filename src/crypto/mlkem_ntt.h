/* Polynomials of ML-KEM's ring modulo q = 3329, and the number-theoretic transform (FIPS 203). */
#ifndef TACET_CRYPTO_MLKEM_NTT_H
#define TACET_CRYPTO_MLKEM_NTT_H

#include <stdint.h>

#define TACET_MLKEM_Q 3329
#define TACET_MLKEM_N 256

/* Coefficients are always fully reduced: 0 .. q-1. */
struct tacet_poly {
    uint16_t c[TACET_MLKEM_N];
};

/* floor(value / q) and value mod q in constant time, for value < 2^25. */
uint32_t tacet_mlkem_divide(uint32_t value);
uint16_t tacet_mlkem_reduce(uint32_t value);

void tacet_ntt(struct tacet_poly *f);
void tacet_ntt_inverse(struct tacet_poly *f);
/* sum += f * g, all three in the transform's domain. */
void tacet_ntt_multiply_add(struct tacet_poly *sum, const struct tacet_poly *f,
                            const struct tacet_poly *g);
void tacet_poly_add(struct tacet_poly *f, const struct tacet_poly *g);
void tacet_poly_subtract(struct tacet_poly *f, const struct tacet_poly *g);

#endif
