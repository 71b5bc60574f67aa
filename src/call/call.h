/* The inside of a call: what its parts in this folder share. */
#ifndef TACET_CALL_CALL_H
#define TACET_CALL_CALL_H

#include "call/admission.h"
#include "call/events.h"
#include "call/handshake.h"
#include "call/notices.h"
#include "call/peer.h"
#include "call/queue.h"
#include "call/rtp_session.h"
#include "tacet/call.h"

struct tacet_call {
    struct tacet_call_config config;
    struct tacet_handshake_config handshake;
    uint64_t certificate_until; /* Unix seconds */
    struct tacet_responder responder;
    struct tacet_peer *peers;          /* TACET_PEERS_MAX */
    uint32_t generation;               /* of peer numbers, so that an old one names nobody */
    struct tacet_rtp_session *session; /* one answered peer at a time has them */
    uint32_t timestamp_base[TACET_KIND_COUNT];
    struct tacet_rings rings;
    struct tacet_events events;
    uint8_t *message;    /* TACET_MESSAGE_MAX: an app's message that waits to be polled ... */
    size_t message_size; /* ... 0: none; until then no peer's next message is read ... */
    bool message_polled; /* ... and the app reads it now */
    struct tacet_pool *pool;
    struct tacet_queue queue;    /* handshake messages, RTCP: what must not wait behind media */
    struct tacet_buffer *polled; /* the datagram that the app reads now */
    bool frames_held; /* at the last poll of frames some waited for ANSWERED to be polled */
    uint64_t drops[TACET_DROP_COUNT];
    struct tacet_refusal refusal;      /* by the handshake message being read */
    struct tacet_refusals refusals[2]; /* what was told: of callers, of who was dialled */
};

/* Renews the own certificate when it is time, and tells the handshake the time. */
void tacet_call_set_time(struct tacet_call *call, int64_t now);
/* The peer of that number, or NULL. */
struct tacet_peer *tacet_call_find(const struct tacet_call *call, uint32_t id);
/* Whether tacet_call_new_peer would find one. */
bool tacet_call_has_room(const struct tacet_call *call);
/* A free peer with a number that no other had, if need be instead of one that is over, of whom
 * least is lost; or NULL. */
struct tacet_peer *tacet_call_new_peer(struct tacet_call *call);

#endif
