/*
 * How a peer begins: INIT, COOKIE, RESP and FIN, on the caller's side and on the callee's. What the
 * messages hold is the business of handshake.h; from the first keys on see peer.c.
 */
#include "call/peer.h"

#include "call/call.h"
#include "call/glare.h"
#include "call/handshake_layout.h"
#include "call/notices.h"
#include "crypto/words.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* --- the caller's beginning --- */

/* What a round trip is taken for at least if several INITs were sent. */
#define SEVERAL_LEAST_US (TACET_INIT_RETRY_US * 3 / 4)

/* When INIT or FIN goes out again: first its copy, where there is to be one. */
static void schedule(struct tacet_call *call, struct tacet_peer *peer, int64_t now, bool twice,
                     int64_t most_us)
{
    peer->copied = twice && !peer->copied;
    if (peer->copied) {
        tacet_timers_set(&peer->timers, TACET_TIMER_HANDSHAKE, now + TACET_COPY_US);
        return;
    }
    tacet_timers_set(&peer->timers, TACET_TIMER_HANDSHAKE,
                     now + tacet_peer_jitter(call, peer->retry_us));
    peer->retry_us = peer->retry_us * 3 / 2;
    peer->retry_us = peer->retry_us < most_us ? peer->retry_us : most_us;
}

/* To one of the paths, with the mac2 that its cookie gives, or zero. */
static void send_init_to(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                         size_t which)
{
    uint8_t init[TACET_INIT_SIZE];

    memcpy(init, peer->initiator.init, TACET_INIT_MAC2);
    memcpy(init + TACET_INIT_MAC2, peer->cookies[which].mac2, TACET_MAC_SIZE);
    tacet_queue_copy(&call->queue, init, sizeof(init), &peer->dialled[which]);
    peer->init_sent_at_us = now;
}

static void send_init(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    for (size_t i = 0; i < peer->dialled_count; i++) {
        send_init_to(call, peer, now, i);
        peer->cookies[i].waiting = true;
    }
    peer->init_count++;
    schedule(call, peer, now, peer->init_count > TACET_INITS_ALONE, TACET_INIT_RETRY_MAX_US);
}

int tacet_peer_dial(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                    const struct tacet_callee *who, const struct tacet_path *paths,
                    size_t path_count)
{
    int result = tacet_initiator_start(&peer->initiator, &call->handshake, who);

    if (result != 0) {
        return result;
    }
    peer->state = TACET_PEER_DIALLING;
    peer->caller = true;
    peer->by_ticket = who->hint == TACET_HINT_KEY;
    memcpy(peer->asked_key, who->key, sizeof(peer->asked_key));
    peer->started_at_us = now;
    memcpy(peer->dialled, paths, path_count * sizeof(*paths));
    peer->dialled_count = path_count;
    peer->retry_us = TACET_INIT_RETRY_US;
    tacet_timers_init(&peer->timers);
    tacet_timers_set(&peer->timers, TACET_TIMER_GIVE_UP, now + TACET_DIAL_TIMEOUT_US);
    call->config.random.fill(call->config.random.ctx, peer->n_i, sizeof(peer->n_i));
    tacet_words_commit(peer->n_i, peer->commitment);
    send_init(call, peer, now);
    return 0;
}

enum tacet_drop tacet_peer_on_cookie(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                     const struct tacet_path *path, const uint8_t *packet,
                                     size_t size)
{
    assert(peer->state == TACET_PEER_DIALLING);
    for (size_t i = 0; i < peer->dialled_count; i++) {
        if (!tacet_path_equal(&peer->dialled[i], path)) {
            continue;
        }
        enum tacet_drop drop =
            tacet_cookie_consume(&peer->cookies[i], &peer->initiator, packet, size);
        if (drop == TACET_DROP_NONE) {
            /* The answer waits for no cookie of its own: who asks for one again and again gets it
             * at the pace of the retransmissions. */
            send_init_to(call, peer, now, i);
            peer->init_count++;
        }
        return drop;
    }
    return TACET_DROP_UNKNOWN; /* nothing was sent there */
}

/* What both sides set up once the handshake has given its keys. `round_trip_us` is what it makes of
 * that, 0: nothing; where it is short, another copy of a packet keeps nothing else waiting. */
static void begin_keys(struct tacet_peer *peer, int64_t now, const struct tacet_path *path,
                       const struct tacet_handshake_result *result, int64_t round_trip_us)
{
    peer->state = TACET_PEER_CONFIRMING;
    peer->path = *path;
    peer->index_local = result->index_local;
    peer->identity = result->peer;
    memcpy(peer->h, result->h, sizeof(peer->h));
    tacet_control_init(&peer->control, result->index_remote);
    peer->control.round_trip_guess_us = round_trip_us;
    tacet_control_send_twice(&peer->control,
                             round_trip_us > 0 && round_trip_us <= TACET_COPY_ROUND_TRIP_US);
    tacet_rekey_init(&peer->rekey, &tacet_kem_xwing, peer->caller, result->profile,
                     result->exporter, result->h, &peer->control);
    peer->opening_us = now - peer->started_at_us;
    peer->last_received_at_us = now;
    peer->last_sent_at_us = now;
    tacet_timers_set(&peer->timers, TACET_TIMER_KEEPALIVE, now + TACET_KEEPALIVE_US);
    tacet_timers_set(&peer->timers, TACET_TIMER_SILENCE, now + TACET_RECONNECTING_US);
    tacet_timers_set(&peer->timers, TACET_TIMER_CONFIRM, now + TACET_REKEY_CONFIRM_US);
}

/* To every path that was dialled: RESP proves who made it and not where it came from. */
static void send_fin(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    for (size_t i = 0; i < peer->dialled_count; i++) {
        tacet_queue_copy(&call->queue, peer->fin, TACET_FIN_SIZE, &peer->dialled[i]);
    }
    schedule(call, peer, now, peer->control.twice_end > 0, TACET_CONTROL_RETRY_MAX_US);
}

void tacet_peer_send_handshake(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    if (peer->state == TACET_PEER_DIALLING) {
        send_init(call, peer, now);
    } else {
        send_fin(call, peer, now);
    }
}

/* Where the rest goes until something authenticated has come: never where nobody has dialled, for
 * whoever saw RESP can send a copy from there. */
static const struct tacet_path *path_of_resp(const struct tacet_peer *peer,
                                             const struct tacet_path *from)
{
    for (size_t i = 0; i < peer->dialled_count; i++) {
        if (tacet_path_equal(&peer->dialled[i], from)) {
            return &peer->dialled[i];
        }
    }
    return &peer->dialled[0];
}

/* After more than one INIT the last one may be too short ago, if RESP answers an earlier one: where
 * a round trip is a little longer than the first wait, all that follows would go out again at once.
 */
static int64_t round_trip_of_resp(const struct tacet_peer *peer, int64_t now)
{
    int64_t last_us = now - peer->init_sent_at_us;

    return peer->init_count > 1 && last_us < SEVERAL_LEAST_US ? SEVERAL_LEAST_US : last_us;
}

enum tacet_drop tacet_peer_on_resp(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                   const struct tacet_path *path, const uint8_t *packet,
                                   size_t size)
{
    struct tacet_handshake_result result;
    uint8_t call_id[TACET_CALL_ID_SIZE];
    uint16_t media_bits =
        (uint16_t)((call->config.media.audio ? 1u : 0u) | (call->config.media.video ? 2u : 0u));

    call->config.random.fill(call->config.random.ctx, call_id, sizeof(call_id));
    enum tacet_drop drop = tacet_initiator_consume_resp(&peer->initiator, &call->handshake, packet,
                                                        size, peer->commitment, call_id, media_bits,
                                                        peer->fin, &result, &peer->other_answered);
    if (drop != TACET_DROP_NONE) {
        tacet_notices_refused(call, now, peer->id);
        return drop;
    }
    int64_t round_trip_us = round_trip_of_resp(peer, now);
    peer->retry_us = peer->init_count > 1 ? TACET_INIT_RETRY_US : round_trip_us * 3 / 2;
    if (peer->retry_us < TACET_CONTROL_RETRY_MIN_US) {
        peer->retry_us = TACET_CONTROL_RETRY_MIN_US;
    }
    begin_keys(peer, now, path_of_resp(peer, path), &result, round_trip_us);
    peer->unsettled = true;
    peer->copied = false;
    sodium_memzero(&result, sizeof(result));
    send_fin(call, peer, now);
    tacet_notices_accepted(call, peer);
    /* The window is empty: these two always fit. */
    tacet_peer_begin_rekey(call, peer, now);
    (void)tacet_peer_send_media(call, peer, now);
    return TACET_DROP_NONE;
}

/* --- the callee's beginning --- */

/* Declined as busy, and the app does not hear of it. */
static void turn_away(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    peer->turned_away = true;
    tacet_peer_end(call, peer, now, TACET_MESSAGE_DECLINE, TACET_END_BUSY);
}

void tacet_peer_on_fin(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                       const struct tacet_path *path, const struct tacet_handshake_result *result)
{
    struct tacet_event event = { .type = TACET_EVENT_INCOMING, .peer = peer->id };

    tacet_timers_init(&peer->timers);
    peer->started_at_us = result->started_at_us;
    memcpy(peer->commitment, result->commitment, sizeof(peer->commitment));
    /* A long one may be that of several FINs, of which all but one were lost. */
    int64_t round_trip_us = now - result->answered_at_us + 1;
    begin_keys(peer, now, path, result,
               round_trip_us <= TACET_COPY_ROUND_TRIP_US ? round_trip_us : 0);
    int64_t patience_us = call->config.no_answer_us;
    patience_us =
        patience_us < TACET_UNANSWERED_TIMEOUT_US ? patience_us : TACET_UNANSWERED_TIMEOUT_US;
    tacet_timers_set(&peer->timers, TACET_TIMER_GIVE_UP, now + patience_us);
    /* The window is empty: these always fit. */
    (void)tacet_peer_send_media(call, peer, now);
    if (!tacet_admission_may_wait(call, peer)) {
        turn_away(call, peer, now);
        return;
    }
    peer->held = tacet_glare_rival(call, peer) != NULL;
    if (peer->held) {
        tacet_glare_resolve(call, now);
        return;
    }
    if (!tacet_admission_ring(&call->rings, now, peer)) {
        turn_away(call, peer, now);
        return;
    }
    (void)tacet_peer_send(call, peer, now, TACET_MESSAGE_RING, NULL, 0);
    event.u.incoming = peer->identity;
    tacet_events_push(&call->events, &event);
    tacet_notices_accepted(call, peer);
}
