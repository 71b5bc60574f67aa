/*
 * See adapt.h. The video target is everything on the wire; an encoder counts payload. A frame of
 * `b` bytes takes b / payload_max packets, half a packet more on average for its last one, and at
 * least one. Both lines are solved for the payload and the smaller holds. Integers only.
 */
#include "media/adapt.h"

#include "base/range.h"

#include <assert.h>

#define VIDEO_BPS_MIN 20000
#define VIDEO_BPS_MAX 100000000
#define AUDIO_BPS_MIN 6000
#define AUDIO_BPS_MAX 510000
/* In-band redundancy takes bits from the voice and forces Opus into SILK: on where losses can be
 * heard, off again well below, so that it does not flap. */
#define FEC_ON_PERMILLE 50
#define FEC_OFF_PERMILLE 20

static int32_t clamp(int64_t value, int32_t min, int32_t max)
{
    return (int32_t)tacet_clamp(value, min, max);
}

bool tacet_adapt_audio(const struct tacet_event *send_target,
                       struct tacet_audio_encoder_settings *audio)
{
    struct tacet_audio_encoder_settings a = *audio;
    int32_t loss = clamp(send_target->u.send_target.loss_permille, 0, 1000);

    assert(send_target->type == TACET_EVENT_SEND_TARGET);
    a.bitrate_bps = clamp(send_target->u.send_target.audio_bps, AUDIO_BPS_MIN, AUDIO_BPS_MAX);
    a.loss_percent = (loss + 9) / 10;
    a.fec = loss >= FEC_ON_PERMILLE || (audio->fec && loss > FEC_OFF_PERMILLE);

    bool differs = a.bitrate_bps != audio->bitrate_bps || a.loss_percent != audio->loss_percent ||
                   a.fec != audio->fec;
    *audio = a;
    return differs;
}

uint32_t tacet_adapt_audio_samples(const struct tacet_event *send_target)
{
    assert(send_target->type == TACET_EVENT_SEND_TARGET);
    switch (send_target->u.send_target.audio_packet_ms) {
    case 10:
        return 480;
    case 40:
        return 1920;
    case 60:
        return 2880;
    default:
        return 960;
    }
}

int32_t tacet_adapt_video_bps(int32_t wire_bps, int32_t fps,
                              const struct tacet_adapt_overhead *overhead)
{
    assert(overhead->payload_max > 0);
    assert(fps > 0);
    int64_t packet_bps = (int64_t)fps * overhead->per_packet * 8; /* one packet a frame */
    int64_t single = wire_bps - packet_bps;
    int64_t many = (wire_bps - packet_bps / 2) * overhead->payload_max /
                   ((int64_t)overhead->payload_max + overhead->per_packet);

    return clamp(single < many ? single : many, VIDEO_BPS_MIN, VIDEO_BPS_MAX);
}
