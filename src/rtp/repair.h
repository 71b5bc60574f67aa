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
    int64_t media_bytes;   /* video sent lately, old counts fading out */
    int64_t extra_bytes;   /* its repair */
    int32_t told_share_permille;
};

/* A report block said how much of its interval was lost. True: tell the encoders, for the loss or
 * the share that repair takes has changed. */
bool tacet_repair_on_report(struct tacet_repair *r, int32_t lost_permille);
/* How many earlier payloads each audio packet repeats now: the table in repair.c. */
size_t tacet_repair_red_depth(const struct tacet_repair *r);
/*
 * How many repairs a block of k video packets gets. None where retransmission is in time anyway,
 * or where next to nothing is lost; more for a key frame, on which all after it stands.
 */
size_t tacet_repair_fec_count(const struct tacet_repair *r, size_t k, int64_t round_trip_us,
                              bool key);
/* Bytes that went out for video itself, and for its repair. */
void tacet_repair_on_sent(struct tacet_repair *r, size_t media, size_t extra);
/* What is left of a budget for the video itself, by the share that repair takes. */
int32_t tacet_repair_media_bps(struct tacet_repair *r, int32_t budget_bps);
/* The loss that is left for the encoders to expect behind that; remembers that it was told. */
int32_t tacet_repair_tell(struct tacet_repair *r);

#endif
