/*
 * What became of one packet that was sent: the sender's own record, joined with what the peer's
 * congestion feedback (RFC 8888) said of it. Feedback makes them, the bandwidth estimator and the
 * loss model read them.
 */
#ifndef TACET_RTP_PACKET_RESULT_H
#define TACET_RTP_PACKET_RESULT_H

#include <stdbool.h>
#include <stdint.h>

struct tacet_packet_result {
    int64_t sent_at_us;    /* when it was polled to be sent; own clock */
    int64_t arrived_at_us; /* the peer's clock: any offset, steps of 1/1024 s; valid if !lost */
    uint32_t size;         /* bytes on the wire: UDP payload + 28 */
    uint8_t stream;        /* which of the sender's streams: as its SSRC is numbered */
    uint8_t probe;         /* number of the probe that it belonged to; 0: none */
    uint64_t seq;          /* within its stream, unwrapped */
    bool lost;
    bool unreported; /* lost, as far as is known: every report that told of it was lost */
};

/* What IPv4 and UDP add to a datagram, in every count of bytes on the wire. */
#define TACET_UDP_OVERHEAD 28

#endif
