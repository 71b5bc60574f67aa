/* See notices.h; and the mark that the user sets in a running call. */
#include "call/notices.h"

#include "call/call.h"
#include "tacet/trust.h"

#include <sodium.h>
#include <string.h>

static void tell(struct tacet_call *call, uint32_t peer, enum tacet_notice notice,
                 const struct tacet_public_identity *identity)
{
    struct tacet_event event = { .type = TACET_EVENT_TRUST, .peer = peer };

    event.u.trust.notice = notice;
    event.u.trust.identity = *identity;
    tacet_events_push(&call->events, &event);
}

/* Whether one more may be told: who is refused often must not push out what others have caused. */
static bool may_tell(const struct tacet_call *call, const struct tacet_refusals *told, int64_t now,
                     uint32_t peer)
{
    int64_t first_us = told->at_us[told->count % TACET_REFUSALS_MAX];

    return (told->count < TACET_REFUSALS_MAX || now - first_us >= TACET_REFUSALS_US) &&
           tacet_events_waiting(&call->events, TACET_EVENT_TRUST, peer) < TACET_REFUSALS_MAX;
}

void tacet_notices_refused(struct tacet_call *call, int64_t now, uint32_t peer)
{
    struct tacet_refusal *refusal = &call->refusal;
    struct tacet_refusals *told = &call->refusals[peer == TACET_NO_PEER ? 0 : 1];

    if (refusal->notice == TACET_NOTICE_NONE) {
        return;
    }
    /* The same message comes again and again. */
    bool same = refusal->notice == told->last.notice && peer == told->last_peer &&
                memcmp(refusal->identity.key, told->last.identity.key, TACET_KEY_SIZE) == 0;
    if (!same && may_tell(call, told, now, peer)) {
        tell(call, peer, refusal->notice, &refusal->identity);
        told->last = *refusal;
        told->last_peer = peer;
        told->at_us[told->count % TACET_REFUSALS_MAX] = now;
        told->count++;
    }
    refusal->notice = TACET_NOTICE_NONE;
}

void tacet_notices_accepted(struct tacet_call *call, const struct tacet_peer *peer)
{
    if (tacet_policy_stale(&call->handshake.policy, call->handshake.unix_now)) {
        tell(call, peer->id, TACET_NOTICE_STALE, &peer->identity);
    }
}

void tacet_notices_answered(struct tacet_call *call, const struct tacet_peer *peer)
{
    const struct tacet_trust_table *trust = call->config.trust;

    /* What calls in is never offered: its name is a claim. */
    if (peer->caller &&
        (trust == NULL || tacet_trust_find_key(trust, peer->identity.key) == NULL)) {
        tell(call, peer->id, TACET_NOTICE_OFFER, &peer->identity);
    }
}

void tacet_notices_asked(struct tacet_call *call)
{
    struct tacet_policy *policy = &call->handshake.policy;

    policy->asked_count = 0;
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        const struct tacet_peer *peer = &call->peers[i];
        bool by_ticket = peer->caller && peer->by_ticket && peer->state != TACET_PEER_FREE &&
                         peer->state <= TACET_PEER_RINGING;
        if (by_ticket) {
            memcpy(policy->asked[policy->asked_count], peer->asked_key, TACET_KEY_SIZE);
            policy->asked_count++;
        }
    }
}

int tacet_call_set_verified(struct tacet_call *call, int64_t now, uint32_t peer)
{
    struct tacet_peer *p = tacet_call_find(call, peer);

    (void)now;
    if (p == NULL) {
        return TACET_ERR_NOTFOUND;
    }
    if (p->state != TACET_PEER_CONNECTED) {
        return TACET_ERR_STATE;
    }
    if (p->identity.trust != TACET_TRUST_VERIFIED) {
        p->identity.trust = TACET_TRUST_VERIFIED;
        tell(call, p->id, TACET_NOTICE_VERIFIED, &p->identity);
    }
    return 0;
}
