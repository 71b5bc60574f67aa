/*
 * A party that has its keys honestly and keeps no other rule: it makes a real handshake with a
 * call, in either role, and then says whatever a test wants it to, authentic and well sealed. It
 * does by itself only what keeps the call alive: acknowledgements, and the exchange of epochs.
 *
 *     evil_dial / evil_accept -> evil_say ... evil_hear
 */
#ifndef TESTS_EVIL_EVIL_PEER_H
#define TESTS_EVIL_EVIL_PEER_H

#include "call/call.h"
#include "call/handshake.h"
#include "sim/rng.h"

struct evil_peer {
    struct tacet_rng rng;
    struct tacet_identity *identity;
    struct tacet_handshake_config config;
    struct tacet_responder responder;
    struct tacet_path path; /* its own */

    /* the call it is in */
    struct tacet_call *victim;
    struct tacet_path victim_path;
    bool caller;
    struct tacet_handshake_result result;
    uint8_t init[TACET_INIT_SIZE]; /* as they were sent, to be sent again or elsewhere */
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];
    struct tacet_control control;
    struct tacet_rekey rekey;
};

struct evil_message {
    enum tacet_message type;
    uint8_t body[4096];
    size_t size;
};

void evil_create(struct evil_peer *e, uint64_t seed, const char *name, uint8_t host);
void evil_free(struct evil_peer *e);

/* Calls the victim: INIT, RESP, FIN. False: it was not let in. */
bool evil_dial(struct evil_peer *e, int64_t now, struct tacet_call *victim,
               const struct tacet_path *victim_path, const struct tacet_callee *who,
               const uint8_t commitment[TACET_SAS_COMMITMENT]);
/* Answers the call that the victim makes just now, its INIT not yet polled. */
bool evil_accept(struct evil_peer *e, int64_t now, struct tacet_call *victim,
                 const struct tacet_path *victim_path);

/* Hands bytes to the victim, from `path`. */
enum tacet_drop evil_give(struct evil_peer *e, int64_t now, const struct tacet_path *path,
                          const uint8_t *data, size_t size);
/* Sends a message: on the stream, or single. */
void evil_say(struct evil_peer *e, int64_t now, enum tacet_message type, const uint8_t *body,
              size_t size);
/* Takes all that the victim has to send and sends what that calls for. */
void evil_settle(struct evil_peer *e, int64_t now);
/* The next message of the victim that is not about epochs. */
bool evil_hear(struct evil_peer *e, int64_t now, struct evil_message *ret);

#endif
