/*
 * Where a datagram goes: by its first byte to the responder (INIT, FIN) or to the peer that it
 * names by index or SSRC. What a peer makes of it is in peer_packets.c.
 */
#include "base/bytes.h"
#include "call/call.h"
#include "call/demux.h"
#include "call/notices.h"
#include "rtp/header.h"

#include <assert.h>
#include <sodium.h>

static enum tacet_drop on_init(struct tacet_call *call, int64_t now,
                               const struct tacet_packet *packet)
{
    uint8_t reply[TACET_RESP_SIZE];
    size_t size;

    if (!call->config.listen) {
        return TACET_DROP_STATE;
    }
    tacet_call_set_time(call, now);
    enum tacet_drop drop =
        tacet_responder_consume_init(&call->responder, &call->handshake, now, &packet->path,
                                     packet->data, packet->size, reply, &size);
    if (size > 0) {
        /* Who sent it is not known yet: no more goes to its path than came from it. */
        assert(size <= packet->size);
        tacet_queue_copy(&call->queue, reply, size, &packet->path);
    }
    return drop;
}

static enum tacet_drop on_cookie(struct tacet_call *call, int64_t now,
                                 const struct tacet_packet *packet)
{
    enum tacet_drop drop = TACET_DROP_UNKNOWN;

    for (int i = 0; i < TACET_PEERS_MAX && drop != TACET_DROP_NONE; i++) {
        if (call->peers[i].state == TACET_PEER_DIALLING) {
            drop = tacet_peer_on_cookie(call, &call->peers[i], now, &packet->path, packet->data,
                                        packet->size);
        }
    }
    return drop;
}

static enum tacet_drop on_resp(struct tacet_call *call, int64_t now,
                               const struct tacet_packet *packet)
{
    enum tacet_drop drop = TACET_DROP_UNKNOWN;

    tacet_call_set_time(call, now);
    for (int i = 0; i < TACET_PEERS_MAX && drop != TACET_DROP_NONE; i++) {
        if (call->peers[i].state == TACET_PEER_DIALLING) {
            drop = tacet_peer_on_resp(call, &call->peers[i], now, &packet->path, packet->data,
                                      packet->size);
        }
    }
    return drop;
}

static enum tacet_drop on_fin(struct tacet_call *call, int64_t now,
                              const struct tacet_packet *packet)
{
    struct tacet_handshake_result result;
    struct tacet_peer *peer;
    uint32_t index;

    if (!call->config.listen) {
        return TACET_DROP_STATE;
    }
    if (!tacet_call_has_room(call)) {
        return TACET_DROP_RATE; /* unread: the same FIN again may find a place */
    }
    tacet_call_set_time(call, now);
    tacet_notices_asked(call);
    enum tacet_drop drop =
        tacet_responder_consume_fin(&call->responder, &call->handshake, now, &packet->path,
                                    packet->data, packet->size, &result, &index);
    if (drop != TACET_DROP_NONE) {
        tacet_notices_refused(call, now, TACET_NO_PEER);
        return drop;
    }
    peer = tacet_call_new_peer(call);
    assert(peer != NULL);
    tacet_peer_on_fin(call, peer, now, &packet->path, &result);
    sodium_memzero(&result, sizeof(result));
    return TACET_DROP_NONE;
}

static enum tacet_drop on_ctrl(struct tacet_call *call, int64_t now,
                               const struct tacet_packet *packet)
{
    struct tacet_reader r = tacet_reader(packet->data, packet->size);

    tacet_read_skip(&r, 4);
    uint32_t index = tacet_read_u32(&r);
    if (r.failed) {
        return TACET_DROP_SHORT;
    }
    /* Indices are drawn by chance: where two clash, the keys tell whose it is. */
    enum tacet_drop drop = TACET_DROP_UNKNOWN;
    for (int i = 0; i < TACET_PEERS_MAX && drop != TACET_DROP_NONE; i++) {
        struct tacet_peer *peer = &call->peers[i];
        if (peer->state > TACET_PEER_DIALLING && peer->index_local == index) {
            drop = tacet_peer_on_ctrl(call, peer, now, packet);
        }
    }
    return drop;
}

static enum tacet_drop on_media(struct tacet_call *call, int64_t now, bool rtcp,
                                const struct tacet_packet *packet)
{
    enum tacet_drop drop = TACET_DROP_UNKNOWN;
    uint32_t ssrc;

    if (!tacet_rtp_ssrc(packet->data, packet->size, rtcp, &ssrc)) {
        return TACET_DROP_SHORT;
    }
    /* Where SSRCs of several peers clash each is tried. */
    for (int i = 0; i < TACET_PEERS_MAX && drop != TACET_DROP_NONE; i++) {
        struct tacet_peer *peer = &call->peers[i];
        if (tacet_peer_has_ssrc(peer, ssrc)) {
            drop = rtcp ? tacet_peer_on_rtcp(call, peer, now, packet)
                        : tacet_peer_on_rtp(call, peer, now, now, packet);
            tacet_peer_check_picture(peer, now);
        }
    }
    return drop;
}

static enum tacet_drop dispatch(struct tacet_call *call, int64_t now, struct tacet_packet *packet)
{
    if (packet->size == 0 || packet->size > TACET_DATAGRAM_MAX) {
        return TACET_DROP_SHORT;
    }
    switch (tacet_demux(packet->data, packet->size)) {
    case TACET_PACKET_INIT:
        return on_init(call, now, packet);
    case TACET_PACKET_RESP:
        return on_resp(call, now, packet);
    case TACET_PACKET_FIN:
        return on_fin(call, now, packet);
    case TACET_PACKET_COOKIE:
        return on_cookie(call, now, packet);
    case TACET_PACKET_CTRL:
        return on_ctrl(call, now, packet);
    case TACET_PACKET_RTP:
        return on_media(call, now, false, packet);
    case TACET_PACKET_RTCP:
        return on_media(call, now, true, packet);
    case TACET_PACKET_RELAY:
    case TACET_PACKET_UNKNOWN:
        break;
    }
    return TACET_DROP_UNKNOWN;
}

enum tacet_drop tacet_call_handle_packet(struct tacet_call *call, int64_t now,
                                         struct tacet_packet *packet)
{
    enum tacet_drop drop = dispatch(call, now, packet);

    call->drops[drop]++;
    return drop;
}
