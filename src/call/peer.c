/*
 * See peer.h: the life of a peer from its first keys on. Every change of state is made here; those
 * that begin it, in peer_handshake.c.
 */
#include "call/peer.h"

#include "call/call.h"
#include "call/glare.h"
#include "call/message.h"
#include "call/notices.h"

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

/* Longer than any round trip: losses, or a callee that was not there at first. Twice as long is
 * waited for the first report. */
#define OPENING_MAX_US TACET_S(1)

/* Before any media: as measured, or at most; 0: not known. */
static int64_t idle_round_trip(const struct tacet_peer *peer)
{
    if (peer->control.round_trips > 0) {
        return peer->control.round_trip_us;
    }
    return peer->opening_us <= OPENING_MAX_US ? peer->opening_us : 0;
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
                        idle_round_trip(peer), &peer->opening);
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
