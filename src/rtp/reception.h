/* What a receiver counts of one RTP stream for its report blocks (RFC 3550 appendix A.3, A.8). */
#ifndef TACET_RTP_RECEPTION_H
#define TACET_RTP_RECEPTION_H

#include "rtp/rtcp.h"

struct tacet_reception {
    bool started;
    uint32_t ssrc;
    uint32_t clock_rate;
    uint64_t first_seq; /* extended, 64 bits */
    uint64_t highest_seq;
    uint64_t packets;
    uint64_t packets_prior; /* at the last report */
    uint64_t expected_prior;
    int32_t loss_q8;   /* in 1/256 permille, smoothed over reports */
    int64_t transit;   /* timestamp units, of the last packet */
    int64_t jitter_q4; /* jitter << 4, as A.8 */
    uint32_t last_sr;
    int64_t last_sr_at_us;
    bool sr_known; /* what stands below: one moment of the sender, by two clocks */
    uint32_t sr_timestamp;
    int64_t sr_sender_us;
};

void tacet_reception_init(struct tacet_reception *r, uint32_t ssrc, uint32_t clock_rate);
/* `seq` is the 64-bit sequence number; `timestamp` the packet's. */
void tacet_reception_on_packet(struct tacet_reception *r, int64_t now, uint64_t seq,
                               uint32_t timestamp);
void tacet_reception_on_sr(struct tacet_reception *r, int64_t now, uint64_t ntp,
                           uint32_t timestamp);
/* When the sender captured what has this timestamp, by his clock (RFC 3550 section 6.4.1: the NTP
 * and RTP timestamps of an SR are of one moment). False: he has not reported yet. */
bool tacet_reception_captured_at(const struct tacet_reception *r, uint32_t timestamp,
                                 int64_t *ret_us);
/* Fills the block and begins the next interval. False: nothing received yet. */
bool tacet_reception_report(struct tacet_reception *r, int64_t now, struct tacet_report_block *ret);
/* Of late: of the last reported interval, and of those before it with less weight. */
int32_t tacet_reception_loss_permille(const struct tacet_reception *r);
int64_t tacet_reception_lost(const struct tacet_reception *r);
int64_t tacet_reception_jitter_us(const struct tacet_reception *r);

/* The round trip that a block about our own stream tells (RFC 3550 section 6.4.1, A): -1 if it
 * answers no SR of ours. */
int64_t tacet_report_round_trip_us(const struct tacet_report_block *block, int64_t now);

#endif
