/*
 * RESP from someone who knows the hint, and from someone who answers in the callee's place
 * (handshake_world.h tells how the input is read). What is dropped leaves no trace; what is taken
 * is by who was asked for.
 */
#include "handshake_world.h"

#include <sodium.h>
#include <string.h>

#define CERTIFICATE_AT 6 /* in payload2 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give(struct world *w, uint8_t mode, const uint8_t *packet)
{
    static const uint8_t zeros[32];
    const struct tacet_handshake_config *config = &w->config[WORLD_CALLER];
    struct tacet_initiator before = w->initiator;
    struct tacet_handshake_result result;
    uint8_t fin[TACET_FIN_SIZE];
    bool other = false;

    enum tacet_drop drop = tacet_initiator_consume_resp(
        &w->initiator, config, packet, TACET_RESP_SIZE - ((mode & WORLD_MODE_CUT) != 0), zeros,
        zeros, 3, fin, &result, &other);
    if (drop != TACET_DROP_NONE) {
        CHECK(memcmp(&w->initiator, &before, sizeof(before)) == 0);
        return;
    }
    /* Only a payload that was sealed again may differ from the genuine RESP. */
    CHECK(!other && sodium_is_zero((const uint8_t *)&w->initiator, sizeof(w->initiator)));
    CHECK((mode & WORLD_MODE_INSIDE) != 0 || memcmp(packet, w->resp, TACET_RESP_SIZE) == 0);
    CHECK(tacet_profile_in(before.profiles, before.profile_count, result.profile));
    enum world_party by = (mode & WORLD_MODE_INSIDE) != 0
                              ? world_sealed_by(mode, WORLD_CALLEE, WORLD_CALLER)
                              : WORLD_CALLEE;
    const struct tacet_identity *who = w->config[by].identity;
    CHECK(by != WORLD_CALLER && (mode & WORLD_MODE_CUT) == 0);
    CHECK(memcmp(result.peer.key, who->ed_public, 32) == 0);
    CHECK(w->hint.hint != TACET_HINT_KEY || memcmp(result.peer.key, w->hint.key, 32) == 0);
    CHECK(w->hint.hint != TACET_HINT_NAME || strcmp(result.peer.name, w->hint.name) == 0);
    CHECK((result.peer.trust == TACET_TRUST_PINNED) == (w->hint.hint == TACET_HINT_KEY));
    w->initiator = before;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t packet[TACET_RESP_SIZE];

    if (size == 0) {
        return 0;
    }
    struct world *w = world_get(data[0]);
    const struct world_message resp = {
        .genuine = w->resp,
        .size = sizeof(w->resp),
        .mac1_at = TACET_RESP_MAC1,
        .certificate_at = CERTIFICATE_AT,
        .from = WORLD_CALLEE,
        .to = WORLD_CALLER,
        .sealers = w->sealer_resp,
        .seal = world_seal_resp,
    };
    world_forge(w, &resp, data, size, packet);
    give(w, data[0], packet);
    return 0;
}
