/*
 * How much CPU time codecs take, by the clock of the thread that calls them. Encoders are called
 * by the runner itself, which measures around the call. Decoders are called inside the receivers
 * of media, which know no clock: they are given a codec whose decoders measure themselves.
 *
 * A codec's create functions take no context, so the meter that a new decoder belongs to is left
 * in a thread-local variable for the length of the receiver's _create.
 */
#include "base/alloc.h"
#include "shell/runner_internal.h"

#include <assert.h>
#include <time.h>

struct metered {
    struct tacet_meter *meter;
    struct tacet_audio_decoder audio; /* one of the two */
    struct tacet_video_decoder video;
};

static _Thread_local struct tacet_meter *creating;

int64_t tacet_meter_begin(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void tacet_meter_end(struct tacet_meter *meter, int64_t began_ns)
{
    (void)atomic_fetch_add_explicit(&meter->cpu_ns, tacet_meter_begin() - began_ns,
                                    memory_order_relaxed);
}

static int samples(void *ctx, const uint8_t *data, size_t size)
{
    struct metered *m = ctx;

    return m->audio.ops->samples(m->audio.ctx, data, size); /* reads one byte: not worth a clock */
}

static int redundancy(void *ctx, const uint8_t *data, size_t size)
{
    struct metered *m = ctx;

    return m->audio.ops->redundancy(m->audio.ctx, data, size); /* likewise */
}

static int decode_audio(void *ctx, const uint8_t *data, size_t size, bool fec, int16_t *pcm,
                        size_t capacity, size_t *ret_count)
{
    struct metered *m = ctx;
    int64_t began = tacet_meter_begin();
    int r = m->audio.ops->decode(m->audio.ctx, data, size, fec, pcm, capacity, ret_count);

    tacet_meter_end(m->meter, began);
    return r;
}

static int conceal(void *ctx, int16_t *pcm, size_t count)
{
    struct metered *m = ctx;
    int64_t began = tacet_meter_begin();
    int r = m->audio.ops->conceal(m->audio.ctx, pcm, count);

    tacet_meter_end(m->meter, began);
    return r;
}

static int decode_video(void *ctx, const uint8_t *data, size_t size, struct tacet_picture *ret)
{
    struct metered *m = ctx;
    int64_t began = tacet_meter_begin();
    int64_t began_us = tacet_clock_now();
    int r = m->video.ops->decode(m->video.ctx, data, size, ret);

    tacet_meter_end(m->meter, began);
    (void)atomic_fetch_add(&m->meter->video_decode_us, tacet_clock_now() - began_us);
    return r;
}

static void free_decoder(void *ctx)
{
    struct metered *m = ctx;

    if (m->audio.ops != NULL) {
        m->audio.ops->free(m->audio.ctx);
    }
    if (m->video.ops != NULL) {
        m->video.ops->free(m->video.ctx);
    }
    tacet_dealloc(m);
}

static const struct tacet_audio_decoder_ops audio_ops = {
    .name = "metered",
    .samples = samples,
    .redundancy = redundancy,
    .decode = decode_audio,
    .conceal = conceal,
    .free = free_decoder,
};

static const struct tacet_video_decoder_ops video_ops = {
    .name = "metered",
    .decode = decode_video,
    .free = free_decoder,
};

static int create_audio_decoder(struct tacet_audio_decoder *ret)
{
    assert(creating != NULL);
    struct metered *m = tacet_alloc(sizeof(*m));

    if (m == NULL) {
        return TACET_ERR_NOMEM;
    }
    m->meter = creating;
    int r = creating->audio->audio_decoder_create(&m->audio);
    if (r < 0) {
        tacet_dealloc(m);
        return r;
    }
    *ret = (struct tacet_audio_decoder){ .ops = &audio_ops, .ctx = m };
    return 0;
}

static int create_video_decoder(uint16_t width_max, uint16_t height_max,
                                struct tacet_video_decoder *ret)
{
    assert(creating != NULL);
    struct metered *m = tacet_alloc(sizeof(*m));

    if (m == NULL) {
        return TACET_ERR_NOMEM;
    }
    m->meter = creating;
    int r = creating->video->video_decoder_create(width_max, height_max, &m->video);
    if (r < 0) {
        tacet_dealloc(m);
        return r;
    }
    *ret = (struct tacet_video_decoder){ .ops = &video_ops, .ctx = m };
    return 0;
}

void tacet_meter_init(struct tacet_meter *meter, const struct tacet_codec *audio,
                      const struct tacet_codec *video)
{
    meter->audio = audio;
    meter->video = video;
    if (audio != NULL) {
        meter->metered_audio = *audio;
        meter->metered_audio.audio_decoder_create = create_audio_decoder;
    }
    if (video != NULL) {
        meter->metered_video = *video;
        meter->metered_video.video_decoder_create = create_video_decoder;
    }
    atomic_init(&meter->cpu_ns, 0);
    atomic_init(&meter->video_decode_us, 0);
}

int tacet_meter_audio_receiver(struct tacet_meter *meter, struct tacet_audio_receiver **ret)
{
    creating = meter;
    int r = tacet_audio_receiver_create(&meter->metered_audio, ret);

    creating = NULL;
    return r;
}

int tacet_meter_video_receiver(struct tacet_meter *meter, uint16_t width_max, uint16_t height_max,
                               struct tacet_video_receiver **ret)
{
    creating = meter;
    int r = tacet_video_receiver_create(&meter->metered_video, width_max, height_max, ret);

    creating = NULL;
    return r;
}
