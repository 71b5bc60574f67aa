/*
 * The control stream of protocol.md section 7: reliable, ordered messages and single ones, sealed
 * in CTRL packets. It knows epochs and keys, offsets and acknowledgements; it does not know what a
 * message means.
 *
 *     send(message) -> stream bytes -> packets, sealed with the newest epoch -> poll_packet
 *     receive(packet) -> opened -> stream bytes in order -> poll_message
 *
 * A retransmission is the same stream bytes in a new packet under a new counter; a counter never
 * repeats. Everything is inside the struct: no allocation.
 */
#ifndef TACET_CALL_CONTROL_H
#define TACET_CALL_CONTROL_H

#include "base/limits.h"
#include "base/replay.h"
#include "tacet/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_CTRL_HEADER_SIZE 16
#define TACET_CTRL_TAG_SIZE 16
#define TACET_CTRL_PACKET_MAX                                                                      \
    (TACET_CTRL_HEADER_SIZE + TACET_CONTROL_PAYLOAD_MAX + TACET_CTRL_TAG_SIZE)
#define TACET_CTRL_PAD_STEP 128
#define TACET_CTRL_SINGLE_PACKET                                                                   \
    (TACET_CTRL_HEADER_SIZE + TACET_CTRL_PAD_STEP + TACET_CTRL_TAG_SIZE)
#define TACET_SINGLE_MAX 64
#define TACET_SINGLES_MAX 8

enum tacet_message {
    TACET_MESSAGE_RING = 1,
    TACET_MESSAGE_ANSWER = 2,
    TACET_MESSAGE_ANSWER_ACK = 3,
    TACET_MESSAGE_DECLINE = 4,
    TACET_MESSAGE_HANGUP = 5,
    TACET_MESSAGE_MEDIA = 6,
    TACET_MESSAGE_APP = 7,
    TACET_MESSAGE_REKEY1 = 8,
    TACET_MESSAGE_REKEY2 = 9,
    TACET_MESSAGE_REKEY_REQ = 10,
    /* single */
    TACET_MESSAGE_PING = 64,
    TACET_MESSAGE_PATH_CHALLENGE = 65,
    TACET_MESSAGE_PATH_RESPONSE = 66
};

/* The keys of one epoch. */
struct tacet_control_keys {
    bool valid;
    uint32_t epoch;
    uint8_t send_key[32];
    uint8_t recv_key[32];
    uint64_t send_counter;
    struct tacet_replay replay;
};

/* One segment in flight: which stream bytes it is, for acknowledgement and loss detection. */
struct tacet_control_sent {
    bool used;
    uint64_t offset;
    uint16_t size;
    uint64_t order; /* of the packet that carried it last; rises with every packet */
    int64_t sent_at_us;
    bool retransmission; /* its round trip is ambiguous (Karn) */
    bool lost;           /* waits to be sent again */
    int64_t copy_at_us;  /* when its copy is due; INT64_MAX: none is */
};

/* Of one row are segments that come again so soon after each other; probes do. */
#define TACET_CONTROL_REPEATED_US TACET_S(1)

struct tacet_control {
    uint32_t index_remote;
    struct tacet_control_keys keys[2]; /* [0] the newest for sending, [1] the one before */
    uint32_t send_epoch;               /* which of them seals; see tacet_control_use_epoch */

    /* sending: stream bytes [base, end) stand in the ring at offset % window */
    uint8_t send_ring[TACET_CONTROL_WINDOW];
    uint64_t send_base; /* all below is acknowledged */
    uint64_t send_next; /* first byte never sent */
    uint64_t send_end;
    uint64_t twice_end; /* what is below goes out twice */
    struct tacet_control_sent sent[TACET_CONTROL_IN_FLIGHT_MAX];
    uint64_t send_order;  /* of the next packet with stream bytes */
    uint64_t acked_order; /* one above the highest acknowledged */
    uint64_t probe_order; /* of the first packet since the last probe */
    int64_t last_sent_at_us;
    int64_t retry_at_us; /* INT64_MAX: nothing to retry */
    int32_t retries;     /* in a row, for the back-off */
    int32_t unanswered;  /* probes since something was acknowledged */

    /* receiving */
    uint8_t recv_ring[TACET_CONTROL_WINDOW];
    uint64_t recv_next;  /* all below has arrived */
    uint64_t recv_taken; /* all below was handed out */
    struct {
        uint64_t begin;
        uint64_t end;
    } recv_ranges[4]; /* arrived out of order, ascending; begin == end: unused */
    bool repeats;     /* what comes has come before: the word of it was lost ... */
    int64_t repeats_since_us, repeated_at_us; /* ... the first time in a row, the last time */
    bool ack_due;
    bool broken; /* the peer broke the stream's rules: hang up (protocol) */

    /* singles waiting to be sent, and received ones waiting to be taken */
    struct {
        uint8_t type;
        uint16_t size;
        uint8_t body[TACET_SINGLE_MAX];
    } singles_out[TACET_SINGLES_MAX], singles_in[TACET_SINGLES_MAX];
    struct {
        bool there;
        uint8_t body[TACET_SINGLE_MAX];
        size_t size;
    } replayed_response; /* the PATH_RESPONSE of a replayed packet: its copy came another way first
                          */
    size_t singles_out_count;
    size_t singles_in_count;

    int64_t round_trip_us;       /* smoothed; 0: not measured */
    int64_t round_trip_guess_us; /* until then, what it may be; 0: no idea */
    int64_t round_trip_total_us;
    uint64_t round_trips;                       /* measured */
    uint8_t message[TACET_CONTROL_MESSAGE_MAX]; /* the one handed out last */
};

void tacet_control_init(struct tacet_control *c, uint32_t index_remote);
/* Wipes everything, keys first. */
void tacet_control_wipe(struct tacet_control *c);

/* Adds an epoch's keys for receiving; the older of the two goes. _use_epoch changes sending. */
void tacet_control_add_epoch(struct tacet_control *c, uint32_t epoch, const uint8_t send_key[32],
                             const uint8_t recv_key[32]);
/* From now on packets are sealed with this epoch, which was added. */
void tacet_control_use_epoch(struct tacet_control *c, uint32_t epoch);
/* Wipes the keys of epochs below. */
void tacet_control_drop_epochs_below(struct tacet_control *c, uint32_t epoch);

/* Queues a message on the stream: type u8, length u32, body. TACET_ERR_FULL: no room in the
 * window; nothing was queued. */
int tacet_control_send(struct tacet_control *c, int64_t now, enum tacet_message type,
                       const uint8_t *body, size_t size);
/* Queues a single, unreliable message; the oldest goes if there are too many. */
void tacet_control_send_single(struct tacet_control *c, enum tacet_message type,
                               const uint8_t *body, size_t size);
/* From here on each segment goes out a second time, TACET_COPY_US later, or no longer does: what is
 * queued already still does. For the few of a beginning, where each one lost is a round trip more
 * that somebody waits. */
void tacet_control_send_twice(struct tacet_control *c, bool on);
/* Whether everything sent has been acknowledged. */
bool tacet_control_idle(const struct tacet_control *c);
/* For seconds nothing sent has been answered, or no answer of ours has arrived. Where that is for
 * want of room on the way, what else is sent has to give way: without this stream no key is renewed
 * and the call ends. */
bool tacet_control_is_stuck(const struct tacet_control *c, int64_t now);

/*
 * Opens a CTRL packet and applies its frames. NONE with the epoch that opened it and whether it
 * is the highest counter of that epoch so far (protocol.md section 9, "newer"); SHORT, UNKNOWN
 * (no such epoch), AUTH, REPLAY, or MALFORMED (authentic, and then `broken` may be set).
 */
enum tacet_drop tacet_control_receive(struct tacet_control *c, int64_t now, const uint8_t *packet,
                                      size_t size, uint32_t *ret_epoch, bool *ret_newer);
/* 1 and the PATH_RESPONSE that the packet just dropped as REPLAY carried, copied out; 0 for none.
 * Authentic, and the one thing of a replay that still tells something: the path it came by works.
 */
int tacet_control_poll_replayed_response(struct tacet_control *c,
                                         uint8_t ret_body[TACET_SINGLE_MAX], size_t *ret_size);
/* 1 and the next single message, copied out; 0 for none. */
int tacet_control_poll_single(struct tacet_control *c, enum tacet_message *ret_type,
                              uint8_t ret_body[TACET_SINGLE_MAX], size_t *ret_size);
/* 1 and the next message, in order (body valid until the next call), singles first; 0 for none. */
int tacet_control_poll_message(struct tacet_control *c, enum tacet_message *ret_type,
                               const uint8_t **ret_body, size_t *ret_size);
/* 1 and a sealed packet of at most TACET_CTRL_PACKET_MAX bytes, if there is something to send now;
 * 0 if not. */
int tacet_control_poll_packet(struct tacet_control *c, int64_t now, uint8_t *out, size_t *ret_size);
/* Seals a packet with nothing but this single message, at once, for a path of its own. Returns its
 * size, at most TACET_CTRL_SINGLE_PACKET, or 0 where there are no keys. */
size_t tacet_control_seal_single(struct tacet_control *c, enum tacet_message type,
                                 const uint8_t *body, size_t size,
                                 uint8_t out[TACET_CTRL_PACKET_MAX]);
/* When poll_packet has something although nothing else happened (a retry); INT64_MAX. 0 means
 * now. */
int64_t tacet_control_next_timeout(const struct tacet_control *c);

#endif
