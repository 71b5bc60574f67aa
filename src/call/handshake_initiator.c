/*
 * The caller's half of the handshake (see handshake.h): writes INIT, reads RESP, makes the whole
 * identity check, and only then writes FIN, which is what shows who is calling.
 */
#include "call/demux.h"
#include "call/handshake.h"
#include "call/handshake_layout.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

int tacet_initiator_start(struct tacet_initiator *i, const struct tacet_handshake_config *config,
                          const struct tacet_callee *hint)
{
    uint8_t prologue[TACET_PROLOGUE_MAX];
    struct tacet_offer offer = {
        .profile_count = config->profile_count,
        .version_lowest = TACET_HANDSHAKE_VERSION,
        .version_highest = TACET_HANDSHAKE_VERSION,
    };

    assert(config->profile_count >= 1 && config->profile_count <= TACET_PROFILES_MAX);
    if (!tacet_policy_may_dial(&config->policy, hint)) {
        return TACET_ERR_TRUST;
    }
    memset(i, 0, sizeof(*i));
    i->hint = *hint;
    tacet_mac1_key(hint, i->mac1_key);
    i->index = tacet_handshake_draw_index(config);
    memcpy(i->profiles, config->profiles, config->profile_count * sizeof(i->profiles[0]));
    i->profile_count = config->profile_count;

    tacet_noise_init(&i->noise, TACET_HANDSHAKE_NOISE, prologue, tacet_prologue(hint, prologue));
    memcpy(i->noise.s_secret, config->identity->x_secret, TACET_NOISE_KEY);
    memcpy(i->noise.s_public, config->identity->x_public, TACET_NOISE_KEY);
    config->random.fill(config->random.ctx, i->noise.e_secret, TACET_NOISE_KEY);
    tacet_noise_public(i->noise.e_secret, i->noise.e_public);

    memcpy(offer.profiles, i->profiles, sizeof(offer.profiles));
    tacet_handshake_write_header(i->init, TACET_PACKET_INIT, &i->index, 1);
    tacet_offer_write(&offer, i->init + TACET_INIT_PAYLOAD);
    tacet_noise_write_init(&i->noise, i->init, TACET_INIT_HEADER, i->init + TACET_INIT_PAYLOAD,
                           TACET_INIT_PAYLOAD_SIZE, i->init + TACET_INIT_E);
    tacet_mac(i->mac1_key, i->init, TACET_INIT_MAC1, i->init + TACET_INIT_MAC1);
    /* mac2 stays zero here: what a COOKIE asks for is another for each path. */
    return 0;
}

void tacet_initiator_wipe(struct tacet_initiator *i)
{
    sodium_memzero(i, sizeof(*i));
}

/* Everything about RESP that needs no secret. */
static enum tacet_drop check_outside(const struct tacet_initiator *i, const uint8_t *packet,
                                     size_t size)
{
    if (size != TACET_RESP_SIZE) {
        return TACET_DROP_SHORT;
    }
    if (!tacet_mac_verify(i->mac1_key, packet, TACET_RESP_MAC1, packet + TACET_RESP_MAC1)) {
        return TACET_DROP_AUTH;
    }
    if (!tacet_handshake_header_valid(packet, size, TACET_PACKET_RESP) ||
        !sodium_is_zero(packet + TACET_RESP_ZERO, TACET_RESP_SIZE - TACET_RESP_ZERO)) {
        return TACET_DROP_MALFORMED;
    }
    if (tacet_handshake_index(packet, size, 1) != i->index) {
        return TACET_DROP_UNKNOWN;
    }
    if (sodium_memcmp(packet + TACET_RESP_E, i->noise.e_public, TACET_NOISE_KEY) == 0) {
        return TACET_DROP_STATE; /* our own ephemeral, reflected */
    }
    return TACET_DROP_NONE;
}

/* Reads payload2 and checks the choice and the identity. */
static enum tacet_drop check_inside(const struct tacet_initiator *i,
                                    const struct tacet_handshake_config *config,
                                    const uint8_t plain[TACET_SEALED_PLAIN_SIZE],
                                    const uint8_t static_key[TACET_NOISE_KEY],
                                    struct tacet_handshake_result *result, bool *ret_other)
{
    struct tacet_choice choice;

    if (sodium_memcmp(static_key, i->noise.s_public, TACET_NOISE_KEY) == 0) {
        return TACET_DROP_STATE; /* our own static, reflected */
    }
    /* Offered, still allowed, and no feature that was not offered: none was. */
    if (!tacet_choice_read(plain, &choice) || choice.features != 0 ||
        !tacet_profile_in(i->profiles, i->profile_count, choice.profile) ||
        !tacet_profile_in(config->profiles, config->profile_count, choice.profile)) {
        return TACET_DROP_MALFORMED;
    }
    enum tacet_drop drop = tacet_handshake_identify(
        config, choice.certificate, choice.certificate_size, static_key, &result->peer);
    if (drop == TACET_DROP_NONE) {
        drop = tacet_handshake_judge(config, &i->hint, choice.certificate, choice.certificate_size,
                                     &result->peer);
        *ret_other = *ret_other || drop != TACET_DROP_NONE;
    }
    if (drop != TACET_DROP_NONE) {
        return drop;
    }
    result->profile = choice.profile;
    return TACET_DROP_NONE;
}

/* Writes FIN on the state that has read RESP, and draws the exporter. */
static enum tacet_drop finish(struct tacet_noise *noise, const struct tacet_initiator *i,
                              const struct tacet_handshake_config *config,
                              struct tacet_handshake_result *result, uint8_t fin[TACET_FIN_SIZE])
{
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    struct tacet_opening opening = {
        .media_bits = result->media_bits,
        .certificate = config->certificate,
        .certificate_size = config->certificate_size,
    };

    memcpy(opening.commitment, result->commitment, sizeof(opening.commitment));
    memcpy(opening.call_id, result->call_id, sizeof(opening.call_id));
    tacet_opening_write(&opening, plain);
    tacet_handshake_write_header(fin, TACET_PACKET_FIN, &result->index_remote, 1);
    int err = tacet_noise_write_fin(noise, fin, TACET_FIN_HEADER, plain, sizeof(plain),
                                    fin + TACET_FIN_S, fin + TACET_FIN_PAYLOAD);
    sodium_memzero(plain, sizeof(plain));
    if (err != 0) {
        return TACET_DROP_AUTH;
    }
    tacet_mac(i->mac1_key, fin, TACET_FIN_MAC1, fin + TACET_FIN_MAC1);
    memcpy(result->h, noise->h, sizeof(result->h));
    tacet_noise_export(noise, result->exporter);
    return TACET_DROP_NONE;
}

enum tacet_drop tacet_initiator_consume_resp(struct tacet_initiator *i,
                                             const struct tacet_handshake_config *config,
                                             const uint8_t *packet, size_t size,
                                             const uint8_t commitment[TACET_SAS_COMMITMENT],
                                             const uint8_t call_id[TACET_CALL_ID_SIZE],
                                             uint16_t media_bits, uint8_t fin[TACET_FIN_SIZE],
                                             struct tacet_handshake_result *ret, bool *ret_other)
{
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t written[TACET_FIN_SIZE];
    struct tacet_handshake_result result = { .media_bits = media_bits };
    struct tacet_noise noise = i->noise; /* the copy that a forged RESP may spoil */

    enum tacet_drop drop = check_outside(i, packet, size);
    if (drop != TACET_DROP_NONE) {
        goto out;
    }
    /* <- e, ee, s, es */
    if (tacet_noise_read_resp(&noise, packet, TACET_RESP_HEADER, packet + TACET_RESP_E,
                              packet + TACET_RESP_S, packet + TACET_RESP_PAYLOAD,
                              TACET_RESP_PAYLOAD_SIZE, plain) != 0) {
        drop = TACET_DROP_AUTH;
        goto out;
    }
    drop = check_inside(i, config, plain, noise.rs, &result, ret_other);
    if (drop != TACET_DROP_NONE) {
        goto out;
    }
    result.index_local = i->index;
    result.index_remote = tacet_handshake_index(packet, size, 0);
    memcpy(result.commitment, commitment, sizeof(result.commitment));
    memcpy(result.call_id, call_id, sizeof(result.call_id));
    /* -> s, se */
    drop = finish(&noise, i, config, &result, written);
    if (drop != TACET_DROP_NONE) {
        goto out;
    }
    /* Every check has passed: only now anything changes. */
    memcpy(fin, written, sizeof(written));
    *ret = result;
    tacet_initiator_wipe(i);
out:
    tacet_noise_wipe(&noise);
    sodium_memzero(plain, sizeof(plain));
    sodium_memzero(&result, sizeof(result));
    return drop;
}
