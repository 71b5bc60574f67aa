/*
 * How late frames come: each frame's transit (arrival minus media time) against the least transit
 * of the last two seconds, and the lateness that nearly all of the last ten seconds stayed within.
 * The short memory of the least transit lets it follow drifting clocks and changed paths.
 */
#ifndef TACET_MEDIA_LATENESS_H
#define TACET_MEDIA_LATENESS_H

#include <stdint.h>

#define TACET_LATENESS_BASE_FRAMES 100
#define TACET_LATENESS_FRAMES 500
#define TACET_LATENESS_BIN_US 5000
#define TACET_LATENESS_BINS 64

struct tacet_lateness {
    int64_t transits_us[TACET_LATENESS_BASE_FRAMES]; /* ring */
    uint32_t transit_count;                          /* ever, since the last rebase */
    int64_t base_us;                                 /* the least of them */
    uint8_t bins[TACET_LATENESS_FRAMES];             /* ring: which bin each frame fell into */
    uint32_t bin_count;                              /* ever */
    uint16_t histogram[TACET_LATENESS_BINS];
};

void tacet_lateness_init(struct tacet_lateness *l);
/* Forgets the least transit, not how transits spread: the path is another now. */
void tacet_lateness_rebase(struct tacet_lateness *l);
void tacet_lateness_add(struct tacet_lateness *l, int64_t transit_us);
/* Lateness that all but one frame in a hundred stayed within, rounded up to a whole bin; the two
 * latest frames never count, so that one hiccup moves nothing. */
int64_t tacet_lateness_cover_us(const struct tacet_lateness *l);

#endif
