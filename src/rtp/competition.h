/*
 * A flow beside ours that keeps the queue full, as TCP does: it sends more until the queue
 * overflows, then less for a while. Who yields to such a queue is left with nothing; who takes it
 * for the way's own, and what overflows for chance, leaves nothing. So once a queue is known to be
 * somebody else's (standing_queue.h), and goes up and down, and loses where it is long, we do as
 * the other does: down by a share at each overflow, up by what is fair to a TCP of the same round
 * trip (RFC 9438, with a decrease of our own), and its going up and down is no overuse.
 *
 * A way that has only become longer does not go up and down, and what is lost by chance is lost
 * while the queue is short as well.
 */
#ifndef TACET_RTP_COMPETITION_H
#define TACET_RTP_COMPETITION_H

#include "rtp/delay_trend.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was seen in some seconds. */
struct tacet_competition_span {
    int64_t low_us; /* the delay at its least ... */
    int64_t top_us; /* ... and at its most */
    int64_t sent;   /* packets reported while the queue was short, of which ... */
    int64_t lost;
};

struct tacet_competition {
    bool present;
    int64_t empty_us; /* the delay without a queue, as it was before */
    struct tacet_competition_span span, before;
    int64_t span_until_us;
    int64_t overflow_us; /* when the queue overflowed last */
};

void tacet_competition_init(struct tacet_competition *c, int64_t now);
/* A queue that stands, so long at present, is somebody else's; to be told before the delays take it
 * for the way's own. */
void tacet_competition_begin(struct tacet_competition *c, int64_t now,
                             const struct tacet_delay_trend *delay, int64_t queue_us);
/* After the delays were updated with the results of so many packets, so many of them lost. True:
 * the queue has overflowed, and less is to be sent. */
bool tacet_competition_update(struct tacet_competition *c, int64_t now,
                              const struct tacet_delay_trend *delay, size_t sent, size_t lost);
/* The queue has overflowed of late, and is still there. */
bool tacet_competition_is_felt(const struct tacet_competition *c, int64_t now);
/* So much of the queue is no overuse. */
int64_t tacet_competition_swing_us(const struct tacet_competition *c, int64_t now);
/* Who sends `bps`: how much more that may be a second later, where a round trip with all its queues
 * takes so long. */
int64_t tacet_competition_growth_bps(int64_t bps, int64_t round_trip_us);

#endif
