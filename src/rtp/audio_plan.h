/*
 * What sound is sent as, by the room that it has on the way: how long its packets are, at which
 * rate it is coded, and how many earlier packets each may repeat. The table is in audio_plan.c.
 */
#ifndef TACET_RTP_AUDIO_PLAN_H
#define TACET_RTP_AUDIO_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_AUDIO_ROOM_ALL INT64_MAX /* whatever it wants */

struct tacet_audio_need {
    int32_t most_bps;      /* the application's limit, payload */
    int32_t loss_permille; /* expected */
    size_t depth;          /* earlier packets that each should repeat (repair.h) */
};

struct tacet_audio_plan {
    int32_t packet_ms; /* 20, 40 or 60 */
    int32_t bitrate_bps;
    size_t depth;
    int32_t next_ms;       /* another length that would be right ... */
    int64_t next_since_us; /* ... and since when */
    int64_t shorter_us;    /* how long a shorter one must have been right */
    bool shortened;        /* by the last change */
};

void tacet_audio_plan_init(struct tacet_audio_plan *plan, int64_t now,
                           const struct tacet_audio_need *need);
/* `room_bps`: what sound may put on the wire, headers included. True: the length is another. */
bool tacet_audio_plan_fit(struct tacet_audio_plan *plan, int64_t now, int64_t room_bps,
                          const struct tacet_audio_need *need);
/* What sound takes on the wire where it gets all it needs. */
int64_t tacet_audio_plan_wish_bps(const struct tacet_audio_need *need);

#endif
