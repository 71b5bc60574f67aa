/*
 * Encoding, compression and sampling of FIPS 203 sections 4.2.1 and 4.2.2. All but the uniform
 * sampling, whose input is public, take the same steps for every value.
 */
#include "crypto/mlkem_poly.h"

#include "crypto/keccak.h"

#include <assert.h>
#include <sodium.h>

#define Q TACET_MLKEM_Q
#define N TACET_MLKEM_N

/* round(value * 2^bits / q) mod 2^bits; q is odd, so that there is no tie to break. */
uint16_t tacet_mlkem_compress(uint16_t value, unsigned bits)
{
    uint32_t rounded = tacet_mlkem_divide(((uint32_t)value << bits) + Q / 2);

    return (uint16_t)(rounded & ((1u << bits) - 1));
}

/* round(value * q / 2^bits), ties upwards. */
uint16_t tacet_mlkem_decompress(uint16_t value, unsigned bits)
{
    return (uint16_t)(((uint32_t)value * Q + (1u << (bits - 1))) >> bits);
}

/* FIPS 203 algorithm 5: the lowest bit of each coefficient first, into the lowest bit of a byte. */
static void pack(const uint16_t values[N], unsigned bits, uint8_t *out)
{
    uint32_t waiting = 0;
    unsigned count = 0;

    assert(bits >= 1 && bits <= 12);
    for (unsigned i = 0; i < N; i++) {
        waiting |= (uint32_t)values[i] << count;
        for (count += bits; count >= 8; count -= 8) {
            *out++ = (uint8_t)waiting;
            waiting >>= 8;
        }
    }
    assert(count == 0);
}

/* FIPS 203 algorithm 6, without the reduction. */
static void unpack(uint16_t values[N], unsigned bits, const uint8_t *in)
{
    uint32_t waiting = 0;
    unsigned count = 0;

    assert(bits >= 1 && bits <= 12);
    for (unsigned i = 0; i < N; i++) {
        for (; count < bits; count += 8) {
            waiting |= (uint32_t)*in++ << count;
        }
        values[i] = (uint16_t)(waiting & ((1u << bits) - 1));
        waiting >>= bits;
        count -= bits;
    }
}

void tacet_poly_encode(const struct tacet_poly *f, uint8_t out[TACET_POLY_BYTES(12)])
{
    pack(f->c, 12, out);
}

void tacet_poly_decode(struct tacet_poly *f, const uint8_t in[TACET_POLY_BYTES(12)])
{
    unpack(f->c, 12, in);
    for (unsigned i = 0; i < N; i++) {
        f->c[i] = tacet_mlkem_reduce(f->c[i]);
    }
}

void tacet_poly_encode_compressed(const struct tacet_poly *f, unsigned bits, uint8_t *out)
{
    uint16_t values[N];

    for (unsigned i = 0; i < N; i++) {
        values[i] = tacet_mlkem_compress(f->c[i], bits);
    }
    pack(values, bits, out);
    sodium_memzero(values, sizeof(values));
}

void tacet_poly_decode_compressed(struct tacet_poly *f, unsigned bits, const uint8_t *in)
{
    unpack(f->c, bits, in);
    for (unsigned i = 0; i < N; i++) {
        f->c[i] = tacet_mlkem_decompress(f->c[i], bits);
    }
}

/* FIPS 203 algorithm 7: three bytes are two candidates of 12 bits, those below q are taken. */
void tacet_poly_sample_uniform(struct tacet_poly *f, const uint8_t rho[32], uint8_t column,
                               uint8_t row)
{
    struct tacet_sponge xof = tacet_shake128();
    unsigned count = 0;

    tacet_sponge_absorb(&xof, rho, 32);
    tacet_sponge_absorb(&xof, &column, 1);
    tacet_sponge_absorb(&xof, &row, 1);
    while (count < N) {
        uint8_t bytes[3];
        tacet_sponge_squeeze(&xof, bytes, sizeof(bytes));
        uint16_t candidates[2] = {
            (uint16_t)(bytes[0] | (bytes[1] & 15) << 8),
            (uint16_t)(bytes[1] >> 4 | bytes[2] << 4),
        };
        for (unsigned i = 0; i < 2 && count < N; i++) {
            if (candidates[i] < Q) {
                f->c[count++] = candidates[i];
            }
        }
    }
}

/* FIPS 203 algorithm 8: a coefficient is the sum of two bits less the sum of two others. */
void tacet_poly_sample_noise(struct tacet_poly *f, const uint8_t seed[32], uint8_t nonce)
{
    struct tacet_sponge prf = tacet_shake256();
    uint8_t bytes[N / 2];

    tacet_sponge_absorb(&prf, seed, 32);
    tacet_sponge_absorb(&prf, &nonce, 1);
    tacet_sponge_squeeze(&prf, bytes, sizeof(bytes));
    for (unsigned i = 0; i < N; i++) {
        uint32_t four = (uint32_t)bytes[i / 2] >> (i % 2 * 4);
        uint32_t plus = (four & 1) + (four >> 1 & 1);
        uint32_t minus = (four >> 2 & 1) + (four >> 3 & 1);
        f->c[i] = tacet_mlkem_reduce(plus + Q - minus);
    }
    sodium_memzero(bytes, sizeof(bytes));
    tacet_sponge_wipe(&prf);
}
