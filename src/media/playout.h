/*
 * The audio jitter buffer: reorders encoded frames by RTP timestamp, holds them for a delay
 * that follows how late frames come (media/lateness.h), and tells at each pull what to play.
 * Pure: fed with frames and the time. It knows no codec and touches no sound.
 *
 *     put(frame, now) -> [by timestamp] -> get(pull) -> FRAME | RECOVER | CONCEAL | SKIP | EMPTY
 *
 * The slack of a frame is how long after its fastest possible arrival it is asked for. Where that
 * falls below the target, frames are played longer (media/stretch.h) until it is back; where it
 * stays above, shorter. A clock that drifts moves the slack as well and is corrected by the same.
 *
 * What is due and missing is made up in small parts while time goes on: the rest of a frame that
 * comes meanwhile is still played. After 80 ms of it, where nothing comes in time, a frame that
 * comes late is played whole, and all after it as much later: the path has become longer. After
 * 200 ms the stream counts as paused and is anchored anew by the next frame.
 */
#ifndef TACET_MEDIA_PLAYOUT_H
#define TACET_MEDIA_PLAYOUT_H

#include "tacet/codec.h"
#include "tacet/frame.h"
#include "tacet/playout.h"

struct tacet_playout;

enum tacet_playout_action {
    TACET_PLAYOUT_EMPTY = 0, /* nothing to play: silence */
    TACET_PLAYOUT_FRAME,     /* decode this one */
    TACET_PLAYOUT_RECOVER,   /* this frame's in-band redundancy holds the one now due: decode it
                                with `fec`; the frame itself comes again at the next get */
    TACET_PLAYOUT_CONCEAL,   /* the one now due is missing: make its sound up */
    TACET_PLAYOUT_SKIP       /* its time is over: decode this one for the sake of those after it,
                                play nothing of it, and ask again at once */
};

/* Where a block of samples is wanted, and what is wanted of it still. */
struct tacet_playout_pull {
    int64_t now;
    uint32_t queued; /* samples between the block's first one and the ear: it counts for when
                        something is heard, not for when it had to be here */
    uint32_t filled; /* of the block, so far */
    uint32_t wanted; /* and still */
};

struct tacet_playout_step {
    enum tacet_playout_action action;
    uint32_t rtp_timestamp; /* of what is now due */
    uint32_t samples;       /* how much sound this step makes, before it is stretched; of SKIP, the
                               frame's */
    uint32_t crop;          /* FRAME: so many samples at its beginning are over (samples counts
                               them not) */
    int32_t stretch; /* FRAME: play it longer by some samples (positive) or shorter by at most
                        so many (negative), if it can be done without a seam */
    int32_t alike_permille; /* how exact that has to be (media/stretch.h) */
    bool seam;              /* does not join on to what was made up before: fade */
    int64_t received_at_us;
    const uint8_t *data; /* borrowed until the next put or get */
    size_t size;
};

int tacet_playout_create(struct tacet_playout **ret);
void tacet_playout_free(struct tacet_playout **playout);
/* Stores a copy; `samples` is its length at 48 kHz (a multiple of 120), `redundancy` that of the
 * frame before it which it can bring back, or 0. Returns false if it was late, double or unusable,
 * or the buffer is full (then the oldest went). */
bool tacet_playout_put(struct tacet_playout *playout, int64_t now, const struct tacet_frame *frame,
                       uint32_t samples, uint32_t redundancy);
/* What to play next, once all sound of the step before has been used. */
void tacet_playout_get(struct tacet_playout *playout, const struct tacet_playout_pull *pull,
                       struct tacet_playout_step *ret);
/* The last step's frame has become so many samples longer, or shorter (negative). 0: it could not
 * be done. */
void tacet_playout_on_stretched(struct tacet_playout *playout, int64_t now, int32_t samples);
/* So many samples of the last step's sound have left. */
void tacet_playout_on_pulled(struct tacet_playout *playout, int64_t now, uint32_t samples);
/* The target does not go below `delay_us`: 0 to TACET_PLAYOUT_MAX_US, for lip sync. */
void tacet_playout_set_min_delay(struct tacet_playout *playout, int64_t delay_us);
void tacet_playout_report(const struct tacet_playout *playout, struct tacet_playout_report *ret);

#endif
