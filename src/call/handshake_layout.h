/*
 * Where everything stands in INIT, RESP and FIN (protocol.md section 3), and the payloads inside
 * them. No keys and no state: both roles read and write through here.
 */
#ifndef TACET_CALL_HANDSHAKE_LAYOUT_H
#define TACET_CALL_HANDSHAKE_LAYOUT_H

#include "call/handshake.h"

#define TACET_HANDSHAKE_NOISE "Noise_XX_25519_ChaChaPoly_SHA512"
#define TACET_HANDSHAKE_VERSION 1

/*   INIT  0:1 type | 1:1 version | 2:2 zero | 4:4 idx_i | 8:32 e | 40:568 payload1 | 608:16 mac1 |
 *         624:16 mac2 */
#define TACET_INIT_HEADER 8
#define TACET_INIT_E 8
#define TACET_INIT_PAYLOAD 40
#define TACET_INIT_PAYLOAD_SIZE 568
#define TACET_INIT_MAC1 608
#define TACET_INIT_MAC2 624

/*   RESP  0:4 | 4:4 idx_r | 8:4 idx_i | 12:32 e | 44:48 enc(s) | 92:516 enc(payload2) |
 *         608:16 mac1 | 624:16 zero */
#define TACET_RESP_HEADER 12
#define TACET_RESP_E 12
#define TACET_RESP_S 44
#define TACET_RESP_PAYLOAD 92
#define TACET_RESP_PAYLOAD_SIZE 516
#define TACET_RESP_MAC1 608
#define TACET_RESP_ZERO 624

/*   FIN   0:4 | 4:4 idx_r | 8:48 enc(s) | 56:516 enc(payload3) | 572:16 mac1 */
#define TACET_FIN_HEADER 8
#define TACET_FIN_S 8
#define TACET_FIN_PAYLOAD 56
#define TACET_FIN_PAYLOAD_SIZE 516
#define TACET_FIN_MAC1 572

#define TACET_SEALED_PLAIN_SIZE 500 /* of payload2 and payload3 */

/* What INIT offers, in clear but hashed. */
struct tacet_offer {
    uint16_t profiles[TACET_PROFILES_MAX];
    size_t profile_count;
    uint16_t features;
    uint8_t version_lowest;
    uint8_t version_highest;
};

/* What RESP (chosen profile, features) and FIN (the rest) carry, each with a certificate. */
struct tacet_choice {
    uint16_t profile;
    uint16_t features;
    const uint8_t *certificate; /* inside what was read or will be written */
    size_t certificate_size;
};
struct tacet_opening {
    uint8_t commitment[TACET_SAS_COMMITMENT];
    uint8_t call_id[TACET_CALL_ID_SIZE];
    uint16_t media_bits;
    const uint8_t *certificate;
    size_t certificate_size;
};

/* The first four bytes and the one or two indices; the size is 8 or 12. */
void tacet_handshake_write_header(uint8_t *out, uint8_t type, const uint32_t *indices,
                                  size_t count);
uint32_t tacet_handshake_draw_index(const struct tacet_handshake_config *config);
/* Whether the first four bytes are this type, version 1 and zero. */
bool tacet_handshake_header_valid(const uint8_t *packet, size_t size, uint8_t type);
/* The index at 4 (which = 0) or 8 (1). */
uint32_t tacet_handshake_index(const uint8_t *packet, size_t size, size_t which);

void tacet_offer_write(const struct tacet_offer *offer, uint8_t out[TACET_INIT_PAYLOAD_SIZE]);
/* False: a count outside 1..8, or padding that is not zero. */
bool tacet_offer_read(const uint8_t data[TACET_INIT_PAYLOAD_SIZE], struct tacet_offer *ret);

void tacet_choice_write(const struct tacet_choice *choice, uint8_t out[TACET_SEALED_PLAIN_SIZE]);
bool tacet_choice_read(const uint8_t data[TACET_SEALED_PLAIN_SIZE], struct tacet_choice *ret);

void tacet_opening_write(const struct tacet_opening *opening, uint8_t out[TACET_SEALED_PLAIN_SIZE]);
bool tacet_opening_read(const uint8_t data[TACET_SEALED_PLAIN_SIZE], struct tacet_opening *ret);

/*
 * The checks on a certificate that both roles make: form, signature, time, that it is of the
 * Noise static key that spoke, and that it is not our own identity come back. Fills *ret; its
 * trust is unverified.
 */
enum tacet_drop tacet_handshake_identify(const struct tacet_handshake_config *config,
                                         const uint8_t *certificate, size_t size,
                                         const uint8_t static_key[TACET_NOISE_KEY],
                                         struct tacet_public_identity *ret);

/* Asks the policy about who was identified; see tacet_policy_judge. AUTH: refused, and noted. */
enum tacet_drop tacet_handshake_judge(const struct tacet_handshake_config *config,
                                      const struct tacet_callee *dialled,
                                      const uint8_t *certificate, size_t size,
                                      struct tacet_public_identity *peer);

/* Whether the list holds the profile. */
bool tacet_profile_in(const uint16_t *profiles, size_t count, uint16_t profile);

#endif
