/*
 * Packets of one peer that come: what is authenticated, by which epoch's keys, and what then
 * becomes of it.
 */
#include "call/call.h"
#include "call/early.h"
#include "call/peer.h"
#include "call/rtcp_receive.h"
#include "rtp/header.h"

static void count_received(struct tacet_peer *peer, size_t size)
{
    peer->path_stats.packets_received++;
    peer->path_stats.bytes_received += size;
}

/* A forwarder that is faster than the path makes every genuine packet a replay. That the answer to
 * a challenge came over the path in use is true all the same. */
static void on_replay(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                      const struct tacet_path *from)
{
    uint8_t body[TACET_SINGLE_MAX];
    size_t size;

    if (tacet_control_poll_replayed_response(&peer->control, body, &size) == 1 &&
        size == TACET_CHALLENGE_SIZE && tacet_path_equal(from, &peer->path)) {
        tacet_validation_on_response(&peer->validation, &peer->path, from, body, 0);
        tacet_peer_validate(call, peer, now);
    }
}

enum tacet_drop tacet_peer_on_ctrl(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                   const struct tacet_packet *packet)
{
    uint32_t epoch;
    bool newer;
    enum tacet_drop drop =
        tacet_control_receive(&peer->control, now, packet->data, packet->size, &epoch, &newer);

    if (drop == TACET_DROP_REPLAY) {
        on_replay(call, peer, now, &packet->path);
    }
    if (drop == TACET_DROP_MALFORMED && peer->control.broken) {
        tacet_peer_end(call, peer, now, TACET_MESSAGE_HANGUP, TACET_END_PROTOCOL);
    }
    if (drop != TACET_DROP_NONE) {
        return drop;
    }
    count_received(peer, packet->size);
    tacet_packet_pair_add(&peer->opening, now, packet->size + TACET_UDP_OVERHEAD);
    tacet_peer_on_authenticated(call, peer, now, epoch);
    tacet_peer_on_path(call, peer, now, &packet->path, packet->size, newer);
    peer->arrived_from = packet->path;
    peer->responded = false;
    tacet_peer_read_messages(call, peer, now);
    tacet_early_read(call, peer, now);
    tacet_peer_judge_room(peer, now);
    return TACET_DROP_NONE;
}

bool tacet_peer_has_ssrc(const struct tacet_peer *peer, uint32_t ssrc)
{
    if (peer->state <= TACET_PEER_DIALLING || peer->state == TACET_PEER_ENDING) {
        return false;
    }
    const uint32_t *ssrcs = peer->rekey.ssrcs.of[tacet_rekey_direction(&peer->rekey, false)];
    for (int kind = 0; kind < TACET_SSRC_KIND_COUNT; kind++) {
        if (ssrcs[kind] == ssrc) {
            return true;
        }
    }
    return false;
}

static struct tacet_srtp *find_session(const struct tacet_peer *peer, bool rtcp,
                                       const struct tacet_packet *packet)
{
    uint8_t mki;

    if (!tacet_srtp_mki(peer->rekey.profile, rtcp, packet->data, packet->size, &mki)) {
        return NULL;
    }
    return tacet_rekey_receiver(&peer->rekey, mki);
}

/* Whether the packet just accepted is the highest of its SSRC. */
static bool is_newest(const struct tacet_srtp_indexes *indexes, uint32_t ssrc, uint64_t index)
{
    for (int kind = 0; kind < TACET_SSRC_KIND_COUNT; kind++) {
        if (indexes->of[kind].started && indexes->of[kind].ssrc == ssrc) {
            return index == indexes->of[kind].highest;
        }
    }
    return false;
}

enum tacet_drop tacet_peer_on_rtp(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                  int64_t came_us, const struct tacet_packet *packet)
{
    struct tacet_srtp *srtp = find_session(peer, false, packet);
    uint32_t ssrc = 0;
    uint64_t index;

    /* No microphone and no camera is heard or seen before the answer: not even decrypted. */
    if (peer->state != TACET_PEER_CONNECTED) {
        return tacet_early_keep(call, peer, now, packet);
    }
    if (srtp == NULL) {
        return TACET_DROP_UNKNOWN;
    }
    /* Where libsrtp may work: aligned, and with tail room. */
    struct tacet_buffer *buffer = tacet_pool_copy(call->pool, packet->data, packet->size);
    if (buffer == NULL) {
        return TACET_DROP_RATE;
    }
    enum tacet_drop drop =
        tacet_srtp_unprotect(srtp, &peer->rekey.indexes, buffer->data, &buffer->size, &index);
    if (drop != TACET_DROP_NONE) {
        tacet_pool_put(call->pool, buffer);
        return drop;
    }
    count_received(peer, packet->size);
    (void)tacet_rtp_ssrc(buffer->data, buffer->size, false, &ssrc);
    tacet_peer_on_authenticated(call, peer, now, tacet_srtp_epoch(srtp));
    /* What was kept is no news of where the peer is. */
    bool newest = came_us == now && is_newest(&peer->rekey.indexes, ssrc, index);
    tacet_peer_on_path(call, peer, now, &packet->path, packet->size, newest);
    if (peer->state != TACET_PEER_CONNECTED) {
        tacet_pool_put(call->pool, buffer); /* what it set going has ended the call */
        return TACET_DROP_NONE;
    }
    tacet_feedback_on_packet(&peer->session->feedback, came_us, ssrc, index, packet->size);
    tacet_timers_set(&peer->timers, TACET_TIMER_FEEDBACK,
                     tacet_feedback_timeout(&peer->session->feedback));
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        if (ssrc == peer->session->inbound.stats[kind].ssrc) {
            drop = tacet_inbound_put(&peer->session->inbound, now, (enum tacet_kind)kind, index,
                                     buffer);
            return drop;
        }
    }
    if (ssrc == peer->session->inbound.rtx_ssrc) {
        return tacet_inbound_put_rtx(&peer->session->inbound, now, buffer);
    }
    if (ssrc == peer->session->inbound.fec_ssrc) {
        return tacet_inbound_put_fec(&peer->session->inbound, now, buffer);
    }
    tacet_pool_put(call->pool, buffer);
    return TACET_DROP_UNKNOWN;
}

enum tacet_drop tacet_peer_on_rtcp(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                   const struct tacet_packet *packet)
{
    struct tacet_srtp *srtp = find_session(peer, true, packet);

    if (peer->state != TACET_PEER_CONNECTED) {
        return TACET_DROP_STATE;
    }
    if (srtp == NULL) {
        return TACET_DROP_UNKNOWN;
    }
    struct tacet_buffer *buffer = tacet_pool_copy(call->pool, packet->data, packet->size);
    if (buffer == NULL) {
        return TACET_DROP_RATE;
    }
    uint32_t index = tacet_srtp_rtcp_index(peer->rekey.profile, buffer->data, buffer->size);
    enum tacet_drop drop = tacet_srtp_unprotect_rtcp(srtp, buffer->data, &buffer->size);
    if (drop != TACET_DROP_NONE) {
        tacet_pool_put(call->pool, buffer);
        return drop;
    }
    count_received(peer, packet->size);
    tacet_peer_on_authenticated(call, peer, now, tacet_srtp_epoch(srtp));
    tacet_peer_on_path(call, peer, now, &packet->path, packet->size,
                       tacet_rekey_rtcp_newer(&peer->rekey, tacet_srtp_epoch(srtp), index));
    if (peer->state == TACET_PEER_CONNECTED) {
        drop = tacet_rtcp_receive(peer->session, now, buffer->data, buffer->size);
    }
    tacet_pool_put(call->pool, buffer);
    if (peer->state != TACET_PEER_CONNECTED) {
        return drop; /* what it set going has ended the call */
    }
    tacet_peer_answer_feedback(call, peer, now);
    return drop;
}
