/* See lateness.h. */
#include "media/lateness.h"

#include <assert.h>
#include <stdbool.h>

#define PERCENT_US 25000   /* a delay that one percent of concealed sound is worth */
#define REGRET_US 2000     /* what another delay must save */
#define UNNOTICED_US 20000 /* of the delay: it counts for a quarter */
/* Fewer frames than that count as if so many others had been on time. */
#define FRAMES_MIN 250

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

static uint8_t bin_of(const struct tacet_lateness *l, int64_t transit_us)
{
    int64_t bin = (transit_us - l->base_us) / TACET_LATENESS_BIN_US;

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

/* The least transit has grown: what was held against the old one was not late, the path is longer.
 * Where it has fallen instead, the path of before was as it was and is left behind. */
static void measure_again(struct tacet_lateness *l)
{
    uint32_t count = at_most(l->transit_count, TACET_LATENESS_BASE_FRAMES);

    count = at_most(count, l->bin_count);
    for (uint32_t back = 1; back <= count; back++) {
        uint32_t at = (l->bin_count - back) % TACET_LATENESS_FRAMES;
        uint32_t transit = (l->transit_count - back) % TACET_LATENESS_BASE_FRAMES;
        clear_bin(l, at);
        set_bin(l, at, bin_of(l, l->transits_us[transit]));
    }
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
    set_bin(l, at, bin_of(l, transit_us));
    l->bin_count++;
    if (!first && l->base_us > base_us) {
        measure_again(l);
    }
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
    int64_t regret = other_us < present_us ? present_us / 8 - REGRET_US : 0;

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
