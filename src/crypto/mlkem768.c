/*
 * K-PKE (FIPS 203 section 5) and ML-KEM around it (section 6) for k = 3, eta = 2, du = 10, dv = 4.
 * The matrix A is made again, entry by entry, wherever it is multiplied by: that costs less than
 * keeping it in memory would be worth. No step depends on a secret but by arithmetic; tests/ct
 * shows it of the compiled code.
 *
 *     ek = encode(t) || rho                      dk = encode(s) || ek || H(ek) || z
 */
#include "crypto/mlkem768.h"

#include "crypto/keccak.h"
#include "crypto/mlkem_poly.h"
#include "crypto/secrecy.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum {
    K = 3,
    DU = 10,
    DV = 4,
    POLY = TACET_POLY_BYTES(12),
    VECTOR = K * POLY,
    /* Where things lie in dk. */
    DK_EK = VECTOR,
    DK_HASH = DK_EK + TACET_MLKEM768_EK,
    DK_Z = DK_HASH + 32,
};

_Static_assert(VECTOR + 32 == TACET_MLKEM768_EK, "t and rho");
_Static_assert(DK_Z + 32 == TACET_MLKEM768_DK, "s, ek, its hash, z");
_Static_assert(K *TACET_POLY_BYTES(DU) + TACET_POLY_BYTES(DV) == TACET_MLKEM768_CIPHER, "u and v");

struct vector {
    struct tacet_poly of[K];
};

/* H of FIPS 203 4.1. */
static void hash_h(const uint8_t *data, size_t size, uint8_t out[32])
{
    struct tacet_sponge sponge = tacet_sha3_256();

    tacet_sponge_absorb(&sponge, data, size);
    tacet_sponge_squeeze(&sponge, out, 32);
}

/* G of FIPS 203 4.1, of two parts. */
static void hash_g(const uint8_t first[32], const uint8_t *second, size_t size, uint8_t out[64])
{
    struct tacet_sponge sponge = tacet_sha3_512();

    tacet_sponge_absorb(&sponge, first, 32);
    tacet_sponge_absorb(&sponge, second, size);
    tacet_sponge_squeeze(&sponge, out, 64);
    tacet_sponge_wipe(&sponge);
}

static void decode_vector(struct vector *v, const uint8_t in[VECTOR])
{
    for (unsigned i = 0; i < K; i++) {
        tacet_poly_decode(&v->of[i], in + i * POLY);
    }
}

/* Noise under nonces first .. first+2, transformed. */
static void sample_vector(struct vector *v, const uint8_t seed[32], uint8_t first)
{
    for (unsigned i = 0; i < K; i++) {
        tacet_poly_sample_noise(&v->of[i], seed, (uint8_t)(first + i));
        tacet_ntt(&v->of[i]);
    }
}

/* sum += the inner product of two vectors. */
static void multiply_add(struct tacet_poly *sum, const struct vector *v, const struct vector *w)
{
    for (unsigned i = 0; i < K; i++) {
        tacet_ntt_multiply_add(sum, &v->of[i], &w->of[i]);
    }
}

/* Row `row` of A, or of A transposed; A[i][j] is sampled with bytes j, i after rho. */
static void sample_row(struct vector *v, const uint8_t rho[32], unsigned row, bool transposed)
{
    for (unsigned i = 0; i < K; i++) {
        unsigned column = transposed ? row : i;
        tacet_poly_sample_uniform(&v->of[i], rho, (uint8_t)column, (uint8_t)(transposed ? i : row));
    }
}

/* FIPS 203 algorithm 13: t = A s + e; ek, and s encoded. */
static void pke_keygen(const uint8_t d[32], uint8_t ek[TACET_MLKEM768_EK], uint8_t dk[VECTOR])
{
    const uint8_t k = K;
    uint8_t seeds[64];
    const uint8_t *rho = seeds, *sigma = seeds + 32;
    struct vector s, e, row;

    hash_g(d, &k, 1, seeds);
    /* rho is the end of the encapsulation key, which everyone may have; it does not tell d. */
    tacet_now_public(rho, 32);
    sample_vector(&s, sigma, 0);
    sample_vector(&e, sigma, K);
    for (unsigned i = 0; i < K; i++) {
        sample_row(&row, rho, i, false);
        multiply_add(&e.of[i], &row, &s);
        tacet_poly_encode(&e.of[i], ek + i * POLY);
        tacet_poly_encode(&s.of[i], dk + i * POLY);
    }
    memcpy(ek + VECTOR, rho, 32);
    sodium_memzero(seeds, sizeof(seeds));
    sodium_memzero(&s, sizeof(s));
    sodium_memzero(&e, sizeof(e));
}

/* FIPS 203 algorithm 14: u = A^T y + e1, v = t y + e2 + message, compressed. */
static void pke_encrypt(const uint8_t ek[TACET_MLKEM768_EK], const uint8_t message[32],
                        const uint8_t seed[32], uint8_t cipher[TACET_MLKEM768_CIPHER])
{
    const uint8_t *rho = ek + VECTOR;
    struct vector y, row;
    struct tacet_poly sum, noise;

    sample_vector(&y, seed, 0);
    for (unsigned i = 0; i < K; i++) {
        sample_row(&row, rho, i, true);
        memset(&sum, 0, sizeof(sum));
        multiply_add(&sum, &row, &y);
        tacet_ntt_inverse(&sum);
        tacet_poly_sample_noise(&noise, seed, (uint8_t)(K + i));
        tacet_poly_add(&sum, &noise);
        tacet_poly_encode_compressed(&sum, DU, cipher + i * TACET_POLY_BYTES(DU));
    }
    decode_vector(&row, ek);
    memset(&sum, 0, sizeof(sum));
    multiply_add(&sum, &row, &y);
    tacet_ntt_inverse(&sum);
    tacet_poly_sample_noise(&noise, seed, 2 * K);
    tacet_poly_add(&sum, &noise);
    tacet_poly_decode_compressed(&noise, 1, message);
    tacet_poly_add(&sum, &noise);
    tacet_poly_encode_compressed(&sum, DV, cipher + K * TACET_POLY_BYTES(DU));
    sodium_memzero(&y, sizeof(y));
    sodium_memzero(&sum, sizeof(sum));
    sodium_memzero(&noise, sizeof(noise));
}

/* FIPS 203 algorithm 15: the message is v - s u, rounded. */
static void pke_decrypt(const uint8_t dk[VECTOR], const uint8_t cipher[TACET_MLKEM768_CIPHER],
                        uint8_t message[32])
{
    struct vector s, u;
    struct tacet_poly v, sum;

    decode_vector(&s, dk);
    for (unsigned i = 0; i < K; i++) {
        tacet_poly_decode_compressed(&u.of[i], DU, cipher + i * TACET_POLY_BYTES(DU));
        tacet_ntt(&u.of[i]);
    }
    tacet_poly_decode_compressed(&v, DV, cipher + K * TACET_POLY_BYTES(DU));
    memset(&sum, 0, sizeof(sum));
    multiply_add(&sum, &s, &u);
    tacet_ntt_inverse(&sum);
    tacet_poly_subtract(&v, &sum);
    tacet_poly_encode_compressed(&v, 1, message);
    sodium_memzero(&s, sizeof(s));
    sodium_memzero(&v, sizeof(v));
    sodium_memzero(&sum, sizeof(sum));
}

/* FIPS 203 algorithm 16. */
void tacet_mlkem768_keygen(const uint8_t d[32], const uint8_t z[32], uint8_t ek[TACET_MLKEM768_EK],
                           uint8_t dk[TACET_MLKEM768_DK])
{
    pke_keygen(d, ek, dk);
    memcpy(dk + DK_EK, ek, TACET_MLKEM768_EK);
    hash_h(ek, TACET_MLKEM768_EK, dk + DK_HASH);
    memcpy(dk + DK_Z, z, 32);
}

/* A key is valid if decoding, which reduces, and encoding give it again. */
bool tacet_mlkem768_ek_valid(const uint8_t ek[TACET_MLKEM768_EK])
{
    uint8_t again[POLY];
    struct tacet_poly t;

    for (unsigned i = 0; i < K; i++) {
        tacet_poly_decode(&t, ek + i * POLY);
        tacet_poly_encode(&t, again);
        if (memcmp(again, ek + i * POLY, POLY) != 0) {
            return false;
        }
    }
    return true;
}

bool tacet_mlkem768_dk_valid(const uint8_t dk[TACET_MLKEM768_DK])
{
    uint8_t hash[32];

    hash_h(dk + DK_EK, TACET_MLKEM768_EK, hash);
    return memcmp(hash, dk + DK_HASH, sizeof(hash)) == 0; /* of public bytes */
}

/* FIPS 203 algorithm 17. */
int tacet_mlkem768_encapsulate(const uint8_t ek[TACET_MLKEM768_EK], const uint8_t m[32],
                               uint8_t cipher[TACET_MLKEM768_CIPHER],
                               uint8_t shared[TACET_MLKEM768_SHARED])
{
    uint8_t hash[32];
    uint8_t keys[64]; /* the shared secret, and the seed of the noise */

    if (!tacet_mlkem768_ek_valid(ek)) {
        return TACET_ERR_CRYPTO;
    }
    hash_h(ek, TACET_MLKEM768_EK, hash);
    hash_g(m, hash, sizeof(hash), keys);
    pke_encrypt(ek, m, keys + 32, cipher);
    memcpy(shared, keys, TACET_MLKEM768_SHARED);
    sodium_memzero(keys, sizeof(keys));
    return 0;
}

/* FIPS 203 algorithm 18: both secrets are always made, and one is chosen without a branch. */
void tacet_mlkem768_decapsulate(const uint8_t dk[TACET_MLKEM768_DK],
                                const uint8_t cipher[TACET_MLKEM768_CIPHER],
                                uint8_t shared[TACET_MLKEM768_SHARED])
{
    struct tacet_sponge j = tacet_shake256();
    uint8_t message[32], keys[64], rejected[TACET_MLKEM768_SHARED];
    uint8_t again[TACET_MLKEM768_CIPHER];

    pke_decrypt(dk, cipher, message);
    hash_g(message, dk + DK_HASH, 32, keys);
    tacet_sponge_absorb(&j, dk + DK_Z, 32);
    tacet_sponge_absorb(&j, cipher, TACET_MLKEM768_CIPHER);
    tacet_sponge_squeeze(&j, rejected, sizeof(rejected));
    pke_encrypt(dk + DK_EK, message, keys + 32, again);

    /* 0 where they are equal, else -1: all bits of the mask. */
    uint8_t different = (uint8_t)sodium_memcmp(cipher, again, sizeof(again));
    for (unsigned i = 0; i < TACET_MLKEM768_SHARED; i++) {
        shared[i] = (uint8_t)(keys[i] ^ (different & (keys[i] ^ rejected[i])));
    }
    tacet_sponge_wipe(&j);
    sodium_memzero(message, sizeof(message));
    sodium_memzero(keys, sizeof(keys));
    sodium_memzero(rejected, sizeof(rejected));
    sodium_memzero(again, sizeof(again));
}
