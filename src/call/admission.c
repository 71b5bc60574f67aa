/* See admission.h. Who waits stands in the peers themselves; only past rings are remembered here.
 */
#include "call/admission.h"

#include "call/call.h"

#include <assert.h>
#include <string.h>

static bool unanswered(const struct tacet_peer *peer)
{
    return !peer->caller && !peer->turned_away &&
           (peer->state == TACET_PEER_CONFIRMING || peer->state == TACET_PEER_RINGING);
}

bool tacet_admission_may_wait(const struct tacet_call *call, const struct tacet_peer *peer)
{
    size_t count = 0;

    assert(!peer->caller);
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        const struct tacet_peer *other = &call->peers[i];
        if (other == peer || !unanswered(other)) {
            continue;
        }
        count++;
        if (memcmp(other->identity.key, peer->identity.key, TACET_KEY_SIZE) == 0) {
            return false;
        }
    }
    return count < TACET_UNANSWERED_MAX;
}

bool tacet_admission_ring(struct tacet_rings *rings, int64_t now, const uint8_t key[TACET_KEY_SIZE])
{
    int free_at = -1;

    for (int i = 0; i < TACET_RINGS_MAX; i++) {
        bool recent = rings->of[i].used && now - rings->of[i].at_us < TACET_RING_APART_US;
        if (!recent) {
            free_at = i;
        } else if (memcmp(rings->of[i].key, key, TACET_KEY_SIZE) == 0) {
            return false;
        }
    }
    if (free_at < 0) {
        return false;
    }
    rings->of[free_at].used = true;
    rings->of[free_at].at_us = now;
    memcpy(rings->of[free_at].key, key, TACET_KEY_SIZE);
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
