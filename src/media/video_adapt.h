/*
 * What a video encoder is asked for: bit rate, size, frame rate and speed, from send targets and
 * from what the encoder itself does. Pure: the time is a parameter. One a stream that is sent.
 *
 *     SEND_TARGET -> bits for each pixel -> step of the table in video_adapt.c -> settings
 *     pictures passed over, time taken ----^
 *
 * Sizes come first and the frame rate last. A smaller picture is worse wherever the larger one can
 * be had at all (measured, see the .c), and each change costs a key frame: so steps are taken late,
 * held, and undone only with a margin.
 */
#ifndef TACET_MEDIA_VIDEO_ADAPT_H
#define TACET_MEDIA_VIDEO_ADAPT_H

#include "media/adapt.h"

struct tacet_video_adapt {
    struct tacet_video_encoder_settings settings; /* what the encoder is to have now */
    struct tacet_adapt_overhead overhead;
    uint16_t source_width;
    uint16_t source_height;
    int32_t source_fps;
    int32_t wire_bps; /* the last target */
    size_t step;      /* of the table */
    bool begun;       /* a picture of this call has been encoded: another size costs a key frame */
    int32_t turn;     /* counts pictures, to leave out all but one of some */
    /* millibits for each pixel that this content needs, as far as is known */
    int32_t need;
    int64_t need_since_us; /* when it was last raised or let down */
    /* how long another step would have been right; -1: it is not */
    int64_t down_since_us;
    int64_t up_since_us;
    /* pictures of the window that began then */
    int64_t window_since_us;
    uint32_t offered;
    uint32_t skipped;
    int64_t skipped_millibits; /* that there were for each pixel of those, in all */
    int32_t scarce_bps;      /* the rate at which many were passed over last; 0: they never were */
    int64_t encode_us_q4;    /* time that one picture takes, smoothed, << 4 */
    int64_t speed_since_us;  /* when the speed was last changed */
    int64_t leisure_from_us; /* the encoder may not take its time before */
};

/* `source`: settings with the size and frame rate of the pictures as they come. */
void tacet_video_adapt_init(struct tacet_video_adapt *a, int64_t now,
                            const struct tacet_adapt_overhead *overhead,
                            const struct tacet_video_encoder_settings *source);
/* Another call begins: its first picture is a key frame anyway. What the content needs stays. */
void tacet_video_adapt_begin(struct tacet_video_adapt *a);
/* Takes a target; true if `settings` changed. */
bool tacet_video_adapt_target(struct tacet_video_adapt *a, int64_t now,
                              const struct tacet_event *send_target);
/* Once a picture that the source gives: whether it is to be encoded. */
bool tacet_video_adapt_takes(struct tacet_video_adapt *a);
/* Once a picture that was encoded, or `skipped` by the encoder's rate control; `encode_us` is how
 * long that took. True if `settings` changed. */
bool tacet_video_adapt_encoded(struct tacet_video_adapt *a, int64_t now, bool skipped,
                               int64_t encode_us);

#endif
