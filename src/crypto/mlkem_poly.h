/* How polynomials of ML-KEM come from bytes and go to bytes (FIPS 203 section 4.2). */
#ifndef TACET_CRYPTO_MLKEM_POLY_H
#define TACET_CRYPTO_MLKEM_POLY_H

#include "crypto/mlkem_ntt.h"

#include <stdint.h>

/* Of one polynomial with `bits` a coefficient. */
#define TACET_POLY_BYTES(bits) (32 * (bits))

/* Compress and Decompress (4.7, 4.8): `bits` 1..11, value < q, or value < 2^bits. */
uint16_t tacet_mlkem_compress(uint16_t value, unsigned bits);
uint16_t tacet_mlkem_decompress(uint16_t value, unsigned bits);

/* ByteEncode and ByteDecode with 12 bits; decoding reduces (4.2.1). */
void tacet_poly_encode(const struct tacet_poly *f, uint8_t out[TACET_POLY_BYTES(12)]);
void tacet_poly_decode(struct tacet_poly *f, const uint8_t in[TACET_POLY_BYTES(12)]);
/* The same with fewer bits, compressed on the way out and decompressed on the way in. */
void tacet_poly_encode_compressed(const struct tacet_poly *f, unsigned bits, uint8_t *out);
void tacet_poly_decode_compressed(struct tacet_poly *f, unsigned bits, const uint8_t *in);

/* SampleNTT(rho || column || row); takes the longer the more candidates it refuses: rho is public.
 */
void tacet_poly_sample_uniform(struct tacet_poly *f, const uint8_t rho[32], uint8_t column,
                               uint8_t row);
/* SamplePolyCBD with eta = 2, of PRF(seed, nonce). */
void tacet_poly_sample_noise(struct tacet_poly *f, const uint8_t seed[32], uint8_t nonce);

#endif
