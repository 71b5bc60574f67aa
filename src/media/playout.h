/*
 * The audio jitter buffer: reorders encoded frames by RTP timestamp, holds them for a delay
 * between 40 and 200 ms that follows the observed jitter, and tells at each pull whether to decode
 * a frame or to conceal one. Pure: fed with frames and the time. It knows no codec.
 *
 *     put(frame, now) -> [by timestamp] -> get(now) -> FRAME | CONCEAL | EMPTY
 */
#ifndef TACET_MEDIA_PLAYOUT_H
#define TACET_MEDIA_PLAYOUT_H

#include "base/seq.h"
#include "tacet/codec.h"
#include "tacet/frame.h"
#include "tacet/playout.h"

struct tacet_playout;

enum tacet_playout_action {
    TACET_PLAYOUT_EMPTY = 0, /* nothing to play yet: silence that does not count */
    TACET_PLAYOUT_FRAME,     /* decode this one */
    TACET_PLAYOUT_RECOVER,   /* this frame's redundancy holds the one now due: decode it with
                                `fec`; the frame itself comes again at the next get */
    TACET_PLAYOUT_CONCEAL    /* the one now due is missing */
};

struct tacet_playout_step {
    enum tacet_playout_action action;
    uint32_t rtp_timestamp;  /* of what is now due */
    uint32_t samples;        /* its length (CONCEAL: as long as the last one) */
    int64_t received_at_us;
    const uint8_t *data;     /* borrowed until the next put or get */
    size_t size;
};

int tacet_playout_create(struct tacet_playout **ret);
void tacet_playout_free(struct tacet_playout **playout);
/* Stores a copy; `samples` is its length at 48 kHz. Returns false if it was late, double, or the
 * buffer is full (then the oldest went). */
bool tacet_playout_put(struct tacet_playout *playout, int64_t now, const struct tacet_frame *frame,
                       uint32_t samples);
/* What to play next. `queued_samples` is how much sound stands between here and the ear already:
 * it counts towards the delay. */
void tacet_playout_get(struct tacet_playout *playout, int64_t now, uint32_t queued_samples,
                       struct tacet_playout_step *ret);
void tacet_playout_report(const struct tacet_playout *playout, struct tacet_playout_report *ret);

#endif
