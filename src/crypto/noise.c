/*
 * Noise revision 34 with libsodium's primitives: the symmetric state of section 5.2, and the three
 * messages of XX with the tokens of section 7.5 written above each step. It knows nothing of the
 * layout of packets, of certificates or of who is trusted.
 *
 *     XX:  -> e      <- e, ee, s, es      -> s, se
 */
#include "crypto/noise.h"

#include "crypto/hkdf.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(TACET_NOISE_HASH == crypto_hash_sha512_BYTES, "SHA-512");
_Static_assert(TACET_NOISE_HASH == TACET_HASH_SIZE, "one hash");
_Static_assert(TACET_NOISE_KEY == crypto_scalarmult_BYTES, "X25519");
_Static_assert(TACET_NOISE_KEY == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "ChaCha20");
_Static_assert(TACET_NOISE_TAG == crypto_aead_chacha20poly1305_ietf_ABYTES, "Poly1305");

/* Section 12.3: 32 zero bits and the counter, little endian. */
static void nonce_of(uint64_t n, uint8_t out[crypto_aead_chacha20poly1305_ietf_NPUBBYTES])
{
    memset(out, 0, 4);
    for (unsigned i = 0; i < 8; i++) {
        out[4 + i] = (uint8_t)(n >> (8 * i));
    }
}

static void hash_two(const uint8_t h[TACET_NOISE_HASH], const uint8_t *data, size_t size,
                     uint8_t out[TACET_NOISE_HASH])
{
    crypto_hash_sha512_state state;

    (void)crypto_hash_sha512_init(&state);
    (void)crypto_hash_sha512_update(&state, h, TACET_NOISE_HASH);
    (void)crypto_hash_sha512_update(&state, data, size);
    (void)crypto_hash_sha512_final(&state, out);
}

static void initialize_key(struct tacet_noise *noise, const uint8_t temp_k[TACET_NOISE_HASH])
{
    memcpy(noise->k, temp_k, TACET_NOISE_KEY);
    noise->n = 0;
    noise->has_key = true;
}

void tacet_noise_init(struct tacet_noise *noise, const char *protocol_name, const uint8_t *prologue,
                      size_t size)
{
    size_t name_size = strlen(protocol_name);

    memset(noise, 0, sizeof(*noise));
    if (name_size <= TACET_NOISE_HASH) {
        memcpy(noise->h, protocol_name, name_size);
    } else {
        (void)crypto_hash_sha512(noise->h, (const uint8_t *)protocol_name, name_size);
    }
    memcpy(noise->ck, noise->h, sizeof(noise->ck));
    tacet_noise_mix_hash(noise, prologue, size);
}

void tacet_noise_wipe(struct tacet_noise *noise)
{
    sodium_memzero(noise, sizeof(*noise));
}

void tacet_noise_mix_hash(struct tacet_noise *noise, const uint8_t *data, size_t size)
{
    assert(data != NULL || size == 0);
    hash_two(noise->h, data, size, noise->h);
}

void tacet_noise_mix_key(struct tacet_noise *noise, const uint8_t *input, size_t size)
{
    uint8_t out[2][TACET_HASH_SIZE];

    tacet_hkdf_noise(noise->ck, input, size, 2, out);
    memcpy(noise->ck, out[0], sizeof(noise->ck));
    initialize_key(noise, out[1]);
    sodium_memzero(out, sizeof(out));
}

void tacet_noise_mix_key_and_hash(struct tacet_noise *noise, const uint8_t *input, size_t size)
{
    uint8_t out[3][TACET_HASH_SIZE];

    tacet_hkdf_noise(noise->ck, input, size, 3, out);
    memcpy(noise->ck, out[0], sizeof(noise->ck));
    tacet_noise_mix_hash(noise, out[1], TACET_HASH_SIZE);
    initialize_key(noise, out[2]);
    sodium_memzero(out, sizeof(out));
}

void tacet_noise_encrypt_and_hash(struct tacet_noise *noise, const uint8_t *plain, size_t size,
                                  uint8_t *out)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

    assert(plain != NULL || size == 0);
    if (!noise->has_key) {
        if (size > 0) {
            memmove(out, plain, size);
        }
        tacet_noise_mix_hash(noise, out, size);
        return;
    }
    assert(noise->n < UINT64_MAX); /* section 5.1 keeps the last nonce for rekeying */
    nonce_of(noise->n++, nonce);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain, size, noise->h,
                                                    sizeof(noise->h), NULL, nonce, noise->k);
    tacet_noise_mix_hash(noise, out, size + TACET_NOISE_TAG);
}

int tacet_noise_decrypt_and_hash(struct tacet_noise *noise, const uint8_t *cipher, size_t size,
                                 uint8_t *out)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    uint8_t next[TACET_NOISE_HASH];

    assert(cipher != NULL || size == 0);
    /* Before out is written: it may be the same memory. */
    hash_two(noise->h, cipher, size, next);
    if (!noise->has_key) {
        if (size > 0) {
            memmove(out, cipher, size);
        }
        memcpy(noise->h, next, sizeof(next));
        return 0;
    }
    assert(noise->n < UINT64_MAX);
    nonce_of(noise->n, nonce);
    if (size < TACET_NOISE_TAG ||
        crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, cipher, size, noise->h,
                                                  sizeof(noise->h), nonce, noise->k) != 0) {
        return TACET_ERR_CRYPTO;
    }
    noise->n++;
    memcpy(noise->h, next, sizeof(next));
    return 0;
}

int tacet_noise_mix_dh(struct tacet_noise *noise, const uint8_t secret[TACET_NOISE_KEY],
                       const uint8_t public_key[TACET_NOISE_KEY])
{
    uint8_t dh[TACET_NOISE_KEY];
    int err = TACET_ERR_CRYPTO;

    /* libsodium itself refuses only results that are zero, and ignores the top bit. */
    if (tacet_noise_public_valid(public_key) && crypto_scalarmult(dh, secret, public_key) == 0) {
        tacet_noise_mix_key(noise, dh, sizeof(dh));
        err = 0;
    }
    sodium_memzero(dh, sizeof(dh));
    return err;
}

void tacet_noise_public(const uint8_t secret[TACET_NOISE_KEY], uint8_t out[TACET_NOISE_KEY])
{
    /* Clamping makes the scalar a non-zero multiple of 8: this cannot fail. */
    int err = crypto_scalarmult_base(out, secret);
    assert(err == 0);
}

bool tacet_noise_public_valid(const uint8_t key[TACET_NOISE_KEY])
{
    /* p = 2^255 - 19, little endian: ed ff .. ff 7f. Public bytes: no need of constant time. */
    bool high = key[31] == 0x7f;

    for (unsigned i = 1; high && i < 31; i++) {
        high = key[i] == 0xff;
    }
    return key[31] < 0x80 && !(high && key[0] >= 0xed);
}

static void mix_header(struct tacet_noise *noise, const uint8_t *header, size_t header_size)
{
    if (header != NULL) {
        tacet_noise_mix_hash(noise, header, header_size);
    }
}

static void write_e(struct tacet_noise *noise, uint8_t e_out[TACET_NOISE_KEY])
{
    memcpy(e_out, noise->e_public, TACET_NOISE_KEY);
    tacet_noise_mix_hash(noise, noise->e_public, TACET_NOISE_KEY);
}

static int read_e(struct tacet_noise *noise, const uint8_t e[TACET_NOISE_KEY])
{
    if (!tacet_noise_public_valid(e)) {
        return TACET_ERR_CRYPTO;
    }
    memcpy(noise->re, e, TACET_NOISE_KEY);
    tacet_noise_mix_hash(noise, noise->re, TACET_NOISE_KEY);
    return 0;
}

static int read_s(struct tacet_noise *noise, const uint8_t s[TACET_NOISE_KEY + TACET_NOISE_TAG])
{
    assert(noise->has_key);
    return tacet_noise_decrypt_and_hash(noise, s, TACET_NOISE_KEY + TACET_NOISE_TAG, noise->rs);
}

void tacet_noise_write_init(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                            const uint8_t *payload, size_t payload_size,
                            uint8_t e_out[TACET_NOISE_KEY])
{
    assert(!noise->has_key);
    mix_header(noise, header, header_size);
    /* e */
    write_e(noise, e_out);
    /* {p}, in clear: EncryptAndHash without a key is MixHash */
    tacet_noise_mix_hash(noise, payload, payload_size);
}

int tacet_noise_read_init(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                          const uint8_t e[TACET_NOISE_KEY], const uint8_t *payload,
                          size_t payload_size)
{
    assert(!noise->has_key);
    mix_header(noise, header, header_size);
    /* e */
    if (read_e(noise, e) < 0) {
        return TACET_ERR_CRYPTO;
    }
    /* {p} */
    tacet_noise_mix_hash(noise, payload, payload_size);
    return 0;
}

int tacet_noise_write_resp(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                           const uint8_t *payload, size_t payload_size,
                           uint8_t e_out[TACET_NOISE_KEY],
                           uint8_t s_out[TACET_NOISE_KEY + TACET_NOISE_TAG], uint8_t *payload_out)
{
    mix_header(noise, header, header_size);
    /* e */
    write_e(noise, e_out);
    /* ee */
    if (tacet_noise_mix_dh(noise, noise->e_secret, noise->re) < 0) {
        return TACET_ERR_CRYPTO;
    }
    /* s */
    tacet_noise_encrypt_and_hash(noise, noise->s_public, TACET_NOISE_KEY, s_out);
    /* es */
    if (tacet_noise_mix_dh(noise, noise->s_secret, noise->re) < 0) {
        return TACET_ERR_CRYPTO;
    }
    /* {p} */
    tacet_noise_encrypt_and_hash(noise, payload, payload_size, payload_out);
    return 0;
}

int tacet_noise_read_resp(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                          const uint8_t e[TACET_NOISE_KEY],
                          const uint8_t s[TACET_NOISE_KEY + TACET_NOISE_TAG],
                          const uint8_t *payload, size_t payload_size, uint8_t *payload_out)
{
    mix_header(noise, header, header_size);
    /* e */
    if (read_e(noise, e) < 0) {
        return TACET_ERR_CRYPTO;
    }
    /* ee */
    if (tacet_noise_mix_dh(noise, noise->e_secret, noise->re) < 0) {
        return TACET_ERR_CRYPTO;
    }
    /* s */
    if (read_s(noise, s) < 0) {
        return TACET_ERR_CRYPTO;
    }
    /* es */
    if (tacet_noise_mix_dh(noise, noise->e_secret, noise->rs) < 0) {
        return TACET_ERR_CRYPTO;
    }
    /* {p} */
    return tacet_noise_decrypt_and_hash(noise, payload, payload_size, payload_out);
}

int tacet_noise_write_fin(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                          const uint8_t *payload, size_t payload_size,
                          uint8_t s_out[TACET_NOISE_KEY + TACET_NOISE_TAG], uint8_t *payload_out)
{
    assert(noise->has_key);
    mix_header(noise, header, header_size);
    /* s */
    tacet_noise_encrypt_and_hash(noise, noise->s_public, TACET_NOISE_KEY, s_out);
    /* se */
    if (tacet_noise_mix_dh(noise, noise->s_secret, noise->re) < 0) {
        return TACET_ERR_CRYPTO;
    }
    /* {p} */
    tacet_noise_encrypt_and_hash(noise, payload, payload_size, payload_out);
    return 0;
}

int tacet_noise_read_fin(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                         const uint8_t s[TACET_NOISE_KEY + TACET_NOISE_TAG], const uint8_t *payload,
                         size_t payload_size, uint8_t *payload_out)
{
    mix_header(noise, header, header_size);
    /* s */
    if (read_s(noise, s) < 0) {
        return TACET_ERR_CRYPTO;
    }
    /* se */
    if (tacet_noise_mix_dh(noise, noise->e_secret, noise->rs) < 0) {
        return TACET_ERR_CRYPTO;
    }
    /* {p} */
    return tacet_noise_decrypt_and_hash(noise, payload, payload_size, payload_out);
}

void tacet_noise_split(const struct tacet_noise *noise, uint8_t k1[TACET_NOISE_KEY],
                       uint8_t k2[TACET_NOISE_KEY])
{
    uint8_t out[2][TACET_HASH_SIZE];

    tacet_hkdf_noise(noise->ck, NULL, 0, 2, out);
    memcpy(k1, out[0], TACET_NOISE_KEY);
    memcpy(k2, out[1], TACET_NOISE_KEY);
    sodium_memzero(out, sizeof(out));
}

void tacet_noise_export(struct tacet_noise *noise, uint8_t exporter[TACET_NOISE_HASH])
{
    uint8_t out[3][TACET_HASH_SIZE];

    tacet_hkdf_noise(noise->ck, NULL, 0, 3, out);
    memcpy(exporter, out[2], TACET_NOISE_HASH);
    sodium_memzero(out, sizeof(out));
    sodium_memzero(noise->ck, sizeof(noise->ck));
}
