/*
 * Two control streams joined by a link on virtual time that loses, reorders, doubles and corrupts,
 * all drawn from a seed; and packets made by hand, as a hostile or broken peer may send them.
 */
#ifndef TESTS_UNIT_CALL_CONTROL_LINK_H
#define TESTS_UNIT_CALL_CONTROL_LINK_H

#include "call/control.h"
#include "call/stream.h"
#include "sim/rng.h"

#define PACKETS_MAX 512
#define EPOCHS 4
#define COUNTERS 16384
#define MESSAGES 24
#define EPOCH0_LABEL 0xe0

struct control_flight {
    int64_t at_us;
    uint64_t order; /* of launch: what arrives at one time arrives in it */
    int to;
    size_t size;
    uint8_t bytes[TACET_CTRL_PACKET_MAX];
};

struct control_link {
    struct tacet_rng rng;
    int64_t now;
    bool blocked[2]; /* nothing of that side arrives */
    bool unread;     /* nobody takes the messages */
    int32_t loss_permille;
    int32_t double_permille;
    int32_t corrupt_permille;
    int64_t delay_us;
    int64_t jitter_us;
    struct tacet_control side[2];
    struct control_flight flights[PACKETS_MAX];
    size_t flight_count;
    uint64_t launched;
    bool used[EPOCHS][2][COUNTERS]; /* (key, counter) pairs seen on the wire */
    unsigned sent[2];               /* messages queued so far */
    unsigned got[2];
    unsigned singles;
    uint64_t packets;
    uint64_t stream_bytes; /* in all STREAM frames sent, repeated ones too */
    uint64_t drops[TACET_DROP_COUNT];
    uint8_t packet[TACET_CTRL_PACKET_MAX]; /* the one in a test's hands */
    size_t packet_size;
};

/* Of a group of tests, whose *state is the link: it is large, and made once for all of them. */
int control_link_create(void **state);
int control_link_free(void **state);
/* Two streams in epoch 0 over a good link; nothing of a test before is left. */
void control_link_start(struct control_link *w, uint64_t seed);
/* The key with which side `from` seals in that epoch. */
void control_link_key(uint32_t epoch, int from, uint8_t out[32]);
void control_link_add_epoch(struct control_link *w, int side, uint32_t epoch);
/* Sends all that a side has to send now. */
void control_link_drain(struct control_link *w, int side);
/* The n-th message of a side. */
size_t control_link_body(int side, unsigned n, uint8_t *out);
/* One event of the world; false when nothing will happen any more or `until` is over. */
bool control_link_step(struct control_link *w, int64_t until);
/* Until both sides are silent for ever. */
void control_link_run_to_the_end(struct control_link *w);

/* Seals frames as side 0 would, under a counter of the test's own, into w->packet. */
void control_link_forge(struct control_link *w, const uint8_t *frames, size_t size, uint32_t epoch,
                        uint64_t counter);
/* Side 1 receives it at once. */
enum tacet_drop control_link_give(struct control_link *w, const uint8_t *bytes, size_t size);
/* Writes a STREAM frame; its size. */
size_t control_link_stream_frame(uint8_t *out, uint64_t offset, const uint8_t *data, size_t size);

#endif
