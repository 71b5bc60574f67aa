/* See clip.h. */
#include "clip.h"

#include "../tacet/ends.h"
#include "benchmark.h"
#include "tacet/codec.h"
#include "tacet/error.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct tacet_option tacet_clip_options[] = {
    { "--audio-in", "SOURCE", TACET_OPTION_TEXT, offsetof(struct tacet_settings, audio_in), 0, 0,
      "wav:FILE or tone (the default)" },
    { "--video-in", "SOURCE", TACET_OPTION_TEXT, offsetof(struct tacet_settings, video_in), 0, 0,
      "y4m:FILE, scaled to the sizes that are measured, or testcard (the default)" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};

/* The sources that the settings name, or the end of the process after one line. */
static struct tacet_ends open_sources(const struct tacet_settings *settings, const char *audio_in,
                                      const char *video_in)
{
    struct tacet_settings wanted = *settings;
    struct tacet_ends ends;

    wanted.audio_in = audio_in;
    wanted.video_in = video_in;
    wanted.loop = true;
    int result = tacet_ends_check(&wanted);
    if (result == 0) {
        result = tacet_ends_open_sources(&wanted, &ends);
    }
    if (result != 0) {
        exit(result);
    }
    return ends;
}

void tacet_clip_load_sound(struct tacet_clip *clip, const struct tacet_settings *settings,
                           size_t seconds)
{
    struct tacet_ends ends = open_sources(settings, settings->audio_in, "none");
    size_t count = seconds * TACET_SAMPLE_RATE;

    clip->pcm = tacet_bench_alloc(count, sizeof(clip->pcm[0]));
    while (clip->sample_count < count) {
        size_t left = count - clip->sample_count;
        clip->sample_count += (size_t)tacet_bench_must(
            ends.audio_source.ops->read(ends.audio_source.ctx, clip->pcm + clip->sample_count,
                                        left < 480 ? left : 480),
            "sound");
    }
    tacet_ends_close(&ends);
}

void tacet_clip_load_pictures(struct tacet_clip *clip, const struct tacet_settings *settings,
                              const struct tacet_video_format *format, size_t count)
{
    const char *video_in = settings->video_in;
    char card[64];

    if (video_in == NULL || strcmp(video_in, "testcard") == 0) {
        (void)snprintf(card, sizeof(card), "testcard:%ux%u@%u", format->width, format->height,
                       format->fps_numerator / format->fps_denominator);
        video_in = card;
    }
    struct tacet_ends ends = open_sources(settings, "silence", video_in);
    clip->format = *format;
    clip->pictures = tacet_bench_alloc(count, sizeof(clip->pictures[0]));
    for (; clip->picture_count < count; clip->picture_count++) {
        struct tacet_canvas *canvas = &clip->pictures[clip->picture_count];
        struct tacet_picture picture;
        int got = ends.video_source.ops->read(ends.video_source.ctx, 0, 0, &picture);
        (void)tacet_bench_must(got == 1 ? 0 : TACET_ERR_END, "pictures");
        (void)tacet_bench_must(tacet_canvas_resize(canvas, format->width, format->height),
                               "pictures");
        (void)tacet_bench_must(tacet_scale(&picture, canvas), "pictures");
    }
    tacet_ends_close(&ends);
}

void tacet_clip_free(struct tacet_clip *clip)
{
    for (size_t i = 0; i < clip->picture_count; i++) {
        tacet_canvas_free(&clip->pictures[i]);
    }
    free(clip->pictures);
    free(clip->pcm);
    *clip = (struct tacet_clip){ 0 };
}

/* --- sources --- */

struct cursor {
    const struct tacet_clip *clip;
    uint64_t next;
};

static struct cursor *cursor_create(const struct tacet_clip *clip)
{
    struct cursor *cursor = tacet_bench_alloc(1, sizeof(*cursor));

    cursor->clip = clip;
    return cursor;
}

static int read_sound(void *ctx, int16_t *pcm, size_t count)
{
    struct cursor *cursor = ctx;
    const struct tacet_clip *clip = cursor->clip;
    size_t done = 0;

    while (done < count) {
        size_t at = cursor->next % clip->sample_count;
        size_t run =
            clip->sample_count - at < count - done ? clip->sample_count - at : count - done;
        memcpy(pcm + done, clip->pcm + at, run * sizeof(pcm[0]));
        done += run;
        cursor->next += run;
    }
    return (int)count;
}

static void tell_format(void *ctx, struct tacet_video_format *ret)
{
    *ret = ((const struct cursor *)ctx)->clip->format;
}

static int read_picture(void *ctx, int64_t deadline_us, uint64_t skip, struct tacet_picture *ret)
{
    struct cursor *cursor = ctx;
    const struct tacet_clip *clip = cursor->clip;

    cursor->next += skip;
    *ret = clip->pictures[cursor->next % clip->picture_count].picture;
    ret->index = cursor->next++;
    return 1;
}

void tacet_clip_audio_source(const struct tacet_clip *clip, struct tacet_audio_source *ret)
{
    static const struct tacet_audio_source_ops ops = { .name = "clip",
                                                       .read = read_sound,
                                                       .free = free };

    assert(clip->sample_count > 0);
    *ret = (struct tacet_audio_source){ .ops = &ops, .ctx = cursor_create(clip) };
}

void tacet_clip_video_source(const struct tacet_clip *clip, struct tacet_video_source *ret)
{
    static const struct tacet_video_source_ops ops = {
        .name = "clip", .format = tell_format, .read = read_picture, .free = free
    };

    assert(clip->picture_count > 0);
    *ret = (struct tacet_video_source){ .ops = &ops, .ctx = cursor_create(clip) };
}
