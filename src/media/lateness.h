/*
 * How late frames come, and what delay is worth its while. A frame's lateness is its transit
 * (arrival minus the media time of its end) against the least transit of the last hundred frames;
 * however it came counts: by itself, repeated in a later packet, or sent again. What never came
 * says nothing, for no delay would have helped.
 *
 * The delay to aim at is the one of least cost, where
 *
 *     cost(delay) = delay + 25 ms * percent of the last 1000 frames that came later than that
 *
 * and the first 20 ms of delay, which nobody notices, count for a quarter. So on a clean path next
 * to nothing is waited for, a rare straggler is let go, and where one frame in ten comes only with
 * the packet after it, the delay covers that. The short memory of the least transit lets it follow
 * drifting clocks and changed paths.
 *
 * A queue that stood on the way for a moment made all frames of that moment late. After a second
 * only one in twelve of them still counts as late: one queue is soon forgotten, but where they
 * come and go all the time the delay covers them.
 */
#ifndef TACET_MEDIA_LATENESS_H
#define TACET_MEDIA_LATENESS_H

#include <stdint.h>

#define TACET_LATENESS_BASE_FRAMES 100
#define TACET_LATENESS_FRAMES 1000
#define TACET_LATENESS_BIN_US 2000
#define TACET_LATENESS_BINS 128

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
/* By how much the last two frames both came late: a queue may be building up. */
int64_t tacet_lateness_shift_us(const struct tacet_lateness *l);
/* What this delay would cost, of the frames that are remembered. */
int64_t tacet_lateness_cost_us(const struct tacet_lateness *l, int64_t delay_us);
/* The delay to aim at after this one: the same, unless another costs clearly less. At most
 * `most_us`. */
int64_t tacet_lateness_target_us(const struct tacet_lateness *l, int64_t present_us,
                                 int64_t most_us);

#endif
