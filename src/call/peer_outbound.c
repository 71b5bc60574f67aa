/*
 * What goes to one peer once media may: frames with what protects them, packets again, and RTCP.
 * Each is encrypted with the newest keys and queued; when it goes is the pacer's business
 * (sending.h).
 */
#include "call/call.h"
#include "call/peer.h"
#include "call/rtcp_send.h"

/* How far back a probe is filled from what was sent. */
#define PADDING_PACKETS 48

static void count_sent(struct tacet_peer *peer, int64_t now, size_t packets, size_t bytes)
{
    peer->path_stats.packets_sent += packets;
    peer->path_stats.bytes_sent += bytes;
    peer->last_sent_at_us = now;
}

int64_t tacet_peer_round_trip(const struct tacet_peer *peer)
{
    if (peer->session != NULL && peer->session->sent_log->round_trip_us > 0) {
        return peer->session->sent_log->round_trip_us;
    }
    for (int kind = 0; peer->session != NULL && kind < TACET_KIND_COUNT; kind++) {
        if (peer->session->remote[kind].round_trip_time_measurements > 0) {
            return peer->session->remote[kind].round_trip_time_us;
        }
    }
    return peer->control.round_trip_us;
}

/* What the peer asked for. One that asks twice wants it twice: it knows how much gets lost. A frame
 * from an older picture besides would come no sooner than the packet, and costs twice as much as a
 * usual frame where repairs mostly have made the loss good by then: that waits for a PLI. */
static void retransmit(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    struct tacet_rtp_session *session = peer->session;

    for (size_t i = 0; i < session->wanted_count; i++) {
        struct tacet_history_packet *packet =
            tacet_history_find(session->history, session->wanted[i]);
        if (packet == NULL || packet->seq < session->resend_from ||
            packet->times >= TACET_RETRANSMISSIONS_MAX ||
            tacet_sending_resent_wait(&session->sending, now) > TACET_PACER_WAIT_US ||
            session->sending.gives_way ||
            !tacet_repair_may_resend(&session->repair, now, session->sending.video_bps,
                                     packet->size)) {
            continue;
        }
        int result = tacet_outbound_retransmit(&session->rtx, now, tacet_rekey_sender(&peer->rekey),
                                               session->history, session->wanted[i],
                                               &session->sending.resent, &peer->path);
        if (result > 0) {
            session->outbound[TACET_KIND_VIDEO].stats.retransmitted_packets_sent++;
            tacet_repair_on_sent(&session->repair, 0, (size_t)result);
            count_sent(peer, now, 1, (size_t)result);
        }
    }
    session->wanted_count = 0;
}

/* The way has collapsed, or may have: pictures that fit it now, from one that the receiver has,
 * come sooner than all that is missing of the old ones. */
static enum tacet_refresh begin_afresh(struct tacet_peer *peer, int64_t now)
{
    struct tacet_rtp_session *session = peer->session;
    struct tacet_outbound *out = &session->outbound[TACET_KIND_VIDEO];

    session->resend_from = out->next_index;
    session->sending.afresh = false;
    if (out->stats.packets_sent == 0) {
        return TACET_REFRESH_NONE; /* there are no pictures */
    }
    tacet_recovery_abandon(&out->recovery);
    return tacet_recovery_decide(&out->recovery, now, tacet_peer_round_trip(peer),
                                 TACET_RECOVERY_LEFT_OUT);
}

void tacet_peer_answer_feedback(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    struct tacet_rtp_session *session = peer->session;
    enum tacet_refresh refresh = TACET_REFRESH_NONE;

    if (session->sending.afresh) {
        refresh = begin_afresh(peer, now);
    }
    retransmit(call, peer, now);
    if (session->refresh_wanted) {
        refresh = tacet_refresh_join(
            refresh, tacet_recovery_decide(&session->outbound[TACET_KIND_VIDEO].recovery, now,
                                           tacet_peer_round_trip(peer), TACET_RECOVERY_PLI));
    }
    if (refresh != TACET_REFRESH_NONE || session->target_changed) {
        tacet_peer_send_target(call, peer, now, refresh);
    }
    session->refresh_wanted = false;
    session->target_changed = false;
}

/* Repairs for the frame that was just sent, and those before it. */
static void protect(struct tacet_call *call, struct tacet_peer *peer, int64_t now, uint64_t first,
                    bool key)
{
    struct tacet_rtp_session *session = peer->session;
    uint64_t end = session->outbound[TACET_KIND_VIDEO].next_index;

    uint64_t window = tacet_repair_on_frame(&session->repair, now, first, key);
    for (uint64_t at = first; at < end;) {
        size_t k = end - at < TACET_FEC_SOURCES_MAX ? (size_t)(end - at) : TACET_FEC_SOURCES_MAX;
        size_t m = tacet_repair_fec_count(&session->repair, k, tacet_peer_round_trip(peer), key);
        uint64_t base =
            at + k - window < TACET_FEC_SOURCES_MAX ? window : at + k - TACET_FEC_SOURCES_MAX;
        uint64_t packets = session->fec.stats.packets_sent;
        int result = m == 0 ? 0
                            : tacet_outbound_protect(
                                  &session->fec, now, tacet_rekey_sender(&peer->rekey),
                                  session->history, session->scratch, base, (size_t)(at + k - base),
                                  m, &session->sending.video, &peer->path);
        if (result > 0) {
            tacet_repair_on_sent(&session->repair, 0, (size_t)result);
            count_sent(peer, now, (size_t)(session->fec.stats.packets_sent - packets),
                       (size_t)result);
        }
        at += k;
    }
}

/* A frame that others build on was not sent: the next ones cannot be, before one that heals it. */
static void replace_left_out(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    enum tacet_refresh refresh =
        tacet_recovery_decide(&peer->session->outbound[TACET_KIND_VIDEO].recovery, now,
                              tacet_peer_round_trip(peer), TACET_RECOVERY_LEFT_OUT);

    if (refresh != TACET_REFRESH_NONE) {
        tacet_peer_send_target(call, peer, now, refresh);
    }
}

/* Whether all that comes after it stands on the frame alone. */
static bool heals(const struct tacet_frame *frame)
{
    return frame->key ||
           (frame->temporal_layer == 0 && (frame->references & TACET_REFERENCE_LAST) == 0);
}

/* A frame of that kind was sent. As soon as there is one of each, the peer is told how their times
 * belong together, which lip sync lives on (RFC 6051 section 2.1: the first report may go at
 * once). */
static void begin_reports(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                          enum tacet_kind kind)
{
    const struct tacet_media *media = &call->config.media;
    struct tacet_rtp_session *s = peer->session;
    bool first = !s->reported && !s->sent_since_report[kind];

    s->sent_since_report[kind] = true;
    if (first && s->sent_since_report[TACET_KIND_AUDIO] == media->audio &&
        s->sent_since_report[TACET_KIND_VIDEO] == media->video) {
        s->reported = true;
        s->early_reports = TACET_EARLY_REPORTS;
        tacet_timers_set(&peer->timers, TACET_TIMER_REPORT, now);
    }
}

int tacet_peer_send_frame(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                          const struct tacet_frame *frame)
{
    struct tacet_outbound *out = &peer->session->outbound[frame->kind];
    struct tacet_sending *sending = &peer->session->sending;
    bool video = frame->kind == TACET_KIND_VIDEO;
    uint64_t packets = out->stats.packets_sent;
    uint64_t first = out->next_index;

    if (peer->reconnecting) {
        /* Media is held. A picture that is left out breaks those after it. */
        if (frame->kind == TACET_KIND_VIDEO) {
            tacet_recovery_on_left_out(&out->recovery, frame);
        }
        return 0;
    }
    /* A picture that nothing stands on: to leave it out spares those behind it a wait. */
    if (video && frame->updates == 0 && tacet_sending_wait(sending, now) > TACET_PACER_WAIT_US) {
        return 0;
    }
    if (video && tacet_sending_is_full(sending, now)) {
        tacet_recovery_on_left_out(&out->recovery, frame);
        return 0;
    }
    if (video) {
        out->payload_most = frame->key
                                ? TACET_FEC_PAYLOAD_MAX
                                : tacet_repair_piece(&peer->session->repair, now,
                                                     tacet_peer_round_trip(peer), frame->size);
    } else {
        tacet_rtp_session_repeat_sound(peer->session);
    }
    uint32_t timestamp = tacet_call_rtp_timestamp(call, frame->kind, frame->captured_at_us);
    int result = tacet_outbound_send(out, now, tacet_rekey_sender(&peer->rekey),
                                     tacet_srtp_overhead(peer->rekey.profile), frame, timestamp,
                                     video ? &sending->video : &sending->audio, &peer->path);

    if (result < 0) {
        return result;
    }
    if (result == 0) {
        if (frame->kind == TACET_KIND_VIDEO && frame->temporal_layer == 0) {
            replace_left_out(call, peer, now);
        }
        return 0;
    }
    if (frame->kind == TACET_KIND_AUDIO) {
        tacet_peer_copy_sound(call, peer, sending->audio.last);
    }
    begin_reports(call, peer, now, frame->kind);
    count_sent(peer, now, (size_t)(out->stats.packets_sent - packets), (size_t)result);
    if (frame->kind == TACET_KIND_VIDEO) {
        tacet_repair_on_sent(&peer->session->repair, (size_t)result, 0);
        protect(call, peer, now, first, heals(frame));
    }
    if (tacet_outbound_epoch_packets(out) >= TACET_REKEY_PACKETS) {
        tacet_peer_want_rekey(call, peer, now);
    }
    if (video && tacet_sending_update(sending, now)) {
        tacet_peer_send_target(call, peer, now, TACET_REFRESH_NONE);
    }
    return 0;
}

bool tacet_peer_pad(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    struct tacet_rtp_session *session = peer->session;
    uint64_t end = session->history->next;

    /* The newest first: they are the likeliest to be missed. Before the first one nothing was. */
    struct tacet_history_packet *packet = NULL;
    if (session->padded > 0 && session->padded < end && end - session->padded < PADDING_PACKETS) {
        session->padded--;
        packet = tacet_history_find(session->history, (uint16_t)session->padded);
    }
    if (packet == NULL && end > 0) {
        session->padded = end - 1;
        packet = tacet_history_find(session->history, (uint16_t)session->padded);
    }
    int result = packet == NULL
                     ? 0
                     : tacet_outbound_retransmit(
                           &session->rtx, now, tacet_rekey_sender(&peer->rekey), session->history,
                           (uint16_t)session->padded, &session->sending.resent, &peer->path);
    if (result <= 0) {
        return false;
    }
    count_sent(peer, now, 1, (size_t)result);
    return true;
}

/* Protects the RTCP in the buffer, if there is any, and queues it; the buffer is taken. */
static void send_rtcp(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                      struct tacet_buffer *buffer)
{
    size_t capacity = tacet_buffer_room(buffer) + TACET_BUFFER_TAIL;

    if (buffer->size == 0 || tacet_srtp_protect_rtcp(tacet_rekey_sender(&peer->rekey), buffer->data,
                                                     &buffer->size, capacity) != 0) {
        tacet_pool_put(call->pool, buffer);
        return;
    }
    count_sent(peer, now, 1, buffer->size);
    tacet_queue_push(&call->queue, buffer, &peer->path);
}

void tacet_peer_send_report(struct tacet_call *call, struct tacet_peer *peer, int64_t now, bool pli)
{
    struct tacet_buffer *buffer = tacet_queue_buffer(&call->queue);

    if (buffer == NULL) {
        return; /* the next interval's report says the same and more */
    }
    buffer->size = tacet_rtcp_send_report(peer->session, now, pli, buffer->data,
                                          TACET_DATAGRAM_MAX - TACET_SRTP_OVERHEAD_MAX);
    send_rtcp(call, peer, now, buffer);
}

void tacet_peer_send_nack(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    struct tacet_buffer *buffer =
        peer->state == TACET_PEER_CONNECTED ? tacet_queue_buffer(&call->queue) : NULL;

    if (buffer == NULL) {
        return;
    }
    buffer->size = tacet_rtcp_send_nack(peer->session, now, tacet_peer_round_trip(peer),
                                        buffer->data, TACET_DATAGRAM_MAX - TACET_SRTP_OVERHEAD_MAX);
    send_rtcp(call, peer, now, buffer);
    tacet_timers_set(&peer->timers, TACET_TIMER_NACK, tacet_rtcp_send_nack_timeout(peer->session));
}

void tacet_peer_send_feedback(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    if (peer->state != TACET_PEER_CONNECTED) {
        return;
    }
    struct tacet_buffer *buffer = tacet_queue_buffer(&call->queue);
    if (buffer == NULL) { /* the next one tells of the same and more */
        tacet_timers_set(&peer->timers, TACET_TIMER_FEEDBACK, now + TACET_FEEDBACK_INTERVAL_MIN_US);
        return;
    }
    buffer->size = tacet_rtcp_send_feedback(peer->session, now, buffer->data,
                                            TACET_DATAGRAM_MAX - TACET_SRTP_OVERHEAD_MAX);
    send_rtcp(call, peer, now, buffer);
    tacet_timers_set(&peer->timers, TACET_TIMER_FEEDBACK,
                     tacet_feedback_timeout(&peer->session->feedback));
}
