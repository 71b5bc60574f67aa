/*
 * Whether a queue that stands is our own. Ours empties when less is sent, and overflows when more
 * is. One that does neither is the way itself, which has become longer, or somebody else (a TCP)
 * keeps it: it is lived with. So is one from which less arrives since less is sent, whatever is
 * lost meanwhile.
 */
#ifndef TACET_RTP_STANDING_QUEUE_H
#define TACET_RTP_STANDING_QUEUE_H

#include "base/limits.h"
#include "rtp/delay_trend.h"

/* Over so long is counted what arrives. */
#define TACET_STANDING_RATE_US TACET_S(1)

struct tacet_standing_queue {
    int64_t since_us;          /* since then there has always been a queue; -1: there is none */
    int64_t begin_bps;         /* the estimate then ... */
    int64_t begin_arrived_bps; /* ... and what arrived */
    int64_t arrived_most_bps;  /* that has arrived since */
    int64_t sent_in_all;       /* packets since, of which ... */
    int64_t lost_in_all;
    int64_t count_us; /* since then these are counted: */
    int64_t sent;     /* packets, of which ... */
    int64_t lost;
};

/* What it is told beside the delays. */
struct tacet_standing_rates {
    int64_t estimate_bps;
    int64_t arrives_bps;  /* over TACET_STANDING_RATE_US */
    int32_t own_permille; /* what the way loses by itself */
    bool lowest;          /* the estimate falls no further */
};

void tacet_standing_queue_init(struct tacet_standing_queue *q);
/* A packet was reported. */
void tacet_standing_queue_add(struct tacet_standing_queue *q, bool lost);
/* After the delays were updated. True: a queue has stood for long that is not ours; what was sent
 * and lost meanwhile is the way's own doing. Then it begins anew. */
bool tacet_standing_queue_update(struct tacet_standing_queue *q, int64_t now,
                                 const struct tacet_delay_trend *delay,
                                 const struct tacet_standing_rates *rates);
/* Whether it is somebody that keeps it, once it is known not to be ours: it has overflowed, and far
 * less of ours arrives than before it stood. */
bool tacet_standing_queue_is_kept(const struct tacet_standing_queue *q,
                                  const struct tacet_standing_rates *rates);

#endif
