/*
 * What is lost on the way of the packets that are sent, by the peer's feedback: how much of them,
 * and in runs of what length. Fed with results in the order of sending, all streams together,
 * since a link loses packets in its order and not in that of their streams.
 */
#ifndef TACET_RTP_LOSS_H
#define TACET_RTP_LOSS_H

#include "base/limits.h"
#include "rtp/packet_result.h"

#include <stddef.h>

struct tacet_loss_bucket {
    uint32_t sent;
    uint32_t lost;
};

struct tacet_loss {
    struct tacet_loss_bucket buckets[TACET_LOSS_BUCKETS];
    bool started;
    int64_t bucket; /* the number of the newest: its time by TACET_LOSS_BUCKET_US */
    uint32_t run;   /* packets lost in a row, up to now */
    uint32_t runs;  /* that have ended; counted up to the weight below only */
    int32_t burst_q8;
};

/* Results in the order of sending; those that are `unreported` say nothing and are passed over. */
void tacet_loss_on_results(struct tacet_loss *l, const struct tacet_packet_result *results,
                           size_t count);
/* Of the last ten seconds, as far as they are known; 0 without any packet. */
int32_t tacet_loss_long_permille(const struct tacet_loss *l);
/*
 * What to expect: the ten seconds' loss, but at once more where the last second shows clearly more
 * than chance would. So it rises within a second and takes ten to forget.
 */
int32_t tacet_loss_permille(const struct tacet_loss *l);
/* The mean length of a run of lost packets, times 256; 256 before there was one. Independent
 * losses of p give 1 / (1 - p). */
int32_t tacet_loss_burst_q8(const struct tacet_loss *l);

#endif
