/* See standing_queue.h. */
#include "rtp/standing_queue.h"

#define STANDS_US TACET_MS(2000)
#define COUNT_MAX_US TACET_MS(2600)
#define FLAT_US_PER_S TACET_MS(30)
#define LOWERED_PERCENT 75
#define LOSS_PERMILLE 40          /* beyond the way's own: it overflows */
#define ASSUMED_LOSS_PERMILLE 200 /* the same of one that was only assumed */
#define LESS_PERCENT 75           /* of the most that has arrived */

#define KEPT_OWN_PERMILLE 30 /* where more is lost by chance no TCP keeps a queue */
#define KEPT_LOSS_PERMILLE 20
#define KEPT_BEFORE_PERCENT 60 /* of what arrived before it stood */
#define KEPT_MOST_PERCENT 70   /* of the most that has arrived since */

void tacet_standing_queue_init(struct tacet_standing_queue *q)
{
    *q = (struct tacet_standing_queue){ .since_us = -1 };
}

void tacet_standing_queue_add(struct tacet_standing_queue *q, bool lost)
{
    q->sent++;
    q->lost += lost ? 1 : 0;
    q->sent_in_all++;
    q->lost_in_all += lost ? 1 : 0;
}

/* A queue that stands is served at the rate of the way, so that as much arrives as did before. */
static bool less_arrives(const struct tacet_standing_queue *q,
                         const struct tacet_standing_rates *rates)
{
    return rates->arrives_bps * 100 <= q->arrived_most_bps * LESS_PERCENT || rates->lowest;
}

static bool is_our_own(const struct tacet_standing_queue *q, int64_t now,
                       const struct tacet_delay_trend *delay,
                       const struct tacet_standing_rates *rates)
{
    int64_t slope = delay->slope_us_per_s;
    int64_t explained = q->sent * (rates->own_permille + LOSS_PERMILLE) / 1000;
    bool lowered = rates->estimate_bps * 100 <= q->begin_bps * LOWERED_PERCENT;
    bool flat = slope > -FLAT_US_PER_S && slope < FLAT_US_PER_S;
    bool undecided = now - q->count_us < STANDS_US || !(lowered || flat);

    /* A queue that was only assumed, from the round trip, may stand on the way back: it is not
     * here, unless far more than that is lost, and as much arrives as before though less is sent.
     */
    if (delay->assumed) {
        bool full = q->lost > q->sent * ASSUMED_LOSS_PERMILLE / 1000;
        return (full && !less_arrives(q, rates)) || undecided;
    }
    if (now - q->since_us >= STANDS_US && flat && less_arrives(q, rates)) {
        return false;
    }
    return q->lost > explained || undecided;
}

bool tacet_standing_queue_update(struct tacet_standing_queue *q, int64_t now,
                                 const struct tacet_delay_trend *delay,
                                 const struct tacet_standing_rates *rates)
{
    if (delay->calm) {
        q->since_us = -1;
        return false;
    }
    bool begins = q->since_us < 0;
    if (begins) {
        q->since_us = now;
        q->begin_bps = rates->estimate_bps;
        q->begin_arrived_bps = rates->arrives_bps;
        q->arrived_most_bps = 0;
        q->sent_in_all = 0;
        q->lost_in_all = 0;
    }
    /* Of the last seconds only: what was lost before them says nothing of now. */
    if (begins || now - q->count_us > COUNT_MAX_US) {
        q->count_us = now;
        q->sent = 0;
        q->lost = 0;
    }
    if (now - q->since_us >= TACET_STANDING_RATE_US && rates->arrives_bps > q->arrived_most_bps) {
        q->arrived_most_bps = rates->arrives_bps;
    }
    if (is_our_own(q, now, delay, rates)) {
        return false;
    }
    q->since_us = -1;
    return true;
}

bool tacet_standing_queue_is_kept(const struct tacet_standing_queue *q,
                                  const struct tacet_standing_rates *rates)
{
    return rates->own_permille <= KEPT_OWN_PERMILLE &&
           q->lost_in_all * 1000 > q->sent_in_all * KEPT_LOSS_PERMILLE &&
           rates->arrives_bps * 100 < q->begin_arrived_bps * KEPT_BEFORE_PERCENT &&
           rates->arrives_bps * 100 < q->arrived_most_bps * KEPT_MOST_PERCENT;
}
