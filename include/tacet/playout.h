/*
 * The playout report: what the side that plays tells the call, at least every 100 ms, through
 * tacet_call_handle_playout(). Counters run from the start of the call and never fall; names and
 * meaning follow W3C webrtc-stats where it has the thing.
 */
#ifndef TACET_PLAYOUT_H
#define TACET_PLAYOUT_H

#include "tacet/api.h"

#define TACET_PLAYOUT_BURSTS 8 /* lengths 1, 2, ... 7, and 8 or more */

struct tacet_playout_report {
    int64_t target_delay_us;        /* what the buffer aims at now */
    int64_t current_delay_us;       /* from arrival to playing, now */
    uint32_t last_rtp_timestamp;    /* of what was played or shown last; valid if `playing` */
    int64_t last_played_at_us;      /* when its first sample reaches the ear, or it was shown */
    bool playing;

    /* audio, in samples at 48 kHz */
    uint64_t samples_received;      /* totalSamplesReceived: played in all, concealed included */
    uint64_t samples_concealed;     /* concealedSamples */
    uint64_t samples_silent;        /* silentConcealedSamples */
    uint64_t concealment_events;    /* concealmentEvents */
    uint64_t samples_inserted;      /* insertedSamplesForDeceleration */
    uint64_t samples_removed;       /* removedSamplesForAcceleration */
    uint64_t frames_late;           /* came after their time */
    uint32_t bursts[TACET_PLAYOUT_BURSTS]; /* how often 1, 2, ... frames in a row were missing */

    /* both */
    int64_t jitter_buffer_delay_us;         /* jitterBufferDelay: sum over emitted */
    int64_t jitter_buffer_target_delay_us;  /* jitterBufferTargetDelay: sum over emitted */
    uint64_t jitter_buffer_emitted_count;   /* jitterBufferEmittedCount: samples or pictures */

    /* video */
    uint64_t frames_decoded;
    uint64_t key_frames_decoded;
    uint64_t frames_dropped;        /* decoded or complete, never shown */
    uint64_t frames_failed;         /* refused by the decoder: the call asks for a key frame */
    uint64_t freeze_count;
    int64_t freezes_duration_us;
    int64_t decode_time_us;
    uint16_t width;                 /* of the last picture decoded */
    uint16_t height;
    uint16_t last_picture_id;       /* of the last picture decoded; valid if frames_decoded > 0 */
    int64_t sync_offset_us;         /* how much later than its sound the last picture was shown */
    uint64_t sync_compared;         /* pictures of which that could be told */
    uint64_t sync_within;           /* of them, at most 40 ms earlier or later */
};

#endif
