/*
 * Two calls joined directly, without a network: what one polls the other gets at once. The time
 * moves only when a test says so, chance comes from a seed.
 */
#ifndef TESTS_UNIT_CALL_PAIR_H
#define TESTS_UNIT_CALL_PAIR_H

#include "call/call.h"
#include "sim/rng.h"

enum { CALLER = 0, CALLEE = 1 };

struct pair;

/* What stands on the way, with `ctx`: true when it has taken this datagram of that party. */
typedef bool pair_way(void *ctx, struct pair *p, int from, const struct tacet_packet *packet);

struct pair {
    struct tacet_rng rng[2];
    struct tacet_identity *identity[2];
    struct tacet_call *call[2];
    struct tacet_path path[2];
    struct tacet_path sent_to[2]; /* the last datagram of this one */
    uint32_t peer[2]; /* set by dial, and by INCOMING */
    int64_t now;
    bool blocked[2]; /* what this one sends is lost */
    pair_way *way;   /* or NULL */
    void *way_ctx;
    struct tacet_event events[2][128];
    size_t event_count[2];
    struct tacet_frame last_frame[2];
    uint32_t frames[2][TACET_KIND_COUNT];
    uint32_t media_packets[2]; /* RTP that this one sent */
    uint64_t handed[2];        /* datagrams that this one was given */
};

/* `edit` may change the config of a party before its call is made; or NULL. */
void pair_create(struct pair *p, uint64_t seed,
                 void (*edit)(int party, struct tacet_call_config *config));
void pair_free(struct pair *p);
/* A copy of that datagram comes to this party by that path. */
enum tacet_drop pair_give(struct pair *p, int to, const struct tacet_packet *packet,
                          const struct tacet_path *by);
/* Hands over what this one has to send, and polls nothing else; whether there was any. */
bool pair_hand_over(struct pair *p, int from);
/* Hands packets over and polls everything until nothing moves at this moment. */
void pair_pump(struct pair *p);
/* Moves time on in the steps that the timers ask for, pumping at each. */
void pair_run(struct pair *p, int64_t duration_us);
void pair_dial(struct pair *p);
/* At these paths. */
void pair_dial_at(struct pair *p, const struct tacet_path *paths, size_t count);
/* Dials, answers, and pumps until both are connected. */
void pair_connect(struct pair *p);
/* Sends a frame of that size. A picture predicted from nothing is a key frame, any other one
 * replaces LAST. */
void pair_send(struct pair *p, int party, enum tacet_kind kind, uint8_t references, size_t size);
struct tacet_peer *pair_peer(struct pair *p, int party);
uint32_t pair_events(const struct pair *p, int party, enum tacet_event_type type);
const struct tacet_event *pair_last(const struct pair *p, int party, enum tacet_event_type type);

#endif
