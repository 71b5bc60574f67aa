/*
 * What was sent, until the peer's congestion feedback has told what became of it: each packet's
 * fate is told once. A packet has arrived when a report says so. It is lost when a report says that
 * a packet sent clearly later has arrived and this one has not; how much later a packet must be is
 * at least 30 ms, and more for a while after one was found to have been given up too early. One
 * that arrives after all has been told as lost and stays so.
 *
 * Reports may be lost, doubled, out of order, and wrong: what they say of packets that were not
 * sent is passed over.
 */
#ifndef TACET_RTP_SENT_LOG_H
#define TACET_RTP_SENT_LOG_H

#include "base/limits.h"
#include "base/seq.h"
#include "rtp/feedback.h"
#include "rtp/packet_result.h"

enum tacet_sent_fate {
    TACET_SENT_PENDING = 0, /* no report has told of it */
    TACET_SENT_MISSING,     /* one says that it had not come then */
    TACET_SENT_ARRIVED,
    TACET_SENT_LOST
};

struct tacet_sent_packet {
    struct tacet_packet_result result;
    enum tacet_sent_fate fate;
    bool told;
    bool came_late; /* told as lost, and came */
};

struct tacet_sent_stream {
    uint32_t ssrc;
    struct tacet_unwrap unwrap;
    uint16_t slots[TACET_SENT_LOG_PACKETS]; /* in the ring, by sequence number */
};

struct tacet_sent_counts {
    uint64_t arrived;
    uint64_t lost;      /* late and unreported ones included */
    uint64_t late;      /* told as lost, and came after all */
    uint64_t forgotten; /* no report came while there was room to remember them */
    uint64_t reports;
};

struct tacet_sent_log {
    struct tacet_sent_packet packets[TACET_SENT_LOG_PACKETS]; /* a ring, as they were sent */
    struct tacet_sent_stream streams[TACET_FEEDBACK_STREAMS];
    uint64_t next;             /* packets put in so far: the position of the next */
    uint64_t open;             /* all before this position have been told */
    uint64_t scan;             /* where telling goes on */
    uint64_t ordered;          /* all before this position have been told in order */
    struct tacet_unwrap clock; /* the reports' timestamps */
    int64_t reorder_us;
    int64_t round_trip_us; /* smoothed; 0: not measured yet */
    int64_t round_trip_last_us;
    bool round_trip_new; /* not asked for yet */
    struct tacet_sent_counts counts;
};

/* Streams are numbered as their SSRCs stand here. */
void tacet_sent_log_init(struct tacet_sent_log *log, const uint32_t ssrcs[TACET_FEEDBACK_STREAMS]);
/* A packet goes out now; `size` of the datagram. SSRCs that are not of the log are passed over.
 * False: it was one of these. */
bool tacet_sent_log_on_sent(struct tacet_sent_log *log, int64_t now, uint32_t ssrc, uint16_t seq,
                            size_t size, uint8_t probe);
/* A report has come. What it settles is polled. */
void tacet_sent_log_on_report(struct tacet_sent_log *log, int64_t now,
                              const struct tacet_feedback_report *report);
/* The round trip that reports have told since it was last asked for; 0: none. */
int64_t tacet_sent_log_new_round_trip(struct tacet_sent_log *log);
/* The next fates that are known, each packet once, in the order of sending as far as they have
 * become known together. How many; 0: no more until the next report. */
size_t tacet_sent_log_poll(struct tacet_sent_log *log, struct tacet_packet_result *out,
                           size_t capacity);
/* The same strictly in the order of sending: a packet that is still open holds up those behind it.
 * For what counts runs of losses. */
size_t tacet_sent_log_poll_ordered(struct tacet_sent_log *log, struct tacet_packet_result *out,
                                   size_t capacity);

#endif
