/*
 * See party_playback.h. Sound is played every 10 ms, pictures are shown when they are due, and
 * playout is reported every 100 ms. Decoding takes no virtual time.
 */
#include "sim/party_playback.h"

#include "sim/party_media.h"

#include <assert.h>
#include <stdlib.h>

#define PLAY_SAMPLES 480
#define PLAY_US 10000
#define REPORT_US 100000
#define RECEIVE_WIDTH_MAX 1920
#define RECEIVE_HEIGHT_MAX 1080

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

    if (!tacet_party_is_current(party, session)) {
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
        tacet_party_tick_at(party, due, show_due);
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

    if (!tacet_party_is_current(party, session)) {
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
    tacet_party_tick_at(party, now + PLAY_US, play);
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

    if (!tacet_party_is_current(party, session)) {
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
    tacet_party_tick_at(party, now + REPORT_US, report);
    tacet_party_settle(party);
}

int tacet_party_playback_create(struct tacet_party *party)
{
    const struct tacet_harness_config *config = party->config;
    bool quality = config->quality && config->real_codecs;
    int error = 0;

    if (config->audio && quality) {
        error = tacet_sound_quality_create(&party->sound_quality);
    }
    if (error == 0 && config->audio) {
        error = tacet_audio_receiver_create(tacet_party_codec(party, TACET_KIND_AUDIO),
                                            &party->audio_receiver);
    }
    if (error == 0 && config->video) {
        error = tacet_video_receiver_create(tacet_party_codec(party, TACET_KIND_VIDEO),
                                            RECEIVE_WIDTH_MAX, RECEIVE_HEIGHT_MAX,
                                            &party->video_receiver);
    }
    return error;
}

void tacet_party_playback_free(struct tacet_party *party)
{
    tacet_audio_receiver_free(&party->audio_receiver);
    tacet_video_receiver_free(&party->video_receiver);
    tacet_picture_quality_free(&party->picture_quality);
    tacet_sound_quality_free(&party->sound_quality);
    tacet_distribution_free(&party->audio_latencies);
    tacet_distribution_free(&party->video_latencies);
    tacet_distribution_free(&party->sync_distances);
}

void tacet_party_playback_start(struct tacet_party *party, int64_t now)
{
    party->audio_clock = (struct tacet_sync_clock){ 0 };
    party->show_at_us = TACET_NEVER;
    party->audio_latency_us = 0;
    party->sync_us = -1;
    if (party->config->audio) {
        tacet_party_tick_at(party, now, play);
    }
    tacet_party_tick_at(party, now + REPORT_US, report);
}

void tacet_party_playback_take(struct tacet_party *party, int64_t now,
                               const struct tacet_frame *frame)
{
    if (frame->kind == TACET_KIND_AUDIO && party->config->audio) {
        tacet_audio_receiver_put(party->audio_receiver, now, frame);
        tacet_sync_clock_take(&party->audio_clock, frame);
    } else if (frame->kind == TACET_KIND_VIDEO && party->config->video) {
        tacet_video_receiver_put(party->video_receiver, now, frame);
        show_due(party, now, party->session);
    }
}
