/*
 * The callee's half of the handshake (see handshake.h): answers INIT, and knows who is calling
 * once FIN has passed. It never sends on its own, and never more than it received.
 */
#include "call/demux.h"
#include "call/half_open.h"
#include "call/handshake.h"
#include "call/handshake_layout.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* --- INIT --- */

/* The hint that the INIT's mac1 was made with, of those that are accepted here, in order: own
 * key, the name that the own certificate carries, and nothing where that is switched on. False:
 * none. */
static bool find_hint(const struct tacet_handshake_config *config,
                      const uint8_t packet[TACET_INIT_SIZE], struct tacet_callee *ret_hint,
                      uint8_t ret_mac1_key[32])
{
    struct tacet_callee hints[3] = {
        { .hint = TACET_HINT_KEY },
        { .hint = TACET_HINT_NAME },
        { .hint = TACET_HINT_NONE },
    };
    size_t count = config->open ? 3 : 2;
    struct tacet_certificate own;

    _Static_assert(sizeof(hints) / sizeof(hints[0]) <= TACET_HINTS_MAX, "hints tried");
    memcpy(hints[0].key, config->identity->ed_public, sizeof(hints[0].key));
    if (tacet_certificate_parse(config->certificate, config->certificate_size, &own) == 0) {
        memcpy(hints[1].name, own.name, sizeof(hints[1].name));
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t key[32];
        tacet_mac1_key(&hints[i], key);
        if (tacet_mac_verify(key, packet, TACET_INIT_MAC1, packet + TACET_INIT_MAC1)) {
            *ret_hint = hints[i];
            memcpy(ret_mac1_key, key, sizeof(key));
            return true;
        }
    }
    return false;
}

/* The responder's own order decides: the first profile of its list that was offered. 0: none. */
static uint16_t choose_profile(const struct tacet_handshake_config *config,
                               const struct tacet_offer *offer)
{
    for (size_t i = 0; i < config->profile_count; i++) {
        if (tacet_profile_in(offer->profiles, offer->profile_count, config->profiles[i])) {
            return config->profiles[i];
        }
    }
    return 0;
}

/* Everything about an INIT with a good mac1 that costs no Diffie-Hellman. */
static enum tacet_drop check_init(const struct tacet_responder *r,
                                  const struct tacet_handshake_config *config,
                                  const uint8_t packet[TACET_INIT_SIZE], uint16_t *ret_profile)
{
    struct tacet_offer offer;

    if (!tacet_handshake_header_valid(packet, TACET_INIT_SIZE, TACET_PACKET_INIT) ||
        !tacet_offer_read(packet + TACET_INIT_PAYLOAD, &offer)) {
        return TACET_DROP_MALFORMED;
    }
    /* Version 1 must be in the range; who could do more but sent version 1 is answered in version
     * 1 by us, who know no other. Feature bits are ignored: none is known. */
    if (offer.version_lowest != TACET_HANDSHAKE_VERSION ||
        offer.version_highest < offer.version_lowest) {
        return TACET_DROP_MALFORMED;
    }
    uint16_t profile = choose_profile(config, &offer);
    if (profile == 0) {
        return TACET_DROP_STATE;
    }
    const uint8_t *e = packet + TACET_INIT_E;
    if (memcmp(e, config->identity->x_public, TACET_NOISE_KEY) == 0 ||
        tacet_half_open_has_ephemeral(r, e)) {
        return TACET_DROP_STATE; /* our own key, reflected */
    }
    *ret_profile = profile;
    return TACET_DROP_NONE;
}

/*
 * Whether an INIT may be served now. Under load only one that has proven its path is; and the
 * places of a source that others may have taken in its name go to who has proven to be there:
 * *ret_place is then the one to be had, and is freed only when everything else about the INIT is
 * good.
 */
static bool admit(struct tacet_responder *r, const struct tacet_handshake_config *config,
                  int64_t now, const struct tacet_path *path, const uint8_t packet[TACET_INIT_SIZE],
                  bool *ret_proven, bool *ret_ask, struct tacet_half_open **ret_place)
{
    bool loaded = tacet_cookie_count_init(&r->cookies, now);
    enum tacet_mac2 mac2 = tacet_cookie_check(&r->cookies, &config->random, now, path, packet);

    loaded |= tacet_responder_count(r) >= TACET_HALF_OPEN_LOAD;
    loaded |= mac2 == TACET_MAC2_WRONG;
    *ret_proven = mac2 == TACET_MAC2_VALID;
    *ret_ask = false;
    *ret_place = NULL;
    if (!*ret_proven && (loaded || tacet_half_open_source_full(r, path))) {
        *ret_ask = true;
        return false;
    }
    if (tacet_half_open_source_full(r, path)) {
        *ret_place = tacet_half_open_unproven(r, path);
        return *ret_place != NULL;
    }
    return tacet_half_open_room(r, path);
}

static uint32_t draw_index(const struct tacet_responder *r,
                           const struct tacet_handshake_config *config)
{
    uint32_t index;

    do {
        index = tacet_handshake_draw_index(config);
    } while (tacet_half_open_has_index(r, index));
    return index;
}

/* Reads INIT into a fresh state and writes RESP from it. */
static enum tacet_drop answer(struct tacet_noise *noise,
                              const struct tacet_handshake_config *config,
                              const struct tacet_callee *hint,
                              const uint8_t packet[TACET_INIT_SIZE], const uint32_t indices[2],
                              uint16_t profile, const uint8_t mac1_key[32],
                              uint8_t resp[TACET_RESP_SIZE])
{
    uint8_t prologue[TACET_PROLOGUE_MAX];
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    const struct tacet_choice choice = {
        .profile = profile,
        .certificate = config->certificate,
        .certificate_size = config->certificate_size,
    };

    tacet_noise_init(noise, TACET_HANDSHAKE_NOISE, prologue, tacet_prologue(hint, prologue));
    memcpy(noise->s_secret, config->identity->x_secret, TACET_NOISE_KEY);
    memcpy(noise->s_public, config->identity->x_public, TACET_NOISE_KEY);
    /* -> e */
    if (tacet_noise_read_init(noise, packet, TACET_INIT_HEADER, packet + TACET_INIT_E,
                              packet + TACET_INIT_PAYLOAD, TACET_INIT_PAYLOAD_SIZE) != 0) {
        return TACET_DROP_AUTH;
    }
    config->random.fill(config->random.ctx, noise->e_secret, TACET_NOISE_KEY);
    tacet_noise_public(noise->e_secret, noise->e_public);
    tacet_choice_write(&choice, plain);
    memset(resp, 0, TACET_RESP_SIZE);
    tacet_handshake_write_header(resp, TACET_PACKET_RESP, indices, 2);
    /* <- e, ee, s, es */
    if (tacet_noise_write_resp(noise, resp, TACET_RESP_HEADER, plain, sizeof(plain),
                               resp + TACET_RESP_E, resp + TACET_RESP_S,
                               resp + TACET_RESP_PAYLOAD) != 0) {
        return TACET_DROP_AUTH;
    }
    tacet_mac(mac1_key, resp, TACET_RESP_MAC1, resp + TACET_RESP_MAC1);
    return TACET_DROP_NONE;
}

enum tacet_drop tacet_responder_consume_init(struct tacet_responder *r,
                                             const struct tacet_handshake_config *config,
                                             int64_t now, const struct tacet_path *path,
                                             const uint8_t *packet, size_t size,
                                             uint8_t reply[TACET_RESP_SIZE], size_t *ret_size)
{
    struct tacet_callee hint;
    struct tacet_noise noise;
    uint8_t mac1_key[32];
    uint8_t written[TACET_RESP_SIZE];
    uint16_t profile = 0;
    bool proven, ask;
    struct tacet_half_open *place;

    *ret_size = 0;
    if (size != TACET_INIT_SIZE) {
        return TACET_DROP_SHORT;
    }
    tacet_responder_expire(r, now);
    struct tacet_half_open *entry = tacet_half_open_by_init(r, path, packet);
    if (entry != NULL) {
        entry->answered_at_us = now;
        memcpy(reply, entry->resp, sizeof(entry->resp));
        *ret_size = sizeof(entry->resp);
        return TACET_DROP_NONE;
    }
    if (!find_hint(config, packet, &hint, mac1_key)) {
        return TACET_DROP_AUTH;
    }
    enum tacet_drop drop = check_init(r, config, packet, &profile);
    if (drop != TACET_DROP_NONE) {
        return drop;
    }
    if (!admit(r, config, now, path, packet, &proven, &ask, &place)) {
        if (ask) {
            tacet_cookie_write(&r->cookies, &config->random, now, path, &hint, packet, reply);
            *ret_size = TACET_COOKIE_SIZE;
        }
        return TACET_DROP_RATE;
    }
    const uint32_t indices[2] = { draw_index(r, config), tacet_handshake_index(packet, size, 0) };
    drop = answer(&noise, config, &hint, packet, indices, profile, mac1_key, written);
    if (drop == TACET_DROP_NONE) {
        if (place != NULL) {
            sodium_memzero(place, sizeof(*place));
        }
        entry = tacet_half_open_add(r, now, path);
        entry->answered_at_us = now;
        entry->proven = proven;
        entry->index_local = indices[0];
        entry->index_remote = indices[1];
        entry->profile = profile;
        entry->noise = noise;
        memcpy(entry->mac1_key, mac1_key, sizeof(mac1_key));
        memcpy(entry->init, packet, sizeof(entry->init));
        memcpy(entry->resp, written, sizeof(written));
        memcpy(reply, written, sizeof(written));
        *ret_size = sizeof(written);
    }
    tacet_noise_wipe(&noise);
    return drop;
}

/* --- FIN --- */

/* Everything about FIN that needs no secret. */
static enum tacet_drop check_fin(const struct tacet_half_open *entry,
                                 const uint8_t packet[TACET_FIN_SIZE])
{
    if (!tacet_mac_verify(entry->mac1_key, packet, TACET_FIN_MAC1, packet + TACET_FIN_MAC1)) {
        return TACET_DROP_AUTH;
    }
    if (!tacet_handshake_header_valid(packet, TACET_FIN_SIZE, TACET_PACKET_FIN)) {
        return TACET_DROP_MALFORMED;
    }
    if (entry->done) {
        return sodium_memcmp(entry->fin_mac1, packet + TACET_FIN_MAC1, TACET_MAC_SIZE) == 0
                   ? TACET_DROP_REPLAY
                   : TACET_DROP_AUTH;
    }
    return TACET_DROP_NONE;
}

/* Reads FIN on a copy of the entry's state and identifies the caller. *ret_authentic: it comes from
 * who made the INIT, whatever else may be wrong with it. */
static enum tacet_drop read_fin(const struct tacet_half_open *entry,
                                const struct tacet_handshake_config *config,
                                const uint8_t packet[TACET_FIN_SIZE],
                                struct tacet_handshake_result *result, bool *ret_authentic)
{
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    struct tacet_opening opening;
    struct tacet_noise noise = entry->noise;
    enum tacet_drop drop = TACET_DROP_AUTH;

    /* -> s, se */
    if (tacet_noise_read_fin(&noise, packet, TACET_FIN_HEADER, packet + TACET_FIN_S,
                             packet + TACET_FIN_PAYLOAD, TACET_FIN_PAYLOAD_SIZE, plain) != 0) {
        goto out;
    }
    *ret_authentic = true;
    if (sodium_memcmp(noise.rs, noise.s_public, TACET_NOISE_KEY) == 0) {
        drop = TACET_DROP_STATE; /* our own static, reflected */
        goto out;
    }
    if (!tacet_opening_read(plain, &opening)) {
        drop = TACET_DROP_MALFORMED;
        goto out;
    }
    drop = tacet_handshake_identify(config, opening.certificate, opening.certificate_size, noise.rs,
                                    &result->peer);
    if (drop == TACET_DROP_NONE) {
        drop = tacet_handshake_judge(config, NULL, opening.certificate, opening.certificate_size,
                                     &result->peer);
    }
    if (drop != TACET_DROP_NONE) {
        goto out;
    }
    memcpy(result->commitment, opening.commitment, sizeof(result->commitment));
    memcpy(result->call_id, opening.call_id, sizeof(result->call_id));
    result->media_bits = opening.media_bits;
    memcpy(result->h, noise.h, sizeof(result->h));
    tacet_noise_export(&noise, result->exporter);
out:
    tacet_noise_wipe(&noise);
    sodium_memzero(plain, sizeof(plain));
    return drop;
}

/* No other FIN is read on this handshake. It stays, so that its messages are known again. */
static void close_entry(struct tacet_half_open *entry, const uint8_t packet[TACET_FIN_SIZE])
{
    memcpy(entry->fin_mac1, packet + TACET_FIN_MAC1, sizeof(entry->fin_mac1));
    tacet_noise_wipe(&entry->noise);
    entry->done = true;
}

enum tacet_drop tacet_responder_consume_fin(struct tacet_responder *r,
                                            const struct tacet_handshake_config *config,
                                            int64_t now, const struct tacet_path *path,
                                            const uint8_t *packet, size_t size,
                                            struct tacet_handshake_result *ret,
                                            uint32_t *ret_index_local)
{
    struct tacet_handshake_result result = { 0 };
    bool authentic = false;

    if (size != TACET_FIN_SIZE) {
        return TACET_DROP_SHORT;
    }
    tacet_responder_expire(r, now);
    struct tacet_half_open *entry =
        tacet_half_open_by_index(r, path, tacet_handshake_index(packet, size, 0));
    if (entry == NULL) {
        return TACET_DROP_UNKNOWN;
    }
    enum tacet_drop drop = check_fin(entry, packet);
    if (drop == TACET_DROP_REPLAY) {
        *ret_index_local = entry->index_local;
    }
    if (drop != TACET_DROP_NONE) {
        return drop;
    }
    drop = read_fin(entry, config, packet, &result, &authentic);
    if (authentic) {
        /* Also where it is refused: each try to pass costs its sender a handshake of its own. */
        close_entry(entry, packet);
    }
    if (drop == TACET_DROP_NONE) {
        result.profile = entry->profile;
        result.index_local = entry->index_local;
        result.index_remote = entry->index_remote;
        result.started_at_us = entry->at_us;
        result.answered_at_us = entry->answered_at_us;
        *ret = result;
        *ret_index_local = entry->index_local;
    }
    sodium_memzero(&result, sizeof(result));
    return drop;
}
