/*
 * What each control message does in each state: one table that says whether it is accepted,
 * ignored or refused, and one short function a message for what acceptance means. Nothing else may
 * happen (protocol.md section 7).
 */
#include "call/call.h"
#include "call/message.h"
#include "call/peer.h"
#include "crypto/words.h"

#include <assert.h>
#include <string.h>

enum verdict {
    REFUSE = 0, /* the other side broke the protocol: HANGUP(protocol) */
    IGNORE,
    ACCEPT
};

/*
 * By the role of who receives, then by state: ringing, answered, connected, ending. 'a' accepts,
 * '-' ignores, '!' refuses. A message is read in these four states only: before RINGING there has
 * been no authenticated packet, FREE has no keys.
 */
static const struct {
    enum tacet_message type;
    const char *caller;
    const char *callee;
} table[] = {
    { TACET_MESSAGE_RING, "a---", "!!!-" },
    { TACET_MESSAGE_ANSWER, "a!!-", "!!!-" },
    { TACET_MESSAGE_ANSWER_ACK, "!!!-", "!a!-" },
    { TACET_MESSAGE_DECLINE, "a!!-", "!!!-" },
    { TACET_MESSAGE_HANGUP, "aaa-", "aaa-" },
    { TACET_MESSAGE_MEDIA, "aaa-", "aaa-" },
    { TACET_MESSAGE_APP, "-aa-", "-aa-" }, /* no stranger's text before a human has answered */
    { TACET_MESSAGE_REKEY1, "!!!-", "aaa-" },
    { TACET_MESSAGE_REKEY2, "aaa-", "!!!-" },
    { TACET_MESSAGE_REKEY_REQ, "aaa-", "!!!-" },
    { TACET_MESSAGE_PING, "----", "----" },
    { TACET_MESSAGE_PATH_CHALLENGE, "aaa-", "aaa-" },
    { TACET_MESSAGE_PATH_RESPONSE, "aaa-", "aaa-" },
};

_Static_assert(TACET_PEER_ENDING - TACET_PEER_RINGING == 3, "the four columns of the table");

static enum verdict judge(const struct tacet_peer *peer, enum tacet_message type)
{
    assert(peer->state >= TACET_PEER_RINGING);
    assert(peer->state <= TACET_PEER_ENDING);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].type == type) {
            const char *row = peer->caller ? table[i].caller : table[i].callee;
            char cell = row[peer->state - TACET_PEER_RINGING];
            return cell == 'a' ? ACCEPT : cell == '-' ? IGNORE : REFUSE;
        }
    }
    return REFUSE; /* a type that version 1 does not have */
}

/* --- one function a message; false: the peer broke the protocol --- */

/* A rekey that did not work out. What this machine lacks is not the peer's fault. */
static bool rekey_failed(struct tacet_call *call, struct tacet_peer *peer, int64_t now, int error)
{
    if (error != TACET_ERR_NOMEM) {
        return false;
    }
    tacet_peer_end(call, peer, now, TACET_MESSAGE_HANGUP, TACET_END_FAILED);
    return true;
}

static bool on_ring(struct tacet_call *call, struct tacet_peer *peer, size_t size)
{
    struct tacet_event event = { .type = TACET_EVENT_RINGING, .peer = peer->id };

    if (size != 0) {
        return false;
    }
    tacet_events_push(&call->events, &event);
    return true;
}

static bool on_answer(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                      const uint8_t *body, size_t size)
{
    if (tacet_nonce_read(body, size, peer->n_r) != 0) {
        return false;
    }
    tacet_peer_answered(call, peer, now);
    if (peer->state != TACET_PEER_ANSWERED) {
        return true; /* another call took the media first */
    }
    tacet_words(peer->n_i, peer->n_r, peer->h, peer->words);
    if (tacet_peer_send(call, peer, now, TACET_MESSAGE_ANSWER_ACK, peer->n_i, sizeof(peer->n_i))) {
        tacet_peer_connect(call, peer, now);
    }
    return true;
}

static bool on_answer_ack(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                          const uint8_t *body, size_t size)
{
    /* Exactly one: the words are known after it. */
    if (peer->words[0] != '\0' || tacet_nonce_read(body, size, peer->n_i) != 0 ||
        !tacet_words_check(peer->n_i, peer->commitment)) {
        return false;
    }
    tacet_words(peer->n_i, peer->n_r, peer->h, peer->words);
    tacet_peer_connect(call, peer, now);
    return true;
}

static bool on_end(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                   const uint8_t *body, size_t size)
{
    enum tacet_end reason;

    if (tacet_reason_read(body, size, &reason) != 0) {
        return false;
    }
    tacet_peer_end_remote(call, peer, now, reason);
    return true;
}

static bool on_media(struct tacet_call *call, struct tacet_peer *peer, const uint8_t *body,
                     size_t size)
{
    struct tacet_event event = { .type = TACET_EVENT_MEDIA, .peer = peer->id };

    if (tacet_media_read(body, size, &event.u.media) != 0) {
        return false;
    }
    peer->media = event.u.media;
    tacet_events_push(&call->events, &event);
    return true;
}

static bool on_app(struct tacet_call *call, struct tacet_peer *peer, const uint8_t *body,
                   size_t size)
{
    struct tacet_event event = {
        .type = TACET_EVENT_MESSAGE,
        .peer = peer->id,
        .u.message = { .data = call->message, .size = size },
    };

    if (size == 0 || size > TACET_MESSAGE_MAX) {
        return false;
    }
    /* In memory of the call: it may be read when its peer is gone already. */
    if (tacet_events_push(&call->events, &event)) {
        memcpy(call->message, body, size);
        call->message_size = size;
    }
    return true;
}

static bool on_rekey1(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                      const uint8_t *body, size_t size)
{
    uint8_t rekey2[TACET_KEM_CIPHER_MAX];
    size_t rekey2_size;

    /* Each costs an encapsulation and four sessions; who asks for more than a call needs is up to
     * no good. The first comes at once, the others are at least 10 s apart at their sender. */
    if (peer->rekey.epoch > 0 && now - peer->rekeyed_at_us < TACET_REKEY_FLOOD_US) {
        return false;
    }
    int result = tacet_rekey_answer(&peer->rekey, &call->config.random, &peer->control, body, size,
                                    rekey2, &rekey2_size);
    if (result != 0) {
        return rekey_failed(call, peer, now, result);
    }
    tacet_timers_set(&peer->timers, TACET_TIMER_CONFIRM, now + TACET_REKEY_CONFIRM_US);
    (void)tacet_peer_send(call, peer, now, TACET_MESSAGE_REKEY2, rekey2, rekey2_size);
    return true;
}

static bool on_rekey2(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                      const uint8_t *body, size_t size)
{
    int result = tacet_rekey_finish(&peer->rekey, &peer->control, body, size);

    if (result != 0) {
        return rekey_failed(call, peer, now, result);
    }
    /* The other side sends in the new epoch once it has seen a packet of it. */
    tacet_control_send_single(&peer->control, TACET_MESSAGE_PING, NULL, 0);
    tacet_timers_set(&peer->timers, TACET_TIMER_CONFIRM, now + TACET_REKEY_CONFIRM_US);
    tacet_peer_connect(call, peer, now);
    return true;
}

static bool on_rekey_request(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                             size_t size)
{
    if (size != 0) {
        return false;
    }
    tacet_peer_want_rekey(call, peer, now);
    return true;
}

/* The response goes where the challenge came from, whatever path is in use, and anybody's address
 * can be written there: it is one for a packet, and no larger. Away from the path in use only who
 * is in the call gets it, within what that address may draw. */
static bool may_respond(struct tacet_peer *peer)
{
    if (peer->responded) {
        return false;
    }
    return tacet_path_equal(&peer->arrived_from, &peer->path) ||
           (peer->state == TACET_PEER_CONNECTED &&
            tacet_validation_may_respond(&peer->validation, &peer->arrived_from,
                                         TACET_CTRL_SINGLE_PACKET));
}

static bool on_path_challenge(struct tacet_call *call, struct tacet_peer *peer, const uint8_t *body,
                              size_t size)
{
    uint8_t packet[TACET_CTRL_PACKET_MAX];

    if (size != TACET_CHALLENGE_SIZE) {
        return false;
    }
    if (!may_respond(peer)) {
        return true;
    }
    peer->responded = true;
    size_t packet_size =
        tacet_control_seal_single(&peer->control, TACET_MESSAGE_PATH_RESPONSE, body, size, packet);
    if (packet_size > 0) {
        tacet_queue_copy(&call->queue, packet, packet_size, &peer->arrived_from);
    }
    return true;
}

static bool on_path_response(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                             const uint8_t *body, size_t size)
{
    if (size != TACET_CHALLENGE_SIZE) {
        return false;
    }
    tacet_validation_on_response(&peer->validation, &peer->path, &peer->arrived_from, body,
                                 peer->control.round_trip_us);
    tacet_peer_validate(call, peer, now);
    return true;
}

static bool accept(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                   enum tacet_message type, const uint8_t *body, size_t size)
{
    switch (type) {
    case TACET_MESSAGE_RING:
        return on_ring(call, peer, size);
    case TACET_MESSAGE_ANSWER:
        return on_answer(call, peer, now, body, size);
    case TACET_MESSAGE_ANSWER_ACK:
        return on_answer_ack(call, peer, now, body, size);
    case TACET_MESSAGE_DECLINE:
    case TACET_MESSAGE_HANGUP:
        return on_end(call, peer, now, body, size);
    case TACET_MESSAGE_MEDIA:
        return on_media(call, peer, body, size);
    case TACET_MESSAGE_APP:
        return on_app(call, peer, body, size);
    case TACET_MESSAGE_REKEY1:
        return on_rekey1(call, peer, now, body, size);
    case TACET_MESSAGE_REKEY2:
        return on_rekey2(call, peer, now, body, size);
    case TACET_MESSAGE_REKEY_REQ:
        return on_rekey_request(call, peer, now, size);
    case TACET_MESSAGE_PATH_CHALLENGE:
        return on_path_challenge(call, peer, body, size);
    case TACET_MESSAGE_PATH_RESPONSE:
        return on_path_response(call, peer, now, body, size);
    case TACET_MESSAGE_PING:
        break;
    }
    assert(false); /* the table accepts only what is handled above */
    return false;
}

static void read_one(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                     enum tacet_message type, const uint8_t *body, size_t size)
{
    enum verdict verdict = judge(peer, type);

    if (verdict == REFUSE || (verdict == ACCEPT && !accept(call, peer, now, type, body, size))) {
        tacet_peer_end(call, peer, now, TACET_MESSAGE_HANGUP, TACET_END_PROTOCOL);
    }
}

void tacet_peer_read_messages(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    uint8_t single[TACET_SINGLE_MAX];
    enum tacet_message type;
    const uint8_t *body;
    size_t size;

    while (peer->state != TACET_PEER_FREE &&
           tacet_control_poll_single(&peer->control, &type, single, &size) == 1) {
        read_one(call, peer, now, type, single, size);
    }

    while (peer->state != TACET_PEER_FREE && call->message_size == 0 &&
           tacet_control_poll_message(&peer->control, &type, &body, &size) == 1) {
        read_one(call, peer, now, type, body, size);
    }
    if (peer->state != TACET_PEER_FREE && peer->control.broken) {
        tacet_peer_end(call, peer, now, TACET_MESSAGE_HANGUP, TACET_END_PROTOCOL);
    }
}
