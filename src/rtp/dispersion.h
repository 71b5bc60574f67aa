/*
 * How fast packets arrive that were sent at once. A picture leaves as a train of packets, several
 * times faster than the way is used on the whole; a bottleneck spreads it to its own rate. That
 * costs nothing, and so tells whether a probe is worth its while. It is a measure of the capacity
 * only where one train arrives as fast as the other: jitter spreads trains as well, and a single
 * one may arrive as it likes (Dovrolis, Ramanathan, Moore: What do packet dispersion techniques
 * measure?, INFOCOM 2001).
 */
#ifndef TACET_RTP_DISPERSION_H
#define TACET_RTP_DISPERSION_H

#include "rtp/packet_result.h"

struct tacet_dispersion {
    bool begun; /* a train is under way: ... */
    int64_t first_sent_us;
    int64_t last_sent_us;
    int64_t first_arrived_us;
    int64_t last_arrived_us;
    int64_t train_bytes; /* behind its first packet */
    /* of late, all together */
    int64_t bytes;
    int64_t span_us;
    int64_t sent_span_us;
    int64_t apart_us; /* that spans differed from what was usual */
};

/* Zero-initialised is empty. In the order of sending; what is told of later is passed over.
 * `estimate_bps`: what leaves twice as fast as that belongs to one train. */
void tacet_dispersion_add(struct tacet_dispersion *d, const struct tacet_packet_result *result,
                          int64_t estimate_bps);
/* 0: too little is known. */
int64_t tacet_dispersion_bps(const struct tacet_dispersion *d);
/* Each train arrives as fast as the others: no jitter spreads them, and nobody else's packets come
 * between. */
bool tacet_dispersion_is_steady(const struct tacet_dispersion *d);
/* Trains arrive as they left: however slow they are, no bottleneck shows. */
bool tacet_dispersion_is_none(const struct tacet_dispersion *d);

#endif
