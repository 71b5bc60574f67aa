/* Size, frame rate and speed of the video that is sent, by rate, by skipped pictures and by time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "media/video_adapt.h"

#define INTERVAL_US (1000000 / 30)

struct film {
    struct tacet_video_adapt adapt;
    int64_t now;
    int changes_of_size;
};

static void film_begin(struct film *f, uint16_t width, uint16_t height, int32_t bps)
{
    static const struct tacet_adapt_overhead overhead = { .per_packet = 33, .payload_max = 1167 };
    struct tacet_video_encoder_settings source;

    *f = (struct film){ .now = TACET_S(1000) };
    tacet_video_encoder_settings_init(&source, width, height);
    source.bitrate_bps = bps;
    tacet_video_adapt_init(&f->adapt, f->now, &overhead, &source);
}

static bool film_target(struct film *f, int32_t bps)
{
    struct tacet_event event = { .type = TACET_EVENT_SEND_TARGET };
    uint16_t width = f->adapt.settings.width;

    event.u.send_target.video_bps = bps;
    event.u.send_target.burst = 1;
    bool changed = tacet_video_adapt_target(&f->adapt, f->now, &event);
    f->changes_of_size += f->adapt.settings.width != width;
    return changed;
}

/* Runs for so long; the encoder passes over one picture of `one_of` (0: none) while it gets less
 * than `need` millibits for a pixel. Returns how many it was given. */
static int film_run(struct film *f, int64_t us, int one_of, int64_t need, int64_t encode_us)
{
    int taken = 0;

    for (int64_t end = f->now + us; f->now < end; f->now += INTERVAL_US) {
        const struct tacet_video_encoder_settings *s = &f->adapt.settings;
        uint16_t width = s->width;
        if (!tacet_video_adapt_takes(&f->adapt)) {
            continue;
        }
        taken++;
        bool starved = (int64_t)s->bitrate_bps * 1000 < need * s->width * s->height * s->fps;
        bool skipped = one_of > 0 && starved && taken % one_of == 0;
        (void)tacet_video_adapt_encoded(&f->adapt, f->now, skipped, encode_us);
        f->changes_of_size += s->width != width;
    }
    return taken;
}

static void each_rate_has_its_size_and_frame_rate(void **state)
{
    static const struct {
        uint16_t width, height;
        int32_t bps;
        uint16_t width_out, height_out;
        int32_t fps;
    } rows[] = {
        { 640, 360, 10000000, 640, 360, 30 },
        { 640, 360, 500000, 640, 360, 30 },
        { 640, 360, 100000, 640, 360, 30 },
        { 640, 360, 80000, 480, 270, 30 },
        { 640, 360, 50000, 320, 180, 30 },
        { 640, 360, 0, 212, 120, 30 },
        { 1280, 720, 500000, 1280, 720, 30 },
        { 1280, 720, 300000, 960, 540, 30 },
        { 1280, 720, 100000, 640, 360, 30 },
        { 1280, 720, 60000, 426, 240, 30 },
        { 1920, 1080, 60000, 640, 360, 15 },
        { 1920, 1080, 30000, 480, 270, 15 },
        { 641, 361, 500000, 641, 361, 30 },
        { 641, 361, 50000, 320, 180, 30 },
        { 64, 40, 0, 64, 40, 30 },
        { 4096, 4096, 0, 1024, 1024, 15 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct film f;
        film_begin(&f, rows[i].width, rows[i].height, rows[i].bps);
        assert_int_equal(f.adapt.settings.width, rows[i].width_out);
        assert_int_equal(f.adapt.settings.height, rows[i].height_out);
        assert_int_equal(f.adapt.settings.fps, rows[i].fps);
        int taken = film_run(&f, TACET_S(10), 0, 0, 0);
        assert_in_range(taken, 10 * rows[i].fps, 10 * rows[i].fps + 1);
        assert_int_equal(f.changes_of_size, 0);
    }
}

static void bit_rate_follows_at_once_and_size_does_not(void **state)
{
    struct film f;

    (void)state;
    film_begin(&f, 640, 360, 2500000);
    (void)film_run(&f, TACET_S(5), 0, 0, 0);
    assert_true(film_target(&f, 60000));
    assert_true(f.adapt.settings.bitrate_bps < 60000);
    assert_int_equal(f.adapt.settings.width, 640);
    (void)film_run(&f, TACET_MS(900), 0, 0, 0);
    assert_true(film_target(&f, 2500000));
    assert_true(f.adapt.settings.bitrate_bps > 2300000);
    assert_false(film_target(&f, 2500000));
    (void)film_run(&f, TACET_S(30), 0, 0, 0);
    assert_int_equal(f.changes_of_size, 0); /* a dip is not worth a key frame */

    (void)film_target(&f, 40000);
    (void)film_run(&f, TACET_MS(1100), 0, 0, 0);
    assert_int_equal(f.adapt.settings.width, 320);
    (void)film_target(&f, 2500000);
    (void)film_run(&f, TACET_MS(2900), 0, 0, 0);
    assert_int_equal(f.adapt.settings.width, 320);
    (void)film_run(&f, TACET_MS(200), 0, 0, 0);
    assert_int_equal(f.adapt.settings.width, 640);
    assert_int_equal(f.changes_of_size, 2);
}

/* Nothing has been sent yet that a key frame would have to replace. */
static void first_picture_has_the_size_for_its_rate(void **state)
{
    struct film f;

    (void)state;
    film_begin(&f, 640, 360, 1500000);
    assert_true(film_target(&f, 40000));
    assert_int_equal(f.adapt.settings.width, 320);
    assert_true(film_target(&f, 1000000));
    assert_int_equal(f.adapt.settings.width, 640);
    assert_true(film_target(&f, 40000));
    assert_int_equal(f.adapt.settings.width, 320);
    (void)film_run(&f, INTERVAL_US, 0, 0, 0);
    assert_true(film_target(&f, 1000000));
    assert_int_equal(f.adapt.settings.width, 320);
    tacet_video_adapt_begin(&f.adapt); /* another call */
    assert_true(film_target(&f, 1000001));
    assert_int_equal(f.adapt.settings.width, 640);
}

static void rate_about_a_threshold_changes_the_size_once(void **state)
{
    struct film f;

    (void)state;
    film_begin(&f, 640, 360, 200000);
    for (int i = 0; i < 200; i++) { /* 12 millibits a pixel are 91 kbit/s on the wire */
        (void)film_target(&f, i / 10 % 2 == 0 ? 80000 : 115000);
        (void)film_run(&f, TACET_MS(500), 0, 0, 0);
    }
    assert_int_equal(f.changes_of_size, 1);
}

static void pictures_passed_over_tell_what_the_content_needs(void **state)
{
    static const struct {
        int64_t need; /* millibits for a pixel */
        uint16_t width;
    } rows[] = { { 20, 640 }, { 60, 480 }, { 100, 320 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct film f;
        film_begin(&f, 640, 360, 300000);
        (void)film_run(&f, TACET_S(10), 2, rows[i].need, 0);
        assert_int_equal(f.adapt.settings.width, rows[i].width);
        (void)film_run(&f, TACET_S(10), 2, rows[i].need, 0);
        assert_int_equal(f.adapt.settings.width, rows[i].width);
        (void)film_target(&f, 2500000); /* more than enough for any content */
        (void)film_run(&f, TACET_S(4), 2, rows[i].need, 0);
        assert_int_equal(f.adapt.settings.width, 640);
    }
    struct film f;
    film_begin(&f, 640, 360, 300000);
    (void)film_run(&f, TACET_S(60), 4, 1000, 0); /* one in four is no reason */
    assert_int_equal(f.changes_of_size, 0);
}

/* A call that begins narrow: what was passed over then says nothing about the rate of now. */
static void need_is_of_the_rate_at_which_pictures_were_passed_over(void **state)
{
    struct film f;

    (void)state;
    film_begin(&f, 480, 270, 1500000);
    (void)film_target(&f, 240000);
    (void)film_run(&f, TACET_MS(1500), 2, 90, 0);
    (void)film_target(&f, 700000);
    (void)film_run(&f, TACET_S(4), 2, 90, 0);
    assert_int_equal(f.adapt.settings.width, 480);
    assert_int_equal(f.changes_of_size, 0);
    assert_true(f.adapt.need > 60 && f.adapt.need < 90);
}

/* Each window by itself: a quarter more than it had. */
static void pictures_of_a_window_are_counted_once(void **state)
{
    struct film f;

    (void)state;
    film_begin(&f, 640, 360, 1500000);
    (void)film_target(&f, 30000);
    (void)film_run(&f, TACET_S(4), 2, 1000, 0);
    for (int window = 0; window < 2; window++) {
        const struct tacet_video_encoder_settings s = f.adapt.settings;
        int64_t had = (int64_t)s.bitrate_bps * 1000 / (s.width * s.height * s.fps);
        (void)film_run(&f, TACET_S(2), 2, 1000, 0);
        assert_in_range(f.adapt.need, had * 5 / 4 - 1, had * 5 / 4 + 2);
    }
}

static void what_was_learnt_of_the_content_is_forgotten_slowly(void **state)
{
    struct film f;

    (void)state;
    film_begin(&f, 640, 360, 300000);
    (void)film_run(&f, TACET_S(4), 2, 60, 0);
    assert_int_equal(f.adapt.settings.width, 480);
    (void)film_run(&f, TACET_S(30), 0, 0, 0); /* from here on anything will do */
    assert_int_equal(f.adapt.settings.width, 480);
    (void)film_run(&f, TACET_S(120), 0, 0, 0);
    assert_int_equal(f.adapt.settings.width, 640);
    assert_int_equal(f.changes_of_size, 2);
}

static void encoder_hurries_where_time_is_short(void **state)
{
    struct film f;

    (void)state;
    film_begin(&f, 640, 360, 1500000);
    int32_t usual = f.adapt.settings.cpu_used;
    (void)film_run(&f, TACET_S(5), 0, 0, INTERVAL_US / 2);
    assert_int_equal(f.adapt.settings.cpu_used, usual);
    (void)film_run(&f, TACET_S(5), 0, 0, INTERVAL_US * 7 / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -12);
    (void)film_run(&f, TACET_S(5), 0, 0, INTERVAL_US / 2);
    assert_int_equal(f.adapt.settings.cpu_used, -12);
    (void)film_run(&f, TACET_S(5), 0, 0, INTERVAL_US / 5);
    assert_int_equal(f.adapt.settings.cpu_used, usual);
    assert_int_equal(f.changes_of_size, 0);
}

static void encoder_takes_its_time_where_bits_are_scarce(void **state)
{
    static const struct {
        int32_t bps;
        int one_of; /* is passed over */
        int busy_percent;
        int32_t cpu_used;
    } rows[] = {
        { 1200000, 0, 0, -8 },  { 1200000, 12, 0, -8 },  { 1200000, 8, 0, -3 },
        { 1200000, 4, 0, -3 },  { 1200000, 4, 10, -3 },  { 1200000, 4, 12, -8 },
        { 1200000, 4, 50, -8 }, { 1200000, 4, 70, -12 }, { 300000, 0, 0, -3 },
        { 300000, 0, 10, -3 },  { 300000, 0, 12, -8 },   { 300000, 0, 70, -12 },
        { 690000, 0, 0, -3 },   { 790000, 0, 0, -8 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct film f;
        film_begin(&f, 640, 360, rows[i].bps);
        (void)film_run(&f, TACET_S(8), rows[i].one_of, 1000,
                       INTERVAL_US * rows[i].busy_percent / 100);
        assert_int_equal(f.adapt.settings.cpu_used, rows[i].cpu_used);
        assert_int_equal(f.changes_of_size, 0);
    }
}

static void encoder_that_takes_its_time_has_it(void **state)
{
    struct film f;

    (void)state;
    film_begin(&f, 640, 360, 300000);
    (void)film_run(&f, TACET_S(8), 0, 0, INTERVAL_US / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -3);
    (void)film_run(&f, TACET_S(8), 0, 0, INTERVAL_US * 45 / 100); /* it takes longer, of course */
    assert_int_equal(f.adapt.settings.cpu_used, -3);
    (void)film_run(&f, TACET_S(8), 0, 0, INTERVAL_US / 2);
    assert_int_equal(f.adapt.settings.cpu_used, -8);
    (void)film_run(&f, TACET_S(10), 0, 0, INTERVAL_US / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -8);
    (void)film_run(&f, TACET_S(10), 0, 0, INTERVAL_US / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -3);
    (void)film_run(&f, TACET_S(8), 0, 0, INTERVAL_US * 7 / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -12);
    (void)film_run(&f, TACET_S(10), 0, 0, INTERVAL_US / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -8);
    (void)film_run(&f, TACET_S(10), 0, 0, INTERVAL_US / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -3);
}

/* Of text over film -3 takes five times as long as -8, and not four. */
static void encoder_does_not_go_to_and_fro(void **state)
{
    static const struct {
        int usual_percent, slow_percent, fast_percent;
    } rows[] = { { 9, 50, 6 }, { 10, 55, 8 }, { 9, 70, 8 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct film f;
        int changes = 0;
        film_begin(&f, 640, 360, 300000);
        for (int s = 0; s < 60 * 30; s++) {
            int32_t cpu_used = f.adapt.settings.cpu_used;
            int percent = cpu_used == -3   ? rows[i].slow_percent
                          : cpu_used == -8 ? rows[i].usual_percent
                                           : rows[i].fast_percent;
            (void)film_run(&f, INTERVAL_US, 0, 0, INTERVAL_US * percent / 100);
            changes += f.adapt.settings.cpu_used != cpu_used;
        }
        assert_in_range(changes, 1, 9);
    }
}

static void encoder_hurries_again_at_a_higher_rate_only(void **state)
{
    struct film f;

    (void)state;
    film_begin(&f, 640, 360, 600000);
    (void)film_run(&f, TACET_S(8), 0, 0, 0);
    assert_int_equal(f.adapt.settings.cpu_used, -3);
    (void)film_target(&f, 1000000);
    (void)film_run(&f, TACET_S(8), 0, 0, 0);
    assert_int_equal(f.adapt.settings.cpu_used, -3);
    (void)film_target(&f, 1150000);
    (void)film_run(&f, TACET_S(8), 0, 0, 0);
    assert_int_equal(f.adapt.settings.cpu_used, -8);

    film_begin(&f, 640, 360, 1200000);
    (void)film_run(&f, TACET_S(8), 4, 1000, INTERVAL_US / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -3);
    /* All are made at last, but they would not be if it hurried. */
    (void)film_run(&f, TACET_S(60), 0, 0, INTERVAL_US / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -3);
    (void)film_target(&f, 1600000);
    (void)film_run(&f, TACET_S(8), 0, 0, INTERVAL_US / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -3);
    (void)film_target(&f, 2000000);
    (void)film_run(&f, TACET_S(8), 0, 0, INTERVAL_US / 10);
    assert_int_equal(f.adapt.settings.cpu_used, -8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rate_has_its_size_and_frame_rate),
        cmocka_unit_test(bit_rate_follows_at_once_and_size_does_not),
        cmocka_unit_test(first_picture_has_the_size_for_its_rate),
        cmocka_unit_test(rate_about_a_threshold_changes_the_size_once),
        cmocka_unit_test(pictures_passed_over_tell_what_the_content_needs),
        cmocka_unit_test(need_is_of_the_rate_at_which_pictures_were_passed_over),
        cmocka_unit_test(pictures_of_a_window_are_counted_once),
        cmocka_unit_test(what_was_learnt_of_the_content_is_forgotten_slowly),
        cmocka_unit_test(encoder_hurries_where_time_is_short),
        cmocka_unit_test(encoder_takes_its_time_where_bits_are_scarce),
        cmocka_unit_test(encoder_that_takes_its_time_has_it),
        cmocka_unit_test(encoder_does_not_go_to_and_fro),
        cmocka_unit_test(encoder_hurries_again_at_a_higher_rate_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
