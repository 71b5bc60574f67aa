/* See glare.h. There are few peers: each question is a scan. */
#include "call/glare.h"

#include "call/call.h"
#include "tacet/trust.h"

#include <string.h>

/* Whether `incoming` is who is dialled by that name. Its own word is not enough, since our dialling
 * is the answer: the contact of that name must have its key, or a CA have signed the name. */
static bool has_name(const struct tacet_call *call, const struct tacet_peer *incoming,
                     const char *name)
{
    const struct tacet_trust_table *trust = call->config.trust;
    const struct tacet_trust_entry *entry = trust != NULL ? tacet_trust_find(trust, name) : NULL;

    if (strcmp(incoming->identity.name, name) != 0) {
        return false;
    }
    return entry != NULL ? memcmp(entry->key, incoming->identity.key, TACET_KEY_SIZE) == 0
                         : incoming->identity.trust == TACET_TRUST_CERTIFIED;
}

/* Whether our own, still unanswered call `own` goes to who made `incoming`. Before RESP only the
 * hint says whom it is for. */
static bool same_party(const struct tacet_call *call, const struct tacet_peer *own,
                       const struct tacet_peer *incoming)
{
    const struct tacet_callee *hint = &own->initiator.hint;

    switch (own->state) {
    case TACET_PEER_DIALLING:
        return (hint->hint == TACET_HINT_KEY &&
                memcmp(hint->key, incoming->identity.key, TACET_KEY_SIZE) == 0) ||
               (hint->hint == TACET_HINT_NAME && has_name(call, incoming, hint->name));
    case TACET_PEER_CONFIRMING:
    case TACET_PEER_RINGING:
        return memcmp(own->identity.key, incoming->identity.key, TACET_KEY_SIZE) == 0;
    case TACET_PEER_FREE:
    case TACET_PEER_ANSWERED:
    case TACET_PEER_CONNECTED:
    case TACET_PEER_ENDING:
    case TACET_PEER_STATE_COUNT:
        break;
    }
    return false;
}

struct tacet_peer *tacet_glare_rival(const struct tacet_call *call,
                                     const struct tacet_peer *incoming)
{
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        struct tacet_peer *own = &call->peers[i];
        if (own->state != TACET_PEER_FREE && own->caller && same_party(call, own, incoming)) {
            return own;
        }
    }
    return NULL;
}

static bool waits(const struct tacet_peer *peer)
{
    return peer->held &&
           (peer->state == TACET_PEER_CONFIRMING || peer->state == TACET_PEER_RINGING);
}

/* The held call comes to light, answered. */
static void release(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    struct tacet_event event = { .type = TACET_EVENT_ESTABLISHED, .peer = peer->id };

    peer->held = false;
    if (peer->established) {
        event.u.incoming = peer->identity;
        tacet_events_push(&call->events, &event);
    }
    tacet_peer_answer_at_last(call, peer, now);
}

void tacet_glare_resolve(struct tacet_call *call, int64_t now)
{
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        struct tacet_peer *held = &call->peers[i];
        if (!waits(held)) {
            continue;
        }
        struct tacet_peer *own = tacet_glare_rival(call, held);
        bool held_wins =
            memcmp(held->identity.key, call->config.identity->ed_public, TACET_KEY_SIZE) < 0;
        if (own != NULL && held_wins && held->established) {
            tacet_peer_end(call, own, now, TACET_MESSAGE_HANGUP, TACET_END_GLARE);
        } else if (own != NULL && !held_wins && own->established) {
            tacet_peer_end(call, held, now, TACET_MESSAGE_HANGUP, TACET_END_GLARE);
        }
    }
}

/* The i-th peer, if it is held for a call that is no more. */
static bool orphaned(const struct tacet_call *call, int i)
{
    return waits(&call->peers[i]) && tacet_glare_rival(call, &call->peers[i]) == NULL;
}

uint32_t tacet_glare_successor(const struct tacet_call *call, const struct tacet_peer *ended)
{
    for (int i = 0; ended->caller && i < TACET_PEERS_MAX; i++) {
        if (orphaned(call, i)) {
            return call->peers[i].id;
        }
    }
    return TACET_NO_PEER;
}

void tacet_glare_on_ended(struct tacet_call *call, const struct tacet_peer *ended, int64_t now,
                          bool given_up)
{
    bool answered = false;

    for (int i = 0; ended->caller && i < TACET_PEERS_MAX; i++) {
        struct tacet_peer *held = &call->peers[i];
        if (!orphaned(call, i)) {
            continue;
        }
        if (given_up) {
            tacet_peer_end(call, held, now, TACET_MESSAGE_DECLINE, TACET_END_DECLINED);
        } else if (!answered) {
            answered = true;
            release(call, held, now);
        } else {
            tacet_peer_end(call, held, now, TACET_MESSAGE_HANGUP, TACET_END_GLARE);
        }
    }
}
