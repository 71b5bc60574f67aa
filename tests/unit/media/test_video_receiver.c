/* Pictures in, pictures out, and what is counted of them; with the fake codec. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "media/video_receiver.h"
#include "tacet/call.h"
#include "tacet/error.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH 64
#define HEIGHT 32

struct film {
    struct tacet_video_encoder encoder;
    struct tacet_video_receiver *receiver;
    uint64_t index;
};

static const struct tacet_codec *fake(void)
{
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_VIDEO, "fake");

    assert_non_null(codec);
    return codec;
}

static void film_init(struct film *f)
{
    struct tacet_video_encoder_settings settings;

    memset(f, 0, sizeof(*f));
    tacet_video_encoder_settings_init(&settings, WIDTH, HEIGHT);
    assert_int_equal(fake()->video_encoder_create(&settings, &f->encoder), 0);
    assert_int_equal(tacet_video_receiver_create(fake(), WIDTH, HEIGHT, &f->receiver), 0);
}

static void film_free(struct film *f)
{
    f->encoder.ops->free(f->encoder.ctx);
    tacet_video_receiver_free(&f->receiver);
    assert_null(f->receiver);
}

static struct tacet_frame next_frame(struct film *f)
{
    static const uint8_t plane[WIDTH * HEIGHT];
    struct tacet_frame frame;
    const struct tacet_picture picture = {
        .width = WIDTH,
        .height = HEIGHT,
        .planes = { plane, plane, plane },
        .strides = { WIDTH, WIDTH / 2, WIDTH / 2 },
        .index = f->index,
    };

    assert_int_equal(f->encoder.ops->encode(f->encoder.ctx, &picture, TACET_REFRESH_NONE, &frame),
                     1);
    frame.picture_id = (uint16_t)(f->index & 0x7FFF);
    frame.rtp_timestamp = (uint32_t)(f->index * 3000);
    f->index++;
    return frame;
}

static void show(struct film *f, int64_t received, int64_t shown_at)
{
    struct tacet_shown shown;
    struct tacet_frame frame = next_frame(f);

    frame.received_at_us = received;
    tacet_video_receiver_put(f->receiver, received, &frame);
    assert_int_equal(tacet_video_receiver_due(f->receiver), received);
    assert_int_equal(tacet_video_receiver_get(f->receiver, received, &shown), 1);
    assert_int_equal(shown.picture.index, f->index - 1);
    assert_int_equal(shown.rtp_timestamp, frame.rtp_timestamp);
    assert_int_equal(shown.picture_id, frame.picture_id);
    tacet_video_receiver_on_shown(f->receiver, shown_at);
}

static struct tacet_playout_report report_of(const struct film *f)
{
    struct tacet_playout_report report;

    tacet_video_receiver_report(f->receiver, 0, &report);
    return report;
}

static void pictures_are_shown_at_once_and_counted(void **state)
{
    struct film f;

    (void)state;
    film_init(&f);
    assert_false(report_of(&f).playing);
    for (int i = 0; i < 50; i++) {
        show(&f, TACET_MS(1000 + 33 * i), TACET_MS(1000 + 33 * i + 4));
    }
    struct tacet_playout_report report = report_of(&f);
    assert_true(report.playing);
    assert_int_equal(report.frames_decoded, 50);
    assert_int_equal(report.key_frames_decoded, 1);
    assert_int_equal(report.frames_dropped, 0);
    assert_int_equal(report.frames_failed, 0);
    assert_int_equal(report.freeze_count, 0);
    assert_int_equal(report.last_picture_id, 49);
    assert_int_equal(report.last_rtp_timestamp, 49 * 3000);
    assert_int_equal(report.width, WIDTH);
    assert_int_equal(report.height, HEIGHT);
    assert_int_equal(report.current_delay_us, TACET_MS(4));
    assert_int_equal(report.jitter_buffer_delay_us, 50 * TACET_MS(4));
    assert_int_equal(report.jitter_buffer_emitted_count, 50);
    film_free(&f);
}

static void freezes_are_those_of_w3c(void **state)
{
    /* After 30 pictures `step` apart one comes after `gap`: at least both three steps and a step
     * and 150 ms. */
    static const struct {
        int step_ms, gap_ms;
        bool freeze;
    } rows[] = {
        { 33, 182, false }, { 33, 183, true },  { 100, 299, false },
        { 100, 300, true }, { 75, 224, false }, { 75, 225, true },
    };

    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct film f;
        int64_t now = TACET_S(5);
        film_init(&f);
        for (int i = 0; i <= 30; i++) {
            now += TACET_MS(rows[row].step_ms);
            show(&f, now, now);
        }
        now += TACET_MS(rows[row].gap_ms);
        show(&f, now, now);
        struct tacet_playout_report report = report_of(&f);
        assert_int_equal(report.freeze_count, rows[row].freeze ? 1 : 0);
        assert_int_equal(report.freezes_duration_us,
                         rows[row].freeze ? TACET_MS(rows[row].gap_ms) : 0);
        film_free(&f);
    }
}

static void refused_frames_are_counted_and_show_nothing(void **state)
{
    struct film f;
    struct tacet_shown shown;

    (void)state;
    film_init(&f);
    show(&f, 1, 1);
    (void)next_frame(&f); /* lost: what follows has no reference */
    struct tacet_frame frame = next_frame(&f);
    tacet_video_receiver_put(f.receiver, 2, &frame);
    assert_int_equal(tacet_video_receiver_get(f.receiver, 2, &shown), 0);
    assert_int_equal(report_of(&f).frames_failed, 1);
    assert_int_equal(report_of(&f).frames_decoded, 1);
    assert_int_equal(report_of(&f).last_picture_id, 0);
    film_free(&f);
}

/* Sound takes 90 ms from capture to ear and pictures come after 50: they wait for it. */
static void pictures_wait_for_their_sound_and_no_longer(void **state)
{
    static const struct {
        int64_t sound_ms, hold_ms;
    } rows[] = { { 40, 0 }, { 86, 0 }, { 94, 8 }, { 136, 50 }, { 236, 150 }, { 10000, 150 } };

    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct film f;
        struct tacet_shown shown;
        film_init(&f);
        int64_t hold = TACET_MS(rows[row].hold_ms);
        tacet_sync_on_sound(tacet_video_receiver_sync(f.receiver), TACET_MS(rows[row].sound_ms), 0);
        for (int i = 0; i < 20; i++) {
            struct tacet_frame frame = next_frame(&f);
            int64_t came = TACET_MS(1000 + 200 * i);
            frame.capture_known = true;
            frame.captured_at_us = came - TACET_MS(50);
            tacet_video_receiver_put(f.receiver, came, &frame);
            assert_int_equal(tacet_video_receiver_due(f.receiver), came + hold);
            assert_int_equal(tacet_video_receiver_get(f.receiver, came + hold - 1, &shown), 0);
            assert_int_equal(tacet_video_receiver_get(f.receiver, came + hold, &shown), 1);
            tacet_video_receiver_on_shown(f.receiver, came + hold);
            assert_true(tacet_video_receiver_due(f.receiver) == TACET_NEVER);
        }
        assert_int_equal(report_of(&f).frames_dropped, 0);
        film_free(&f);
    }
}

static void pictures_that_wait_are_shown_in_order_each_at_its_time(void **state)
{
    struct film f;
    struct tacet_shown shown;
    uint64_t index = 0;

    (void)state;
    film_init(&f);
    tacet_sync_on_sound(tacet_video_receiver_sync(f.receiver), TACET_MS(186), 0);
    for (int ms = 0; ms < 1000; ms++) {
        int64_t now = TACET_S(5) + TACET_MS(ms);
        if (ms % 20 == 0) { /* comes 50 ms after its capture: is due 100 ms later */
            struct tacet_frame frame = next_frame(&f);
            frame.capture_known = true;
            frame.captured_at_us = now - TACET_MS(50);
            tacet_video_receiver_put(f.receiver, now, &frame);
        }
        while (tacet_video_receiver_get(f.receiver, now, &shown) == 1) {
            assert_int_equal(shown.picture.index, index);
            assert_int_equal(ms, 100 + 20 * (int)index);
            index++;
            tacet_video_receiver_on_shown(f.receiver, now);
        }
    }
    assert_int_equal(index, 45);
    assert_int_equal(report_of(&f).frames_dropped, 0);
    assert_int_equal(report_of(&f).sync_compared, 45);
    assert_int_equal(report_of(&f).sync_within, 45);
    assert_int_equal(report_of(&f).sync_offset_us, -TACET_MS(36));
    film_free(&f);
}

/* Sound takes 186 ms from capture to ear, pictures 50: they wait for 100 ms as a rule. */
static void no_picture_stands_for_the_sake_of_the_sound(void **state)
{
    static const int due_ms[] = { 400, 500, 566, 599 };
    struct film f;
    struct tacet_shown shown;

    (void)state;
    film_init(&f);
    tacet_sync_on_sound(tacet_video_receiver_sync(f.receiver), TACET_MS(186), 0);
    for (int i = 0; i < 44; i++) {
        struct tacet_frame frame = next_frame(&f);
        int gap = i < 40 ? -1 : i - 40; /* after which pictures come 33 ms apart again */
        int64_t last = TACET_MS(1000 + 33 * 39 + 100);
        int64_t came = gap < 0 ? TACET_MS(1000 + 33 * i) : last + TACET_MS(400 + 33 * gap);
        int64_t due = gap < 0 ? came + TACET_MS(100) : last + TACET_MS(due_ms[gap]);
        frame.capture_known = true;
        frame.captured_at_us = came - TACET_MS(50);
        tacet_video_receiver_put(f.receiver, came, &frame);
        assert_int_equal(tacet_video_receiver_get(f.receiver, due - 1, &shown), 0);
        assert_int_equal(tacet_video_receiver_get(f.receiver, due, &shown), 1);
        tacet_video_receiver_on_shown(f.receiver, due);
    }
    film_free(&f);
}

static void what_waits_is_bounded(void **state)
{
    struct film f;
    struct tacet_shown shown;

    (void)state;
    film_init(&f);
    tacet_sync_on_sound(tacet_video_receiver_sync(f.receiver), TACET_MS(500), 0);
    for (int i = 0; i < 30; i++) {
        struct tacet_frame frame = next_frame(&f);
        frame.capture_known = true;
        frame.captured_at_us = 1000;
        tacet_video_receiver_put(f.receiver, 1000, &frame);
    }
    assert_int_equal(report_of(&f).frames_dropped, 30 - 1 - TACET_VIDEO_HELD_MAX);
    assert_int_equal(report_of(&f).frames_failed, 0);
    for (int i = 0; i <= TACET_VIDEO_HELD_MAX; i++) {
        assert_int_equal(tacet_video_receiver_get(f.receiver, TACET_S(1), &shown), 1);
        assert_int_equal(shown.picture.index, 30 - 1 - TACET_VIDEO_HELD_MAX + i);
        tacet_video_receiver_on_shown(f.receiver, TACET_S(1));
        tacet_video_receiver_on_shown(f.receiver, TACET_S(1)); /* once is enough */
    }
    assert_int_equal(tacet_video_receiver_get(f.receiver, TACET_S(9), &shown), 0);
    assert_int_equal(report_of(&f).jitter_buffer_emitted_count, 1 + TACET_VIDEO_HELD_MAX);
    struct tacet_frame frame = next_frame(&f);
    tacet_video_receiver_put(f.receiver, TACET_S(9), &frame);
    tacet_video_receiver_drop(f.receiver);
    assert_int_equal(tacet_video_receiver_get(f.receiver, TACET_S(9), &shown), 0);
    assert_int_equal(report_of(&f).frames_dropped, 30 - TACET_VIDEO_HELD_MAX);
    film_free(&f);
}

static void failing_allocation_is_reported(void **state)
{
    struct tacet_video_receiver *receiver = NULL;

    (void)state;
    for (long n = 0; n < 3; n++) {
        tacet_alloc_fail_after(n);
        assert_int_equal(tacet_video_receiver_create(fake(), WIDTH, HEIGHT, &receiver),
                         TACET_ERR_NOMEM);
        assert_null(receiver);
    }
    tacet_alloc_fail_after(-1);
    tacet_video_receiver_free(&receiver);
    tacet_video_receiver_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_shown_at_once_and_counted),
        cmocka_unit_test(freezes_are_those_of_w3c),
        cmocka_unit_test(refused_frames_are_counted_and_show_nothing),
        cmocka_unit_test(pictures_wait_for_their_sound_and_no_longer),
        cmocka_unit_test(pictures_that_wait_are_shown_in_order_each_at_its_time),
        cmocka_unit_test(no_picture_stands_for_the_sake_of_the_sound),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
