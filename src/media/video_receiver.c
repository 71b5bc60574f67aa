/* See video_receiver.h. */
#include "media/video_receiver.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "tacet/error.h"

#include <assert.h>

#define INTERVALS 30 /* over which the average time between pictures is taken */

struct tacet_video_receiver {
    struct tacet_video_decoder decoder;
    struct tacet_playout_report report;
    bool pending; /* a decoded picture has not been shown yet */
    int64_t pending_received_at_us;
    int64_t shown_at_us; /* of the last picture; valid if report.playing */
    int64_t intervals_us[INTERVALS];
    uint32_t interval_count; /* ever */
};

int tacet_video_receiver_create(const struct tacet_codec *codec, uint16_t width_max,
                                uint16_t height_max, struct tacet_video_receiver **ret)
{
    assert(codec->kind == TACET_KIND_VIDEO);
    struct tacet_video_receiver *v = tacet_alloc(sizeof(*v));
    if (v == NULL) {
        return TACET_ERR_NOMEM;
    }
    int error = codec->video_decoder_create(width_max, height_max, &v->decoder);
    if (error != 0) {
        tacet_dealloc(v);
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
    (*receiver)->decoder.ops->free((*receiver)->decoder.ctx);
    tacet_dealloc(*receiver);
    *receiver = NULL;
}

int tacet_video_receiver_put(struct tacet_video_receiver *v, int64_t now,
                             const struct tacet_frame *frame, struct tacet_shown *ret)
{
    struct tacet_picture picture;

    assert(frame->kind == TACET_KIND_VIDEO);
    if (v->pending) {
        v->report.frames_dropped++;
        v->pending = false;
    }
    int result = v->decoder.ops->decode(v->decoder.ctx, frame->data, frame->size, &picture);
    if (result < 0) {
        v->report.frames_failed++;
        return 0;
    }
    v->report.frames_decoded++;
    v->report.key_frames_decoded += frame->key ? 1 : 0;
    v->report.last_picture_id = frame->picture_id;
    if (result == 0) {
        return 0;
    }
    v->report.width = picture.width;
    v->report.height = picture.height;
    v->pending = true;
    v->pending_received_at_us = frame->received_at_us > 0 ? frame->received_at_us : now;
    *ret = (struct tacet_shown){
        .picture = picture,
        .rtp_timestamp = frame->rtp_timestamp,
        .picture_id = frame->picture_id,
    };
    return 1;
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

void tacet_video_receiver_on_shown(struct tacet_video_receiver *v, int64_t now,
                                   const struct tacet_shown *shown)
{
    if (!v->pending) {
        return; /* the same picture again is not a frame */
    }
    v->pending = false;
    if (v->report.playing) {
        count_freeze(v, now - v->shown_at_us);
    }
    v->report.playing = true;
    v->shown_at_us = now;
    v->report.last_rtp_timestamp = shown->rtp_timestamp;
    v->report.current_delay_us = now - v->pending_received_at_us;
    v->report.jitter_buffer_delay_us += v->report.current_delay_us;
    v->report.jitter_buffer_emitted_count++;
}

void tacet_video_receiver_report(const struct tacet_video_receiver *v, int64_t now,
                                 struct tacet_playout_report *ret)
{
    (void)now; /* a freeze counts when it ends: until then it may be a sender who paused */
    *ret = v->report;
}
