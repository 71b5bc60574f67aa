/* See admission.h. Who waits stands in the peers themselves; only past rings are remembered here.
 */
#include "call/admission.h"

#include "call/call.h"
#include "call/source.h"

#include <assert.h>
#include <string.h>

static bool unanswered(const struct tacet_peer *peer)
{
    return !peer->caller && !peer->turned_away &&
           (peer->state == TACET_PEER_CONFIRMING || peer->state == TACET_PEER_RINGING);
}

/* Nobody vouches for it but its own word: it may be one of any number, made a moment ago. */
static bool is_stranger(const struct tacet_peer *peer)
{
    return peer->identity.trust == TACET_TRUST_UNVERIFIED;
}

bool tacet_admission_may_wait(const struct tacet_call *call, const struct tacet_peer *peer)
{
    size_t count = 0;
    size_t strangers = 0;
    size_t of_source = 0;

    assert(!peer->caller);
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        const struct tacet_peer *other = &call->peers[i];
        if (other == peer || !unanswered(other)) {
            continue;
        }
        count++;
        if (is_stranger(other)) {
            strangers++;
            of_source += tacet_source_same(&other->path, &peer->path);
        }
        if (memcmp(other->identity.key, peer->identity.key, TACET_KEY_SIZE) == 0) {
            return false;
        }
    }
    return count < TACET_UNANSWERED_MAX &&
           (!is_stranger(peer) || (strangers < TACET_UNANSWERED_STRANGERS_MAX &&
                                   of_source < TACET_UNANSWERED_SOURCE_MAX));
}

bool tacet_admission_ring(struct tacet_rings *rings, int64_t now, const struct tacet_peer *peer)
{
    struct tacet_ring_past *place = NULL;
    size_t strangers = 0;
    size_t of_source = 0;

    for (int i = 0; i < TACET_RINGS_MAX; i++) {
        struct tacet_ring_past *past = &rings->of[i];
        if (!past->used || now - past->at_us >= TACET_RING_APART_US) {
            place = past;
            continue;
        }
        if (memcmp(past->key, peer->identity.key, TACET_KEY_SIZE) == 0) {
            return false;
        }
        if (past->stranger) {
            strangers++;
            of_source += tacet_source_same(&past->path, &peer->path);
        }
    }
    if (place == NULL || (is_stranger(peer) && (strangers >= TACET_RINGS_STRANGERS_MAX ||
                                                of_source >= TACET_RINGS_SOURCE_MAX))) {
        return false;
    }
    *place = (struct tacet_ring_past){
        .used = true,
        .stranger = is_stranger(peer),
        .at_us = now,
        .path = peer->path,
    };
    memcpy(place->key, peer->identity.key, TACET_KEY_SIZE);
    return true;
}

void tacet_admission_answered(struct tacet_rings *rings, const uint8_t key[TACET_KEY_SIZE])
{
    for (int i = 0; i < TACET_RINGS_MAX; i++) {
        if (memcmp(rings->of[i].key, key, TACET_KEY_SIZE) == 0) {
            rings->of[i].used = false;
        }
    }
}
