/* The loss that encoders are told. */
#include "rtp/repair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

/* The loss that stands behind what was told. */
static int32_t expected_loss(struct tacet_repair *r)
{
    (void)tacet_repair_tell(r);
    return r->told_permille;
}

static void clean_way_has_nothing_to_tell(void **state)
{
    struct tacet_repair r = { 0 };

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_false(tacet_repair_on_report(&r, 0));
    }
    assert_int_equal(tacet_repair_tell(&r), 0);
}

static void loss_is_told_within_a_second_and_forgotten_slowly(void **state)
{
    struct tacet_repair r = { 0 };
    int reports = 0;

    (void)state;
    (void)tacet_repair_on_report(&r, 0);
    assert_true(tacet_repair_on_report(&r, 100));
    assert_true(expected_loss(&r) >= 49);
    (void)tacet_repair_on_report(&r, 100);
    (void)tacet_repair_on_report(&r, 100);
    assert_true(expected_loss(&r) >= 85);
    while (expected_loss(&r) >= 20) { /* two reports a second and kind */
        (void)tacet_repair_on_report(&r, 0);
        reports++;
    }
    assert_in_range(reports, 15, 40);
    for (int i = 0; i < 100; i++) {
        (void)tacet_repair_on_report(&r, 0);
    }
    assert_true(expected_loss(&r) < 5);
}

static void reports_that_vary_do_not_tell_each_time(void **state)
{
    struct tacet_repair r = { 0 };
    int told = 0;

    (void)state;
    for (int i = 0; i < 200; i++) { /* about 10 %, as 25 packets show it */
        static const int32_t seen[] = { 120, 80, 40, 160, 80, 120, 0, 80 };
        if (tacet_repair_on_report(&r, seen[i % 8])) {
            int32_t loss = expected_loss(&r);
            told++;
            assert_in_range(loss, 40, 160);
        }
    }
    assert_in_range(told, 1, 120);
}

static void redundancy_grows_with_the_loss_and_leaves_little_of_it(void **state)
{
    static const struct {
        int32_t loss_permille;
        size_t depth;
        int32_t left_max;
    } rows[] = {
        { 0, 0, 0 },   { 4, 0, 4 },   { 10, 1, 1 },   { 50, 1, 3 },      { 100, 2, 1 },
        { 200, 3, 2 }, { 300, 4, 3 }, { 500, 4, 32 }, { 1000, 4, 1000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_repair r = { .loss_q8 = rows[i].loss_permille * 256 };
        assert_int_equal(tacet_repair_red_depth(&r), rows[i].depth);
        assert_in_range(tacet_repair_tell(&r), 0, rows[i].left_max);
    }
}

/* Repairs of so many frames of k packets, 33 ms apart. */
static size_t repairs_of(struct tacet_repair *r, size_t frames, size_t k, int64_t round_trip_us)
{
    size_t sum = 0;

    for (size_t i = 0; i < frames; i++) {
        (void)tacet_repair_on_frame(r, (int64_t)i * 33333, i * k, false);
        sum += tacet_repair_fec_count(r, k, round_trip_us, false);
    }
    return sum;
}

static void frames_are_protected_as_far_as_the_loss_asks(void **state)
{
    static const struct {
        int32_t loss_permille;
        int64_t round_trip_ms;
        size_t k;
        size_t min, max; /* repairs of 120 frames, a tenth of them */
    } rows[] = {
        { 0, 100, 6, 0, 0 },     { 4, 100, 6, 0, 0 },
        { 100, 20, 6, 0, 0 }, /* retransmission is in time */
        { 50, 100, 6, 11, 15 },  { 100, 100, 6, 20, 24 },
        { 100, 0, 6, 20, 24 },   { 200, 100, 6, 36, 44 },
        { 300, 100, 6, 57, 66 }, { 100, 100, 1, 5, 9 },
        { 300, 100, 1, 15, 21 }, { 900, 100, 30, 350, 384 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_repair r = { .reported = true, .loss_q8 = rows[i].loss_permille * 256 };
        size_t m = repairs_of(&r, 120, rows[i].k, TACET_MS(rows[i].round_trip_ms)) / 10;
        if (m < rows[i].min || m > rows[i].max) {
            fail_msg("row %zu: %zu repairs", i, m);
        }
    }
}

static void key_frames_are_protected_by_themselves_and_more(void **state)
{
    struct tacet_repair r = { .reported = true, .loss_q8 = 100 * 256 };

    (void)state;
    assert_int_equal(tacet_repair_on_frame(&r, 0, 40, false), 40);
    assert_int_equal(tacet_repair_on_frame(&r, 33000, 46, false), 40);
    assert_int_equal(tacet_repair_on_frame(&r, 66000, 52, true), 52);
    assert_in_range(tacet_repair_fec_count(&r, 30, TACET_MS(100), true), 9, 12);
}

static void repairs_cover_the_frames_of_a_tenth_of_a_second(void **state)
{
    struct tacet_repair r = { .reported = true, .loss_q8 = 100 * 256 };

    (void)state;
    (void)repairs_of(&r, 10, 6, TACET_MS(100));
    assert_int_equal(r.span, 4);
    assert_int_equal(tacet_repair_on_frame(&r, 10 * 33333, 60, false), 42);
    assert_int_equal(tacet_repair_on_frame(&r, TACET_S(2), 66, false), 66); /* after a pause */
}

static void first_frames_are_protected_until_somebody_reports(void **state)
{
    struct tacet_repair r = { 0 };

    (void)state;
    (void)tacet_repair_on_frame(&r, 0, 0, true);
    assert_in_range(tacet_repair_fec_count(&r, 30, TACET_MS(100), true), 7, 11);
    (void)tacet_repair_on_report(&r, 0);
    assert_int_equal(tacet_repair_fec_count(&r, 30, TACET_MS(100), true), 0);

    r = (struct tacet_repair){ 0 };
    (void)tacet_repair_on_report(&r, 300); /* the first is believed at once */
    assert_int_equal(tacet_repair_loss_permille(&r), 300);
}

static void resending_is_bounded_whatever_is_asked_for(void **state)
{
    struct tacet_repair r = { 0 };
    int64_t sent = 0;

    (void)state;
    for (int64_t now = TACET_S(1); now < TACET_S(11); now += 100) {
        sent += tacet_repair_may_resend(&r, now, 800000, 1000) ? 1000 : 0;
    }
    assert_in_range(sent, 990000, 1030000); /* 10.25 s of 100 kB */
    assert_false(tacet_repair_may_resend(&r, TACET_S(11), 800000, 2000));
    for (int i = 0; i < 25; i++) {
        assert_true(tacet_repair_may_resend(&r, TACET_S(90), 800000, 1000));
    }
    assert_false(tacet_repair_may_resend(&r, TACET_S(90), 800000, 1000));
}

static void repair_is_paid_out_of_the_video_budget(void **state)
{
    struct tacet_repair r = { 0 };

    (void)state;
    assert_int_equal(tacet_repair_media_bps(&r, 1500000), 1500000);
    for (int i = 0; i < 40; i++) {
        tacet_repair_on_sent(&r, 6000, 0);
        tacet_repair_on_sent(&r, 0, 2000);
    }
    assert_true(tacet_repair_on_report(&r, 0)); /* the share has changed */
    assert_int_equal(tacet_repair_media_bps(&r, 1500000), 1125000);
    assert_false(tacet_repair_on_report(&r, 0));
    for (int i = 0; i < 40; i++) {
        (void)tacet_repair_on_report(&r, 0);
        tacet_repair_on_sent(&r, 6000, 0);
    }
    assert_in_range(tacet_repair_media_bps(&r, 1500000), 1490000, 1500000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_way_has_nothing_to_tell),
        cmocka_unit_test(loss_is_told_within_a_second_and_forgotten_slowly),
        cmocka_unit_test(reports_that_vary_do_not_tell_each_time),
        cmocka_unit_test(redundancy_grows_with_the_loss_and_leaves_little_of_it),
        cmocka_unit_test(frames_are_protected_as_far_as_the_loss_asks),
        cmocka_unit_test(key_frames_are_protected_by_themselves_and_more),
        cmocka_unit_test(repairs_cover_the_frames_of_a_tenth_of_a_second),
        cmocka_unit_test(first_frames_are_protected_until_somebody_reports),
        cmocka_unit_test(resending_is_bounded_whatever_is_asked_for),
        cmocka_unit_test(repair_is_paid_out_of_the_video_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
