/* See loss_check.h. */
#include "rtp/loss_check.h"

#include "base/limits.h"

#define WINDOW_PACKETS 60
#define CHECK_PACKETS 100 /* the answer to a question has to be surer */
#define WINDOW_US TACET_MS(400)
#define WINDOW_PACKETS_LEAST 20 /* where packets are few ... */
#define WINDOW_US_MAX TACET_S(2)

#define LEARN_WINDOWS 8
#define RISE_LEAST_PERMILLE 50
#define SUSPICIONS 2
#define CLEAR_PERMILLE 100
#define HIGH_PERMILLE 60
#define CHECK_APART_US TACET_S(12)
#define CHECK_APART_MAX_US TACET_S(120)
/* A way that has never lost less may be a queue that has been full ever since the beginning. */
#define EXTREME_PERMILLE 480
#define EXTREMES 2
#define EXTREME_RUN_US TACET_MS(250)
#define EXTREME_OWN_PERMILLE 300
/* Whatever a way loses by itself: nobody calls over one that loses so much. Between the few packets
 * that get through there is time enough for an outage; but this one lasts and is none. */
#define DROWNED_PERMILLE 700
#define DROWNED_WINDOWS 3
/* Of the capacity that the way is thought to have, or that trains tell, arrives where it is full.
 */
#define FULL_PERCENT 70
#define FULL_MOST_PERCENT 120
#define REFUTED_PERCENT 130
#define LESS_PERCENT 75
#define SAME_PERCENT 60 /* of what was lost where that was too much */
#define OVER_PERCENT 85 /* is sent then: the queue is to empty */
#define CROWDED_PERCENT 130
#define CROWDED 2              /* windows: the first may be half of the time before */
#define SETTLE_US TACET_MS(50) /* until what is sent has the new rate */
#define SHARE_LEAST 500
#define SHARE_MOST 800
#define CHECK_TIMEOUT_US TACET_MS(2500)

void tacet_loss_check_init(struct tacet_loss_check *l)
{
    *l = (struct tacet_loss_check){ .apart_us = CHECK_APART_US, .least_permille = 1000 };
}

void tacet_loss_check_begin_with(struct tacet_loss_check *l, int64_t capacity_bps)
{
    l->state = TACET_LOSS_STEADY;
    l->windows = 1;
    l->capacity_bps = capacity_bps;
}

void tacet_loss_check_set_trains(struct tacet_loss_check *l, int64_t trains_bps)
{
    l->trains_bps = trains_bps;
}

void tacet_loss_check_add(struct tacet_loss_check *l, const struct tacet_packet_result *result)
{
    /* What was sent before the rate was changed does not tell of it, but that it arrived ends a run
     * of losses. */
    if (result->sent_at_us >= l->since_us) {
        tacet_loss_window_add(&l->window, result);
    } else if (!result->lost) {
        l->window.last_lost = false;
    }
}

static bool is_full(const struct tacet_loss_check *l)
{
    const struct tacet_loss_window *w = &l->window;
    int64_t span_us = w->end_us - w->begin_us;
    uint32_t wanted = tacet_loss_check_active(l) ? CHECK_PACKETS : WINDOW_PACKETS;

    return (w->sent >= wanted && span_us >= WINDOW_US) ||
           (w->sent >= WINDOW_PACKETS_LEAST && span_us >= WINDOW_US_MAX);
}

static void begin_check(struct tacet_loss_check *l, int64_t now)
{
    l->state = TACET_LOSS_CHECKING;
    l->suspect_permille = tacet_loss_window_permille(&l->window);
    l->suspect_bps = tacet_loss_window_arrived_bps(&l->window);
    l->since_us = now + SETTLE_US;
}

/* Half way to what a policer would have let through of the lower rate. */
static bool fell(const struct tacet_loss_check *l)
{
    int64_t sent = tacet_loss_window_sent_bps(&l->window);
    int64_t policed = sent > l->suspect_bps ? 1000 - l->suspect_bps * 1000 / sent : 0;

    return tacet_loss_window_permille(&l->window) * 2 < l->suspect_permille + policed;
}

static void end_check(struct tacet_loss_check *l, int64_t now, bool ours)
{
    l->state = TACET_LOSS_STEADY;
    l->suspicions = 0;
    l->windows = 1;
    l->apart_us = ours ? CHECK_APART_US : l->apart_us * 2;
    l->apart_us = l->apart_us < CHECK_APART_MAX_US ? l->apart_us : CHECK_APART_MAX_US;
    l->next_check_us = now + l->apart_us;
}

static void on_lowered(struct tacet_loss_check *l, int64_t now)
{
    l->lowered_permille = tacet_loss_window_permille(&l->window);
    if (!fell(l)) {
        l->own_permille = (l->suspect_permille + l->lowered_permille) / 2;
        end_check(l, now, false);
        return;
    }
    l->state = TACET_LOSS_CONFIRMING;
    l->since_us = now + SETTLE_US;
}

static enum tacet_loss_verdict on_raised(struct tacet_loss_check *l, int64_t now)
{
    /* What has been so for long is no news by itself: then the difference has to be a clear one. */
    int32_t known = l->lowered_permille + (l->suspicions > 0 ? CLEAR_PERMILLE / 2 : CLEAR_PERMILLE);
    known = l->suspicions > 0 && l->own_permille > known ? l->own_permille : known;
    bool ours =
        tacet_loss_window_permille(&l->window) * 2 > l->suspect_permille + l->lowered_permille &&
        tacet_loss_window_beyond_chance(&l->window, known);

    l->own_permille =
        ours
            ? l->lowered_permille
            : (2 * l->own_permille + l->lowered_permille + tacet_loss_window_permille(&l->window)) /
                  4;
    end_check(l, now, ours);
    return ours ? TACET_LOSS_OURS : TACET_LOSS_NOTHING;
}

/* The mean of the first windows, then one that forgets. */
static void learn(struct tacet_loss_check *l)
{
    l->windows += l->windows < LEARN_WINDOWS;
    l->own_permille += (tacet_loss_window_permille(&l->window) - l->own_permille) / l->windows;
}

static void on_steady(struct tacet_loss_check *l, int64_t now)
{
    int32_t lost = tacet_loss_window_permille(&l->window);

    if (lost >= l->own_permille + RISE_LEAST_PERMILLE &&
        tacet_loss_window_beyond_chance(&l->window, l->own_permille)) {
        /* The first such window may be half old and half new, or chance after all. */
        l->suspicions++;
        if (l->suspicions >= SUSPICIONS) {
            begin_check(l, now);
        }
    } else if (lost >= HIGH_PERMILLE && now >= l->next_check_us &&
               l->window.sent >= WINDOW_PACKETS) {
        l->suspicions = 0;
        begin_check(l, now);
    } else {
        l->suspicions = 0;
        learn(l);
    }
}

static enum tacet_loss_verdict on_full(struct tacet_loss_check *l, int64_t now)
{
    switch (l->state) {
    case TACET_LOSS_UNKNOWN:
        l->state = TACET_LOSS_STEADY;
        learn(l);
        l->next_check_us = now + l->apart_us;
        return TACET_LOSS_NOTHING;
    case TACET_LOSS_STEADY:
        on_steady(l, now);
        return TACET_LOSS_NOTHING;
    case TACET_LOSS_CHECKING:
        on_lowered(l, now);
        return TACET_LOSS_NOTHING;
    case TACET_LOSS_CONFIRMING:
        return on_raised(l, now);
    }
    return TACET_LOSS_NOTHING;
}

static enum tacet_loss_verdict on_extreme(struct tacet_loss_check *l)
{
    l->state = TACET_LOSS_STEADY;
    l->suspicions = 0;
    l->drowned_windows = 0;
    l->suspect_bps = tacet_loss_window_arrived_bps(&l->window);
    if (l->own_permille > EXTREME_OWN_PERMILLE) {
        l->own_permille = EXTREME_OWN_PERMILLE;
    }
    return l->suspect_bps > 0 ? TACET_LOSS_OURS : TACET_LOSS_NOTHING;
}

/* Too many windows on end in which a sliver got through. The first may be half of the time before;
 * each of the others holds only few of those packets, so they count together. */
static bool is_drowned(struct tacet_loss_check *l)
{
    const struct tacet_loss_window *w = &l->window;

    if (tacet_loss_window_permille(w) <= DROWNED_PERMILLE || w->lost == w->sent) {
        l->drowned_windows = 0;
        return false;
    }
    l->drowned_windows++;
    if (l->drowned_windows == 1) {
        l->drowned = (struct tacet_loss_window){ .begin_us = w->end_us };
        return false;
    }
    l->drowned.end_us = w->end_us;
    l->drowned.bytes += w->bytes;
    l->drowned.sent += w->sent;
    l->drowned.lost += w->lost;
    return l->drowned_windows >= DROWNED_WINDOWS;
}

static enum tacet_loss_verdict on_drowned(struct tacet_loss_check *l, int64_t now)
{
    tacet_loss_check_cancel(l, now);
    l->suspicions = 0;
    l->suspect_bps = tacet_loss_window_arrived_bps(&l->drowned);
    l->drowned_windows = 0;
    return l->suspect_bps > 0 ? TACET_LOSS_OURS : TACET_LOSS_NOTHING;
}

static enum tacet_loss_verdict on_plateau(struct tacet_loss_check *l, int64_t now)
{
    l->suspect_bps = tacet_loss_window_arrived_bps(&l->window);
    l->own_permille = 0;
    l->plateau = (struct tacet_loss_plateau){ 0 };
    l->extremes = 0;
    l->drowned_windows = 0;
    end_check(l, now, true);
    return l->suspect_bps > 0 ? TACET_LOSS_OURS : TACET_LOSS_NOTHING;
}

/* More arrives than the way was thought to carry; or of far less as much is lost. */
static bool is_refuted(const struct tacet_loss_check *l)
{
    int64_t sent = tacet_loss_window_sent_bps(&l->window) * 100;
    int64_t arrived = tacet_loss_window_arrived_bps(&l->window) * 100;
    bool as_much = l->over_permille > 0 && !l->window.spoilt &&
                   tacet_loss_window_permille(&l->window) * 100 >= l->over_permille * SAME_PERCENT;

    return l->capacity_bps > 0 && (arrived > l->capacity_bps * REFUTED_PERCENT ||
                                   (sent < l->capacity_bps * LESS_PERCENT && as_much));
}

static enum tacet_loss_verdict on_refuted(struct tacet_loss_check *l, int64_t now)
{
    l->capacity_bps = 0;
    if (l->over_permille > 0) {
        l->own_permille = tacet_loss_window_permille(&l->window);
    }
    end_check(l, now, false);
    return TACET_LOSS_ROOM;
}

/* As much arrives as the way is thought to carry, and more was sent. */
static bool is_over_capacity(const struct tacet_loss_check *l)
{
    return l->capacity_bps > 0 &&
           tacet_loss_window_arrived_bps(&l->window) * 100 >= l->capacity_bps * FULL_PERCENT &&
           tacet_loss_window_beyond_chance(&l->window, l->own_permille);
}

/* Far more is sent than trains tell of the way, and about that arrives. */
static bool is_crowded(struct tacet_loss_check *l)
{
    int64_t sent = tacet_loss_window_sent_bps(&l->window) * 100;
    int64_t arrived = tacet_loss_window_arrived_bps(&l->window) * 100;
    bool crowded = l->trains_bps > 0 && sent > l->trains_bps * CROWDED_PERCENT &&
                   arrived >= l->trains_bps * FULL_PERCENT &&
                   arrived <= l->trains_bps * FULL_MOST_PERCENT &&
                   tacet_loss_window_beyond_chance(&l->window, 0);

    l->crowded = crowded ? l->crowded + 1 : 0;
    return l->crowded >= CROWDED;
}

static enum tacet_loss_verdict on_over_capacity(struct tacet_loss_check *l, int64_t now)
{
    l->suspect_bps = tacet_loss_window_arrived_bps(&l->window) * OVER_PERCENT / 100;
    l->over_permille = tacet_loss_window_permille(&l->window);
    /* What was learned while the queue was full is wrong. */
    l->own_permille = l->crowded > 0 ? 0 : l->own_permille;
    l->extremes = 0;
    l->drowned_windows = 0;
    l->crowded = 0;
    end_check(l, now, true);
    return TACET_LOSS_OURS;
}

enum tacet_loss_verdict tacet_loss_check_update(struct tacet_loss_check *l, int64_t now, bool calm)
{
    enum tacet_loss_verdict verdict = TACET_LOSS_NOTHING;

    l->window.spoilt |= !calm && l->window.sent > 0;
    if (tacet_loss_check_active(l) && now - l->since_us > CHECK_TIMEOUT_US) {
        tacet_loss_check_cancel(l, now);
    }
    if (!is_full(l)) {
        return verdict;
    }
    int32_t lost = tacet_loss_window_permille(&l->window);
    l->least_permille = lost < l->least_permille ? lost : l->least_permille;
    bool extreme = lost > EXTREME_PERMILLE && l->window.longest_us < EXTREME_RUN_US &&
                   l->least_permille > EXTREME_OWN_PERMILLE;
    l->extremes = extreme ? l->extremes + 1 : 0;
    if (l->window.longest_us < EXTREME_RUN_US) {
        tacet_loss_plateau_add(&l->plateau, &l->window);
    }
    if (is_refuted(l)) {
        verdict = on_refuted(l, now);
    } else if (is_over_capacity(l) || is_crowded(l)) {
        verdict = on_over_capacity(l, now);
    } else if (tacet_loss_plateau_is_one(&l->plateau, l->window.end_us)) {
        verdict = on_plateau(l, now);
    } else if (l->extremes >= EXTREMES) {
        verdict = on_extreme(l);
    } else if (is_drowned(l)) {
        verdict = on_drowned(l, now);
    } else if (!l->window.spoilt) {
        verdict = on_full(l, now);
    } else {
        tacet_loss_check_cancel(l, now);
    }
    tacet_loss_window_restart(&l->window);
    return verdict;
}

void tacet_loss_check_teach(struct tacet_loss_check *l, int64_t now, int64_t sent, int64_t lost)
{
    /* Of a few packets most may be lost by chance. */
    int32_t share = sent < WINDOW_PACKETS_LEAST ? 0 : (int32_t)(lost * 1000 / sent);

    share = share < EXTREME_OWN_PERMILLE ? share : EXTREME_OWN_PERMILLE;
    l->own_permille = share > l->own_permille ? share : l->own_permille;
    end_check(l, now, false);
    tacet_loss_window_restart(&l->window);
}

int32_t tacet_loss_check_share(const struct tacet_loss_check *l)
{
    if (l->state != TACET_LOSS_CHECKING) {
        return 1000;
    }
    int32_t share = 1000 - l->suspect_permille * 8 / 10;
    return share < SHARE_LEAST ? SHARE_LEAST : share > SHARE_MOST ? SHARE_MOST : share;
}

bool tacet_loss_check_active(const struct tacet_loss_check *l)
{
    return l->state == TACET_LOSS_CHECKING || l->state == TACET_LOSS_CONFIRMING;
}

void tacet_loss_check_cancel(struct tacet_loss_check *l, int64_t now)
{
    if (tacet_loss_check_active(l)) {
        l->state = TACET_LOSS_STEADY;
        l->next_check_us = now + l->apart_us;
        tacet_loss_window_restart(&l->window);
    }
}
