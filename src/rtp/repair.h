/*
 * What the sender knows of the loss on its way, how much redundancy that asks for, and when it is
 * worth telling the encoders.
 */
#ifndef TACET_RTP_REPAIR_H
#define TACET_RTP_REPAIR_H

#include "rtp/red.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_REPAIR_FRAMES 8 /* that a repair covers at most */

struct tacet_repair {
    bool reported;         /* the other side has said how much is lost */
    int32_t loss_permille; /* expected */
    int32_t burst_q8;      /* mean length of a run of lost packets, in 1/256 */
    int32_t told_permille; /* the loss that stood behind the last target */
    int64_t media_bytes;   /* video sent lately, old counts fading out */
    int64_t extra_bytes;   /* its repair */
    int64_t faded_at_us;
    int64_t frame_bytes_q5; /* of a frame that is no key frame, smoothed, << 5 */
    size_t piece;           /* see _piece; 0: not known yet */
    int64_t piece_at_us;
    int32_t told_share_permille;
    struct {
        uint64_t first; /* packet */
        int64_t at_us;
    } frames[TACET_REPAIR_FRAMES]; /* sent last, newest first */
    size_t frame_count;            /* the key frame and since */
    size_t span;                   /* of them, how many the next repairs cover */
    int64_t owed_q8;               /* repairs that are due and have not been sent */
    int64_t resend_credit;         /* bytes */
    int64_t resend_at_us;
};

/* What is to be expected now, as loss.h has it. True: tell the encoders, for the loss or the share
 * that repair takes has changed. */
bool tacet_repair_on_loss(struct tacet_repair *r, int64_t now, int32_t loss_permille,
                          int32_t burst_q8);
/* Which earlier payloads each audio packet repeats now: the table in repair.c. `audio_burst_q8`:
 * the mean run of lost audio packets; `depth_most`: so many repeats at most. */
const struct tacet_red_plan *tacet_repair_red(const struct tacet_repair *r, int32_t audio_burst_q8,
                                              size_t depth_most);
/*
 * What the packets of the next frame should carry at most; it has `size` bytes and is no key frame.
 * Of many small packets a smaller part has to be repairs than of a few large ones, but each costs
 * its headers: so small frames are cut where much is lost, and one that is much larger than those
 * before it is not.
 */
size_t tacet_repair_piece(struct tacet_repair *r, int64_t now, int64_t round_trip_us, size_t size);
/* A video frame that begins with this packet is sent. Returns the packet where what its repairs
 * cover begins. */
uint64_t tacet_repair_on_frame(struct tacet_repair *r, int64_t now, uint64_t first, bool key);
/*
 * How many repairs go out behind the k packets of the frame. None where retransmission is in time
 * anyway, or where next to nothing is lost; more for a key frame, on which all after it stands.
 */
size_t tacet_repair_fec_count(struct tacet_repair *r, size_t k, int64_t round_trip_us, bool key);
/* Whether so many bytes may be sent once more: a quarter of a second's budget at a time, and no
 * more than the budget in the long run, whatever is asked for. Counts them. */
bool tacet_repair_may_resend(struct tacet_repair *r, int64_t now, int32_t budget_bps, size_t size);
/* Bytes that went out for video itself, and for its repair. */
void tacet_repair_on_sent(struct tacet_repair *r, size_t media, size_t extra);
/* What is left of a budget for the video itself, by the share that repair takes. */
int32_t tacet_repair_media_bps(struct tacet_repair *r, int32_t budget_bps);
/* The mean run of lost packets, in whole ones. */
int32_t tacet_repair_burst(const struct tacet_repair *r);
/* The loss that is left for the encoders to expect behind so many repeats; remembers that it was
 * told. */
int32_t tacet_repair_tell(struct tacet_repair *r, size_t depth_most);

#endif
