/*
 * The video packets sent last, in clear, for retransmission (RFC 4588): a ring by sequence number.
 * All memory is inside; a packet is there until the ring has gone once around.
 */
#ifndef TACET_RTP_HISTORY_H
#define TACET_RTP_HISTORY_H

#include "base/limits.h"
#include "tacet/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tacet_history_packet {
    bool used;
    bool marker;
    uint64_t seq; /* 64 bits */
    uint32_t timestamp;
    int64_t sent_at_us; /* last, retransmissions included */
    uint32_t times;     /* retransmitted */
    size_t size;        /* of the payload */
    uint8_t payload[TACET_DATAGRAM_MAX];
};

struct tacet_history {
    struct tacet_history_packet packets[TACET_HISTORY_PACKETS];
    uint64_t next; /* above the highest */
};

void tacet_history_put(struct tacet_history *h, int64_t now, uint64_t seq, uint32_t timestamp,
                       bool marker, const uint8_t *payload, size_t size);
/* The packet that a 16-bit sequence number names now, or NULL where it is gone. */
struct tacet_history_packet *tacet_history_find(struct tacet_history *h, uint16_t seq);

#endif
