/* From wire budget to payload: whatever the target, the wire must not carry more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/adapt.h"

static const struct tacet_adapt_overhead overhead = { .per_packet = 61, .payload_max = 1140 };

static struct tacet_event target(int32_t audio_bps, int32_t video_bps, int32_t loss_permille)
{
    struct tacet_event event = { .type = TACET_EVENT_SEND_TARGET };

    event.u.send_target.audio_bps = audio_bps;
    event.u.send_target.video_bps = video_bps;
    event.u.send_target.loss_permille = loss_permille;
    event.u.send_target.burst = 1;
    return event;
}

/* What frames between half and one and a half times the mean put on the wire, a second. */
static double wire_bps(double payload_bps, int fps)
{
    double mean = payload_bps / 8 / fps;
    double bytes = 0;
    const int steps = 1000;

    for (int i = 0; i < steps; i++) {
        int64_t frame = (int64_t)(mean * (0.5 + (i + 0.5) / steps));
        int64_t packets = (frame + overhead.payload_max - 1) / overhead.payload_max;
        bytes += (double)(frame + packets * overhead.per_packet);
    }
    return bytes / steps * fps * 8;
}

static void wire_carries_what_was_asked_for(void **state)
{
    static const int32_t targets[] = { 100000, 200000, 500000, 1000000, 1500000, 3000000 };
    static const int32_t rates[] = { 10, 15, 30, 60 };

    (void)state;
    for (size_t t = 0; t < sizeof(targets) / sizeof(targets[0]); t++) {
        for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
            struct tacet_audio_encoder_settings audio;
            struct tacet_video_encoder_settings video;
            struct tacet_event event = target(32000, targets[t], 0);
            tacet_audio_encoder_settings_init(&audio);
            tacet_video_encoder_settings_init(&video, 640, 360);
            video.fps = rates[r];
            assert_true(tacet_adapt(&event, &overhead, &audio, &video));
            double share = wire_bps(video.bitrate_bps, rates[r]) / targets[t];
            assert_true(share > 0.93);
            assert_true(share < 1.012);
            assert_int_equal(audio.bitrate_bps, 32000); /* audio targets are payload */
        }
    }
}

static void same_target_twice_changes_nothing(void **state)
{
    struct tacet_audio_encoder_settings audio;
    struct tacet_video_encoder_settings video;
    struct tacet_event event = target(24000, 700000, 30);

    (void)state;
    tacet_audio_encoder_settings_init(&audio);
    tacet_video_encoder_settings_init(&video, 640, 360);
    assert_true(tacet_adapt(&event, &overhead, &audio, &video));
    assert_int_equal(audio.bitrate_bps, 24000);
    assert_false(tacet_adapt(&event, &overhead, &audio, &video));
    event.u.send_target.loss_permille = 31;
    assert_true(tacet_adapt(&event, &overhead, &audio, &video));
    assert_int_equal(audio.loss_percent, 4); /* rounded up */
    event = target(24000, 700100, 31);
    assert_true(tacet_adapt(&event, &overhead, &audio, &video));
    assert_int_equal(video.width, 640);
    assert_int_equal(video.temporal_layers, 1);
}

static void redundancy_goes_on_and_off_without_flapping(void **state)
{
    static const struct {
        int32_t loss_permille;
        bool fec;
    } rows[] = { { 0, false }, { 49, false }, { 50, true },  { 49, true },
                 { 21, true }, { 20, false }, { 49, false }, { 1000, true } };
    struct tacet_audio_encoder_settings audio;
    struct tacet_video_encoder_settings video;

    (void)state;
    tacet_audio_encoder_settings_init(&audio);
    tacet_video_encoder_settings_init(&video, 640, 360);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_event event = target(32000, 700000, rows[i].loss_permille);
        (void)tacet_adapt(&event, &overhead, &audio, &video);
        assert_int_equal(audio.fec, rows[i].fec);
    }
}

static void extremes_stay_within_what_encoders_take(void **state)
{
    static const struct {
        struct {
            int32_t audio, video, loss;
        } in, out;
    } rows[] = {
        { { 0, 0, -5 }, { 6000, 20000, 0 } },
        { { -1, -1, 0 }, { 6000, 20000, 0 } },
        { { INT32_MAX, INT32_MAX, INT32_MAX }, { 510000, 100000000, 100 } },
    };
    struct tacet_audio_encoder_settings audio;
    struct tacet_video_encoder_settings video;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_event event = target(rows[i].in.audio, rows[i].in.video, rows[i].in.loss);
        tacet_audio_encoder_settings_init(&audio);
        tacet_video_encoder_settings_init(&video, 640, 360);
        (void)tacet_adapt(&event, &overhead, &audio, &video);
        assert_int_equal(audio.bitrate_bps, rows[i].out.audio);
        assert_int_equal(video.bitrate_bps, rows[i].out.video);
        assert_int_equal(audio.loss_percent, rows[i].out.loss);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_carries_what_was_asked_for),
        cmocka_unit_test(same_target_twice_changes_nothing),
        cmocka_unit_test(redundancy_goes_on_and_off_without_flapping),
        cmocka_unit_test(extremes_stay_within_what_encoders_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
