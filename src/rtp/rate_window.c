/* See rate_window.h. */
#include "rtp/rate_window.h"

#include <string.h>

#define SLOT_US 10000
#define SLOTS_LEAST 5 /* before so many a rate says nothing */

static int64_t slot_of(int64_t at_us)
{
    int64_t slot = at_us / SLOT_US;

    return at_us < 0 && at_us % SLOT_US != 0 ? slot - 1 : slot; /* the clock may start anywhere */
}

static int64_t *bytes_of(struct tacet_rate_window *w, int64_t slot)
{
    return &w->bytes[(uint64_t)slot % TACET_RATE_SLOTS];
}

void tacet_rate_window_init(struct tacet_rate_window *w)
{
    *w = (struct tacet_rate_window){ 0 };
}

void tacet_rate_window_add(struct tacet_rate_window *w, int64_t at_us, uint32_t size)
{
    int64_t slot = slot_of(at_us);

    if (!w->started) {
        *w = (struct tacet_rate_window){ .started = true, .first = slot, .newest = slot };
    }
    if (slot - w->newest >= TACET_RATE_SLOTS) {
        memset(w->bytes, 0, sizeof(w->bytes));
        w->newest = slot;
    }
    while (w->newest < slot) {
        w->newest++;
        *bytes_of(w, w->newest) = 0;
    }
    if (w->newest - slot < TACET_RATE_SLOTS && slot >= w->first) {
        *bytes_of(w, slot) += size;
    }
}

int64_t tacet_rate_window_bps(const struct tacet_rate_window *w, int64_t window_us)
{
    int64_t slots = window_us / SLOT_US;
    int64_t sum = 0;

    slots = slots < TACET_RATE_SLOTS ? slots : TACET_RATE_SLOTS - 1;
    slots = slots < w->newest - w->first ? slots : w->newest - w->first;
    if (!w->started || slots < SLOTS_LEAST) {
        return 0;
    }
    for (int64_t i = 1; i <= slots; i++) {
        sum += w->bytes[(uint64_t)(w->newest - i) % TACET_RATE_SLOTS];
    }
    return sum * 8 * (1000000 / SLOT_US) / slots;
}
