/* See early.h. The packets lie in the session's queue. Whether they are genuine shows when they are
 * read: keys are used only while connected. */
#include "call/early.h"

#include "call/call.h"
#include "rtp/header.h"

enum tacet_drop tacet_early_keep(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                 const struct tacet_packet *packet)
{
    struct tacet_queue *early = peer->state == TACET_PEER_ANSWERED ? &peer->session->early : NULL;
    uint32_t ssrc;

    /* From elsewhere it may be anybody's, and would take the place of what is genuine. */
    if (early == NULL || !tacet_path_equal(&packet->path, &peer->path) ||
        !tacet_rtp_ssrc(packet->data, packet->size, false, &ssrc) ||
        ssrc == peer->session->inbound.stats[TACET_KIND_AUDIO].ssrc) {
        return TACET_DROP_STATE;
    }
    struct tacet_buffer *buffer = early->count < TACET_EARLY_PACKETS_MAX
                                      ? tacet_pool_copy(call->pool, packet->data, packet->size)
                                      : NULL;
    if (buffer == NULL) {
        return TACET_DROP_RATE;
    }
    buffer->at_us = now;
    tacet_queue_push(early, buffer, &packet->path);
    return TACET_DROP_NONE;
}

void tacet_early_read(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    struct tacet_buffer *buffer;

    while (peer->state == TACET_PEER_CONNECTED &&
           (buffer = tacet_queue_pop(&peer->session->early)) != NULL) {
        struct tacet_packet packet = {
            .path = buffer->path,
            .data = buffer->data,
            .size = buffer->size,
            .at_us = buffer->at_us,
        };
        /* It was counted as used when it was kept, and is judged only now. */
        call->drops[TACET_DROP_NONE]--;
        call->drops[tacet_peer_on_rtp(call, peer, now, buffer->at_us, &packet)]++;
        tacet_pool_put(call->pool, buffer);
        tacet_peer_check_picture(peer, now);
    }
}
