/* Devices that are not there: a silent source, and sinks that take everything and keep nothing.
 * They have no state, so their context is NULL. */
#include "tacet/audio.h"
#include "tacet/video.h"

#include <string.h>

static void null_free(void *ctx)
{
    (void)ctx;
}

static int silence_read(void *ctx, int16_t *pcm, size_t count)
{
    (void)ctx;
    memset(pcm, 0, count * sizeof(pcm[0]));
    return (int)count;
}

static int null_write(void *ctx, const int16_t *pcm, size_t count)
{
    (void)ctx;
    (void)pcm;
    (void)count;
    return 0;
}

static int null_open(void *ctx, const struct tacet_video_format *format)
{
    (void)ctx;
    (void)format;
    return 0;
}

static int null_show(void *ctx, const struct tacet_picture *picture)
{
    (void)ctx;
    (void)picture;
    return 0;
}

static const struct tacet_audio_source_ops silence_ops = {
    .name = "silence",
    .read = silence_read,
    .free = null_free,
};

static const struct tacet_audio_sink_ops null_audio_ops = {
    .name = "null",
    .write = null_write,
    .free = null_free,
};

static const struct tacet_video_sink_ops null_video_ops = {
    .name = "null",
    .open = null_open,
    .show = null_show,
    .free = null_free,
};

int tacet_silence_source_create(struct tacet_audio_source *ret)
{
    *ret = (struct tacet_audio_source){ .ops = &silence_ops };
    return 0;
}

int tacet_null_audio_sink_create(struct tacet_audio_sink *ret)
{
    *ret = (struct tacet_audio_sink){ .ops = &null_audio_ops };
    return 0;
}

int tacet_null_video_sink_create(struct tacet_video_sink *ret)
{
    *ret = (struct tacet_video_sink){ .ops = &null_video_ops };
    return 0;
}
