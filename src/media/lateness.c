/* See lateness.h. */
#include "media/lateness.h"

#include <assert.h>

#define OUTLIERS_MIN 2
#define OUTLIERS_PER 100

void tacet_lateness_init(struct tacet_lateness *l)
{
    *l = (struct tacet_lateness){ 0 };
}

void tacet_lateness_rebase(struct tacet_lateness *l)
{
    l->transit_count = 0;
}

static void add_transit(struct tacet_lateness *l, int64_t transit_us)
{
    l->transits_us[l->transit_count % TACET_LATENESS_BASE_FRAMES] = transit_us;
    l->transit_count++;
    uint32_t count = l->transit_count < TACET_LATENESS_BASE_FRAMES ? l->transit_count
                                                                   : TACET_LATENESS_BASE_FRAMES;
    l->base_us = transit_us;
    for (uint32_t i = 0; i < count; i++) {
        l->base_us = l->transits_us[i] < l->base_us ? l->transits_us[i] : l->base_us;
    }
}

void tacet_lateness_add(struct tacet_lateness *l, int64_t transit_us)
{
    add_transit(l, transit_us);
    int64_t bin = (transit_us - l->base_us) / TACET_LATENESS_BIN_US;
    assert(bin >= 0);
    bin = bin < TACET_LATENESS_BINS ? bin : TACET_LATENESS_BINS - 1;
    uint32_t at = l->bin_count % TACET_LATENESS_FRAMES;
    if (l->bin_count >= TACET_LATENESS_FRAMES) {
        assert(l->histogram[l->bins[at]] > 0);
        l->histogram[l->bins[at]]--;
    }
    l->bins[at] = (uint8_t)bin;
    l->histogram[bin]++;
    l->bin_count++;
}

int64_t tacet_lateness_cover_us(const struct tacet_lateness *l)
{
    uint32_t count = l->bin_count < TACET_LATENESS_FRAMES ? l->bin_count : TACET_LATENESS_FRAMES;
    uint32_t outliers = count / OUTLIERS_PER;
    int bin = TACET_LATENESS_BINS - 1;

    outliers = outliers < OUTLIERS_MIN ? OUTLIERS_MIN : outliers;
    for (uint32_t later = 0; bin >= 0; bin--) {
        later += l->histogram[bin];
        if (later > outliers) {
            break;
        }
    }
    return (int64_t)(bin + 1) * TACET_LATENESS_BIN_US;
}
