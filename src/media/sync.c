/* See sync.h. */
#include "media/sync.h"

#include "base/limits.h"

/* A picture is held until so much before its sound: less than 40 ms by what the sound's way may
 * change between two looks at it. */
#define AHEAD_US TACET_MS(36)
/* Sound of longer ago says nothing about that of now. */
#define STALE_US TACET_S(1)
/* Sound is asked to wait when pictures have been later than it by nearly the bound on average (a
 * second's worth counts two thirds), and let go again in steps when they are ahead of it. */
#define BEHIND_US TACET_MS(32)
#define WAIT_FOR_US TACET_MS(20) /* how late they may then stay */
#define LET_GO_US (-TACET_MS(10))
#define STEP_US TACET_MS(10)
#define ASK_APART_US TACET_S(1)
#define SMOOTH_SHIFT 5

void tacet_sync_clock_take(struct tacet_sync_clock *clock, const struct tacet_frame *frame)
{
    if (frame->capture_known) {
        clock->known = true;
        clock->rtp_timestamp = frame->rtp_timestamp;
        clock->captured_at_us = frame->captured_at_us;
    }
}

int64_t tacet_sync_sound_way(const struct tacet_sync_clock *clock, int64_t now,
                             const struct tacet_playout_report *report)
{
    if (!clock->known || !report->playing || now - report->last_played_at_us > STALE_US) {
        return TACET_SYNC_UNKNOWN;
    }
    int64_t since = (int32_t)(report->last_rtp_timestamp - clock->rtp_timestamp); /* at 48 kHz */
    return report->last_played_at_us - (clock->captured_at_us + since * 125 / 6);
}

void tacet_sync_init(struct tacet_sync *s)
{
    *s = (struct tacet_sync){ .sound_us = TACET_SYNC_UNKNOWN };
}

void tacet_sync_on_sound(struct tacet_sync *s, int64_t way_us, int64_t target_us)
{
    s->sound_us = way_us;
    s->target_us = target_us;
}

int64_t tacet_sync_due(const struct tacet_sync *s, int64_t came_us, int64_t captured_at_us)
{
    if (s->sound_us == TACET_SYNC_UNKNOWN) {
        return came_us;
    }
    int64_t hold = captured_at_us + s->sound_us - AHEAD_US - came_us;
    hold = hold > 0 ? hold : 0;
    return came_us + (hold < TACET_SYNC_HOLD_MAX_US ? hold : TACET_SYNC_HOLD_MAX_US);
}

static void ask_sound(struct tacet_sync *s, int64_t now)
{
    int64_t behind_us = s->behind_us_q5 >> SMOOTH_SHIFT;

    if (now - s->asked_at_us < ASK_APART_US) {
        return;
    }
    s->asked_at_us = now;
    if (behind_us > BEHIND_US) {
        s->sound_delay_us = s->target_us + behind_us - WAIT_FOR_US;
        s->behind_us_q5 = WAIT_FOR_US << SMOOTH_SHIFT; /* what will be, until it has been seen */
    } else if (behind_us < LET_GO_US) {
        s->sound_delay_us -= STEP_US;
    }
    s->sound_delay_us = s->sound_delay_us < 0 ? 0 : s->sound_delay_us;
    s->sound_delay_us = s->sound_delay_us > TACET_SYNC_SOUND_DELAY_MAX_US
                            ? TACET_SYNC_SOUND_DELAY_MAX_US
                            : s->sound_delay_us;
}

void tacet_sync_on_shown(struct tacet_sync *s, int64_t now, int64_t captured_at_us)
{
    if (s->sound_us == TACET_SYNC_UNKNOWN) {
        return;
    }
    int64_t offset = now - captured_at_us - s->sound_us;
    /* Clocks that mean nothing, or a peer who says nonsense: nothing is done about it. */
    if (offset > STALE_US || offset < -STALE_US) {
        return;
    }
    s->offset_us = offset;
    s->compared++;
    s->within += offset <= TACET_SYNC_WITHIN_US && offset >= -TACET_SYNC_WITHIN_US ? 1 : 0;
    s->behind_us_q5 += offset - (s->behind_us_q5 >> SMOOTH_SHIFT);
    ask_sound(s, now);
}

int64_t tacet_sync_sound_delay(const struct tacet_sync *s)
{
    return s->sound_delay_us;
}
