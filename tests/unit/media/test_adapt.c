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
            int32_t bps = tacet_adapt_video_bps(targets[t], rates[r], &overhead);
            double share = wire_bps(bps, rates[r]) / targets[t];
            assert_true(share > 0.93);
            assert_true(share < 1.012);
        }
    }
}

static void sound_comes_in_lengths_that_encoders_take(void **state)
{
    static const struct {
        int32_t ms;
        uint32_t samples;
    } rows[] = { { 10, 480 }, { 20, 960 }, { 40, 1920 }, { 60, 2880 }, { 0, 960 }, { 30, 960 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_event event = target(24000, 700000, 0);
        event.u.send_target.audio_packet_ms = rows[i].ms;
        assert_int_equal(tacet_adapt_audio_samples(&event), rows[i].samples);
    }
}

static void same_target_twice_changes_nothing(void **state)
{
    struct tacet_audio_encoder_settings audio;
    struct tacet_event event = target(24000, 700000, 30);

    (void)state;
    tacet_audio_encoder_settings_init(&audio);
    assert_true(tacet_adapt_audio(&event, &audio));
    assert_int_equal(audio.bitrate_bps, 24000); /* audio targets are payload */
    assert_false(tacet_adapt_audio(&event, &audio));
    event.u.send_target.loss_permille = 31;
    assert_true(tacet_adapt_audio(&event, &audio));
    assert_int_equal(audio.loss_percent, 4); /* rounded up */
}

static void redundancy_goes_on_and_off_without_flapping(void **state)
{
    static const struct {
        int32_t loss_permille;
        bool fec;
    } rows[] = { { 0, false }, { 49, false }, { 50, true },  { 49, true },
                 { 21, true }, { 20, false }, { 49, false }, { 1000, true } };
    struct tacet_audio_encoder_settings audio;

    (void)state;
    tacet_audio_encoder_settings_init(&audio);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_event event = target(32000, 700000, rows[i].loss_permille);
        (void)tacet_adapt_audio(&event, &audio);
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

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_event event = target(rows[i].in.audio, rows[i].in.video, rows[i].in.loss);
        tacet_audio_encoder_settings_init(&audio);
        (void)tacet_adapt_audio(&event, &audio);
        assert_int_equal(audio.bitrate_bps, rows[i].out.audio);
        assert_int_equal(audio.loss_percent, rows[i].out.loss);
        assert_int_equal(tacet_adapt_video_bps(rows[i].in.video, 30, &overhead), rows[i].out.video);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_carries_what_was_asked_for),
        cmocka_unit_test(sound_comes_in_lengths_that_encoders_take),
        cmocka_unit_test(same_target_twice_changes_nothing),
        cmocka_unit_test(redundancy_goes_on_and_off_without_flapping),
        cmocka_unit_test(extremes_stay_within_what_encoders_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
