/*
 * What one-way delays tell of the queue on the way: how long it is, and whether it grows. Clocks
 * may stand anywhere and drift; only differences count.
 *
 * Packets are gathered in slots of 10 ms by their arrival, and each slot keeps its least delay: the
 * spread between packets of one moment is jitter, which only ever adds. The queue is the least
 * delay of the last 100 ms over what that was, smoothed, at its lowest in the last half minute; its
 * trend is the slope of a line through the slots of the last half second. A queue that the trend
 * makes longer than jitter explains is overuse. (The published estimators of RMCAT,
 * draft-ietf-rmcat-gcc-02 section 4 and RFC 8298, look at the slope alone and at the queue alone;
 * the one is late to see a standing queue, the other a growing one.)
 */
#ifndef TACET_RTP_DELAY_TREND_H
#define TACET_RTP_DELAY_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_DELAY_SLOTS 64
#define TACET_DELAY_BASES 3

struct tacet_delay_slot {
    int64_t number; /* of the slot that stands here */
    int64_t delay_us;
    bool used;
};

struct tacet_delay_trend {
    bool started;
    bool has_base;
    struct tacet_delay_slot slots[TACET_DELAY_SLOTS];
    int64_t newest;                      /* slot */
    int64_t origin_us;                   /* delay of the first packet: keeps numbers small */
    int64_t smooth_us;                   /* the least of 100 ms, smoothed */
    int64_t bases_us[TACET_DELAY_BASES]; /* the least of that in each 10 s */
    int64_t base_number;                 /* of the newest of them */
    int64_t noise_us;                    /* how much the least of 100 ms differs from the next */
    int64_t before_us;                   /* the least, as of slot ... */
    int64_t before_slot;
    int64_t first_queue_us; /* thought to stand already when the first packets arrived */
    bool assumed;           /* it is; nothing has come through with half of it yet */
    int64_t proven_us;      /* what would show that it was one */
    int64_t seen_us;        /* the least that really was, smoothed */
    bool over;              /* the threshold ... */
    int64_t over_since;     /* ... since this slot */
    int64_t foreign_us;     /* set from outside: so much of the queue is no overuse */

    /* as of the last update */
    int64_t level_us; /* the least delay of 100 ms, from some zero */
    int64_t queue_us;
    int64_t slope_us_per_s;
    int64_t threshold_us;
    bool overuse;
    bool calm; /* well below the threshold, and not growing */
};

void tacet_delay_trend_init(struct tacet_delay_trend *d);
/* Before the first update: so long a queue is known of from elsewhere. */
void tacet_delay_trend_begin_with(struct tacet_delay_trend *d, int64_t queue_us);
void tacet_delay_trend_add(struct tacet_delay_trend *d, int64_t sent_at_us, int64_t arrived_at_us);
/* What looks like a queue is the way itself, which has become longer; or, where one was assumed,
 * has always been as long as its least delay says. */
void tacet_delay_trend_accept(struct tacet_delay_trend *d);
/* After packets were added. */
void tacet_delay_trend_update(struct tacet_delay_trend *d);
/* For how long the queue has been longer than the threshold, as of then; 0: it is not. */
int64_t tacet_delay_trend_over_us(const struct tacet_delay_trend *d);

#endif
