/*
 * See party_media.h. Four ticks run while a call is answered: sound is captured every 20 ms
 * (or what the call asks for) and played every 10 ms, pictures are captured at the frame rate,
 * playout is reported every 100 ms. Encoding and decoding take no virtual time.
 */
#include "sim/party_media.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CAPTURE_SAMPLES 960 /* until the call asks for another length */
#define UNIT_SAMPLES 480    /* in which they are counted */
#define UNIT_US 10000
#define PLAY_SAMPLES 480
#define PLAY_US 10000
#define REPORT_US 100000
#define RECEIVE_WIDTH_MAX 1920
#define RECEIVE_HEIGHT_MAX 1080

/* RTP header, VP8 payload descriptor with its picture id, tag and MKI of AES-GCM. */
static const struct tacet_adapt_overhead overhead = {
    .per_packet = 12 + 6 + 17,
    .payload_max = TACET_DATAGRAM_MAX - 12 - 6 - 17,
};

static void schedule(struct tacet_party *party, int64_t at_us, tacet_world_fn *tick)
{
    int error = tacet_world_at(party->world, at_us, tick, party, party->session);

    assert(error == 0);
}

static bool is_current(const struct tacet_party *party, uint64_t session)
{
    return party->answered && party->session == session;
}

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
    schedule(party, sound_begins_at(party, end, slower_ppm), capture_sound);
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

    if (!is_current(party, session)) {
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

    if (!is_current(party, session)) {
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
    schedule(party, party->answered_at_us + offset_us, capture_picture);
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

/* A picture of the fake codec has its number in the first row, the same in some below, and is grey
 * elsewhere. */
static size_t telling_rows(const struct tacet_party *party, const struct tacet_picture *picture)
{
    return party->config->real_codecs ? picture->height : 1;
}

static void show(struct tacet_party *party, int64_t now, const struct tacet_shown *shown)
{
    int64_t captured_at_us;
    uint64_t index;

    tacet_digest_picture(party->digest, &shown->picture, telling_rows(party, &shown->picture));
    party->pictures_shown++;
    party->shown_width = shown->picture.width;
    party->shown_height = shown->picture.height;
    tacet_frozen_on_shown(&party->frozen, now);
    if (party->first_video_us < 0) {
        party->first_video_us = now;
    }
    if (!tacet_capture_find(&party->other->video_captures, shown->rtp_timestamp, &captured_at_us,
                            &index)) {
        party->pictures_wrong++;
        return;
    }
    party->video_latency_us = now - captured_at_us;
    tacet_distribution_add(&party->video_latencies, (double)party->video_latency_us);
    if (party->audio_latency_us > 0) {
        party->sync_us = llabs(party->video_latency_us - party->audio_latency_us);
        tacet_distribution_add(&party->sync_distances, (double)party->sync_us);
        party->sync_within += party->sync_us <= TACET_SYNC_WITHIN_US ? 1 : 0;
    }
    if (party->config->quality && party->config->real_codecs) {
        int error = tacet_picture_quality_compare(&party->picture_quality, index, &shown->picture);
        assert(error == 0);
    }
    /* The test card and the fake codec both tell which picture this was; a file does not. */
    uint32_t seen;
    if (party->config->real_codecs &&
        party->config->video_source[party->other->which].ops != NULL) {
        return;
    }
    if (tacet_testcard_read(&shown->picture, &seen) != 0 || seen != (uint32_t)index) {
        party->pictures_wrong++;
    }
}

static void show_due(void *ctx, int64_t now, uint64_t session)
{
    struct tacet_party *party = ctx;
    struct tacet_shown shown;

    if (!is_current(party, session)) {
        return;
    }
    party->show_at_us = now >= party->show_at_us ? TACET_NEVER : party->show_at_us;
    while (tacet_video_receiver_get(party->video_receiver, now, &shown) == 1) {
        show(party, now, &shown);
        tacet_video_receiver_on_shown(party->video_receiver, now);
    }
    int64_t due = tacet_video_receiver_due(party->video_receiver);
    if (due < party->show_at_us) {
        party->show_at_us = due;
        schedule(party, due, show_due);
    }
}

/* What was heard says when pictures are due, and they how long sound should wait. */
static void keep_sync(struct tacet_party *party, int64_t now)
{
    struct tacet_playout_report playout;

    if (!party->config->audio || !party->config->video) {
        return;
    }
    struct tacet_sync *sync = tacet_video_receiver_sync(party->video_receiver);
    tacet_audio_receiver_report(party->audio_receiver, &playout);
    tacet_sync_on_sound(sync, tacet_sync_sound_way(&party->audio_clock, now, &playout),
                        playout.target_delay_us);
    tacet_audio_receiver_set_min_delay(party->audio_receiver, tacet_sync_sound_delay(sync));
    show_due(party, now, party->session);
}

static void play(void *ctx, int64_t now, uint64_t session)
{
    struct tacet_party *party = ctx;
    struct tacet_audio_mark marks[TACET_AUDIO_MARKS_MAX];
    int16_t pcm[PLAY_SAMPLES];

    if (!is_current(party, session)) {
        return;
    }
    size_t count =
        tacet_audio_receiver_get(party->audio_receiver, now, 0, pcm, PLAY_SAMPLES, marks);
    tacet_digest_bytes(party->digest, pcm, sizeof(pcm));
    for (size_t i = 0; i < count; i++) {
        int64_t captured_at_us;
        uint64_t index;
        if (!marks[i].concealed &&
            tacet_capture_find(&party->other->audio_captures, marks[i].rtp_timestamp,
                               &captured_at_us, &index)) {
            int64_t played_at_us = now + (int64_t)marks[i].offset * 1000000 / TACET_SAMPLE_RATE;
            party->audio_latency_us = played_at_us - captured_at_us;
            tacet_distribution_add(&party->audio_latencies, (double)party->audio_latency_us);
            if (party->sound_quality != NULL) {
                tacet_sound_quality_mark(party->sound_quality, marks[i].offset,
                                         marks[i].rtp_timestamp);
            }
        }
    }
    if (party->sound_quality != NULL) {
        tacet_sound_quality_played(party->sound_quality, pcm, PLAY_SAMPLES);
    }
    if (party->first_audio_us < 0 && tacet_audio_receiver_heard(party->audio_receiver)) {
        party->first_audio_us = now;
    }
    keep_sync(party, now);
    schedule(party, now + PLAY_US, play);
}

static void hand_in(struct tacet_party *party, int64_t now, enum tacet_kind kind,
                    const struct tacet_playout_report *playout)
{
    int error = tacet_call_handle_playout(party->call, now, party->peer, kind, playout);

    assert(error == 0);
}

static void report(void *ctx, int64_t now, uint64_t session)
{
    struct tacet_party *party = ctx;
    struct tacet_playout_report playout;

    if (!is_current(party, session)) {
        return;
    }
    if (party->config->audio) {
        tacet_audio_receiver_report(party->audio_receiver, &playout);
        hand_in(party, now, TACET_KIND_AUDIO, &playout);
    }
    if (party->config->video) {
        tacet_video_receiver_report(party->video_receiver, now, &playout);
        hand_in(party, now, TACET_KIND_VIDEO, &playout);
    }
    schedule(party, now + REPORT_US, report);
    tacet_party_settle(party);
}

static int create_audio(struct tacet_party *party)
{
    const char *name = party->config->real_codecs ? "opus" : "fake";
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_AUDIO, name);

    assert(codec != NULL);
    int error = 0;
    party->audio_source = party->config->audio_source[party->which];
    if (party->audio_source.ops == NULL) {
        error = tacet_tone_source_create(&party->audio_source);
    }
    if (error == 0 && party->config->quality && party->config->real_codecs) {
        error = tacet_sound_quality_create(&party->sound_quality);
    }
    if (error == 0) {
        error = codec->audio_encoder_create(&party->audio_settings, &party->audio_encoder);
    }
    if (error == 0) {
        error = tacet_audio_receiver_create(codec, &party->audio_receiver);
    }
    return error;
}

static int create_video(struct tacet_party *party)
{
    const struct tacet_harness_config *config = party->config;
    const char *name = config->real_codecs ? "vp8" : "fake";
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_VIDEO, name);
    struct tacet_video_format format = { config->width, config->height, config->fps, 1 };
    int error = 0;

    assert(codec != NULL);
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
    if (error == 0) {
        error = tacet_video_receiver_create(codec, RECEIVE_WIDTH_MAX, RECEIVE_HEIGHT_MAX,
                                            &party->video_receiver);
    }
    return error;
}

int tacet_party_media_create(struct tacet_party *party)
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

void tacet_party_media_free(struct tacet_party *party)
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
    tacet_audio_receiver_free(&party->audio_receiver);
    tacet_video_receiver_free(&party->video_receiver);
    tacet_picture_quality_free(&party->picture_quality);
    tacet_sound_quality_free(&party->sound_quality);
    tacet_canvas_free(&party->scaled);
    tacet_distribution_free(&party->audio_latencies);
    tacet_distribution_free(&party->video_latencies);
    tacet_distribution_free(&party->sync_distances);
}

void tacet_party_media_start(struct tacet_party *party, int64_t now, uint32_t peer)
{
    party->answered = true;
    party->peer = peer;
    party->session++;
    party->answered_at_us = now;
    party->session_pictures = 0;
    party->session_sounds = 0;
    party->audio_clock = (struct tacet_sync_clock){ 0 };
    party->show_at_us = TACET_NEVER;
    party->audio_latency_us = 0;
    party->sync_us = -1;
    party->refresh = TACET_REFRESH_KEY;
    if (party->config->audio) {
        capture_next(party, party->next_sound_samples);
        schedule(party, now, play);
    }
    if (party->config->video) {
        schedule(party, now, capture_picture);
    }
    schedule(party, now + REPORT_US, report);
}

void tacet_party_media_stop(struct tacet_party *party)
{
    party->answered = false;
}

void tacet_party_media_target(struct tacet_party *party, const struct tacet_event *event)
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

void tacet_party_media_take(struct tacet_party *party, int64_t now, uint32_t peer,
                            const struct tacet_frame *frame)
{
    if (!party->answered || peer != party->peer) {
        party->frames_before_answer++;
        return;
    }
    if (frame->kind == TACET_KIND_AUDIO && party->config->audio) {
        tacet_audio_receiver_put(party->audio_receiver, now, frame);
        tacet_sync_clock_take(&party->audio_clock, frame);
    } else if (frame->kind == TACET_KIND_VIDEO && party->config->video) {
        tacet_video_receiver_put(party->video_receiver, now, frame);
        show_due(party, now, party->session);
    }
}
