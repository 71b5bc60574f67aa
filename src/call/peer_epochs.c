/* When a peer's keys are renewed: at whose wish, and not too often. What an epoch is, is rekey.h.
 */
#include "call/call.h"
#include "call/peer.h"

#include <assert.h>

void tacet_peer_begin_rekey(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    uint8_t rekey1[TACET_KEM_PUBLIC_MAX];

    assert(peer->caller);
    if (peer->rekey.exchanging || !peer->rekey.confirmed) {
        return; /* never n+2 before n+1; its confirmation sets the timer again */
    }
    size_t size = tacet_rekey_begin(&peer->rekey, &call->config.random, rekey1);
    tacet_timers_set(&peer->timers, TACET_TIMER_CONFIRM, now + TACET_REKEY_CONFIRM_US);
    (void)tacet_peer_send(call, peer, now, TACET_MESSAGE_REKEY1, rekey1, size);
}

void tacet_peer_want_rekey(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    if (peer->rekey.epoch == 0) {
        return; /* the first is under way */
    }
    if (peer->caller) {
        int64_t at = peer->rekeyed_at_us + TACET_REKEY_APART_US;
        tacet_timers_set_earlier(&peer->timers, TACET_TIMER_REKEY, at > now ? at : now);
    } else if (peer->rekey_asked != peer->rekey.epoch) {
        peer->rekey_asked = peer->rekey.epoch;
        (void)tacet_peer_send(call, peer, now, TACET_MESSAGE_REKEY_REQ, NULL, 0);
    }
}
