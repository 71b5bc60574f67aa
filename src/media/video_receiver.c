/*
 * See video_receiver.h. One picture is decoded ahead and stays in the decoder's memory until it is
 * shown; frames behind it wait encoded, which is a small part of the memory.
 */
#include "media/video_receiver.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "tacet/call.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

#define INTERVALS 30 /* over which the average time between pictures is taken */
/* No picture stands so long, nor for two intervals, because the next one waits for its sound. */
#define STANDS_US TACET_MS(100)

struct held {
    struct tacet_frame frame; /* its data: at */
    int64_t came_us;
    uint8_t data[TACET_FRAME_SIZE_MAX];
};

struct tacet_video_receiver {
    struct tacet_video_decoder decoder;
    struct tacet_sync sync;
    struct tacet_playout_report report;
    bool pending; /* a decoded picture has not been shown yet: */
    struct tacet_shown picture;
    int64_t came_us; /* when it was put */
    int64_t received_at_us;
    bool capture_known;
    int64_t captured_at_us;
    int64_t shown_at_us; /* of the last picture; valid if report.playing */
    int64_t intervals_us[INTERVALS];
    uint32_t interval_count; /* ever */
    struct held *held;       /* ring of TACET_VIDEO_HELD_MAX */
    size_t held_first;
    size_t held_count;
};

int tacet_video_receiver_create(const struct tacet_codec *codec, uint16_t width_max,
                                uint16_t height_max, struct tacet_video_receiver **ret)
{
    assert(codec->kind == TACET_KIND_VIDEO);
    struct tacet_video_receiver *v = tacet_alloc(sizeof(*v));
    if (v == NULL) {
        return TACET_ERR_NOMEM;
    }
    tacet_sync_init(&v->sync);
    v->held = tacet_alloc(TACET_VIDEO_HELD_MAX * sizeof(*v->held));
    int error = v->held == NULL ? TACET_ERR_NOMEM : 0;
    if (error == 0) {
        error = codec->video_decoder_create(width_max, height_max, &v->decoder);
    }
    if (error != 0) {
        tacet_video_receiver_free(&v);
        return error;
    }
    *ret = v;
    return 0;
}

void tacet_video_receiver_free(struct tacet_video_receiver **receiver)
{
    if (receiver == NULL || *receiver == NULL) {
        return;
    }
    if ((*receiver)->decoder.ops != NULL) {
        (*receiver)->decoder.ops->free((*receiver)->decoder.ctx);
    }
    if ((*receiver)->held != NULL) {
        memset((*receiver)->held, 0, TACET_VIDEO_HELD_MAX * sizeof(*(*receiver)->held));
    }
    tacet_dealloc((*receiver)->held);
    tacet_dealloc(*receiver);
    *receiver = NULL;
}

/* Decodes into `pending`; what was there and has not been shown never will be. */
static void decode(struct tacet_video_receiver *v, int64_t came_us, const struct tacet_frame *frame)
{
    struct tacet_picture picture;

    v->report.frames_dropped += v->pending ? 1 : 0;
    v->pending = false;
    int result = v->decoder.ops->decode(v->decoder.ctx, frame->data, frame->size, &picture);
    if (result < 0) {
        v->report.frames_failed++;
        return;
    }
    v->report.frames_decoded++;
    v->report.key_frames_decoded += frame->key ? 1 : 0;
    v->report.last_picture_id = frame->picture_id;
    if (result == 0) {
        return;
    }
    v->report.width = picture.width;
    v->report.height = picture.height;
    v->pending = true;
    v->came_us = came_us;
    v->received_at_us = frame->received_at_us > 0 ? frame->received_at_us : came_us;
    v->capture_known = frame->capture_known;
    v->captured_at_us = frame->captured_at_us;
    v->picture = (struct tacet_shown){
        .picture = picture,
        .rtp_timestamp = frame->rtp_timestamp,
        .picture_id = frame->picture_id,
    };
}

static void decode_held(struct tacet_video_receiver *v)
{
    const struct held *oldest = &v->held[v->held_first];

    assert(v->held_count > 0);
    v->held_first = (v->held_first + 1) % TACET_VIDEO_HELD_MAX;
    v->held_count--;
    decode(v, oldest->came_us, &oldest->frame);
}

void tacet_video_receiver_put(struct tacet_video_receiver *v, int64_t now,
                              const struct tacet_frame *frame)
{
    assert(frame->kind == TACET_KIND_VIDEO);
    assert(frame->size <= TACET_FRAME_SIZE_MAX);
    while (!v->pending && v->held_count > 0) {
        decode_held(v);
    }
    if (!v->pending) {
        decode(v, now, frame);
        return;
    }
    if (v->held_count == TACET_VIDEO_HELD_MAX) {
        decode_held(v);
    }
    struct held *held = &v->held[(v->held_first + v->held_count) % TACET_VIDEO_HELD_MAX];
    held->frame = *frame;
    held->frame.data = held->data;
    held->came_us = now;
    memcpy(held->data, frame->data, frame->size);
    v->held_count++;
}

static int64_t average_interval(const struct tacet_video_receiver *v)
{
    uint32_t count = v->interval_count < INTERVALS ? v->interval_count : INTERVALS;
    int64_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        sum += v->intervals_us[i];
    }
    return count > 0 ? sum / count : 0;
}

/* When the last picture has stood long enough: lip sync is made good picture by picture. */
static int64_t held_until(const struct tacet_video_receiver *v)
{
    int64_t interval_us = average_interval(v);
    int64_t until_us = v->shown_at_us + (2 * interval_us > STANDS_US ? 2 * interval_us : STANDS_US);

    if (v->interval_count == 0) {
        return INT64_MAX;
    }
    return v->came_us > until_us ? v->came_us : until_us;
}

int64_t tacet_video_receiver_due(const struct tacet_video_receiver *v)
{
    if (!v->pending) {
        return v->held_count > 0 ? 0 : TACET_NEVER; /* get() decodes what is held */
    }
    if (!v->capture_known) {
        return v->came_us;
    }
    int64_t due_us = tacet_sync_due(&v->sync, v->came_us, v->captured_at_us);
    int64_t until_us = held_until(v);
    return due_us < until_us ? due_us : until_us;
}

int tacet_video_receiver_get(struct tacet_video_receiver *v, int64_t now, struct tacet_shown *ret)
{
    while (!v->pending && v->held_count > 0) {
        decode_held(v);
    }
    if (!v->pending || tacet_video_receiver_due(v) > now) {
        return 0;
    }
    *ret = v->picture;
    return 1;
}

/* W3C webrtc-stats, freezeCount: an interval of at least three average ones, and of at least 150 ms
 * more than one; the average is over the last 30. totalFreezesDuration: the whole of it. */
static void count_freeze(struct tacet_video_receiver *v, int64_t interval)
{
    int64_t average = average_interval(v);
    int64_t limit = 3 * average > average + TACET_MS(150) ? 3 * average : average + TACET_MS(150);

    if (v->interval_count > 0 && interval >= limit) {
        v->report.freeze_count++;
        v->report.freezes_duration_us += interval;
    }
    v->intervals_us[v->interval_count % INTERVALS] = interval;
    v->interval_count++;
}

void tacet_video_receiver_on_shown(struct tacet_video_receiver *v, int64_t now)
{
    if (!v->pending) {
        return; /* the same picture again is not a frame */
    }
    v->pending = false;
    if (v->report.playing) {
        count_freeze(v, now - v->shown_at_us);
    }
    if (v->capture_known) {
        tacet_sync_on_shown(&v->sync, now, v->captured_at_us);
    }
    v->shown_at_us = now;
    v->report.playing = true;
    v->report.last_rtp_timestamp = v->picture.rtp_timestamp;
    v->report.last_played_at_us = now;
    v->report.current_delay_us = now - v->received_at_us;
    v->report.jitter_buffer_delay_us += v->report.current_delay_us;
    v->report.jitter_buffer_emitted_count++;
}

void tacet_video_receiver_drop(struct tacet_video_receiver *v)
{
    v->report.frames_dropped += v->pending ? 1 : 0;
    v->pending = false;
}

struct tacet_sync *tacet_video_receiver_sync(struct tacet_video_receiver *v)
{
    return &v->sync;
}

void tacet_video_receiver_report(const struct tacet_video_receiver *v, int64_t now,
                                 struct tacet_playout_report *ret)
{
    (void)now; /* a freeze counts when it ends: until then it may be a sender who paused */
    *ret = v->report;
    ret->sync_offset_us = v->sync.offset_us;
    ret->sync_compared = v->sync.compared;
    ret->sync_within = v->sync.within;
}
