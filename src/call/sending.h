/*
 * The media that goes out to one peer: its packets wait here, in the order of what matters, until
 * the pacer lets them go; the estimator says how much that is, and what the encoders are to be
 * told. A packet is never taken out of the middle of a frame: what does not fit is left out before
 * it is cut into packets.
 *
 *     frames -> audio  -------------------> at once
 *               resent -> \
 *               video  ->  pacer ---------> as the estimate allows
 */
#ifndef TACET_CALL_SENDING_H
#define TACET_CALL_SENDING_H

#include "call/queue.h"
#include "rtp/audio_plan.h"
#include "rtp/bwe.h"
#include "rtp/pacer.h"
#include "rtp/packet_pair.h"
#include "rtp/rate_window.h"

struct tacet_sending {
    struct tacet_queue audio;
    struct tacet_queue resent; /* late already: before new pictures */
    struct tacet_queue video;  /* pictures, the repairs of each behind it */
    struct tacet_pacer pacer;
    struct tacet_bwe bwe;
    struct tacet_rate_window audio_rate; /* on the wire */
    bool full;
    bool gives_way;
    bool afresh;           /* see on_results */
    int64_t afresh_at_us;  /* the last time */
    int64_t calm_bps;      /* the estimate when there was no queue, or since the way collapsed */
    int64_t pause_free_us; /* when the next packet may leave in a pause of the estimator */
    int64_t video_size;    /* mean of a video packet's datagram */
    struct tacet_audio_need audio_need;
    int32_t video_most_bps;             /* the application's limit; 0: it sends none */
    struct tacet_audio_plan audio_plan; /* what the encoders are to be told ... */
    int32_t video_bps;
    int32_t told_audio_ms; /* ... and what they were */
    int32_t told_audio_bps;
    int32_t told_video_bps;
    int64_t told_at_us;
    int64_t crowded_since_us; /* -1: no queue of our own */
    int64_t crowded_until_us; /* of the time of sending */
};

/* Measured before any media: the round trip, 0: it is not known, and how fast the peer's packets
 * came, NULL: likewise. A way that is very narrow here is taken for as narrow there until more is
 * known. */
void tacet_sending_begin(struct tacet_sending *s, int64_t now, struct tacet_pool *pool,
                         int32_t audio_bps, int32_t video_bps, int64_t round_trip_us,
                         const struct tacet_packet_pair *opening);
/* Gives back what waits. */
void tacet_sending_end(struct tacet_sending *s);
bool tacet_sending_empty(const struct tacet_sending *s);

/* The next packet that may leave now, counted as sent; NULL: none. */
struct tacet_buffer *tacet_sending_pop(struct tacet_sending *s, int64_t now);
/* A probe wants packets now and nothing waits. */
bool tacet_sending_wants_padding(const struct tacet_sending *s, int64_t now);
/* There is nothing to pad with. */
void tacet_sending_no_padding(struct tacet_sending *s, int64_t now);
/* When to come again; INT64_MAX: not by itself. */
int64_t tacet_sending_timeout(const struct tacet_sending *s);
/* How long what is handed in now waits to leave. */
int64_t tacet_sending_wait(const struct tacet_sending *s, int64_t now);
/* The same of what is sent again, which goes ahead of new pictures. */
int64_t tacet_sending_resent_wait(const struct tacet_sending *s, int64_t now);
/* So much waits that pictures are left out until nearly all of it is gone. What has become stale,
 * for the rate fell under it, is thrown away as a whole: a key frame has to follow. */
bool tacet_sending_is_full(struct tacet_sending *s, int64_t now);

/* Something has to get through that matters more than media: no pictures, and of sound as little as
 * it can be told in. */
void tacet_sending_give_way(struct tacet_sending *s, bool on);

/* Feedback told of these; they are sorted. Where it tells that the way has collapsed, or comes so
 * late that it may have, what waits is thrown away: it was made for another rate, and something new
 * is seen sooner. `afresh` says so until the caller has replaced it. */
void tacet_sending_on_results(struct tacet_sending *s, int64_t now,
                              struct tacet_packet_result *results, size_t count,
                              int64_t round_trip_us);
/* Whether what was sent then may have met a queue of our own making: its loss is no measure of the
 * way, and repairs against it would make it worse. */
bool tacet_sending_was_crowded(const struct tacet_sending *s, int64_t sent_at_us);
/* After results, and when it is time. True: the encoders are to be told of a new target. */
bool tacet_sending_update(struct tacet_sending *s, int64_t now);
/* They are told what stands in audio_plan and video_bps. */
void tacet_sending_told(struct tacet_sending *s, int64_t now);

#endif
