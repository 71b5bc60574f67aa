/* See bwe.h. Integers only: the same on every machine. */
#include "rtp/bwe.h"

#include "base/limits.h"
#include "base/range.h"

#define LEAST_BPS 12000

/* Down */
#define DECREASE_PERCENT 85
#define MILD_PERCENT 90    /* where the queue is short yet */
#define LIMITED_PERCENT 85 /* of the estimate is sent: the queue is not for our rate */
#define LIMITED_DECREASE_PERCENT 80
/* The trend looks back for less: a step of the delay is no growth. */
#define BUSY_US TACET_MS(520)
#define BUSY_GROWS_US_PER_S TACET_MS(50)
#define BUSY_SENT_PERCENT 110 /* of what gets through */
#define BUSY_FAR_PERCENT 200
#define RATE_US TACET_MS(500)
#define RATE_SHORT_US TACET_MS(150)
#define RATE_SHORT_BITS INT64_C(120000) /* a rate needs some packets */
#define STEEP_US_PER_S TACET_MS(300)
#define COLLAPSE_PERCENT 70
#define UNKNOWN_PERMILLE 200           /* of loss, while nothing is known of it */
#define AT_ONCE_PERCENT 20             /* of the estimate are left at least by one decrease */
#define RESPONSE_US TACET_MS(150)      /* of sending at the lower rate, before a further decrease */
#define FALLING_US_PER_S TACET_MS(-40) /* a queue that is being emptied */
#define DRAIN_US TACET_MS(600)         /* a queue is emptied in about so long */
#define DRAIN_LEAST_PERCENT 40
#define BEGIN_PERCENT 80

/* Beside another flow */
#define TAKEN_BACK_PERCENT 30
#define OVERFLOW_PERCENT 85

/* Up */
#define FAR_PERCENT_PER_S 35
#define NEAR_PERCENT_PER_S 6
#define NEAR_BPS_PER_S 50000
#define NEAR_LEAST_BPS_PER_S 24000 /* who has little catches up with who has much */
#define NEAR_BELOW_PERCENT 80      /* of the capacity met last */
#define NEAR_ABOVE_PERCENT 115
#define CLEAR_PERCENT 160 /* of the estimate: so fast trains of packets arrive where it is not */
#define THERE_PERCENT 96
#define TRAINS_PERCENT 95
#define TRAINS_BELIEVED_US TACET_S(30) /* then a probe asks: a way may space packets by itself */
#define TRAINS_MET_US TACET_S(1)       /* they differ for a moment where the capacity changes */
#define THERE_PERCENT_PER_S 1
#define THERE_LEAST_BPS_PER_S 5000
#define USED_PERCENT 120 /* no growth beyond so much of what arrives */
#define USED_BPS 20000
#define STEP_MAX_US TACET_MS(200)

#define WORTH_PERCENT 95 /* nothing is gained above that share of what is wanted */

/* At the start: a round trip longer than the idle one by so much is two queues, one each way. */
#define START_QUEUE_US TACET_MS(80)

/* No feedback but receiver reports */
#define UNHEARD_US TACET_S(2)
/* They tell only of the share that is lost (RFC 3550 section 6.4):
 * twice as much at each where next to nothing is; less where much is, though not all of it may be
 * ours. */
#define MUTE_CLEAN_PERMILLE 20
#define MUTE_LOSSY_PERMILLE 100
#define MUTE_CHOKED_PERMILLE 500
#define MUTE_LEAST_BPS 150000

#define MET_US TACET_S(20)

void tacet_bwe_init(struct tacet_bwe *b, int64_t now, int64_t start_bps, int64_t most_bps)
{
    *b = (struct tacet_bwe){
        .most_bps = tacet_most(most_bps, LEAST_BPS),
        .estimate_bps = tacet_most(tacet_least(start_bps, most_bps), LEAST_BPS),
        .first_sent_us = -1,
        .last_change_us = now,
        .last_decrease_us = now - MET_US,
        .trains_met_us = now - TRAINS_MET_US,
    };
    tacet_report_watch_init(&b->reports);
    tacet_delay_trend_init(&b->delay);
    tacet_loss_check_init(&b->loss);
    tacet_delivery_init(&b->delivery);
    tacet_standing_queue_init(&b->standing);
    tacet_competition_init(&b->competition, now);
    tacet_probing_init(&b->probing, now);
}

static void set_estimate(struct tacet_bwe *b, int64_t now, int64_t bps)
{
    bps = tacet_most(tacet_least(bps, b->most_bps), LEAST_BPS);
    if (bps < b->estimate_bps) {
        b->last_decrease_us = now;
        tacet_probing_on_decrease(&b->probing, now);
        tacet_report_watch_on_decrease(&b->reports, now, bps);
        b->dispersion = (struct tacet_dispersion){ 0 };
    }
    b->estimate_bps = bps;
    b->last_change_us = now;
}

void tacet_bwe_set_idle_round_trip(struct tacet_bwe *b, int64_t round_trip_us)
{
    b->reports.idle_round_trip_us = round_trip_us;
}

void tacet_bwe_begin_with(struct tacet_bwe *b, int64_t now, int64_t capacity_bps)
{
    int64_t bps = tacet_most(capacity_bps * BEGIN_PERCENT / 100, LEAST_BPS);

    if (bps < b->estimate_bps) {
        b->estimate_bps = bps;
        b->known_bps = capacity_bps;
        tacet_loss_check_begin_with(&b->loss, capacity_bps);
        tacet_probing_begin_late(&b->probing, now);
    }
}

void tacet_bwe_begin_low(struct tacet_bwe *b, int64_t bps)
{
    if (bps < b->estimate_bps) {
        b->estimate_bps = tacet_most(bps, LEAST_BPS);
        tacet_probing_begin_heard(&b->probing);
    }
}

void tacet_bwe_set_most(struct tacet_bwe *b, int64_t now, int64_t most_bps)
{
    /* Where it stands at the limit, and the way has shown none of its own, it goes with it. */
    bool held =
        b->estimate_bps * 100 >= b->most_bps * WORTH_PERCENT && !tacet_bwe_met_capacity(b, now);

    b->most_bps = tacet_most(most_bps, LEAST_BPS);
    b->estimate_bps = held ? b->most_bps : tacet_least(b->estimate_bps, b->most_bps);
}

/* What the way carries. Losses are counted as they were as long as chance explains them: a short
 * window holds few packets. */
static int64_t carried(const struct tacet_bwe *b, int64_t window_us)
{
    int32_t own = b->loss.own_permille;
    int32_t chance = own * 18 / 10 < own + 250 ? own * 18 / 10 : own + 250;

    return tacet_delivery_carried_bps(
        &b->delivery, window_us, b->loss.state == TACET_LOSS_UNKNOWN ? UNKNOWN_PERMILLE : chance);
}

/* A rate that has fallen away: the longer window still has the time before it. */
static int64_t delivered(const struct tacet_bwe *b)
{
    int64_t bps = carried(b, RATE_US);

    if (b->delay.queue_us > 2 * b->delay.threshold_us || b->delay.slope_us_per_s > STEEP_US_PER_S) {
        int64_t window_us = bps > 0 ? RATE_SHORT_BITS * 1000000 / bps : RATE_US;
        bps = tacet_least(bps,
                          carried(b, tacet_most(RATE_SHORT_US, tacet_least(window_us, RATE_US))));
    }
    return bps;
}

/* Less is sent than may be: what arrives does not tell what the way carries. */
static bool is_limited(const struct tacet_bwe *b)
{
    return tacet_delivery_sent_bps(&b->delivery, RATE_US) * 100 < b->estimate_bps * LIMITED_PERCENT;
}

/* But it does where even that makes the queue grow for long: the way has been busy all the time.
 * 0: that is not so, or the estimate is not far from it. */
static int64_t busy_bps(const struct tacet_bwe *b)
{
    int64_t carried_bps = carried(b, RATE_US);
    bool grows = tacet_delay_trend_over_us(&b->delay) >= BUSY_US &&
                 b->delay.slope_us_per_s > BUSY_GROWS_US_PER_S;
    bool more =
        tacet_delivery_sent_bps(&b->delivery, RATE_US) * 100 > carried_bps * BUSY_SENT_PERCENT;

    return grows && more && b->estimate_bps * 100 > carried_bps * BUSY_FAR_PERCENT ? carried_bps
                                                                                   : 0;
}

static void on_overuse(struct tacet_bwe *b, int64_t now)
{
    int64_t capacity = delivered(b);
    bool mild = b->delay.queue_us < 2 * b->delay.threshold_us;
    int64_t to = capacity * (mild ? MILD_PERCENT : DECREASE_PERCENT) / 100;

    if (tacet_probing_excuses(&b->probing, now, b->delay.queue_us - b->delay.threshold_us)) {
        return;
    }
    tacet_loss_check_cancel(&b->loss, now);
    int64_t busy = is_limited(b) ? busy_bps(b) : 0;
    if (busy > 0) {
        capacity = busy;
        to = busy * DECREASE_PERCENT / 100;
    } else if (is_limited(b) || capacity == 0) {
        to = tacet_most(to, b->estimate_bps * LIMITED_DECREASE_PERCENT / 100);
    }
    to = tacet_most(to, b->estimate_bps * AT_ONCE_PERCENT / 100);
    if (to >= b->estimate_bps) {
        return;
    }
    /*
     * A decrease shows only later. What arrives of the time before it may show that it was far too
     * small. What arrives of the time after it is what was sent: it says nothing about the way
     * unless the queue still stands.
     */
    bool before = b->delivery.newest_sent_us <= b->last_decrease_us;
    if (before) {
        /* Reports that are lost make what arrives look smaller; not how far apart it does. */
        int64_t trains_bps = tacet_dispersion_bps(&b->dispersion);
        to = tacet_most(to, trains_bps * DECREASE_PERCENT / 100);
    }
    if (before ? to * 100 > b->estimate_bps * COLLAPSE_PERCENT
               : b->delivery.newest_sent_us < b->last_decrease_us + RESPONSE_US ||
                     b->delay.slope_us_per_s < FALLING_US_PER_S) {
        return;
    }
    b->known_bps = capacity;
    set_estimate(b, now, to);
}

/* What steady trains tell is believed: beyond it there is only a queue. */
static bool meets_trains(const struct tacet_bwe *b)
{
    return tacet_dispersion_is_steady(&b->dispersion) &&
           !tacet_dispersion_is_none(&b->dispersion) &&
           b->estimate_bps * 100 > tacet_dispersion_bps(&b->dispersion) * TRAINS_PERCENT;
}

/* Beside a TCP flow, which meets our queue and its own idle round trip. */
static int64_t fair_step(const struct tacet_bwe *b, int64_t passed_us)
{
    int64_t idle_us = b->reports.idle_round_trip_us > 0 ? b->reports.idle_round_trip_us
                                                        : b->reports.round_trip_us;
    int64_t queue_us = b->delay.level_us - b->competition.empty_us;
    int64_t bps_per_s = tacet_competition_growth_bps(b->estimate_bps, idle_us + queue_us);

    return tacet_least(bps_per_s, b->estimate_bps) * passed_us / 1000000;
}

/* Up by what `passed_us` allow. */
static int64_t step(const struct tacet_bwe *b, int64_t passed_us)
{
    int64_t known = b->known_bps;
    bool clear = b->delay.queue_us * 3 < b->delay.threshold_us &&
                 tacet_dispersion_bps(&b->dispersion) * 100 > b->estimate_bps * CLEAR_PERCENT;
    bool near = known > 0 && b->estimate_bps * 100 > known * NEAR_BELOW_PERCENT && !clear;

    if (near) {
        bool there = b->estimate_bps * 100 > known * THERE_PERCENT;
        int64_t percent = there ? THERE_PERCENT_PER_S : NEAR_PERCENT_PER_S;
        int64_t floor = there ? THERE_LEAST_BPS_PER_S : NEAR_LEAST_BPS_PER_S;
        int64_t bps_per_s = tacet_most(b->estimate_bps * percent / 100, floor);
        return tacet_least(NEAR_BPS_PER_S, bps_per_s) * passed_us / 1000000;
    }
    return b->estimate_bps * FAR_PERCENT_PER_S / 100 * passed_us / 1000000;
}

static void increase(struct tacet_bwe *b, int64_t now)
{
    if (meets_trains(b)) {
        b->trains_since_us = now - b->trains_met_us < TRAINS_MET_US ? b->trains_since_us : now;
        b->trains_met_us = now;
        if (now - b->trains_since_us < TRAINS_BELIEVED_US) {
            tacet_probing_put_off(&b->probing, now);
        }
    }
    if (now - b->trains_met_us < TRAINS_MET_US) {
        b->last_change_us = now;
        return;
    }
    int64_t passed_us = tacet_least(now - b->last_change_us, STEP_MAX_US);
    bool felt = tacet_competition_is_felt(&b->competition, now);
    int64_t to = b->estimate_bps + (felt ? fair_step(b, passed_us) : step(b, passed_us));
    int64_t used = carried(b, RATE_US);

    if (b->estimate_bps * 100 > b->known_bps * NEAR_ABOVE_PERCENT) {
        b->known_bps = 0;
    }
    to = tacet_least(to, used * USED_PERCENT / 100 + USED_BPS);
    set_estimate(b, now, tacet_most(to, b->estimate_bps));
}

/* It may be kept by a flow that has taken all while we gave way: part of it is taken back. */
static void on_foreign_queue(struct tacet_bwe *b, int64_t now,
                             const struct tacet_standing_rates *rates)
{
    if (tacet_standing_queue_is_kept(&b->standing, rates)) {
        int64_t back = b->standing.begin_bps * TAKEN_BACK_PERCENT / 100;
        tacet_competition_begin(&b->competition, now, &b->delay, b->delay.queue_us);
        set_estimate(b, now, tacet_most(b->estimate_bps, back));
    }
    if (!tacet_competition_is_felt(&b->competition, now)) {
        tacet_loss_check_teach(&b->loss, now, b->standing.sent, b->standing.lost);
    }
}

/* A queue that is not ours is the way's own delay, and what was lost meanwhile its own loss. */
static void watch_standing(struct tacet_bwe *b, int64_t now)
{
    struct tacet_standing_rates rates = {
        .estimate_bps = b->estimate_bps,
        .arrives_bps = tacet_delivery_arrived_bps(&b->delivery, TACET_STANDING_RATE_US),
        .own_permille = b->loss.own_permille,
        .lowest = b->estimate_bps <= LEAST_BPS,
    };

    if (!tacet_standing_queue_update(&b->standing, now, &b->delay, &rates)) {
        return;
    }
    if (!b->delay.assumed) {
        on_foreign_queue(b, now, &rates);
    }
    tacet_delay_trend_accept(&b->delay);
    b->known_bps = 0;
    tacet_probing_hasten(&b->probing, now); /* what was given up on its account is found again so */
}

/* Where the queue of another flow overflows, both send less. */
static void watch_competition(struct tacet_bwe *b, int64_t now, size_t sent, size_t lost)
{
    bool overflow = tacet_competition_update(&b->competition, now, &b->delay, sent, lost);

    b->delay.foreign_us = tacet_competition_swing_us(&b->competition, now);
    if (overflow) {
        tacet_loss_check_cancel(&b->loss, now);
        b->known_bps = b->estimate_bps;
        set_estimate(b, now, b->estimate_bps * OVERFLOW_PERCENT / 100);
    }
}

static void read_probe(struct tacet_bwe *b, int64_t now)
{
    int64_t bps;
    enum tacet_probe_outcome outcome = tacet_probing_update(
        &b->probing, now, b->reports.round_trip_us, b->loss.own_permille, &bps);

    if (outcome == TACET_PROBE_OPEN || outcome == TACET_PROBE_FAILED) {
        return;
    }
    bool through = outcome == TACET_PROBE_THROUGH;
    int64_t to = through ? bps * 95 / 100 : bps * DECREASE_PERCENT / 100;
    if (to <= b->estimate_bps) {
        return;
    }
    b->known_bps = through ? 0 : b->known_bps;
    set_estimate(b, now, to);
    if (through) {
        b->dispersion = (struct tacet_dispersion){ 0 }; /* trains were sent slower before */
        tacet_probing_on_success(&b->probing, now, b->reports.round_trip_us);
    }
}

static void begin_probe(struct tacet_bwe *b, int64_t now)
{
    bool unheard = b->probing.begun > 0 && b->reports.last_us < 0;
    bool enough = b->estimate_bps * 100 >= b->most_bps * WORTH_PERCENT;

    if (!tacet_probing_is_due(&b->probing, now, b->estimate_bps, &b->dispersion) || unheard ||
        enough || !b->delay.calm || b->reports.held_permille < 1000 ||
        tacet_loss_check_active(&b->loss) || tacet_competition_is_felt(&b->competition, now)) {
        return;
    }
    b->trains_since_us = now;
    tacet_probing_begin(&b->probing, now, b->estimate_bps, b->most_bps, b->delay.noise_us);
}

uint8_t tacet_bwe_on_sent(struct tacet_bwe *b, int64_t now, uint32_t size)
{
    if (b->first_sent_us < 0) {
        b->first_sent_us = now;
        begin_probe(b, now);
    }
    tacet_report_watch_on_sent(&b->reports, now);
    return tacet_probe_on_sent(&b->probing.probe, now, size);
}

/* Streams are reported one after the other; each is in order already. */
static void sort(struct tacet_packet_result *results, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct tacet_packet_result x = results[i];
        size_t at = i;
        while (at > 0 && results[at - 1].sent_at_us > x.sent_at_us) {
            results[at] = results[at - 1];
            at--;
        }
        results[at] = x;
    }
}

static void take(struct tacet_bwe *b, const struct tacet_packet_result *r)
{
    tacet_delivery_add(&b->delivery, r);
    if (r->unreported) {
        return;
    }
    tacet_standing_queue_add(&b->standing, r->lost);
    tacet_loss_check_add(&b->loss, r);
    tacet_probe_add(&b->probing.probe, r);
    tacet_dispersion_add(&b->dispersion, r, b->estimate_bps);
    if (!r->lost) {
        tacet_delay_trend_add(&b->delay, r->sent_at_us, r->arrived_at_us);
    }
}

void tacet_bwe_on_results(struct tacet_bwe *b, int64_t now, struct tacet_packet_result *results,
                          size_t count, int64_t round_trip_us)
{
    if (count == 0) {
        return;
    }
    if (b->reports.last_us < 0 && b->reports.idle_round_trip_us > 0 &&
        round_trip_us > b->reports.idle_round_trip_us + START_QUEUE_US) {
        tacet_delay_trend_begin_with(&b->delay,
                                     (round_trip_us - b->reports.idle_round_trip_us) / 2);
    }
    tacet_report_watch_on_results(&b->reports, now);
    size_t lost = 0;
    sort(results, count);
    for (size_t i = 0; i < count; i++) {
        take(b, &results[i]);
        lost += results[i].lost && !results[i].unreported ? 1 : 0;
    }
    if (round_trip_us > 0) {
        tacet_report_watch_on_round_trip(&b->reports, now, round_trip_us, b->estimate_bps);
    }
    tacet_delay_trend_update(&b->delay);
    watch_standing(b, now);
    watch_competition(b, now, count, lost);
    bool felt = tacet_competition_is_felt(&b->competition, now);
    if (b->delay.overuse) {
        on_overuse(b, now);
    } else if (b->delay.calm && !tacet_loss_check_active(&b->loss)) {
        increase(b, now);
    } else {
        b->last_change_us = now;
    }
    bool none = tacet_dispersion_is_none(&b->dispersion);
    tacet_loss_check_set_trains(&b->loss, none ? 0 : tacet_dispersion_bps(&b->dispersion));
    bool calm = b->delay.calm && !felt;
    enum tacet_loss_verdict verdict = tacet_loss_check_update(&b->loss, now, calm);
    if (verdict == TACET_LOSS_OURS) {
        b->known_bps = b->loss.suspect_bps * 1000 / (1000 - tacet_least(b->loss.own_permille, 400));
        set_estimate(b, now, tacet_least(b->known_bps * 95 / 100, b->estimate_bps));
    } else if (verdict == TACET_LOSS_ROOM) {
        b->known_bps = 0;
        tacet_probing_hasten(&b->probing, now);
    }
    read_probe(b, now);
    begin_probe(b, now);
}

void tacet_bwe_on_report(struct tacet_bwe *b, int64_t now, int32_t lost_permille)
{
    b->reports.other_us = b->reports.other_us < 0 ? now : b->reports.other_us;
    if (b->reports.last_us >= 0 || now - b->reports.other_us < UNHEARD_US) {
        return;
    }
    int64_t bps = b->estimate_bps;
    b->reports.held_permille = 1000;
    tacet_bwe_stop_probe(b, now);
    if (lost_permille <= MUTE_CLEAN_PERMILLE) {
        set_estimate(b, now, 2 * bps);
    } else if (lost_permille >= MUTE_LOSSY_PERMILLE) {
        int64_t least_bps =
            lost_permille < MUTE_CHOKED_PERMILLE ? tacet_least(bps, MUTE_LEAST_BPS) : 0;
        set_estimate(b, now, tacet_most(bps - bps * lost_permille / 2000, least_bps));
    }
}

int64_t tacet_bwe_timeout(const struct tacet_bwe *b)
{
    return tacet_report_watch_timeout(&b->reports);
}

void tacet_bwe_on_timeout(struct tacet_bwe *b, int64_t now)
{
    tacet_report_watch_on_timeout(&b->reports, now);
}

int64_t tacet_bwe_estimate(const struct tacet_bwe *b)
{
    return b->estimate_bps;
}

int64_t tacet_bwe_target(const struct tacet_bwe *b)
{
    int64_t bps = b->estimate_bps * b->reports.held_permille / 1000;
    int64_t over_us = b->delay.queue_us - b->delay.threshold_us;

    bps = bps * tacet_loss_check_share(&b->loss) / 1000;
    if (over_us > 0 && b->reports.last_us >= 0) {
        int64_t keep = 100 - tacet_least(over_us * 100 / DRAIN_US, 100);
        bps = bps * tacet_most(keep, DRAIN_LEAST_PERCENT) / 100;
    }
    return tacet_most(bps, LEAST_BPS);
}

bool tacet_bwe_met_capacity(const struct tacet_bwe *b, int64_t now)
{
    return b->known_bps > 0 || now - b->last_decrease_us < MET_US ||
           now - b->trains_met_us < TRAINS_MET_US;
}

bool tacet_bwe_pauses(const struct tacet_bwe *b)
{
    return b->reports.pauses;
}

int64_t tacet_bwe_held_until(const struct tacet_bwe *b)
{
    return b->reports.held_until_us;
}

int64_t tacet_bwe_probe(const struct tacet_bwe *b, int64_t *ret_bps)
{
    int64_t left = tacet_probe_left(&b->probing.probe);

    if (left > 0) {
        *ret_bps = b->probing.probe.rate_bps;
    }
    return left;
}

void tacet_bwe_stop_probe(struct tacet_bwe *b, int64_t now)
{
    tacet_probe_stop(&b->probing.probe, now);
}
