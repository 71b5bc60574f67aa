/*
 * Sound and pictures held in memory: what a benchmark feeds in, so that reading a file or painting
 * a test card is in no figure.
 */
#ifndef TACET_BENCH_CLIP_H
#define TACET_BENCH_CLIP_H

#include "../tacet/options.h"
#include "media/scale.h"
#include "tacet/audio.h"
#include "tacet/video.h"

/* --audio-in and --video-in. */
extern const struct tacet_option tacet_clip_options[];

struct tacet_clip { /* zero-initialised: empty */
    int16_t *pcm;
    size_t sample_count;
    struct tacet_canvas *pictures;
    size_t picture_count;
    struct tacet_video_format format;
};

/* The first seconds of --audio-in; a file that ends starts over. */
void tacet_clip_load_sound(struct tacet_clip *clip, const struct tacet_settings *settings,
                           size_t seconds);
/* The first pictures of --video-in, scaled where they have another size. */
void tacet_clip_load_pictures(struct tacet_clip *clip, const struct tacet_settings *settings,
                              const struct tacet_video_format *format, size_t count);
void tacet_clip_free(struct tacet_clip *clip);

/* Sources that play the clip over and over; the clip outlives them. */
void tacet_clip_audio_source(const struct tacet_clip *clip, struct tacet_audio_source *ret);
void tacet_clip_video_source(const struct tacet_clip *clip, struct tacet_video_source *ret);

#endif
