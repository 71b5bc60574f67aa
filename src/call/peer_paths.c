/*
 * Where a peer's packets go, and from which address of this machine: challenges to a path that is
 * new, and the switch to it. The decision is validation.h's.
 */
#include "call/call.h"
#include "call/peer.h"

/* A packet alone that comes at another address of this machine may be somebody's copy. */
#define ELSEWHERE_SURE 3

/* The first authenticated packet by one of the paths that were dialled decides between them. Any
 * other path is one that the peer would have moved to. */
static void settle(struct tacet_peer *peer, const struct tacet_path *from)
{
    for (size_t i = 0; i < peer->dialled_count && peer->unsettled; i++) {
        if (tacet_path_equal(&peer->dialled[i], from)) {
            peer->path = peer->dialled[i];
            peer->unsettled = false;
        }
    }
}

/* Packets leave from the address at which the peer's come, for its NAT lets in no others. Who has
 * dialled leaves it to the system. */
static void follow_local(struct tacet_peer *peer, int64_t now, const struct tacet_path *from)
{
    bool same = tacet_address_equal(&from->local, &peer->path.local);
    bool bound = peer->local_lost || peer->path.local.family != 0;

    peer->elsewhere = same || !bound ? 0 : peer->elsewhere + 1;
    if (peer->local_lost ? now >= peer->local_lost_until_us : peer->elsewhere >= ELSEWHERE_SURE) {
        peer->path.local = from->local;
        peer->local_lost = false;
        peer->elsewhere = 0;
    }
}

void tacet_peer_on_path(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                        const struct tacet_path *from, size_t size, bool newer)
{
    settle(peer, from);
    if (peer->state == TACET_PEER_ENDING) {
        return;
    }
    if (newer && tacet_path_equal(from, &peer->path)) {
        follow_local(peer, now, from);
    }
    tacet_validation_on_packet(&peer->validation, now, &peer->path, from, size, newer,
                               &call->config.random);
    tacet_peer_validate(call, peer, now);
}

void tacet_peer_lose_local(struct tacet_peer *peer, int64_t until_us)
{
    peer->local_lost |= peer->path.local.family != 0;
    peer->local_lost_until_us = until_us;
    peer->path.local = (struct tacet_address){ 0 };
}

void tacet_peer_copy_sound(struct tacet_call *call, struct tacet_peer *peer,
                           const struct tacet_buffer *packet)
{
    if (tacet_validation_may_copy(&peer->validation, packet->size)) {
        tacet_queue_copy(&call->queue, packet->data, packet->size, &peer->validation.path);
    }
}

static void challenge(struct tacet_call *call, struct tacet_peer *peer,
                      const struct tacet_path *path, const uint8_t body[TACET_CHALLENGE_SIZE])
{
    uint8_t packet[TACET_CTRL_PACKET_MAX];
    size_t size = tacet_control_seal_single(&peer->control, TACET_MESSAGE_PATH_CHALLENGE, body,
                                            TACET_CHALLENGE_SIZE, packet);

    if (size > 0) {
        tacet_queue_copy(&call->queue, packet, size, path);
    }
}

void tacet_peer_validate(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    struct tacet_validation *v = &peer->validation;
    bool to_new;

    if (tacet_validation_try(v, now, TACET_CTRL_SINGLE_PACKET, &to_new) && to_new) {
        challenge(call, peer, &v->path, v->challenge_new);
    }
    if (tacet_validation_try_current(v, now)) {
        challenge(call, peer, &peer->path, v->challenge_old);
    }
    if (tacet_validation_won(v, now)) {
        peer->path = v->path;
        peer->local_lost = false;
        peer->unsettled = false;
        tacet_peer_want_rekey(call, peer, now);
    }
    tacet_timers_set(&peer->timers, TACET_TIMER_VALIDATION, tacet_validation_timeout(v));
}
