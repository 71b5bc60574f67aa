/*
 * How much may be sent to a peer: an estimate from what its congestion feedback (RFC 8888) says of
 * the packets sent. A pure machine of numbers: no packet, no clock.
 *
 *     results -> delivery       (what gets through) \
 *             -> delay_trend    (the queue)          \
 *             -> standing_queue (is it ours?)         >  estimate -> target
 *             -> competition    (whose then?)        |
 *             -> loss_check     (our loss?)          /
 *             -> dispersion     (is there room?)    /  -> probing -> probes
 *             -> report_watch   (are they late?)          -> pause, hold
 *
 * - A queue that grows: down to 0.85 of what arrives, and less for as long as it takes to empty.
 *   Where far less is sent than may be, what arrives does not tell what the way carries: down by a
 *   fifth at a time, unless even that makes the queue grow for half a second.
 * - No queue: up, a step at a time near the capacity last met, by a share far from it, or where
 *   trains of packets arrive much faster. Not beyond what steady trains tell of the way: there is
 *   only its queue.
 * - Probes find a capacity that has come back; what one measures is taken at once.
 * - Loss alone lowers nothing, unless sending less ends it, or no way loses so much (loss_check.h).
 * - A queue that neither empties nor overflows though less and less is sent is not ours: it is
 *   taken for the way's own delay, and only more than it counts; what was lost meanwhile for the
 *   way's own loss (standing_queue.h).
 * - Where it is another flow that fills that queue until it overflows, as much is sent as is fair
 *   to it (competition.h).
 */
#ifndef TACET_RTP_BWE_H
#define TACET_RTP_BWE_H

#include "rtp/competition.h"
#include "rtp/delay_trend.h"
#include "rtp/delivery.h"
#include "rtp/dispersion.h"
#include "rtp/loss_check.h"
#include "rtp/packet_result.h"
#include "rtp/probing.h"
#include "rtp/report_watch.h"
#include "rtp/standing_queue.h"

#include <stddef.h>

struct tacet_bwe {
    int64_t most_bps; /* all that the application would send */
    int64_t estimate_bps;
    int64_t known_bps; /* capacity met last; 0: none */

    struct tacet_delivery delivery;
    struct tacet_delay_trend delay;
    struct tacet_standing_queue standing;
    struct tacet_competition competition;
    struct tacet_loss_check loss;
    struct tacet_dispersion dispersion;
    struct tacet_report_watch reports;
    struct tacet_probing probing;

    int64_t first_sent_us; /* -1: nothing yet */
    int64_t last_change_us;
    int64_t last_decrease_us;
    int64_t trains_met_us;   /* the estimate was as much as trains tell of the way, the last time */
    int64_t trains_since_us; /* ... and since then, or since the last probe */
};

/* `most_bps` as tacet_bwe_set_most. */
void tacet_bwe_init(struct tacet_bwe *b, int64_t now, int64_t start_bps, int64_t most_bps);
/* The round trip before any media was sent: the first feedback may come of a queue that is full
 * already, and nothing else would tell. */
void tacet_bwe_set_idle_round_trip(struct tacet_bwe *b, int64_t round_trip_us);
/* Before anything was sent: the way is thought to carry no more than that. */
void tacet_bwe_begin_with(struct tacet_bwe *b, int64_t now, int64_t capacity_bps);
/* Likewise, but that is a guess: more is looked for once a first report has come. */
void tacet_bwe_begin_low(struct tacet_bwe *b, int64_t bps);
/* What the application would send at most: nothing above it is looked for. */
void tacet_bwe_set_most(struct tacet_bwe *b, int64_t now, int64_t most_bps);
/* A packet left, of so many bytes on the wire. Returns the number of the probe that it belongs to,
 * 0: none. */
uint8_t tacet_bwe_on_sent(struct tacet_bwe *b, int64_t now, uint32_t size);
/* The results of one feedback packet, in any order; they are sorted. `round_trip_us`: of the newest
 * of them that tells; 0: none does. */
void tacet_bwe_on_results(struct tacet_bwe *b, int64_t now, struct tacet_packet_result *results,
                          size_t count, int64_t round_trip_us);
/* The peer has reported, but in no way that tells of packets: so much of them is lost. From one
 * that never does anything else this is all there is, and the estimate follows it. */
void tacet_bwe_on_report(struct tacet_bwe *b, int64_t now, int32_t lost_permille);
/* When time alone changes something. */
int64_t tacet_bwe_timeout(const struct tacet_bwe *b);
void tacet_bwe_on_timeout(struct tacet_bwe *b, int64_t now);

/* What the way is thought to carry. */
int64_t tacet_bwe_estimate(const struct tacet_bwe *b);
/* What to send now: the estimate, or less while a queue is emptied or loss is checked. */
int64_t tacet_bwe_target(const struct tacet_bwe *b);
/* The capacity of the way has been met of late: its queue is where what is too much waits. */
bool tacet_bwe_met_capacity(const struct tacet_bwe *b, int64_t now);
/*
 * Next to nothing that can wait is to leave now: a report came far later than it should, or
 * later at all after none had come for long. Then a
 * queue builds up on one of the two ways, and what is sent would only lengthen it. Silence is no
 * such sign, for what was lost comes not late but never. Not for long, for the way may have become
 * longer; and until the estimate is half of what it was, or reports are in time again: the first
 * ones tell of the queue's beginning only.
 */
bool tacet_bwe_pauses(const struct tacet_bwe *b);
/* Nothing that can wait is to leave before that: a report is overdue. Where both ways are suddenly
 * full the next one comes, and tells of it, 100 ms later. Not for longer, and seldom: mostly it was
 * lost. */
int64_t tacet_bwe_held_until(const struct tacet_bwe *b);
/* A probe is wanted: so many bytes are to leave at `ret_bps`, with padding where there is nothing
 * else. 0: none. */
int64_t tacet_bwe_probe(const struct tacet_bwe *b, int64_t *ret_bps);
/* There is nothing to send it with: no more than has left belongs to it. */
void tacet_bwe_stop_probe(struct tacet_bwe *b, int64_t now);

#endif
