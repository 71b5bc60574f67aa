/*
 * The two halves of the control stream inside struct tacet_control (see control.h): what is sent
 * and not yet acknowledged, and what has arrived and not yet been taken. No keys and no packets
 * here: frames only.
 *
 *     STREAM  1 | offset u64 | length u16 | bytes                      1 byte at least
 *     ACK     2 | next u64 | count u8 0..4 | count times {begin u32, length u32}
 *     SINGLE  3 | type u8 | length u16 | body                          64 bytes at most
 *     0       padding: all that follows in the packet is zero
 *
 * ACK's `next` is what the receiver has *taken* out of its stream, and its ranges, counted from
 * `next`, ascending and not touching, are what it holds beyond: the first may begin at 0, being a
 * message that is complete but not taken, or not complete. A receiver never gives up what it has
 * acknowledged in a range. So the sender's window, 64 KiB from `next`, is exactly the receiver's
 * free room, and needs no field of its own.
 */
#ifndef TACET_CALL_STREAM_H
#define TACET_CALL_STREAM_H

#include "base/bytes.h"
#include "call/control.h"

#define TACET_FRAME_PADDING 0
#define TACET_FRAME_STREAM 1
#define TACET_FRAME_ACK 2
#define TACET_FRAME_SINGLE 3

#define TACET_STREAM_FRAME_HEADER 11
#define TACET_SINGLE_FRAME_HEADER 4
#define TACET_ACK_RANGES_MAX 4
#define TACET_ACK_FRAME_MAX (10 + 8 * TACET_ACK_RANGES_MAX)
/* A segment always fits beside an acknowledgement. */
#define TACET_STREAM_SEGMENT_MAX                                                                   \
    (TACET_CONTROL_PAYLOAD_MAX - TACET_STREAM_FRAME_HEADER - TACET_ACK_FRAME_MAX)
#define TACET_MESSAGE_HEADER 5 /* type u8, length u32 */

struct tacet_ack {
    uint64_t next;
    size_t count;
    struct tacet_span {
        uint64_t begin; /* absolute */
        uint64_t end;
    } ranges[TACET_ACK_RANGES_MAX];
};

/* --- sending (stream_send.c) --- */

void tacet_stream_send_init(struct tacet_control *c);
/* Appends bytes; the caller has looked at the room. */
void tacet_stream_push(struct tacet_control *c, const void *data, size_t size);
size_t tacet_stream_room(const struct tacet_control *c);
/* Whether a segment is waiting to be sent now: lost, or new with a place in flight. */
bool tacet_stream_sendable(const struct tacet_control *c);
/* Writes STREAM frames as far as they fit and notes them as in flight. */
void tacet_stream_write(struct tacet_control *c, int64_t now, struct tacet_writer *w);
/* What retry_at_us asked for: declares segments lost, or probes. */
void tacet_stream_on_timeout(struct tacet_control *c, int64_t now);
/* False: it acknowledges what was never sent. */
bool tacet_stream_ack_valid(const struct tacet_control *c, const struct tacet_ack *ack);
void tacet_stream_on_ack(struct tacet_control *c, int64_t now, const struct tacet_ack *ack);

/* --- receiving (stream_receive.c) --- */

/* False: empty, or beyond the window. */
bool tacet_stream_data_valid(const struct tacet_control *c, uint64_t offset, size_t size);
void tacet_stream_on_data(struct tacet_control *c, int64_t now, uint64_t offset,
                          const uint8_t *data, size_t size);
void tacet_stream_write_ack(struct tacet_control *c, struct tacet_writer *w);
/* 1 and the next whole message, copied to c->message; 0 for none. */
int tacet_stream_take(struct tacet_control *c, enum tacet_message *ret_type, size_t *ret_size);

#endif
