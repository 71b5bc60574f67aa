/*
 * What the sender knows of the loss on its way, and when that is worth telling the encoders. Later:
 * the choice between redundancy, retransmission and a key frame stands here too, in one place.
 */
#ifndef TACET_RTP_REPAIR_H
#define TACET_RTP_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

struct tacet_repair {
    int32_t loss_q8;       /* expected, in 1/256 permille */
    int32_t told_permille; /* in the last target */
};

/* A report block said how much of its interval was lost. True: tell the encoders. */
bool tacet_repair_on_report(struct tacet_repair *r, int32_t lost_permille);
/* The loss to expect now; remembers that it was told. */
int32_t tacet_repair_tell(struct tacet_repair *r);

#endif
