/*
 * See peer.h: the life of a peer. Every change of state is made here; what its timers do when they
 * fire stands in peer_timers.c.
 */
#include "call/peer.h"

#include "call/call.h"
#include "call/glare.h"
#include "call/handshake_layout.h"
#include "call/message.h"
#include "call/notices.h"
#include "crypto/words.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* --- small parts --- */

void tacet_peer_push(struct tacet_call *call, const struct tacet_peer *peer,
                     enum tacet_event_type type)
{
    struct tacet_event event = { .type = type, .peer = peer->id };

    tacet_events_push(&call->events, &event);
}

int64_t tacet_peer_jitter(struct tacet_call *call, int64_t interval_us)
{
    uint8_t chance[2];

    call->config.random.fill(call->config.random.ctx, chance, sizeof(chance));
    return interval_us * (900 + (chance[0] << 8 | chance[1]) % 201) / 1000;
}

bool tacet_peer_send(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                     enum tacet_message type, const uint8_t *body, size_t size)
{
    if (tacet_control_send(&peer->control, now, type, body, size) != 0) {
        tacet_peer_end_remote(call, peer, now, TACET_END_LOST);
        return false;
    }
    return true;
}

void tacet_peer_wipe(struct tacet_peer *peer)
{
    tacet_rekey_wipe(&peer->rekey);
    tacet_control_wipe(&peer->control);
    sodium_memzero(peer, sizeof(*peer));
}

/* --- the caller's beginning --- */

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
    peer->last_received_at_us = now;
    peer->last_sent_at_us = now;
    tacet_timers_set(&peer->timers, TACET_TIMER_KEEPALIVE, now + TACET_KEEPALIVE_US);
    tacet_timers_set(&peer->timers, TACET_TIMER_SILENCE, now + TACET_RECONNECTING_US);
    tacet_timers_set(&peer->timers, TACET_TIMER_CONFIRM, now + TACET_REKEY_CONFIRM_US);
}

static void send_fin(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    tacet_queue_copy(&call->queue, peer->fin, TACET_FIN_SIZE, &peer->path);
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
    /* After more than one INIT it may be too short, if RESP answers an earlier one; then what is
     * sent again backs off until it is not. */
    int64_t round_trip_us = now - peer->init_sent_at_us;
    peer->retry_us = round_trip_us * 3 / 2;
    if (peer->init_count > 1 && peer->retry_us > TACET_INIT_RETRY_US) {
        peer->retry_us = TACET_INIT_RETRY_US;
    }
    if (peer->retry_us < TACET_CONTROL_RETRY_MIN_US) {
        peer->retry_us = TACET_CONTROL_RETRY_MIN_US;
    }
    begin_keys(peer, now, path, &result, round_trip_us);
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
    if (!tacet_admission_ring(&call->rings, now, peer->identity.key)) {
        turn_away(call, peer, now);
        return;
    }
    (void)tacet_peer_send(call, peer, now, TACET_MESSAGE_RING, NULL, 0);
    event.u.incoming = peer->identity;
    tacet_events_push(&call->events, &event);
    tacet_notices_accepted(call, peer);
}

/* --- going on --- */

static void establish(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    struct tacet_event event = { .type = TACET_EVENT_ESTABLISHED, .peer = peer->id };

    peer->established = true;
    peer->established_at_us = now;
    peer->state = TACET_PEER_RINGING;
    if (peer->caller) {
        sodium_memzero(peer->fin, sizeof(peer->fin));
        tacet_timers_set(&peer->timers, TACET_TIMER_GIVE_UP, now + call->config.no_answer_us);
    }
    event.u.incoming = peer->identity;
    if (!peer->held) {
        tacet_events_push(&call->events, &event);
    }
    if (peer->answer_wanted) {
        tacet_peer_answer_at_last(call, peer, now);
    }
    tacet_glare_resolve(call, now);
}

void tacet_peer_on_authenticated(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                 uint32_t epoch)
{
    struct tacet_event event = { .type = TACET_EVENT_REKEYED, .peer = peer->id };

    peer->last_received_at_us = now;
    tacet_timers_stop(&peer->timers, TACET_TIMER_HANDSHAKE);
    if (peer->state == TACET_PEER_ENDING) {
        return;
    }
    tacet_timers_set(&peer->timers, TACET_TIMER_SILENCE, now + TACET_RECONNECTING_US);
    if (peer->reconnecting) {
        peer->reconnecting = false;
        tacet_peer_push(call, peer, TACET_EVENT_RECONNECTED);
        if (peer->state == TACET_PEER_CONNECTED) {
            tacet_peer_send_target(call, peer, now, TACET_REFRESH_KEY);
        }
    }
    if (!peer->established) {
        establish(call, peer, now);
    }
    if (peer->state == TACET_PEER_ENDING) {
        return; /* an early answer, or glare, has ended it: its keys are gone */
    }
    if (tacet_rekey_on_packet(&peer->rekey, &peer->control, epoch)) {
        peer->rekeyed_at_us = now;
        tacet_timers_stop(&peer->timers, TACET_TIMER_CONFIRM);
        tacet_timers_set(&peer->timers, TACET_TIMER_OLD_EPOCH, now + TACET_OLD_EPOCH_US);
        if (peer->caller) {
            tacet_timers_set(&peer->timers, TACET_TIMER_REKEY,
                             now + call->config.rekey_interval_us);
        }
        event.u.epoch = epoch;
        tacet_events_push(&call->events, &event);
        tacet_peer_connect(call, peer, now);
    }
}

int tacet_peer_answer(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    if (peer->caller ||
        (peer->state != TACET_PEER_CONFIRMING && peer->state != TACET_PEER_RINGING)) {
        return TACET_ERR_STATE;
    }
    if (call->session->used) {
        return TACET_ERR_BUSY;
    }
    if (peer->state == TACET_PEER_CONFIRMING) {
        /* The caller's first CTRL comes right behind its FIN: an answer waits for it. */
        peer->answer_wanted = true;
        return 0;
    }
    call->config.random.fill(call->config.random.ctx, peer->n_r, sizeof(peer->n_r));
    if (tacet_peer_send(call, peer, now, TACET_MESSAGE_ANSWER, peer->n_r, sizeof(peer->n_r))) {
        tacet_peer_answered(call, peer, now);
    }
    return 0;
}

void tacet_peer_answer_at_last(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    if (tacet_peer_answer(call, peer, now) == TACET_ERR_BUSY) {
        /* Another call was answered meanwhile; the app, which thinks of this one as answered, hears
         * the end of it. */
        tacet_peer_end(call, peer, now, TACET_MESSAGE_DECLINE, TACET_END_BUSY);
    }
}

void tacet_peer_answered(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    if (call->session->used) {
        tacet_peer_end(call, peer, now, TACET_MESSAGE_HANGUP, TACET_END_BUSY);
        return;
    }
    peer->state = TACET_PEER_ANSWERED;
    tacet_admission_answered(&call->rings, peer->identity.key);
    tacet_rtp_session_begin(call->session, &call->config.random, &peer->rekey, call->pool);
    peer->session = call->session;
    /* First timestamps are random a call (RFC 3550 section 5.1). */
    call->config.random.fill(call->config.random.ctx, (uint8_t *)call->timestamp_base,
                             sizeof(call->timestamp_base));
    /* What is still to come (ANSWER_ACK, REKEY2) is the machines' business, not a human's. */
    tacet_timers_set(&peer->timers, TACET_TIMER_GIVE_UP, now + TACET_REKEY_CONFIRM_US);
}

void tacet_peer_connect(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    struct tacet_event event = { .type = TACET_EVENT_ANSWERED, .peer = peer->id };

    if (peer->state != TACET_PEER_ANSWERED || peer->words[0] == '\0' ||
        tacet_rekey_sender(&peer->rekey) == NULL) {
        return;
    }
    peer->state = TACET_PEER_CONNECTED;
    peer->connected_at_us = now;
    tacet_control_send_twice(&peer->control, false);
    tacet_timers_stop(&peer->timers, TACET_TIMER_GIVE_UP);
    tacet_timers_set(&peer->timers, TACET_TIMER_REPORT,
                     now + tacet_peer_jitter(call, TACET_REPORT_INTERVAL_US));
    memcpy(event.u.answered.words, peer->words, sizeof(peer->words));
    event.u.answered.peer = peer->identity;
    tacet_events_push(&call->events, &event);
    tacet_notices_answered(call, peer);
    tacet_sending_begin(&peer->session->sending, now, call->pool, call->config.audio_bitrate_bps,
                        call->config.media.video ? call->config.video_bitrate_bps : 0,
                        peer->control.round_trip_us, tacet_packet_pair_bps(&peer->opening));
    tacet_peer_send_target(call, peer, now, TACET_REFRESH_KEY);
}

bool tacet_peer_send_media(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    uint8_t body[TACET_MEDIA_SIZE];

    tacet_media_write(&call->config.media, body);
    return tacet_peer_send(call, peer, now, TACET_MESSAGE_MEDIA, body, sizeof(body));
}

void tacet_peer_send_target(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                            enum tacet_refresh refresh)
{
    struct tacet_sending *sending = &peer->session->sending;
    struct tacet_event event = {
        .type = TACET_EVENT_SEND_TARGET,
        .peer = peer->id,
        .u.send_target = {
            .audio_bps = sending->audio_plan.bitrate_bps,
            .audio_packet_ms = sending->audio_plan.packet_ms,
            .video_bps = tacet_repair_media_bps(&peer->session->repair, sending->video_bps),
            .loss_permille = tacet_repair_tell(&peer->session->repair, sending->audio_plan.depth),
            .burst = tacet_repair_burst(&peer->session->repair),
            .refresh = refresh,
        },
    };

    tacet_sending_told(sending, now);
    tacet_events_push(&call->events, &event);
}

/* --- the end --- */

/* From here on there are control keys only, for at most TACET_HANGUP_LINGER_US, and the statistics
 * as they were. */
static void enter_ending(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                         enum tacet_end reason, bool remote)
{
    struct tacet_event event = {
        .type = TACET_EVENT_ENDED,
        .peer = peer->id,
        .u.ended = { .reason = reason, .remote = remote, .successor = TACET_NO_PEER },
    };
    bool given_up = reason == TACET_END_HANGUP && !remote;
    bool fin_unheard = peer->caller && peer->state == TACET_PEER_CONFIRMING;

    peer->last_stats.size = sizeof(peer->last_stats);
    int result = tacet_call_stats(call, peer->id, &peer->last_stats);
    assert(result == 0);
    if (peer->session != NULL) {
        tacet_rtp_session_end(peer->session);
        peer->session = NULL;
    }
    tacet_initiator_wipe(&peer->initiator);
    tacet_rekey_wipe(&peer->rekey);
    if (peer->state == TACET_PEER_DIALLING || reason == TACET_END_LOST) {
        tacet_control_wipe(&peer->control); /* there is nobody to say goodbye to */
        tacet_control_init(&peer->control, 0);
    }
    tacet_timers_init(&peer->timers);
    tacet_timers_set(&peer->timers, TACET_TIMER_LINGER, now + TACET_HANGUP_LINGER_US);
    if (fin_unheard) {
        /* Without FIN the other side cannot read the HANGUP behind it. */
        tacet_timers_set(&peer->timers, TACET_TIMER_HANDSHAKE, now + peer->retry_us);
    }
    peer->state = TACET_PEER_ENDING;
    if (peer->held || peer->turned_away) {
        return; /* the app has never heard of it */
    }
    if (!given_up) {
        event.u.ended.successor = tacet_glare_successor(call, peer);
    }
    tacet_events_push(&call->events, &event);
    tacet_glare_on_ended(call, peer, now, given_up);
}

void tacet_peer_end(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                    enum tacet_message message, enum tacet_end reason)
{
    uint8_t body[TACET_REASON_SIZE];

    assert(message == TACET_MESSAGE_HANGUP || message == TACET_MESSAGE_DECLINE);
    if (peer->state == TACET_PEER_FREE || peer->state == TACET_PEER_ENDING) {
        return;
    }
    if (peer->state != TACET_PEER_DIALLING) {
        tacet_reason_write(reason <= TACET_END_FAILED ? reason : TACET_END_HANGUP, body);
        /* A full stream cannot carry it; the other side then learns it by the silence. */
        (void)tacet_control_send(&peer->control, now, message, body, sizeof(body));
    }
    enter_ending(call, peer, now, reason, false);
}

void tacet_peer_end_remote(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                           enum tacet_end reason)
{
    if (peer->state != TACET_PEER_FREE && peer->state != TACET_PEER_ENDING) {
        enter_ending(call, peer, now, reason, reason != TACET_END_LOST);
    }
}
