/*
 * Congestion control feedback (RFC 8888), the receiver's part: which packets of each stream have
 * come and when, the report (CCFB) that says so, and reading one.
 *
 * How often: a report is due when sixty times what it takes without its packets (headers, and eight
 * bytes a stream) has arrived since the last one, so that this is less than 1.7 % of what it tells
 * of; but at least 40 ms and at most 200 ms after the last. Sizes are those on the wire, with
 * SRTCP, UDP and IPv4 (a unit test prints this table):
 *
 *     received, kbit/s            packets/s   report B   every ms   kbit/s   share
 *     54 (audio alone)                   50        127        200      5.0   9.2 %
 *     311 (with little video)            89        158        153      8.2   2.6 %
 *     609                               125        136         80     13.6   2.2 %
 *     1028                              175        120         40     24.0   2.3 %
 *     1692                              260        139         40     27.8   1.6 %
 *     2680                              380        168         40     33.5   1.2 %
 *
 * Where more is missing since the last report than has come, and that is four packets at least, or
 * far less comes than before (800 kbit/s and more), reports are due every 15 ms for a quarter of a
 * second: a queue builds up or overflows on this way, and may well do so on the way back, where of
 * few reports none would get through. That again only 1.5 s later. They tell of each packet as
 * often as can be: many of them are lost, one after the other.
 *
 * How much: each packet is told of in several reports in a row, the fewest by which a packet whose
 * reports are all lost is three in a thousand, by the loss on the reports' own way:
 *
 *     loss up to       14 %   23 %   31 %   more
 *     reports             3      4      5      6
 *
 * which makes it 5 % of 500 kbit/s where 30 % is lost; but of one stream at most the newest
 * TACET_FEEDBACK_PACKETS. RTCP has no sequence numbers: that a report was lost is not known to
 * anyone, so it cannot be asked for again.
 */
#ifndef TACET_RTP_FEEDBACK_H
#define TACET_RTP_FEEDBACK_H

#include "base/bytes.h"
#include "base/limits.h"

struct tacet_feedback_arrival {
    uint64_t seq_after; /* its sequence number + 1; 0: none */
    int64_t at_us;
};

struct tacet_feedback_stream {
    uint32_t ssrc;
    bool started;
    uint64_t highest_seq;
    /* Above the highest of the last reports, [0] the last one's: where the next ones begin. */
    uint64_t reported[TACET_FEEDBACK_SPANS_MAX];
    struct tacet_feedback_arrival arrivals[TACET_FEEDBACK_WINDOW]; /* by sequence number */
};

struct tacet_feedback {
    struct tacet_feedback_stream streams[TACET_FEEDBACK_STREAMS];
    uint64_t bytes;     /* received since the last report */
    uint32_t arrived;   /* likewise packets, ... */
    uint64_t missing;   /* ... and those passed over */
    int64_t usual_rate; /* bytes a second, from report to report */
    int64_t urgent_until_us;
    int64_t urgent_again_us; /* no sooner */
    size_t headers_size;     /* of the last report on the wire, without its packets' metrics */
    int64_t reported_at_us;
    int64_t due_us; /* INT64_MAX: there is nothing to tell */
    uint64_t reports;
};

/* Streams are numbered as their SSRCs stand here. */
void tacet_feedback_init(struct tacet_feedback *f, const uint32_t ssrcs[TACET_FEEDBACK_STREAMS]);
/* An authenticated packet came: `seq` unwrapped, `size` of the datagram. Other SSRCs are none of
 * its business. */
void tacet_feedback_on_packet(struct tacet_feedback *f, int64_t now, uint32_t ssrc, uint64_t seq,
                              size_t size);
/* When to write a report; INT64_MAX: not before another packet has come. */
int64_t tacet_feedback_timeout(const struct tacet_feedback *f);
/* Writes the report, a whole RTCP part, from the sender `ssrc`; nothing if there is nothing to
 * tell. `loss_permille`: on the way that the report goes. */
void tacet_feedback_write(struct tacet_feedback *f, int64_t now, int32_t loss_permille,
                          uint32_t ssrc, struct tacet_writer *w);

/* A report as it is read (RFC 8888 section 3.1). */
struct tacet_feedback_block {
    uint32_t ssrc;
    uint16_t begin_seq;
    uint16_t count;
    struct tacet_reader metrics; /* of `count` packets from begin_seq on */
};

struct tacet_feedback_report {
    uint32_t timestamp; /* 1/65536 s: the middle bits of the reporter's NTP time */
    size_t block_count;
    struct tacet_feedback_block blocks[TACET_FEEDBACK_STREAMS];
};

/* Offsets that are none. */
#define TACET_FEEDBACK_OFFSET_OVER 0x1ffe /* earlier than 8189/1024 s before the report */
#define TACET_FEEDBACK_OFFSET_NONE 0x1fff /* not known, or after the report's timestamp */

struct tacet_feedback_metric {
    bool received;
    uint8_t ecn;
    uint16_t offset; /* 1/1024 s before the report's timestamp */
};

/* Reads what stands behind the sender's SSRC. TACET_ERR_FORMAT: lengths that do not add up, more
 * packets of one stream than may be reported on, too many streams, or one of them twice. */
int tacet_feedback_read(const uint8_t *data, size_t size, struct tacet_feedback_report *ret);
struct tacet_feedback_metric tacet_feedback_next_metric(struct tacet_feedback_block *block);

#endif
