/*
 * The audio jitter buffer: reorders encoded frames by RTP timestamp, holds them for a delay
 * between 40 and 200 ms that follows the observed jitter, and tells at each pull what to play.
 * Pure: fed with frames and the time. It knows no codec.
 *
 *     put(frame, now) -> [by timestamp] -> get(now) -> FRAME | RECOVER | CONCEAL | SKIP | EMPTY
 *
 * The delay grows where a frame is missing anyway: concealment then fills time without a frame
 * being given up. It shrinks by single frames, once they have stood unused for a second. After
 * 200 ms without a frame the stream counts as paused and is anchored anew by the next one.
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
    TACET_PLAYOUT_SKIP       /* decode this one, but do not play it: fade from it into what comes
                                at a further get, to be asked for at once */
};

struct tacet_playout_step {
    enum tacet_playout_action action;
    uint32_t rtp_timestamp; /* of what is now due */
    uint32_t samples;       /* how much sound this step makes; of SKIP, the frame's */
    bool inserted;          /* CONCEAL: only fills time, the frame now due is still awaited */
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
/* What to play next, once all sound of the step before has been used. `queued_samples` is how much
 * sound stands between here and the ear already: it counts towards the delay. */
void tacet_playout_get(struct tacet_playout *playout, int64_t now, uint32_t queued_samples,
                       struct tacet_playout_step *ret);
void tacet_playout_report(const struct tacet_playout *playout, struct tacet_playout_report *ret);

#endif
