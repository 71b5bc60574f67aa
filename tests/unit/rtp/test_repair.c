/* The loss that encoders are told. */
#include "rtp/repair.h"

#include "rtp/fec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

static bool on_loss(struct tacet_repair *r, int32_t permille)
{
    return tacet_repair_on_loss(r, TACET_S(1), permille, 256);
}

static void encoders_are_told_of_what_makes_a_difference(void **state)
{
    static const struct {
        int32_t permille;
        bool tell;
    } rows[] = {
        { 0, false }, { 3, false },  { 5, true },    { 15, false },  { 30, true }, { 49, false },
        { 50, true }, { 300, true }, { 310, false }, { 290, false }, { 0, true },  { 0, false },
    };
    struct tacet_repair r = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool tell = on_loss(&r, rows[i].permille);
        assert_int_equal(tell, rows[i].tell);
        if (tell) {
            (void)tacet_repair_tell(&r, TACET_RED_DEPTH_MAX);
        }
    }
}

static void redundancy_grows_with_the_loss_and_leaves_little_of_it(void **state)
{
    static const struct {
        int32_t loss_permille;
        size_t depth;
        int32_t left_max;
    } rows[] = {
        { 0, 0, 0 },   { 4, 0, 4 },   { 10, 1, 1 },  { 30, 1, 1 },   { 50, 2, 0 },
        { 100, 2, 1 }, { 200, 3, 2 }, { 300, 4, 3 }, { 500, 4, 32 }, { 1000, 4, 1000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_repair r = { 0 };
        (void)on_loss(&r, rows[i].loss_permille);
        assert_int_equal(tacet_repair_red(&r, 256, TACET_RED_DEPTH_MAX)->count, rows[i].depth);
        assert_in_range(tacet_repair_tell(&r, TACET_RED_DEPTH_MAX), 0, rows[i].left_max);
    }
}

/* Nobody knows yet what is lost. */
static void sound_is_repeated_until_the_first_report(void **state)
{
    struct tacet_repair r = { 0 };

    (void)state;
    assert_int_equal(tacet_repair_red(&r, 0, TACET_RED_DEPTH_MAX)->count, 2);
    assert_int_equal(tacet_repair_red(&r, 0, 0)->count, 0);
    (void)on_loss(&r, 0);
    assert_int_equal(tacet_repair_red(&r, 0, TACET_RED_DEPTH_MAX)->count, 0);
}

static void repeats_are_as_few_as_there_is_room_for(void **state)
{
    (void)state;
    for (size_t most = 0; most <= TACET_RED_DEPTH_MAX; most++) {
        struct tacet_repair r = { 0 };
        (void)on_loss(&r, 200);
        const struct tacet_red_plan *plan = tacet_repair_red(&r, 512, most);
        assert_int_equal(plan->count, most < 3 ? most : 3);
        assert_in_range(tacet_repair_tell(&r, most), most == 0 ? 200 : 0, most == 0 ? 200 : 40);
    }
}

static void runs_are_told_in_whole_packets(void **state)
{
    static const struct {
        int32_t burst_q8;
        int32_t told;
    } rows[] = { { 0, 1 }, { 256, 1 }, { 380, 1 }, { 390, 2 }, { 1280, 5 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_repair r = { 0 };
        (void)tacet_repair_on_loss(&r, 0, 100, rows[i].burst_q8);
        assert_int_equal(tacet_repair_burst(&r), rows[i].told);
    }
}

static void repeats_stand_further_back_where_losses_come_in_runs(void **state)
{
    static const int32_t losses[] = { 3, 50, 100, 200, 300, 1000 };
    struct tacet_repair r = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        (void)on_loss(&r, losses[i]);
        const struct tacet_red_plan *single = tacet_repair_red(&r, 300, TACET_RED_DEPTH_MAX);
        const struct tacet_red_plan *runs = tacet_repair_red(&r, 512, TACET_RED_DEPTH_MAX);
        const struct tacet_red_plan *longer = tacet_repair_red(&r, 1280, TACET_RED_DEPTH_MAX);
        assert_int_equal(runs->count, single->count);
        assert_int_equal(longer->count, single->count);
        for (size_t n = 0; n < single->count; n++) {
            assert_int_equal(single->back[n], n + 1);
            assert_true(runs->back[n] >= single->back[n]);
            assert_true(longer->back[n] <= TACET_RED_BACK_MAX);
        }
        if (single->count > 0) {
            size_t last = single->count - 1;
            assert_true(runs->back[last] > single->back[last]);
            assert_true(longer->back[last] > runs->back[last]);
        }
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
        int32_t burst_q8; /* 1 / (1 - loss) is what chance gives */
        int64_t round_trip_ms;
        size_t k;
        size_t min, max; /* repairs of 120 frames, a tenth of them */
    } rows[] = {
        { 0, 256, 100, 6, 0, 0 },         { 0, 256, 500, 6, 0, 0 },
        { 4, 256, 50, 6, 0, 0 },  /* one retransmission is in time */
        { 4, 256, 100, 6, 3, 5 }, /* none is */
        { 100, 284, 15, 6, 0, 0 },        { 100, 284, 35, 6, 14, 18 },
        { 100, 284, 80, 6, 17, 21 },      { 100, 284, 100, 6, 22, 26 },
        { 100, 284, 560, 6, 25, 29 }, /* each that is lacking is missed for long */
        { 100, 284, 0, 6, 22, 26 },   /* not measured yet */
        { 10, 256, 100, 6, 6, 8 },        { 50, 269, 100, 6, 15, 19 },
        { 200, 320, 100, 6, 36, 41 },     { 300, 366, 100, 6, 52, 58 },
        { 50, 768, 100, 6, 24, 30 },      { 200, 768, 100, 6, 49, 57 },
        { 100, 284, 100, 1, 8, 11 },      { 300, 366, 100, 1, 13, 17 },
        { 900, 2560, 100, 30, 350, 384 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_repair r = { 0 };
        (void)tacet_repair_on_loss(&r, 0, rows[i].loss_permille, rows[i].burst_q8);
        size_t m = repairs_of(&r, 120, rows[i].k, TACET_MS(rows[i].round_trip_ms)) / 10;
        if (m < rows[i].min || m > rows[i].max) {
            fail_msg("row %zu: %zu repairs", i, m);
        }
    }
}

static void key_frames_are_protected_by_themselves_and_more(void **state)
{
    struct tacet_repair r = { 0 };

    (void)state;
    (void)on_loss(&r, 100);
    assert_int_equal(tacet_repair_on_frame(&r, 0, 40, false), 40);
    assert_int_equal(tacet_repair_on_frame(&r, 33000, 46, false), 40);
    assert_int_equal(tacet_repair_on_frame(&r, 66000, 52, true), 52);
    assert_in_range(tacet_repair_fec_count(&r, 30, TACET_MS(100), true), 9, 12);
}

static void repairs_cover_the_frames_of_a_seventh_of_a_second(void **state)
{
    struct tacet_repair r = { 0 };

    (void)state;
    (void)on_loss(&r, 100);
    (void)repairs_of(&r, 10, 6, TACET_MS(100));
    assert_int_equal(r.span, 5);
    assert_int_equal(tacet_repair_on_frame(&r, 10 * 33333, 60, false), 36);
    assert_int_equal(tacet_repair_on_frame(&r, TACET_S(2), 66, false), 66); /* after a pause */
}

static void small_frames_are_cut_where_much_is_lost(void **state)
{
    static const struct {
        int32_t loss_permille;
        int64_t round_trip_ms;
        size_t frame;
        size_t min, max; /* piece */
    } rows[] = {
        { 0, 120, 700, TACET_FEC_PAYLOAD_MAX, TACET_FEC_PAYLOAD_MAX },
        { 200, 15, 700, TACET_FEC_PAYLOAD_MAX, TACET_FEC_PAYLOAD_MAX }, /* no repairs */
        { 100, 120, 700, 280, 600 },
        { 200, 120, 700, 280, 600 },
        { 200, 120, 1400, TACET_FEC_PAYLOAD_MAX, TACET_FEC_PAYLOAD_MAX }, /* are cut anyway */
        { 200, 120, 200, TACET_FEC_PAYLOAD_MAX, TACET_FEC_PAYLOAD_MAX },  /* headers cost more */
        { 200, 120, 6000, TACET_FEC_PAYLOAD_MAX, TACET_FEC_PAYLOAD_MAX },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_repair r = { 0 };
        int64_t round_trip_us = TACET_MS(rows[i].round_trip_ms);
        (void)on_loss(&r, rows[i].loss_permille);
        size_t piece = 0;
        for (int64_t n = 0; n < 300; n++) {
            (void)tacet_repair_on_frame(&r, n * 33333, (uint64_t)n, false);
            piece = tacet_repair_piece(&r, n * 33333, round_trip_us, rows[i].frame);
        }
        if (piece < rows[i].min || piece > rows[i].max) {
            fail_msg("row %zu: %zu", i, piece);
        }
        /* It stays for a while: windows of pieces of two sizes are dear. */
        (void)on_loss(&r, rows[i].loss_permille > 0 ? 0 : 200);
        assert_int_equal(tacet_repair_piece(&r, TACET_S(10), round_trip_us, rows[i].frame), piece);
        assert_int_equal(tacet_repair_piece(&r, TACET_S(10), round_trip_us, 60000),
                         TACET_FEC_PAYLOAD_MAX);
    }
}

static void first_frames_are_protected_until_somebody_reports(void **state)
{
    struct tacet_repair r = { 0 };

    (void)state;
    (void)tacet_repair_on_frame(&r, 0, 0, true);
    assert_in_range(tacet_repair_fec_count(&r, 30, TACET_MS(100), true), 7, 11);
    assert_in_range(repairs_of(&r, 120, 6, TACET_MS(100)), 140, 180);
    (void)on_loss(&r, 0);
    assert_int_equal(tacet_repair_fec_count(&r, 30, TACET_MS(100), true), 0);
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
    assert_true(tacet_repair_on_loss(&r, 0, 0, 256)); /* the share has changed */
    assert_int_equal(tacet_repair_media_bps(&r, 1500000), 1125000);
    assert_false(tacet_repair_on_loss(&r, TACET_MS(40), 0, 256));
    for (int i = 0; i < 40; i++) {
        (void)tacet_repair_on_loss(&r, TACET_MS(500) * (i + 1), 0, 256);
        tacet_repair_on_sent(&r, 6000, 0);
    }
    assert_in_range(tacet_repair_media_bps(&r, 1500000), 1490000, 1500000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoders_are_told_of_what_makes_a_difference),
        cmocka_unit_test(redundancy_grows_with_the_loss_and_leaves_little_of_it),
        cmocka_unit_test(sound_is_repeated_until_the_first_report),
        cmocka_unit_test(repeats_are_as_few_as_there_is_room_for),
        cmocka_unit_test(runs_are_told_in_whole_packets),
        cmocka_unit_test(repeats_stand_further_back_where_losses_come_in_runs),
        cmocka_unit_test(frames_are_protected_as_far_as_the_loss_asks),
        cmocka_unit_test(key_frames_are_protected_by_themselves_and_more),
        cmocka_unit_test(repairs_cover_the_frames_of_a_seventh_of_a_second),
        cmocka_unit_test(small_frames_are_cut_where_much_is_lost),
        cmocka_unit_test(first_frames_are_protected_until_somebody_reports),
        cmocka_unit_test(resending_is_bounded_whatever_is_asked_for),
        cmocka_unit_test(repair_is_paid_out_of_the_video_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
