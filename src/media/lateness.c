/* See lateness.h. */
#include "media/lateness.h"

#include <assert.h>
#include <stdbool.h>

#define PERCENT_US 25000   /* a delay that one percent of concealed sound is worth */
#define REGRET_US 2000     /* what another delay must save */
#define UNNOTICED_US 20000 /* of the delay: it counts for a quarter */
/* Fewer frames than that count as if so many others had been on time. */
#define FRAMES_MIN 120
/* A frame is held against the least transit of all while it is so young, then against that of so
 * many before or after it; but one in so many stays as it was. */
#define YOUNG_FRAMES 50
#define QUEUE_FRAMES 15
#define QUEUE_COUNTS 12
#define SHIFT_FRAMES 2 /* late in a row: no stragglers */

_Static_assert(YOUNG_FRAMES + 1 + QUEUE_FRAMES <= TACET_LATENESS_BASE_FRAMES,
               "they are remembered");

void tacet_lateness_init(struct tacet_lateness *l)
{
    *l = (struct tacet_lateness){ 0 };
}

void tacet_lateness_rebase(struct tacet_lateness *l)
{
    l->transit_count = 0;
}

static uint32_t at_most(uint32_t value, uint32_t most)
{
    return value < most ? value : most;
}

/* Of the frame so many back, 1 the last. */
static int64_t transit_back(const struct tacet_lateness *l, uint32_t back)
{
    return l->transits_us[(l->transit_count - back) % TACET_LATENESS_BASE_FRAMES];
}

static uint8_t bin_of(int64_t late_us)
{
    int64_t bin = late_us / TACET_LATENESS_BIN_US;

    assert(bin >= 0);
    return (uint8_t)(bin < TACET_LATENESS_BINS ? bin : TACET_LATENESS_BINS - 1);
}

static void set_bin(struct tacet_lateness *l, uint32_t at, uint8_t bin)
{
    l->bins[at] = bin;
    l->histogram[bin]++;
}

static void clear_bin(struct tacet_lateness *l, uint32_t at)
{
    assert(l->histogram[l->bins[at]] > 0);
    l->histogram[l->bins[at]]--;
}

/* The frame so many back is no later than that. */
static void measure_again(struct tacet_lateness *l, uint32_t back, int64_t least_us)
{
    uint32_t at = (l->bin_count - back) % TACET_LATENESS_FRAMES;
    uint8_t bin = bin_of(transit_back(l, back) - least_us);

    if (bin < l->bins[at]) {
        clear_bin(l, at);
        set_bin(l, at, bin);
    }
}

/* The least transit has grown: what was held against the old one was not late, the path is longer.
 * Where it has fallen instead, the path of before was as it was and is left behind. */
static void measure_all_again(struct tacet_lateness *l)
{
    uint32_t count = at_most(l->transit_count, TACET_LATENESS_BASE_FRAMES);

    count = at_most(count, l->bin_count);
    for (uint32_t back = 1; back <= count; back++) {
        measure_again(l, back, l->base_us);
    }
}

/* The least transit of the frames from so many back to so many back. */
static int64_t least_between(const struct tacet_lateness *l, uint32_t from, uint32_t to)
{
    int64_t least = transit_back(l, to);

    for (uint32_t back = to + 1; back <= from; back++) {
        int64_t transit = transit_back(l, back);
        least = transit < least ? transit : least;
    }
    return least;
}

/* A frame that is young no more: where all before it or all after it were as late, a queue stood on
 * the way, and how long that was says nothing about the next. */
static void settle(struct tacet_lateness *l)
{
    uint32_t back = YOUNG_FRAMES + 1;

    if (l->transit_count < back + QUEUE_FRAMES || l->bin_count < back ||
        l->transit_count % QUEUE_COUNTS == 0) {
        return;
    }
    int64_t before = least_between(l, back + QUEUE_FRAMES, back);
    int64_t after = least_between(l, back, back - QUEUE_FRAMES);
    measure_again(l, back, before > after ? before : after);
}

static int64_t least_transit(const struct tacet_lateness *l)
{
    uint32_t count = at_most(l->transit_count, TACET_LATENESS_BASE_FRAMES);
    int64_t least = l->transits_us[0];

    for (uint32_t i = 1; i < count; i++) {
        least = l->transits_us[i] < least ? l->transits_us[i] : least;
    }
    return least;
}

void tacet_lateness_add(struct tacet_lateness *l, int64_t transit_us)
{
    uint32_t at = l->bin_count % TACET_LATENESS_FRAMES;
    int64_t base_us = l->base_us;
    bool first = l->transit_count == 0;

    l->transits_us[l->transit_count % TACET_LATENESS_BASE_FRAMES] = transit_us;
    l->transit_count++;
    l->base_us = least_transit(l);
    if (l->bin_count >= TACET_LATENESS_FRAMES) {
        clear_bin(l, at);
    }
    set_bin(l, at, bin_of(transit_us - l->base_us));
    l->bin_count++;
    if (!first && l->base_us > base_us) {
        measure_all_again(l);
    }
    settle(l);
}

int64_t tacet_lateness_shift_us(const struct tacet_lateness *l)
{
    if (l->transit_count < SHIFT_FRAMES) {
        return 0;
    }
    return least_between(l, SHIFT_FRAMES, 1) - l->base_us;
}

static int64_t cost_us(const struct tacet_lateness *l, int64_t delay_us, uint32_t later)
{
    uint32_t frames = at_most(l->bin_count, TACET_LATENESS_FRAMES);

    frames = frames < FRAMES_MIN ? FRAMES_MIN : frames;
    int64_t unnoticed_us = delay_us < UNNOTICED_US ? delay_us : UNNOTICED_US;
    return delay_us - unnoticed_us * 3 / 4 + (int64_t)later * 100 * PERCENT_US / frames;
}

int64_t tacet_lateness_cost_us(const struct tacet_lateness *l, int64_t delay_us)
{
    uint32_t later = 0;

    /* The bin in which the delay lies is not covered yet. */
    for (int bin = TACET_LATENESS_BINS - 1; bin >= delay_us / TACET_LATENESS_BIN_US; bin--) {
        later += l->histogram[bin];
    }
    return cost_us(l, delay_us, later);
}

/* What another delay must save. A large one is seldom right by chance, but often a little too small
 * or too large by it: it is not given up for little. */
static int64_t regret_us(int64_t present_us, int64_t other_us)
{
    int64_t regret = other_us < present_us ? present_us / 5 - REGRET_US : 0;

    return regret > REGRET_US ? regret : REGRET_US;
}

int64_t tacet_lateness_target_us(const struct tacet_lateness *l, int64_t present_us,
                                 int64_t most_us)
{
    int64_t best_us = present_us;
    int64_t least_us = INT64_MAX;
    uint32_t later = 0;

    for (int bin = TACET_LATENESS_BINS - 1; bin >= 0; bin--) {
        int64_t delay_us = (int64_t)(bin + 1) * TACET_LATENESS_BIN_US;
        int64_t cost = cost_us(l, delay_us, later);
        if (delay_us <= most_us && cost < least_us) {
            least_us = cost;
            best_us = delay_us;
        }
        later += l->histogram[bin];
    }
    return tacet_lateness_cost_us(l, present_us) - least_us > regret_us(present_us, best_us)
               ? best_us
               : present_us;
}
