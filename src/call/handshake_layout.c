/* See handshake_layout.h. */
#include "call/handshake_layout.h"

#include "base/bytes.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(TACET_INIT_E + TACET_NOISE_KEY == TACET_INIT_PAYLOAD, "INIT");
_Static_assert(TACET_INIT_PAYLOAD + TACET_INIT_PAYLOAD_SIZE == TACET_INIT_MAC1, "INIT");
_Static_assert(TACET_INIT_MAC1 + TACET_MAC_SIZE == TACET_INIT_MAC2, "INIT");
_Static_assert(TACET_INIT_MAC2 + TACET_MAC_SIZE == TACET_INIT_SIZE, "INIT");
_Static_assert(TACET_RESP_E + TACET_NOISE_KEY == TACET_RESP_S, "RESP");
_Static_assert(TACET_RESP_S + TACET_NOISE_KEY + TACET_NOISE_TAG == TACET_RESP_PAYLOAD, "RESP");
_Static_assert(TACET_RESP_PAYLOAD + TACET_RESP_PAYLOAD_SIZE == TACET_RESP_MAC1, "RESP");
_Static_assert(TACET_RESP_MAC1 + TACET_MAC_SIZE == TACET_RESP_ZERO, "RESP");
_Static_assert(TACET_RESP_SIZE <= TACET_INIT_SIZE, "no amplification");
_Static_assert(TACET_FIN_S + TACET_NOISE_KEY + TACET_NOISE_TAG == TACET_FIN_PAYLOAD, "FIN");
_Static_assert(TACET_FIN_PAYLOAD + TACET_FIN_PAYLOAD_SIZE == TACET_FIN_MAC1, "FIN");
_Static_assert(TACET_FIN_MAC1 + TACET_MAC_SIZE == TACET_FIN_SIZE, "FIN");
_Static_assert(TACET_SEALED_PLAIN_SIZE + TACET_NOISE_TAG == TACET_RESP_PAYLOAD_SIZE, "payload2");
_Static_assert(TACET_SEALED_PLAIN_SIZE + TACET_NOISE_TAG == TACET_FIN_PAYLOAD_SIZE, "payload3");

/* --- fixed headers --- */

void tacet_handshake_write_header(uint8_t *out, uint8_t type, const uint32_t *indices, size_t count)
{
    struct tacet_writer w = tacet_writer(out, 4 + 4 * count);

    assert(count == 1 || count == 2);
    tacet_write_u8(&w, type);
    tacet_write_u8(&w, TACET_HANDSHAKE_VERSION);
    tacet_write_u16(&w, 0);
    for (size_t i = 0; i < count; i++) {
        tacet_write_u32(&w, indices[i]);
    }
    assert(!w.failed);
}

uint32_t tacet_handshake_draw_index(const struct tacet_handshake_config *config)
{
    uint8_t bytes[4];

    config->random.fill(config->random.ctx, bytes, sizeof(bytes));
    struct tacet_reader r = tacet_reader(bytes, sizeof(bytes));
    return tacet_read_u32(&r);
}

bool tacet_handshake_header_valid(const uint8_t *packet, size_t size, uint8_t type)
{
    struct tacet_reader r = tacet_reader(packet, size);
    bool valid = tacet_read_u8(&r) == type;

    valid &= tacet_read_u8(&r) == TACET_HANDSHAKE_VERSION;
    valid &= tacet_read_u16(&r) == 0;
    return valid && !r.failed;
}

uint32_t tacet_handshake_index(const uint8_t *packet, size_t size, size_t which)
{
    struct tacet_reader r = tacet_reader(packet, size);

    assert(which < 2);
    tacet_read_skip(&r, 4 + 4 * which);
    return tacet_read_u32(&r);
}

/* --- payloads --- */

void tacet_offer_write(const struct tacet_offer *offer, uint8_t out[TACET_INIT_PAYLOAD_SIZE])
{
    struct tacet_writer w = tacet_writer(out, TACET_INIT_PAYLOAD_SIZE);

    assert(offer->profile_count >= 1 && offer->profile_count <= TACET_PROFILES_MAX);
    tacet_write_u8(&w, (uint8_t)offer->profile_count);
    for (size_t i = 0; i < offer->profile_count; i++) {
        tacet_write_u16(&w, offer->profiles[i]);
    }
    tacet_write_u16(&w, offer->features);
    tacet_write_u8(&w, offer->version_lowest);
    tacet_write_u8(&w, offer->version_highest);
    tacet_write_zeros(&w, tacet_writer_left(&w));
    assert(!w.failed);
}

bool tacet_offer_read(const uint8_t data[TACET_INIT_PAYLOAD_SIZE], struct tacet_offer *ret)
{
    struct tacet_reader r = tacet_reader(data, TACET_INIT_PAYLOAD_SIZE);
    struct tacet_offer offer = { .profile_count = tacet_read_u8(&r) };

    if (offer.profile_count < 1 || offer.profile_count > TACET_PROFILES_MAX) {
        return false;
    }
    for (size_t i = 0; i < offer.profile_count; i++) {
        offer.profiles[i] = tacet_read_u16(&r);
    }
    offer.features = tacet_read_u16(&r);
    offer.version_lowest = tacet_read_u8(&r);
    offer.version_highest = tacet_read_u8(&r);
    if (!tacet_read_zeros(&r)) {
        return false;
    }
    *ret = offer;
    return true;
}

/* A certificate with its length, and zeros to the end. */
static void write_certificate(struct tacet_writer *w, const uint8_t *certificate, size_t size)
{
    assert(size <= TACET_CERTIFICATE_MAX);
    tacet_write_u16(w, (uint16_t)size);
    tacet_write_bytes(w, certificate, size);
    tacet_write_zeros(w, tacet_writer_left(w));
    assert(!w->failed);
}

static const uint8_t *read_certificate(struct tacet_reader *r, size_t *ret_size)
{
    size_t size = tacet_read_u16(r);
    const uint8_t *certificate = tacet_read_view(r, size);

    if (certificate == NULL || size > TACET_CERTIFICATE_MAX || !tacet_read_zeros(r)) {
        return NULL;
    }
    *ret_size = size;
    return certificate;
}

void tacet_choice_write(const struct tacet_choice *choice, uint8_t out[TACET_SEALED_PLAIN_SIZE])
{
    struct tacet_writer w = tacet_writer(out, TACET_SEALED_PLAIN_SIZE);

    tacet_write_u16(&w, choice->profile);
    tacet_write_u16(&w, choice->features);
    write_certificate(&w, choice->certificate, choice->certificate_size);
}

bool tacet_choice_read(const uint8_t data[TACET_SEALED_PLAIN_SIZE], struct tacet_choice *ret)
{
    struct tacet_reader r = tacet_reader(data, TACET_SEALED_PLAIN_SIZE);
    struct tacet_choice choice = { .profile = tacet_read_u16(&r) };

    choice.features = tacet_read_u16(&r);
    choice.certificate = read_certificate(&r, &choice.certificate_size);
    if (choice.certificate == NULL) {
        return false;
    }
    *ret = choice;
    return true;
}

void tacet_opening_write(const struct tacet_opening *opening, uint8_t out[TACET_SEALED_PLAIN_SIZE])
{
    struct tacet_writer w = tacet_writer(out, TACET_SEALED_PLAIN_SIZE);

    tacet_write_bytes(&w, opening->commitment, sizeof(opening->commitment));
    tacet_write_bytes(&w, opening->call_id, sizeof(opening->call_id));
    tacet_write_u16(&w, opening->media_bits);
    write_certificate(&w, opening->certificate, opening->certificate_size);
}

bool tacet_opening_read(const uint8_t data[TACET_SEALED_PLAIN_SIZE], struct tacet_opening *ret)
{
    struct tacet_reader r = tacet_reader(data, TACET_SEALED_PLAIN_SIZE);
    struct tacet_opening opening;

    tacet_read_bytes(&r, opening.commitment, sizeof(opening.commitment));
    tacet_read_bytes(&r, opening.call_id, sizeof(opening.call_id));
    opening.media_bits = tacet_read_u16(&r);
    opening.certificate = read_certificate(&r, &opening.certificate_size);
    if (opening.certificate == NULL) {
        return false;
    }
    *ret = opening;
    return true;
}

/* --- checks that both roles make --- */

enum tacet_drop tacet_handshake_identify(const struct tacet_handshake_config *config,
                                         const uint8_t *certificate, size_t size,
                                         const uint8_t static_key[TACET_NOISE_KEY],
                                         struct tacet_public_identity *ret)
{
    struct tacet_certificate parsed;

    if (tacet_certificate_parse(certificate, size, &parsed) != 0) {
        return TACET_DROP_MALFORMED;
    }
    if (sodium_memcmp(parsed.x25519, static_key, TACET_NOISE_KEY) != 0 ||
        tacet_certificate_check(certificate, size, &parsed, config->unix_now) != 0) {
        return TACET_DROP_AUTH;
    }
    if (sodium_memcmp(parsed.ed25519, config->identity->ed_public, sizeof(parsed.ed25519)) == 0) {
        return TACET_DROP_STATE; /* our own identity, reflected */
    }
    tacet_certificate_public(&parsed, ret);
    ret->trust = TACET_TRUST_UNVERIFIED;
    return TACET_DROP_NONE;
}

enum tacet_drop tacet_handshake_judge(const struct tacet_handshake_config *config,
                                      const struct tacet_callee *dialled,
                                      const uint8_t *certificate, size_t size,
                                      struct tacet_public_identity *peer)
{
    enum tacet_notice notice =
        tacet_policy_judge(&config->policy, dialled, certificate, size, config->unix_now, peer);

    if (notice == TACET_NOTICE_NONE) {
        return TACET_DROP_NONE;
    }
    if (config->refusal != NULL) {
        config->refusal->notice = notice;
        config->refusal->identity = *peer;
    }
    return TACET_DROP_AUTH;
}

bool tacet_profile_in(const uint16_t *profiles, size_t count, uint16_t profile)
{
    for (size_t i = 0; i < count; i++) {
        if (profiles[i] == profile) {
            return true;
        }
    }
    return false;
}
