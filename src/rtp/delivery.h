/*
 * What of the packets that were sent gets through: how much leaves, how much of that arrives, and
 * how much the way therefore carries.
 */
#ifndef TACET_RTP_DELIVERY_H
#define TACET_RTP_DELIVERY_H

#include "rtp/packet_result.h"
#include "rtp/rate_window.h"

struct tacet_delivery {
    struct tacet_rate_window arrived;
    struct tacet_rate_window passed; /* the same with what was lost between */
    struct tacet_rate_window sent;   /* of what was reported */
    uint32_t lost_bytes;             /* since the last that arrived */
    int64_t newest_sent_us;          /* of what was reported */
};

void tacet_delivery_init(struct tacet_delivery *d);
/* In the order of sending. */
void tacet_delivery_add(struct tacet_delivery *d, const struct tacet_packet_result *result);
/* 0: too little is known, here and below. */
int64_t tacet_delivery_arrived_bps(const struct tacet_delivery *d, int64_t window_us);
int64_t tacet_delivery_sent_bps(const struct tacet_delivery *d, int64_t window_us);
/* What arrives, and what is lost in any case, for that has used the capacity too: losses are
 * counted up to `explained_permille` of what was sent. */
int64_t tacet_delivery_carried_bps(const struct tacet_delivery *d, int64_t window_us,
                                   int32_t explained_permille);

#endif
