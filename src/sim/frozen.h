/*
 * How long the picture stood still: all time between consecutive shown pictures more than 150 ms
 * apart, the wait before the first from one second after dialling on, and the one after the last.
 */
#ifndef TACET_SIM_FROZEN_H
#define TACET_SIM_FROZEN_H

#include <stdbool.h>
#include <stdint.h>

#define TACET_FROZEN_GAP_US 150000
#define TACET_FROZEN_GRACE_US 1000000 /* from dialling to the first picture */

struct tacet_frozen {
    int64_t since_us; /* of the last picture, or the end of the grace */
    bool any;         /* a picture was shown */
    int64_t total_us;
};

void tacet_frozen_init(struct tacet_frozen *frozen, int64_t dialled_at_us);
void tacet_frozen_on_shown(struct tacet_frozen *frozen, int64_t now);
/* As if the call ended now. */
int64_t tacet_frozen_total(const struct tacet_frozen *frozen, int64_t now);
/* Whether a wait that counts is going on. */
bool tacet_frozen_now(const struct tacet_frozen *frozen, int64_t now);

#endif
