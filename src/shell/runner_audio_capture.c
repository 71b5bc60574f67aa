/*
 * The capturing half of the audio thread: takes what the source has, and encodes and hands over
 * each 20 ms, or as much as the call asks for. The time of a frame is counted in samples from an
 * anchor, never read from the clock, so that RTP timestamps follow on each other without a gap.
 *
 * Sound that has become old because the thread was held up is left out rather than sent late; its
 * time passes on the RTP clock as if it had been lost.
 */
#include "shell/runner_internal.h"

#include <assert.h>

#define DISCARD_READS_MAX 500 /* 10 s: more than any device holds */

/* What a device took before the answer, or since the last call, is nobody's to hear. Where reading
 * fails, the first tick says so. */
static void discard(struct tacet_runner *runner)
{
    struct tacet_runner_audio *a = &runner->audio;
    const struct tacet_audio_source *source = &runner->config.audio_source;

    for (int i = 0; i < DISCARD_READS_MAX; i++) {
        if (source->ops->read(source->ctx, a->pcm, TACET_RUNNER_FRAME_SAMPLES) <
            TACET_RUNNER_FRAME_SAMPLES) {
            return;
        }
    }
}

void tacet_runner_capture_begin(struct tacet_runner *runner, int64_t now)
{
    struct tacet_runner_audio *a = &runner->audio;
    const struct tacet_audio_source *source = &runner->config.audio_source;

    tacet_capture_clock_begin(&a->clock, now, source->ops != NULL && source->ops->clocked);
    a->fill = 0;
    a->frame_samples = a->next_frame_samples = TACET_RUNNER_FRAME_SAMPLES;
    if (source->ops != NULL && source->ops->clocked) {
        discard(runner);
    }
}

static void take_wishes(struct tacet_runner *runner)
{
    struct tacet_audio_encoder_settings settings;

    (void)pthread_mutex_lock(&runner->mutex);
    bool changed = runner->wishes.audio_changed;
    settings = runner->wishes.audio;
    runner->wishes.audio_changed = false;
    uint32_t samples = runner->wishes.frame_samples;
    runner->wishes.frame_samples = 0;
    (void)pthread_mutex_unlock(&runner->mutex);
    if (samples != 0) {
        runner->audio.next_frame_samples = samples;
    }
    if (changed) {
        /* Refused settings leave the old ones in place: the voice goes on. */
        (void)runner->audio.encoder.ops->configure(runner->audio.encoder.ctx, &settings);
    }
}

/* Encodes the full frame into the ring; where that is full, the frame is dropped. */
static int encode(struct tacet_runner *runner, uint32_t session, int64_t captured_at_us)
{
    struct tacet_runner_audio *a = &runner->audio;
    struct tacet_audio_slot *slot = tacet_ring_reserve(runner->audio_out);
    size_t size = 0;

    if (slot == NULL) {
        return 0;
    }
    int64_t began = tacet_meter_begin();
    int r = a->encoder.ops->encode(a->encoder.ctx, a->pcm, a->frame_samples, slot->data,
                                   sizeof(slot->data), &size);
    tacet_meter_end(&runner->meter, began);
    if (r < 0) {
        return r;
    }
    slot->life = session;
    slot->index = a->index;
    slot->frame = (struct tacet_frame){ .kind = TACET_KIND_AUDIO,
                                        .captured_at_us = captured_at_us,
                                        .size = size };
    tacet_ring_publish(runner->audio_out);
    tacet_runner_wake(runner);
    return 0;
}

static int finish_frame(struct tacet_runner *runner, uint32_t session)
{
    struct tacet_runner_audio *a = &runner->audio;
    int64_t captured_at_us = tacet_capture_clock_time(&a->clock, a->frame_samples);
    int64_t length_us = (int64_t)a->frame_samples * 1000000 / TACET_SAMPLE_RATE;
    bool stale = tacet_clock_now() - captured_at_us - length_us > TACET_RUNNER_CATCH_UP_US;
    int r = 0;

    tacet_runner_log(runner, &(struct tacet_media_event){
                                 .type = TACET_MEDIA_CAPTURED,
                                 .kind = TACET_KIND_AUDIO,
                                 .index = a->index,
                                 .rtp_timestamp = tacet_runner_timestamp(runner, TACET_KIND_AUDIO,
                                                                         captured_at_us),
                                 .time_us = captured_at_us,
                             });
    if (!stale) {
        r = encode(runner, session, captured_at_us);
    }
    a->index++;
    a->fill = 0;
    return r;
}

/* A device gives what has come, up to a bound; a source without a clock gives one tick. */
int tacet_runner_capture(struct tacet_runner *runner, uint32_t session)
{
    const struct tacet_audio_source *source = &runner->config.audio_source;
    struct tacet_runner_audio *a = &runner->audio;
    size_t left = source->ops->clocked ? (size_t)TACET_RUNNER_BLOCKS_MAX * TACET_RUNNER_TICK_SAMPLES
                                       : TACET_RUNNER_TICK_SAMPLES;

    take_wishes(runner);
    while (left > 0) {
        if (a->fill == 0) {
            a->frame_samples = a->next_frame_samples;
        }
        size_t count = a->frame_samples - a->fill;
        count = count < left ? count : left;
        int got = source->ops->read(source->ctx, a->pcm + a->fill, count);
        if (got <= 0) {
            return got;
        }
        assert((size_t)got <= count);
        a->fill += (size_t)got;
        left -= (size_t)got;
        tacet_capture_clock_on_samples(&a->clock, tacet_clock_now(), (uint32_t)got);
        if (a->fill == a->frame_samples) {
            int r = finish_frame(runner, session);
            if (r < 0) {
                return r;
            }
        }
    }
    return 0;
}
