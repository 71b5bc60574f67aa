/*
 * How fast the jitter buffer plays: the delay it aims at, and by how much a frame is to be played
 * longer or shorter to get there.
 *
 * Sound is pulled in blocks, so slack (playout.h) moves by whole blocks: a frame that begins
 * `filled` samples into one could begin that much earlier without being asked for earlier, and not
 * a sample more.
 */
#ifndef TACET_MEDIA_PLAYOUT_PACE_H
#define TACET_MEDIA_PLAYOUT_PACE_H

#include "media/lateness.h"
#include "media/playout.h"

#define TACET_PACE_RECENT 8

struct tacet_pace {
    struct tacet_lateness lateness;
    int64_t target_us;
    int64_t floor_us;                     /* the target does not go below it */
    int64_t slacks_us[TACET_PACE_RECENT]; /* ring: of the last frames at this pace */
    uint32_t slack_count;
    int64_t spare_since_us; /* each frame since then could have been asked for earlier */
    int64_t much_since_us;  /* ... much earlier */
    int64_t very_much_since_us;
    bool urgent; /* the last frames all came later than the target: a queue builds up */
    bool growing;
    bool shrinking;
    int64_t hold_until_us;  /* nothing is stretched before */
    int32_t alike_permille; /* how exact the next stretch has to be */
};

void tacet_pace_init(struct tacet_pace *pace);
/* Follows the lateness seen so far. */
void tacet_pace_aim(struct tacet_pace *pace);
/* Playing begins, or begins elsewhere. */
void tacet_pace_begin(struct tacet_pace *pace, int64_t now);
/* A frame is played with that slack. Returns by how many samples it should be longer (positive) or,
 * at most, shorter (negative). */
int32_t tacet_pace_stretch(struct tacet_pace *pace, const struct tacet_playout_pull *pull,
                           int64_t slack_us);
void tacet_pace_on_stretched(struct tacet_pace *pace, int64_t now, int32_t samples);

#endif
