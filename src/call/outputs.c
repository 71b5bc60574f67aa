/*
 * What an app polls of a call: datagrams, frames, events, and when to come back. Control packets
 * are sealed here, at the moment they leave, so that what they acknowledge is the newest.
 */
#include "call/call.h"

#include <sodium.h>

static int poll_control(struct tacet_call *call, int64_t now, struct tacet_buffer **ret)
{
    struct tacet_buffer *buffer = tacet_pool_get(call->pool);

    if (buffer == NULL) {
        return 0; /* media holds every buffer: they come back as it is polled */
    }
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        struct tacet_peer *peer = &call->peers[i];
        if (peer->state > TACET_PEER_DIALLING &&
            tacet_control_poll_packet(&peer->control, now, buffer->data, &buffer->size) == 1) {
            buffer->path = peer->path;
            peer->path_stats.packets_sent++;
            peer->path_stats.bytes_sent += buffer->size;
            peer->last_sent_at_us = now;
            *ret = buffer;
            return 1;
        }
    }
    tacet_pool_put(call->pool, buffer);
    return 0;
}

/* What the pacers let go: of the first peer that has something. */
static struct tacet_buffer *poll_media(struct tacet_call *call, int64_t now)
{
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        struct tacet_peer *peer = &call->peers[i];
        if (peer->state != TACET_PEER_CONNECTED) {
            continue;
        }
        struct tacet_sending *sending = &peer->session->sending;
        if (tacet_sending_wants_padding(sending, now) && !tacet_peer_pad(call, peer, now)) {
            tacet_sending_no_padding(sending, now);
        }
        struct tacet_buffer *buffer = tacet_sending_pop(sending, now);
        if (buffer != NULL) {
            buffer->path = peer->path; /* it may have moved meanwhile */
            tacet_rtp_session_on_sent(peer->session, now, buffer);
            return buffer;
        }
    }
    return NULL;
}

int tacet_call_poll_packet(struct tacet_call *call, int64_t now, struct tacet_packet *ret)
{
    tacet_pool_put(call->pool, call->polled);
    call->polled = tacet_queue_pop(&call->queue);
    /* FIN before the CTRL behind it; both before media, however much of it waits. */
    if (call->polled == NULL && poll_control(call, now, &call->polled) == 0) {
        call->polled = poll_media(call, now);
    }
    if (call->polled == NULL) {
        return 0;
    }
    *ret = (struct tacet_packet){
        .path = call->polled->path,
        .data = call->polled->data,
        .size = call->polled->size,
        .at_us = now,
    };
    return 1;
}

/* Whether its app has yet to hear that it is answered: until then it knows of no such peer, and
 * would throw away the first frames. */
static bool answer_untold(const struct tacet_call *call, const struct tacet_peer *peer)
{
    return tacet_events_waiting(&call->events, TACET_EVENT_ANSWERED, peer->id) > 0;
}

int tacet_call_poll_frame(struct tacet_call *call, int64_t now, uint32_t *ret_peer,
                          struct tacet_frame *ret)
{
    call->frames_held = false;
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        struct tacet_peer *peer = &call->peers[i];
        if (peer->state != TACET_PEER_CONNECTED) {
            continue;
        }
        if (answer_untold(call, peer)) {
            call->frames_held = true;
            continue;
        }
        int found = tacet_inbound_get(&peer->session->inbound, now, ret);
        tacet_peer_check_picture(peer, now);
        if (found == 1) {
            *ret_peer = peer->id;
            return 1;
        }
    }
    return 0;
}

/* The app has read the message: the place is free, and what waited for it is read. */
static void release_message(struct tacet_call *call)
{
    sodium_memzero(call->message, call->message_size);
    call->message_size = 0;
    call->message_polled = false;
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        struct tacet_peer *peer = &call->peers[i];
        if (peer->state > TACET_PEER_DIALLING) {
            tacet_peer_read_messages(call, peer, peer->last_received_at_us);
        }
    }
}

int tacet_call_poll_event(struct tacet_call *call, struct tacet_event *ret)
{
    if (call->message_polled) {
        release_message(call);
    }
    if (!tacet_events_take(&call->events, ret)) {
        return 0;
    }
    call->message_polled = ret->type == TACET_EVENT_MESSAGE;
    return 1;
}

/* Whether frames were held back and may be polled now. */
static bool frames_wait(const struct tacet_call *call)
{
    for (int i = 0; call->frames_held && i < TACET_PEERS_MAX; i++) {
        const struct tacet_peer *peer = &call->peers[i];
        if (peer->state == TACET_PEER_CONNECTED && !answer_untold(call, peer)) {
            return true;
        }
    }
    return false;
}

int64_t tacet_call_next_timeout(const struct tacet_call *call, const char **ret_reason)
{
    const char *reason = "none";
    int64_t next = TACET_NEVER;

    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        const char *peer_reason;
        int64_t at = TACET_NEVER;
        if (call->peers[i].state != TACET_PEER_FREE) {
            at = tacet_peer_next_timeout(&call->peers[i], &peer_reason);
        }
        if (at < next) {
            next = at;
            reason = peer_reason;
        }
    }
    if (tacet_responder_next_timeout(&call->responder) < next) {
        next = tacet_responder_next_timeout(&call->responder);
        reason = "half_open";
    }
    if (frames_wait(call)) {
        next = 0;
        reason = "frames";
    }
    if (call->queue.count > 0) {
        next = 0;
        reason = "queue";
    }
    if (ret_reason != NULL) {
        *ret_reason = reason;
    }
    return next;
}
