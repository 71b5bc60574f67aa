/*
 * Noise (revision 34) with 25519, ChaChaPoly and SHA512: the symmetric state and the XX pattern.
 * Pure bytes: no clock, no chance; ephemerals are parameters. What consumes a message works on a
 * copy of the state that its caller makes, so that a forged message changes nothing.
 */
#ifndef TACET_CRYPTO_NOISE_H
#define TACET_CRYPTO_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_NOISE_HASH 64
#define TACET_NOISE_KEY  32
#define TACET_NOISE_TAG  16

/* Plain memory, copied by assignment, wiped by tacet_noise_wipe. */
struct tacet_noise {
    uint8_t ck[TACET_NOISE_HASH];
    uint8_t h[TACET_NOISE_HASH];
    uint8_t k[TACET_NOISE_KEY];
    uint64_t n;
    bool has_key;
    uint8_t s_secret[TACET_NOISE_KEY]; /* own static */
    uint8_t s_public[TACET_NOISE_KEY];
    uint8_t e_secret[TACET_NOISE_KEY]; /* own ephemeral */
    uint8_t e_public[TACET_NOISE_KEY];
    uint8_t rs[TACET_NOISE_KEY];       /* remote static */
    uint8_t re[TACET_NOISE_KEY];       /* remote ephemeral */
};

/* InitializeSymmetric(protocol_name) and MixHash(prologue), section 5.2 and 5.3. */
void tacet_noise_init(struct tacet_noise *noise, const char *protocol_name,
                      const uint8_t *prologue, size_t size);
void tacet_noise_wipe(struct tacet_noise *noise);

/* Section 5.2, by its own names. */
void tacet_noise_mix_hash(struct tacet_noise *noise, const uint8_t *data, size_t size);
void tacet_noise_mix_key(struct tacet_noise *noise, const uint8_t *input, size_t size);
void tacet_noise_mix_key_and_hash(struct tacet_noise *noise, const uint8_t *input, size_t size);
/* out: size + TACET_NOISE_TAG bytes with a key, size bytes before there is one. */
void tacet_noise_encrypt_and_hash(struct tacet_noise *noise, const uint8_t *plain, size_t size,
                                  uint8_t *out);
/* size counts the tag. 0, or TACET_ERR_CRYPTO and the state is of no use. out may be cipher. */
int tacet_noise_decrypt_and_hash(struct tacet_noise *noise, const uint8_t *cipher, size_t size,
                                 uint8_t *out);
/* MixKey(DH(secret, public)). TACET_ERR_CRYPTO: a public key that protocol.md section 3 refuses
 * (not canonical, or the result is zero). */
int tacet_noise_mix_dh(struct tacet_noise *noise, const uint8_t secret[TACET_NOISE_KEY],
                       const uint8_t public_key[TACET_NOISE_KEY]);

/*
 * XX, message by message, tokens as the pattern names them. `header` is mixed into the hash before
 * the tokens (protocol.md section 3); with NULL nothing is, as in plain Noise. s_*,
 * and before one's first message e_*, are set by the caller (e_public with tacet_noise_public).
 */
void tacet_noise_public(const uint8_t secret[TACET_NOISE_KEY], uint8_t out[TACET_NOISE_KEY]);
/* Whether a public key is canonical: below p and with the top bit clear. */
bool tacet_noise_public_valid(const uint8_t key[TACET_NOISE_KEY]);

/* -> e, payload in clear */
void tacet_noise_write_init(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                            const uint8_t *payload, size_t payload_size,
                            uint8_t e_out[TACET_NOISE_KEY]);
int tacet_noise_read_init(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                          const uint8_t e[TACET_NOISE_KEY], const uint8_t *payload,
                          size_t payload_size);
/* <- e, ee, s, es, payload; s_out and payload_out with their tags */
int tacet_noise_write_resp(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                           const uint8_t *payload, size_t payload_size,
                           uint8_t e_out[TACET_NOISE_KEY],
                           uint8_t s_out[TACET_NOISE_KEY + TACET_NOISE_TAG], uint8_t *payload_out);
int tacet_noise_read_resp(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                          const uint8_t e[TACET_NOISE_KEY],
                          const uint8_t s[TACET_NOISE_KEY + TACET_NOISE_TAG],
                          const uint8_t *payload, size_t payload_size, uint8_t *payload_out);
/* -> s, se, payload */
int tacet_noise_write_fin(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                          const uint8_t *payload, size_t payload_size,
                          uint8_t s_out[TACET_NOISE_KEY + TACET_NOISE_TAG], uint8_t *payload_out);
int tacet_noise_read_fin(struct tacet_noise *noise, const uint8_t *header, size_t header_size,
                         const uint8_t s[TACET_NOISE_KEY + TACET_NOISE_TAG],
                         const uint8_t *payload, size_t payload_size, uint8_t *payload_out);

/* Split(): the two 32-byte transport keys, for the published vectors. */
void tacet_noise_split(const struct tacet_noise *noise, uint8_t k1[TACET_NOISE_KEY],
                       uint8_t k2[TACET_NOISE_KEY]);
/* The third HKDF output (protocol.md section 4), then wipes ck. */
void tacet_noise_export(struct tacet_noise *noise, uint8_t out[TACET_NOISE_HASH]);

#endif
