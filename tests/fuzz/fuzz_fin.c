/*
 * FIN from someone who knows the hint, and from callers with a good identity who put anything into
 * it (handshake_world.h tells how the input is read). What is forged leaves no trace; of what is
 * well sealed one is read and no more, and what is taken is by who sealed it.
 */
#include "handshake_world.h"

#include <sodium.h>
#include <string.h>

#define CERTIFICATE_AT (TACET_SAS_COMMITMENT + TACET_CALL_ID_SIZE + 4) /* in payload3 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum tacet_drop give(struct world *w, uint8_t mode, const uint8_t *packet,
                            struct tacet_handshake_result *ret, uint32_t *ret_index)
{
    return tacet_responder_consume_fin(&w->responder, &w->config[WORLD_CALLEE], 2, &w->path, packet,
                                       TACET_FIN_SIZE - ((mode & WORLD_MODE_CUT) != 0), ret,
                                       ret_index);
}

static void check(struct world *w, uint8_t mode, const uint8_t *packet)
{
    bool inside = (mode & WORLD_MODE_INSIDE) != 0;
    enum world_party by = inside ? world_sealed_by(mode, WORLD_CALLER, WORLD_CALLEE) : WORLD_CALLER;
    struct tacet_handshake_result result, again;
    struct tacet_half_open *entry = &w->responder.entries[0];
    uint32_t index = 0;

    if (give(w, mode, packet, &result, &index) != TACET_DROP_NONE) {
        if (!inside || (mode & WORLD_MODE_CUT) != 0) {
            CHECK(memcmp(entry, &w->entry, sizeof(*entry)) == 0);
            return;
        }
        /* Well sealed, so by who made the INIT: the handshake is over all the same. */
        CHECK(entry->done && sodium_is_zero((const uint8_t *)&entry->noise, sizeof(entry->noise)));
        CHECK(give(w, mode, packet, &again, &index) == TACET_DROP_REPLAY);
        CHECK(give(w, mode, w->fin, &again, &index) == TACET_DROP_AUTH);
        *entry = w->entry;
        return;
    }
    CHECK(by != WORLD_CALLEE && (mode & WORLD_MODE_CUT) == 0);
    CHECK(inside || memcmp(packet, w->fin, TACET_FIN_SIZE) == 0);
    CHECK(entry->done && index == entry->index_local);
    CHECK(memcmp(result.peer.key, w->config[by].identity->ed_public, 32) == 0);
    CHECK(result.peer.trust == TACET_TRUST_UNVERIFIED);
    CHECK(give(w, mode, packet, &again, &index) == TACET_DROP_REPLAY);
    CHECK(memcmp(packet, w->fin, TACET_FIN_SIZE) == 0 ||
          give(w, mode, w->fin, &again, &index) == TACET_DROP_AUTH);
    *entry = w->entry;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t packet[TACET_FIN_SIZE];

    if (size == 0) {
        return 0;
    }
    struct world *w = world_get(data[0]);
    const struct world_message fin = {
        .genuine = w->fin,
        .size = sizeof(w->fin),
        .mac1_at = TACET_FIN_MAC1,
        .certificate_at = CERTIFICATE_AT,
        .from = WORLD_CALLER,
        .to = WORLD_CALLEE,
        .sealers = w->sealer_fin,
        .seal = world_seal_fin,
    };
    world_forge(w, &fin, data, size, packet);
    check(w, data[0], packet);
    return 0;
}
