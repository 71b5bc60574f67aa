/*
 * See audio_receiver.h. The sound of one playout step waits in `pcm` until it has been pulled; only
 * then is the next step asked for, so that nothing is decoded before its time.
 */
#include "media/audio_receiver.h"

#include "base/alloc.h"
#include "media/playout.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

#define FADE_SAMPLES 480

struct tacet_audio_receiver {
    struct tacet_audio_decoder decoder;
    struct tacet_playout *playout;
    int16_t pcm[TACET_AUDIO_FRAME_SAMPLES_MAX];
    size_t pcm_at;
    size_t pcm_count;
    int16_t faded[TACET_AUDIO_FRAME_SAMPLES_MAX]; /* a skipped frame, to fade from */
    size_t faded_count;
    bool heard;
    uint64_t frames_failed;
};

int tacet_audio_receiver_create(const struct tacet_codec *codec, struct tacet_audio_receiver **ret)
{
    assert(codec->kind == TACET_KIND_AUDIO);
    struct tacet_audio_receiver *a = tacet_alloc(sizeof(*a));
    if (a == NULL) {
        return TACET_ERR_NOMEM;
    }
    int error = codec->audio_decoder_create(&a->decoder);
    if (error == 0) {
        error = tacet_playout_create(&a->playout);
    }
    if (error != 0) {
        tacet_audio_receiver_free(&a);
        return error;
    }
    *ret = a;
    return 0;
}

void tacet_audio_receiver_free(struct tacet_audio_receiver **receiver)
{
    if (receiver == NULL || *receiver == NULL) {
        return;
    }
    if ((*receiver)->decoder.ops != NULL) {
        (*receiver)->decoder.ops->free((*receiver)->decoder.ctx);
    }
    tacet_playout_free(&(*receiver)->playout);
    tacet_dealloc(*receiver);
    *receiver = NULL;
}

void tacet_audio_receiver_put(struct tacet_audio_receiver *a, int64_t now,
                              const struct tacet_frame *frame)
{
    assert(frame->kind == TACET_KIND_AUDIO);
    int samples = a->decoder.ops->samples(a->decoder.ctx, frame->data, frame->size);
    if (samples <= 0) {
        a->frames_failed++;
        return;
    }
    int redundancy = a->decoder.ops->redundancy(a->decoder.ctx, frame->data, frame->size);
    assert(redundancy >= 0);
    (void)tacet_playout_put(a->playout, now, frame, (uint32_t)samples, (uint32_t)redundancy);
}

/* Whatever a decoder does, exactly `samples` come out: the playout's time depends on it. */
static void conceal(struct tacet_audio_receiver *a, int16_t *pcm, size_t samples)
{
    if (a->decoder.ops->conceal(a->decoder.ctx, pcm, samples) != 0) {
        memset(pcm, 0, samples * sizeof(*pcm));
    }
}

static bool decode(struct tacet_audio_receiver *a, const struct tacet_playout_step *step,
                   int16_t *pcm)
{
    size_t count = 0;
    bool fec = step->action == TACET_PLAYOUT_RECOVER;
    size_t capacity = fec ? step->samples : TACET_AUDIO_FRAME_SAMPLES_MAX;

    if (a->decoder.ops->decode(a->decoder.ctx, step->data, step->size, fec, pcm, capacity,
                               &count) != 0) {
        a->frames_failed++;
        conceal(a, pcm, step->samples);
        return false;
    }
    if (count < step->samples) {
        memset(pcm + count, 0, (step->samples - count) * sizeof(*pcm));
    }
    return true;
}

/* A skipped frame begins where the sound stopped; the one after it goes on from there. */
static void fade(struct tacet_audio_receiver *a, size_t samples)
{
    size_t count = a->faded_count < samples ? a->faded_count : samples;

    count = count < FADE_SAMPLES ? count : FADE_SAMPLES;
    for (size_t i = 0; i < count; i++) {
        int32_t from = a->faded[i] * (int32_t)(count - i);
        int32_t to = a->pcm[i] * (int32_t)i;
        a->pcm[i] = (int16_t)((from + to) / (int32_t)count);
    }
    a->faded_count = 0;
}

/* Fills `pcm` with the next step's sound. Returns whether a packet's worth begins there. */
static bool advance(struct tacet_audio_receiver *a, int64_t now, uint32_t queued_samples,
                    struct tacet_audio_mark *ret)
{
    struct tacet_playout_step step;
    bool sound = false;

    tacet_playout_get(a->playout, now, queued_samples, &step);
    if (step.action == TACET_PLAYOUT_SKIP) {
        (void)decode(a, &step, a->faded);
        a->faded_count = step.samples;
        tacet_playout_get(a->playout, now, queued_samples, &step);
        assert(step.action != TACET_PLAYOUT_SKIP);
    }
    assert(step.samples > 0);
    assert(step.samples <= TACET_AUDIO_FRAME_SAMPLES_MAX);
    switch (step.action) {
    case TACET_PLAYOUT_FRAME:
    case TACET_PLAYOUT_RECOVER:
        sound = decode(a, &step, a->pcm);
        a->heard = a->heard || sound;
        break;
    case TACET_PLAYOUT_CONCEAL:
        conceal(a, a->pcm, step.samples);
        break;
    case TACET_PLAYOUT_EMPTY:
    case TACET_PLAYOUT_SKIP:
        memset(a->pcm, 0, step.samples * sizeof(a->pcm[0]));
        break;
    }
    fade(a, step.samples);
    a->pcm_at = 0;
    a->pcm_count = step.samples;
    ret->rtp_timestamp = step.rtp_timestamp;
    ret->concealed = !sound;
    return step.action != TACET_PLAYOUT_EMPTY && !step.inserted;
}

size_t tacet_audio_receiver_get(struct tacet_audio_receiver *a, int64_t now,
                                uint32_t queued_samples, int16_t *pcm, size_t count,
                                struct tacet_audio_mark marks[TACET_AUDIO_MARKS_MAX])
{
    size_t mark_count = 0;

    assert(count <= 960);
    for (size_t filled = 0; filled < count;) {
        if (a->pcm_at == a->pcm_count) {
            struct tacet_audio_mark mark = { .offset = (uint32_t)filled };
            bool begins = advance(a, now, queued_samples + (uint32_t)filled, &mark);
            if (begins && mark_count < TACET_AUDIO_MARKS_MAX) {
                marks[mark_count++] = mark;
            }
        }
        size_t part = a->pcm_count - a->pcm_at;
        part = part < count - filled ? part : count - filled;
        memcpy(pcm + filled, a->pcm + a->pcm_at, part * sizeof(*pcm));
        a->pcm_at += part;
        filled += part;
    }
    return mark_count;
}

void tacet_audio_receiver_report(const struct tacet_audio_receiver *a,
                                 struct tacet_playout_report *ret)
{
    tacet_playout_report(a->playout, ret);
    ret->frames_failed = a->frames_failed;
}

bool tacet_audio_receiver_heard(const struct tacet_audio_receiver *a)
{
    return a->heard;
}
