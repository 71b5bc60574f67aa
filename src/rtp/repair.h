/*
 * What the sender knows of the loss on its way, how much redundancy that asks for, and when it is
 * worth telling the encoders.
 */
#ifndef TACET_RTP_REPAIR_H
#define TACET_RTP_REPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tacet_repair {
    int32_t loss_q8;       /* expected, in 1/256 permille */
    int32_t told_permille; /* the loss that stood behind the last target */
};

/* A report block said how much of its interval was lost. True: tell the encoders. */
bool tacet_repair_on_report(struct tacet_repair *r, int32_t lost_permille);
/* How many earlier payloads each audio packet repeats now: the table in repair.c. */
size_t tacet_repair_red_depth(const struct tacet_repair *r);
/* The loss that is left for the encoders to expect behind that; remembers that it was told. */
int32_t tacet_repair_tell(struct tacet_repair *r);

#endif
