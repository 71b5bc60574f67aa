/*
 * Lip sync: pictures and sound of one moment, by the sender's clock, come out within 40 ms of each
 * other. Pure: fed with what was heard and shown.
 *
 *     sound heard earlier than its picture can be:  let the playout of sound aim at more delay
 *     picture there earlier than its sound:         hold the picture, no longer than needed
 *
 * Sound that comes first disturbs more than a picture that does (ITU-R BT.1359), and a picture held
 * is delay: so pictures keep ahead of their sound by a little less than what may be.
 */
#ifndef TACET_MEDIA_SYNC_H
#define TACET_MEDIA_SYNC_H

#include "tacet/frame.h"
#include "tacet/playout.h"

#define TACET_SYNC_UNKNOWN INT64_MIN
#define TACET_SYNC_WITHIN_US 40000

/* When what has an RTP timestamp was captured, from the frame that came last: by the sender's
 * clock. Zero-initialised knows nothing. */
struct tacet_sync_clock {
    bool known;
    uint32_t rtp_timestamp;
    int64_t captured_at_us;
};

void tacet_sync_clock_take(struct tacet_sync_clock *clock, const struct tacet_frame *frame);
/* How long sound takes from its capture, by the sender's clock, to the ear, by ours; the two have
 * nothing to do with each other, so that any number is as good as another. `report` is the
 * playout's. TACET_SYNC_UNKNOWN: not known, or nothing is being heard. */
int64_t tacet_sync_sound_way(const struct tacet_sync_clock *clock, int64_t now,
                             const struct tacet_playout_report *report);

struct tacet_sync {
    int64_t sound_us;       /* the way of sound, or TACET_SYNC_UNKNOWN */
    int64_t target_us;      /* what its playout aims at */
    int64_t behind_us_q5;   /* how much later pictures are than sound, smoothed, << 5 */
    int64_t sound_delay_us; /* what is asked of the playout of sound */
    int64_t asked_at_us;
    int64_t offset_us; /* of the last picture: later than its sound by so much */
    uint64_t compared; /* pictures whose sound was known */
    uint64_t within;   /* of them, within TACET_SYNC_WITHIN_US */
};

void tacet_sync_init(struct tacet_sync *s);
/* The way of sound now, or TACET_SYNC_UNKNOWN, and the delay that its playout aims at. */
void tacet_sync_on_sound(struct tacet_sync *s, int64_t way_us, int64_t target_us);
/* When a picture should be shown, given when it came and when it was captured; at once where the
 * way of sound is not known, and never more than TACET_SYNC_HOLD_MAX_US after it came. */
int64_t tacet_sync_due(const struct tacet_sync *s, int64_t came_us, int64_t captured_at_us);
/* A picture was shown. */
void tacet_sync_on_shown(struct tacet_sync *s, int64_t now, int64_t captured_at_us);
/* The delay that the playout of sound should not go below; 0: none in particular. */
int64_t tacet_sync_sound_delay(const struct tacet_sync *s);

#endif
