/*
 * When sound of a device was captured. Its samples count time by a clock that is not ours; where
 * the two have come apart, the time of the next sample moves a little, so seldom and by so little
 * that a receiver plays on as if it had not. Pure.
 */
#ifndef TACET_MEDIA_CAPTURE_CLOCK_H
#define TACET_MEDIA_CAPTURE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct tacet_capture_clock {
    bool follows; /* a clock that is not ours; else samples come by ours */
    bool anchored;
    int64_t anchor_us;   /* when the first sample was captured, by those that came last */
    uint64_t samples;    /* taken since */
    int64_t ahead_us_q9; /* how far the samples' time is ahead of ours, smoothed, << 9 */
    int64_t moved_at_us;
};

/* Sound is captured from now on. */
void tacet_capture_clock_begin(struct tacet_capture_clock *clock, int64_t now, bool follows);
/* So many samples have been taken from the source. */
void tacet_capture_clock_on_samples(struct tacet_capture_clock *clock, int64_t now, uint32_t count);
/* When the sample that stands `back` before the next one was captured. */
int64_t tacet_capture_clock_time(const struct tacet_capture_clock *clock, uint32_t back);

#endif
