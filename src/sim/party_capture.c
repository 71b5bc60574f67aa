/*
 * See party_capture.h. Sound is captured every 20 ms, or what the call asks for, pictures at the
 * frame rate. Encoding takes no virtual time.
 */
#include "sim/party_capture.h"

#include "sim/party_media.h"

#include <assert.h>
#include <string.h>

#define CAPTURE_SAMPLES 960 /* until the call asks for another length */
#define UNIT_SAMPLES 480    /* in which they are counted */
#define UNIT_US 10000

/* RTP header, VP8 payload descriptor with its picture id, tag and MKI of AES-GCM. */
static const struct tacet_adapt_overhead overhead = {
    .per_packet = 12 + 6 + 17,
    .payload_max = TACET_DATAGRAM_MAX - 12 - 6 - 17,
};

static void capture_sound(void *ctx, int64_t now, uint64_t session);

/* The fake codec hears no sample: none are made for it. */
static void read_sound(struct tacet_party *party, int16_t *pcm, size_t samples)
{
    const struct tacet_harness_config *config = party->config;

    if (!config->real_codecs) {
        memset(pcm, 0, samples * sizeof(*pcm));
        return;
    }
    if (config->speech == NULL) {
        int count = party->audio_source.ops->read(party->audio_source.ctx, pcm, samples);
        assert(count == (int)samples);
        return;
    }
    for (size_t i = 0; i < samples; i++) {
        pcm[i] = config->speech[party->speech_at];
        party->speech_at = (party->speech_at + 1) % config->speech_count;
    }
}

static void send_frame(struct tacet_party *party, int64_t now, const struct tacet_frame *frame)
{
    int error = tacet_call_send_frame(party->call, now, frame);

    assert(error == 0);
    tacet_party_settle(party);
}

/* When the n-th 10 ms begin, by a clock that is so much slower. */
static int64_t sound_begins_at(const struct tacet_party *party, uint64_t n, int32_t slower_ppm)
{
    int64_t length_us = (int64_t)n * UNIT_US;

    return party->answered_at_us + length_us + length_us * slower_ppm / 1000000;
}

/* A packet's worth ends when so many more samples are captured. */
static void capture_next(struct tacet_party *party, uint32_t samples)
{
    int32_t slower_ppm = party->config->audio_clock_ppm[party->which];
    uint64_t end = party->session_sounds + samples / UNIT_SAMPLES;

    party->sound_samples = samples;
    tacet_party_tick_at(party, sound_begins_at(party, end, slower_ppm), capture_sound);
}

/* The packet's worth that ends now. */
static void capture_sound(void *ctx, int64_t now, uint64_t session)
{
    struct tacet_party *party = ctx;
    int16_t pcm[TACET_AUDIO_FRAME_SAMPLES_MAX];
    uint32_t samples = party->sound_samples;
    uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
    struct tacet_frame frame = {
        .kind = TACET_KIND_AUDIO,
        .captured_at_us = sound_begins_at(party, party->session_sounds, 0),
        .data = data,
    };

    if (!tacet_party_is_current(party, session)) {
        return;
    }
    int32_t slower_ppm = party->config->audio_clock_ppm[party->which];
    read_sound(party, pcm, samples);
    int error = party->audio_encoder.ops->encode(party->audio_encoder.ctx, pcm, samples, data,
                                                 sizeof(data), &frame.size);
    assert(error == 0);
    uint32_t rtp_timestamp =
        tacet_call_rtp_timestamp(party->call, TACET_KIND_AUDIO, frame.captured_at_us);
    (void)tacet_capture_add(&party->audio_captures, rtp_timestamp,
                            sound_begins_at(party, party->session_sounds, slower_ppm));
    if (party->other->sound_quality != NULL) {
        tacet_sound_quality_captured(party->other->sound_quality, rtp_timestamp, pcm, samples);
    }
    party->session_sounds += samples / UNIT_SAMPLES;
    capture_next(party, party->next_sound_samples);
    send_frame(party, now, &frame);
}

/* The fake codec looks at no pixel: none are drawn for it. */
static void read_picture(struct tacet_party *party, int64_t now, struct tacet_picture *ret)
{
    *ret = (struct tacet_picture){ .width = party->config->width, .height = party->config->height };
    if (party->config->real_codecs) {
        int count = party->video_source.ops->read(party->video_source.ctx, now, 0, ret);
        assert(count == 1);
    }
    ret->index = party->pictures;
    ret->captured_at_us = now;
}

static void configure_video(struct tacet_party *party)
{
    const struct tacet_video_encoder_settings *settings = &party->video_adapt.settings;
    int error = tacet_canvas_resize(&party->scaled, settings->width, settings->height);

    assert(error == 0);
    error = party->video_encoder.ops->configure(party->video_encoder.ctx, settings);
    assert(error == 0);
}

/* As large as the encoder is asked for. The fake codec looks at no pixel: none are scaled. */
static void scale_picture(struct tacet_party *party, struct tacet_picture *picture)
{
    const struct tacet_video_encoder_settings *settings = &party->video_adapt.settings;

    if (picture->width == settings->width && picture->height == settings->height) {
        return;
    }
    if (party->config->real_codecs) {
        int error = tacet_scale(picture, &party->scaled);
        assert(error == 0);
        *picture = party->scaled.picture;
    }
    picture->width = settings->width;
    picture->height = settings->height;
}

static void capture_picture(void *ctx, int64_t now, uint64_t session)
{
    struct tacet_party *party = ctx;
    struct tacet_picture picture;
    struct tacet_frame frame;

    if (!tacet_party_is_current(party, session)) {
        return;
    }
    read_picture(party, now, &picture);
    uint64_t index = tacet_capture_add(
        &party->video_captures, tacet_call_rtp_timestamp(party->call, TACET_KIND_VIDEO, now), now);
    if (party->config->quality && party->config->real_codecs) {
        int error = tacet_picture_quality_keep(&party->other->picture_quality, index, &picture);
        assert(error == 0);
    }
    party->pictures++;
    party->session_pictures++;
    /* From the start and not from the last one: rounding must not add up. */
    int64_t offset_us = (int64_t)party->session_pictures * 1000000 *
                        party->video_format.fps_denominator / party->video_format.fps_numerator;
    tacet_party_tick_at(party, party->answered_at_us + offset_us, capture_picture);
    if (party->video_paused || !tacet_video_adapt_takes(&party->video_adapt)) {
        return;
    }
    scale_picture(party, &picture);
    int count = party->video_encoder.ops->encode(party->video_encoder.ctx, &picture, party->refresh,
                                                 &frame);
    assert(count >= 0);
    if (count > 0) {
        party->refresh = TACET_REFRESH_NONE;
        send_frame(party, now, &frame);
    }
    if (tacet_video_adapt_encoded(&party->video_adapt, now, count == 0, 0)) {
        configure_video(party);
    }
}

static int create_audio(struct tacet_party *party)
{
    const struct tacet_codec *codec = tacet_party_codec(party, TACET_KIND_AUDIO);
    int error = 0;

    party->audio_source = party->config->audio_source[party->which];
    if (party->audio_source.ops == NULL) {
        error = tacet_tone_source_create(&party->audio_source);
    }
    if (error == 0) {
        error = codec->audio_encoder_create(&party->audio_settings, &party->audio_encoder);
    }
    return error;
}

static int create_video(struct tacet_party *party)
{
    const struct tacet_harness_config *config = party->config;
    const struct tacet_codec *codec = tacet_party_codec(party, TACET_KIND_VIDEO);
    struct tacet_video_format format = { config->width, config->height, config->fps, 1 };
    int error = 0;

    party->video_source = config->video_source[party->which];
    if (party->video_source.ops == NULL) {
        error = tacet_testcard_source_create(&format, &party->video_source);
    }
    if (error != 0) {
        return error;
    }
    party->video_source.ops->format(party->video_source.ctx, &party->video_format);
    assert(party->video_format.width == config->width);
    assert(party->video_format.height == config->height);
    /* The largest it will be first: nothing is allocated later. */
    error = tacet_canvas_resize(&party->scaled, config->width, config->height);
    if (error == 0) {
        const struct tacet_video_encoder_settings *settings = &party->video_adapt.settings;
        error = tacet_canvas_resize(&party->scaled, settings->width, settings->height);
    }
    if (error == 0) {
        error = codec->video_encoder_create(&party->video_adapt.settings, &party->video_encoder);
    }
    return error;
}

int tacet_party_capture_create(struct tacet_party *party)
{
    const struct tacet_harness_config *config = party->config;
    int error = 0;

    /* Both, whatever is sent: a SEND_TARGET speaks of both. */
    tacet_audio_encoder_settings_init(&party->audio_settings);
    party->audio_settings.bitrate_bps = config->audio_bitrate_bps;
    party->next_sound_samples = CAPTURE_SAMPLES;
    struct tacet_video_encoder_settings source;
    tacet_video_encoder_settings_init(&source, config->width, config->height);
    source.bitrate_bps = config->video_bitrate_bps;
    source.fps = config->fps;
    tacet_video_adapt_init(&party->video_adapt, tacet_world_now(party->world), &overhead, &source);
    if (config->audio) {
        error = create_audio(party);
    }
    if (error == 0 && config->video) {
        error = create_video(party);
    }
    return error;
}

void tacet_party_capture_free(struct tacet_party *party)
{
    const struct tacet_harness_config *config = party->config;

    if (party->audio_source.ops != NULL && config->audio_source[party->which].ops == NULL) {
        party->audio_source.ops->free(party->audio_source.ctx);
    }
    party->audio_source.ops = NULL;
    if (party->video_source.ops != NULL && config->video_source[party->which].ops == NULL) {
        party->video_source.ops->free(party->video_source.ctx);
    }
    party->video_source.ops = NULL;
    if (party->audio_encoder.ops != NULL) {
        party->audio_encoder.ops->free(party->audio_encoder.ctx);
        party->audio_encoder.ops = NULL;
    }
    if (party->video_encoder.ops != NULL) {
        party->video_encoder.ops->free(party->video_encoder.ctx);
        party->video_encoder.ops = NULL;
    }
    tacet_canvas_free(&party->scaled);
}

void tacet_party_capture_start(struct tacet_party *party, int64_t now)
{
    party->session_pictures = 0;
    party->session_sounds = 0;
    party->refresh = TACET_REFRESH_KEY;
    tacet_video_adapt_begin(&party->video_adapt);
    if (party->config->audio) {
        capture_next(party, party->next_sound_samples);
    }
    if (party->config->video) {
        tacet_party_tick_at(party, now, capture_picture);
    }
}

void tacet_party_capture_target(struct tacet_party *party, const struct tacet_event *event)
{
    party->refresh = tacet_refresh_join(party->refresh, event->u.send_target.refresh);
    party->next_sound_samples = tacet_adapt_audio_samples(event);
    if (tacet_adapt_audio(event, &party->audio_settings) && party->config->audio) {
        int error =
            party->audio_encoder.ops->configure(party->audio_encoder.ctx, &party->audio_settings);
        assert(error == 0);
    }
    if (tacet_video_adapt_target(&party->video_adapt, tacet_world_now(party->world), event) &&
        party->config->video) {
        configure_video(party);
    }
}
