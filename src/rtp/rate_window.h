/*
 * How many bytes went by in the last moments: slots of 10 ms by any clock. The newest slot is not
 * full yet and does not count.
 */
#ifndef TACET_RTP_RATE_WINDOW_H
#define TACET_RTP_RATE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define TACET_RATE_SLOTS 128

struct tacet_rate_window {
    bool started;
    int64_t first;  /* slot of the first bytes ever */
    int64_t newest; /* slot */
    int64_t bytes[TACET_RATE_SLOTS];
};

void tacet_rate_window_init(struct tacet_rate_window *w);
/* What is older than the window is passed over. */
void tacet_rate_window_add(struct tacet_rate_window *w, int64_t at_us, uint32_t size);
/* Over the last `window_us`, or since the first bytes where that is less; 0: too little is known.
 */
int64_t tacet_rate_window_bps(const struct tacet_rate_window *w, int64_t window_us);

#endif
