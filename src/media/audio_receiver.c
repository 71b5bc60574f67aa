/*
 * See audio_receiver.h. The sound of one playout step waits in `pcm` until it has been pulled; only
 * then is the next step asked for, so that nothing is decoded before its time.
 */
#include "media/audio_receiver.h"

#include "base/alloc.h"
#include "media/playout.h"
#include "media/stretch.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

#define FADE_SAMPLES 240

struct tacet_audio_receiver {
    struct tacet_audio_decoder decoder;
    struct tacet_playout *playout;
    /* What was pulled last, then the step's sound. */
    int16_t sound[TACET_STRETCH_PAST + TACET_AUDIO_FRAME_SAMPLES_MAX + TACET_STRETCH_LAG_MAX];
    size_t pcm_at;
    size_t pcm_count;
    int16_t tail[FADE_SAMPLES];
    size_t tail_count;
    bool silent; /* the last step was */
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
    memset(*receiver, 0, sizeof(**receiver)); /* what was heard last */
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

static int16_t *pcm_of(struct tacet_audio_receiver *a)
{
    return a->sound + TACET_STRETCH_PAST;
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
        conceal(a, pcm, step->crop + step->samples);
        return false;
    }
    if (count < step->crop + step->samples) {
        memset(pcm + count, 0, (step->crop + step->samples - count) * sizeof(*pcm));
    }
    return true;
}

/* What goes on behind made-up sound, to fade from into a frame that does not join on to it. Asked
 * for before that frame is decoded. */
static void make_tail(struct tacet_audio_receiver *a)
{
    if (a->tail_count > 0) {
        return;
    }
    if (a->silent) {
        memset(a->tail, 0, sizeof(a->tail));
    } else {
        conceal(a, a->tail, FADE_SAMPLES);
    }
    a->tail_count = FADE_SAMPLES;
}

static void fade_from_tail(struct tacet_audio_receiver *a)
{
    size_t count = a->tail_count < a->pcm_count ? a->tail_count : a->pcm_count;
    int16_t *pcm = pcm_of(a);

    for (size_t i = 0; i < count; i++) {
        int32_t from = a->tail[i] * (int32_t)(count - i);
        int32_t to = pcm[i] * (int32_t)i;
        pcm[i] = (int16_t)((from + to) / (int32_t)count);
    }
    a->tail_count = 0;
}

static void stretch(struct tacet_audio_receiver *a, int64_t now,
                    const struct tacet_playout_step *step)
{
    int16_t *pcm = pcm_of(a);
    int32_t change;

    if (step->stretch > 0) {
        change = (int32_t)tacet_stretch_grow(pcm - TACET_STRETCH_PAST, pcm, a->pcm_count,
                                             (size_t)step->stretch, step->alike_permille);
    } else {
        change = -(int32_t)tacet_stretch_shrink(pcm, a->pcm_count, (size_t)-step->stretch,
                                                step->alike_permille);
    }
    a->pcm_count = (size_t)((int32_t)a->pcm_count + change);
    tacet_playout_on_stretched(a->playout, now, change);
}

/* The playout's next step that makes sound. Frames whose time is over are decoded on the way. */
static void next_step(struct tacet_audio_receiver *a, const struct tacet_playout_pull *pull,
                      struct tacet_playout_step *ret)
{
    tacet_playout_get(a->playout, pull, ret);
    while (ret->action == TACET_PLAYOUT_SKIP) {
        make_tail(a);
        (void)decode(a, ret, pcm_of(a));
        tacet_playout_get(a->playout, pull, ret);
    }
    if (ret->seam) {
        make_tail(a);
    }
    assert(ret->samples > 0);
    assert(ret->crop + ret->samples <= TACET_AUDIO_FRAME_SAMPLES_MAX);
}

/* Fills `sound` with the next step's. Returns whether a packet's worth begins there. */
static bool advance(struct tacet_audio_receiver *a, const struct tacet_playout_pull *pull,
                    struct tacet_audio_mark *ret)
{
    struct tacet_playout_step step;
    int16_t *pcm = pcm_of(a);
    bool sound = false;

    memmove(a->sound, a->sound + a->pcm_count, TACET_STRETCH_PAST * sizeof(a->sound[0]));
    next_step(a, pull, &step);
    a->pcm_at = 0;
    a->pcm_count = step.samples;
    switch (step.action) {
    case TACET_PLAYOUT_FRAME:
    case TACET_PLAYOUT_RECOVER:
        sound = decode(a, &step, pcm);
        a->heard = a->heard || sound;
        memmove(pcm, pcm + step.crop, step.samples * sizeof(*pcm));
        break;
    case TACET_PLAYOUT_CONCEAL:
        conceal(a, pcm, step.samples);
        break;
    case TACET_PLAYOUT_EMPTY:
    case TACET_PLAYOUT_SKIP:
        memset(pcm, 0, step.samples * sizeof(*pcm));
        break;
    }
    fade_from_tail(a);
    if (step.stretch != 0) {
        stretch(a, pull->now, &step);
    }
    a->silent = step.action == TACET_PLAYOUT_EMPTY;
    ret->rtp_timestamp = step.rtp_timestamp;
    ret->concealed = !sound;
    return (step.action == TACET_PLAYOUT_FRAME && step.crop == 0) ||
           step.action == TACET_PLAYOUT_RECOVER;
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
            const struct tacet_playout_pull pull = { now, queued_samples, (uint32_t)filled,
                                                     (uint32_t)(count - filled) };
            bool begins = advance(a, &pull, &mark);
            if (begins && mark_count < TACET_AUDIO_MARKS_MAX) {
                marks[mark_count++] = mark;
            }
        }
        size_t part = a->pcm_count - a->pcm_at;
        part = part < count - filled ? part : count - filled;
        memcpy(pcm + filled, pcm_of(a) + a->pcm_at, part * sizeof(*pcm));
        tacet_playout_on_pulled(a->playout, now, (uint32_t)part);
        a->pcm_at += part;
        filled += part;
    }
    return mark_count;
}

void tacet_audio_receiver_set_min_delay(struct tacet_audio_receiver *a, int64_t delay_us)
{
    tacet_playout_set_min_delay(a->playout, delay_us);
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
