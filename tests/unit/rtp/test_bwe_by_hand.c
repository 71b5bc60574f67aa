/* The estimator fed by hand: its limits, and what it makes of reports that are late, lost or of
 * another kind. Against simulated ways: test_bwe.c. */
#include "rtp/bwe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

/* After a long trouble next to nothing is left of the estimate. */
static void probe_of_a_small_estimate_is_sent_in_its_time(void **state)
{
    static const int64_t starts_bps[] = { 12000, 25000, 60000, 400000 };

    (void)state;
    for (size_t i = 0; i < sizeof(starts_bps) / sizeof(starts_bps[0]); i++) {
        struct tacet_bwe bwe;
        int64_t rate_bps = 0;
        tacet_bwe_init(&bwe, 0, starts_bps[i], 2000000);
        (void)tacet_bwe_on_sent(&bwe, 0, 200);
        int64_t bytes = tacet_bwe_probe(&bwe, &rate_bps);
        assert_true(bytes > 0);
        assert_true(bytes * 8000000 / rate_bps <= TACET_MS(400));
    }
}

static void peer_without_feedback_gets_what_its_reports_allow(void **state)
{
    static const struct {
        int32_t lost_permille;
        int64_t min_bps, max_bps; /* after 20 reports, one a second */
    } rows[] = {
        { 0, 1600000, 1600000 }, { 20, 1600000, 1600000 },
        { 60, 300000, 300000 },  { 200, 150000, 150000 }, /* not all of that may be ours */
        { 900, 10000, 20000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_bwe b;
        tacet_bwe_init(&b, 0, 300000, 1600000);
        assert_int_equal(tacet_bwe_timeout(&b), INT64_MAX);
        (void)tacet_bwe_on_sent(&b, TACET_MS(5), 1000);
        tacet_bwe_on_report(&b, TACET_MS(10), rows[i].lost_permille);
        assert_int_equal(tacet_bwe_timeout(&b), INT64_MAX);
        /* What tells more may only be late. */
        tacet_bwe_on_report(&b, TACET_S(2), rows[i].lost_permille);
        assert_int_equal(tacet_bwe_target(&b), 300000);
        for (int n = 3; n < 23; n++) {
            tacet_bwe_on_report(&b, TACET_S(n), rows[i].lost_permille);
        }
        assert_in_range(tacet_bwe_target(&b), rows[i].min_bps, rows[i].max_bps);
    }
}

/* It may not even be there: its way may be full of what is sent. */
static void peer_that_says_nothing_gets_less(void **state)
{
    struct tacet_bwe b;

    (void)state;
    tacet_bwe_init(&b, 0, 1000000, 1600000);
    (void)tacet_bwe_on_sent(&b, 0, 1000);
    for (int i = 0; i < 20 && tacet_bwe_timeout(&b) < TACET_S(10); i++) {
        tacet_bwe_on_timeout(&b, tacet_bwe_timeout(&b));
    }
    assert_in_range(tacet_bwe_target(&b), 450000, 550000); /* it may be one that never does */
    assert_int_equal(tacet_bwe_estimate(&b), 1000000);
}

static void report_one(struct tacet_bwe *b, int64_t now)
{
    struct tacet_packet_result result = { .sent_at_us = now - TACET_MS(100),
                                          .arrived_at_us = now - TACET_MS(50),
                                          .size = 1000 };

    tacet_bwe_on_results(b, now, &result, 1, TACET_MS(100));
}

/* Sends every 10 ms and reports every 50 ms, after a round trip of 100 ms, up to `until`. */
static void run_steadily(struct tacet_bwe *b, int64_t until)
{
    for (int64_t now = 0; now <= until; now += TACET_MS(10)) {
        (void)tacet_bwe_on_sent(b, now, 1000);
        if (now >= TACET_MS(100) && now % TACET_MS(50) == 0) {
            struct tacet_packet_result results[5];
            for (int i = 0; i < 5; i++) {
                int64_t sent_at_us = now - TACET_MS(140) + TACET_MS(10) * i;
                results[i] = (struct tacet_packet_result){
                    .sent_at_us = sent_at_us,
                    .arrived_at_us = sent_at_us + TACET_MS(50),
                    .size = 1000,
                };
            }
            tacet_bwe_on_results(b, now, results, 5, TACET_MS(100));
        }
        assert_false(tacet_bwe_pauses(b));
    }
}

static void report_late(struct tacet_bwe *b, int64_t now, int64_t round_trip_us)
{
    struct tacet_packet_result result = { .sent_at_us = now - round_trip_us,
                                          .arrived_at_us = now - round_trip_us + TACET_MS(50),
                                          .size = 1000 };

    (void)tacet_bwe_on_sent(b, now, 100);
    tacet_bwe_on_results(b, now, &result, 1, round_trip_us);
}

static void long_round_trip_makes_a_pause(void **state)
{
    struct tacet_bwe b;
    int64_t now = TACET_S(5);

    (void)state;
    tacet_bwe_init(&b, 0, 1000000, 1000000);
    run_steadily(&b, now);
    report_late(&b, now + TACET_MS(150), TACET_MS(240));
    now += TACET_MS(150);
    assert_true(tacet_bwe_pauses(&b));
    assert_int_equal(tacet_bwe_target(&b), 1000000); /* the encoder goes on as before */
    report_late(&b, now + TACET_MS(50), TACET_MS(250));
    assert_true(tacet_bwe_pauses(&b));
    report_late(&b, now + TACET_MS(100), TACET_MS(110));
    assert_false(tacet_bwe_pauses(&b));
}

static void pause_is_short_and_rare(void **state)
{
    struct tacet_bwe b;
    int64_t now = TACET_S(5);
    int64_t paused_us = 0;

    (void)state;
    tacet_bwe_init(&b, 0, 1000000, 1000000);
    run_steadily(&b, now);
    for (int i = 0; i < 300; i++) {
        now += TACET_MS(10);
        tacet_bwe_on_timeout(&b, now);
        report_late(&b, now, TACET_MS(300)); /* the way has become longer */
        paused_us += tacet_bwe_pauses(&b) ? TACET_MS(10) : 0;
    }
    assert_in_range(paused_us, TACET_MS(100), TACET_MS(620));
}

/* The queue's beginning tells of a little less; what comes behind it may tell of far less. */
static void pause_ends_with_the_collapse_of_the_rate(void **state)
{
    static const struct {
        int64_t apart_ms;  /* so packets arrive that left 10 ms apart ... */
        int64_t below_bps; /* ... until the estimate is that */
        bool pauses;
    } rows[] = { { 13, 1000000, true }, { 60, 1000000, true }, { 60, 500000, false } };

    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct tacet_bwe b;
        int64_t now = TACET_S(5);
        tacet_bwe_init(&b, 0, 1000000, 1000000);
        run_steadily(&b, now);
        for (int i = 0; i < 40 && tacet_bwe_estimate(&b) >= rows[row].below_bps; i += 5) {
            struct tacet_packet_result results[5];
            for (int j = 0; j < 5; j++) {
                int64_t arrived_at_us = now + TACET_MS(50 + rows[row].apart_ms * (i + j));
                results[j] = (struct tacet_packet_result){
                    .sent_at_us = now + TACET_MS(10) * (i + j),
                    .arrived_at_us = arrived_at_us,
                    .size = 1300,
                };
            }
            tacet_bwe_on_results(&b, now + TACET_MS(300) + i, results, 5, TACET_MS(300));
            assert_true(tacet_bwe_pauses(&b) || tacet_bwe_estimate(&b) < 500000);
        }
        assert_true(tacet_bwe_estimate(&b) < rows[row].below_bps);
        assert_int_equal(tacet_bwe_pauses(&b), rows[row].pauses);
    }
}

static void silence_makes_no_pause(void **state)
{
    struct tacet_bwe b;
    int64_t now = TACET_S(5);

    (void)state;
    tacet_bwe_init(&b, 0, 1000000, 1000000);
    run_steadily(&b, now);
    for (int i = 0; i < 30; i++) {
        now += TACET_MS(10);
        (void)tacet_bwe_on_sent(&b, now, 100);
        tacet_bwe_on_timeout(&b, now);
        assert_false(tacet_bwe_pauses(&b));
    }
    report_late(&b, now, TACET_MS(120)); /* of what was sent behind the gap */
    assert_false(tacet_bwe_pauses(&b));
}

static void overdue_report_holds_back_for_a_moment(void **state)
{
    struct tacet_bwe b;
    int64_t now = TACET_S(10);

    (void)state;
    tacet_bwe_init(&b, 0, 1000000, 1000000);
    run_steadily(&b, now);
    assert_int_equal(tacet_bwe_held_until(&b), 0);
    assert_int_equal(tacet_bwe_timeout(&b), INT64_MAX); /* nothing has been sent since */
    (void)tacet_bwe_on_sent(&b, now + TACET_MS(10), 1000);
    int64_t at = tacet_bwe_timeout(&b); /* reports come every 50 ms */
    assert_in_range(at - now, TACET_MS(100), TACET_MS(115));
    tacet_bwe_on_timeout(&b, at - 1);
    assert_int_equal(tacet_bwe_held_until(&b), 0);
    tacet_bwe_on_timeout(&b, at);
    assert_int_equal(tacet_bwe_held_until(&b), at + TACET_MS(100));
    assert_true(tacet_bwe_timeout(&b) > at + TACET_MS(100));
    assert_int_equal(tacet_bwe_target(&b), 1000000);
    report_one(&b, at + TACET_MS(20));
    assert_int_equal(tacet_bwe_held_until(&b), 0);
    /* And not again so soon. */
    (void)tacet_bwe_on_sent(&b, at + TACET_MS(30), 1000);
    tacet_bwe_on_timeout(&b, at + TACET_MS(300));
    assert_int_equal(tacet_bwe_held_until(&b), 0);
}

/* While nothing was sent there was nothing to report. */
static void who_sends_again_is_not_held_back(void **state)
{
    struct tacet_bwe b;
    int64_t now = TACET_S(10);

    (void)state;
    tacet_bwe_init(&b, 0, 1000000, 1000000);
    run_steadily(&b, now);
    now += TACET_S(5);
    (void)tacet_bwe_on_sent(&b, now, 1000);
    tacet_bwe_on_timeout(&b, now);
    assert_int_equal(tacet_bwe_held_until(&b), 0);
    int64_t at = tacet_bwe_timeout(&b);
    assert_in_range(at - now, b.reports.round_trip_us + TACET_MS(100),
                    b.reports.round_trip_us + TACET_MS(115));
    tacet_bwe_on_timeout(&b, at);
    assert_int_equal(tacet_bwe_held_until(&b), at + TACET_MS(100));
}

/* Where reports come now and then only, one more that does not come is nothing. */
static void reports_that_often_fail_are_never_overdue_soon(void **state)
{
    struct tacet_bwe b;
    int64_t now = 0;

    (void)state;
    tacet_bwe_init(&b, 0, 1000000, 1000000);
    for (int i = 0; i < 200; i++) {
        now += TACET_MS(i % 3 == 0 ? 150 : 50);
        (void)tacet_bwe_on_sent(&b, now - TACET_MS(40), 1000);
        tacet_bwe_on_timeout(&b, now);
        report_one(&b, now);
    }
    (void)tacet_bwe_on_sent(&b, now, 1000);
    assert_true(tacet_bwe_timeout(&b) - now > TACET_MS(220));
}

static void silence_holds_back_and_is_forgotten(void **state)
{
    struct tacet_bwe b;
    int64_t now = TACET_MS(200);

    (void)state;
    tacet_bwe_init(&b, 0, 1000000, 1000000);
    (void)tacet_bwe_on_sent(&b, 0, 1000);
    report_one(&b, now);
    assert_int_equal(tacet_bwe_timeout(&b), INT64_MAX); /* nothing was sent since */
    (void)tacet_bwe_on_sent(&b, now, 1000);
    int64_t before = tacet_bwe_target(&b);
    assert_in_range(tacet_bwe_timeout(&b), now + TACET_MS(300), now + TACET_S(1));
    for (int i = 0; i < 20 && tacet_bwe_timeout(&b) < INT64_MAX; i++) {
        assert_true(tacet_bwe_timeout(&b) > now);
        now = tacet_bwe_timeout(&b);
        (void)tacet_bwe_on_sent(&b, now, 1000);
        tacet_bwe_on_timeout(&b, now);
        assert_true(tacet_bwe_target(&b) < before);
        before = tacet_bwe_target(&b);
    }
    assert_int_equal(tacet_bwe_timeout(&b), INT64_MAX);
    assert_in_range(before, 12000, 25000);
    assert_int_equal(tacet_bwe_estimate(&b), 1000000);
    report_one(&b, now + TACET_MS(50));
    assert_int_equal(tacet_bwe_target(&b), 1000000);
}

/* Where the first packets came slowly it begins below that, and does not look for more at once. */
static void way_that_is_thought_narrow_is_begun_with_gently(void **state)
{
    static const struct {
        int64_t thought_bps;
        int64_t begins_bps;
        bool probes;
    } rows[] = {
        { 0, 300000, true },      { 64000, 51200, false }, { 200000, 160000, false },
        { 390000, 300000, true }, { 9000, 12000, false },  { 8000000000, 300000, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_bwe b;
        int64_t rate_bps = 0;
        tacet_bwe_init(&b, 0, 300000, 1600000);
        if (rows[i].thought_bps > 0) {
            tacet_bwe_begin_with(&b, 0, rows[i].thought_bps);
        }
        assert_int_equal(tacet_bwe_target(&b), rows[i].begins_bps);
        assert_int_equal(tacet_bwe_met_capacity(&b, 0), !rows[i].probes);
        (void)tacet_bwe_on_sent(&b, 0, 200);
        assert_int_equal(tacet_bwe_probe(&b, &rate_bps) > 0, rows[i].probes);
    }
}

/* A guess that is lower than the start: nothing was met, and more is looked for once a report has
 * come. */
static void low_beginning_looks_for_more_once_it_is_heard(void **state)
{
    struct tacet_bwe b;
    int64_t rate_bps = 0;

    (void)state;
    tacet_bwe_init(&b, 0, 300000, 1600000);
    tacet_bwe_begin_low(&b, 500000);
    assert_int_equal(tacet_bwe_target(&b), 300000);
    tacet_bwe_begin_low(&b, 120000);
    assert_int_equal(tacet_bwe_target(&b), 120000);
    assert_false(tacet_bwe_met_capacity(&b, 0));
    (void)tacet_bwe_on_sent(&b, 0, 200);
    assert_int_equal(tacet_bwe_probe(&b, &rate_bps), 0);
    for (int64_t now = 0; tacet_bwe_probe(&b, &rate_bps) == 0; now += TACET_MS(20)) {
        assert_true(now < TACET_MS(400));
        struct tacet_packet_result result = {
            .sent_at_us = now,
            .arrived_at_us = now + TACET_MS(50),
            .size = 200,
        };
        tacet_bwe_on_results(&b, now + TACET_MS(100), &result, 1, TACET_MS(100));
    }
    assert_in_range(rate_bps, 240000, 280000);
}

/* More arrives than that: it is asked at once how much. */
static void thought_that_is_refuted_is_forgotten(void **state)
{
    struct tacet_bwe b;

    (void)state;
    tacet_bwe_init(&b, 0, 300000, 1600000);
    tacet_bwe_begin_with(&b, 0, 290000);
    assert_int_equal(b.known_bps, 290000);
    run_steadily(&b, TACET_S(1));
    assert_int_equal(b.known_bps, 0);
    assert_true(b.probing.probe.rate_bps > 0);
}

/* Where a bottleneck shows in them. */
static void trains_are_told_to_the_check_of_losses(void **state)
{
    static const struct {
        int64_t bytes, span_us, sent_span_us, told_bps;
    } rows[] = {
        { 50000, TACET_MS(400), TACET_MS(100), 1000000 },
        { 50000, TACET_MS(400), TACET_MS(400), 0 }, /* they arrive as they left */
        { 0, 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_bwe b;
        tacet_bwe_init(&b, 0, 1000000, 1600000);
        (void)tacet_bwe_on_sent(&b, 0, 1000);
        b.dispersion.bytes = rows[i].bytes;
        b.dispersion.span_us = rows[i].span_us;
        b.dispersion.sent_span_us = rows[i].sent_span_us;
        report_one(&b, TACET_MS(150));
        assert_int_equal(b.loss.trains_bps, rows[i].told_bps);
    }
}

static void limits_of_the_application_are_kept(void **state)
{
    struct tacet_bwe b;

    (void)state;
    tacet_bwe_init(&b, 0, 1000000, 60000);
    assert_int_equal(tacet_bwe_target(&b), 60000);
    tacet_bwe_set_most(&b, TACET_S(1), 20000);
    assert_int_equal(tacet_bwe_target(&b), 20000);
    tacet_bwe_set_most(&b, TACET_S(1), 0);
    assert_true(tacet_bwe_target(&b) > 0);
}

/* An estimate at the limit was held by it, unless by the way. */
static void estimate_goes_with_the_limit_where_no_capacity_was_met(void **state)
{
    struct tacet_bwe b;

    (void)state;
    tacet_bwe_init(&b, 0, 1000000, 60000);
    tacet_bwe_set_most(&b, TACET_S(1), 500000);
    assert_int_equal(tacet_bwe_target(&b), 500000);
    b.last_decrease_us = TACET_S(1);
    tacet_bwe_set_most(&b, TACET_S(2), 900000);
    assert_int_equal(tacet_bwe_target(&b), 500000);
    tacet_bwe_set_most(&b, TACET_S(2), 500000);
    tacet_bwe_set_most(&b, TACET_S(30), 900000);
    assert_int_equal(tacet_bwe_target(&b), 900000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_of_a_small_estimate_is_sent_in_its_time),
        cmocka_unit_test(peer_without_feedback_gets_what_its_reports_allow),
        cmocka_unit_test(peer_that_says_nothing_gets_less),
        cmocka_unit_test(long_round_trip_makes_a_pause),
        cmocka_unit_test(pause_is_short_and_rare),
        cmocka_unit_test(pause_ends_with_the_collapse_of_the_rate),
        cmocka_unit_test(silence_makes_no_pause),
        cmocka_unit_test(overdue_report_holds_back_for_a_moment),
        cmocka_unit_test(who_sends_again_is_not_held_back),
        cmocka_unit_test(reports_that_often_fail_are_never_overdue_soon),
        cmocka_unit_test(silence_holds_back_and_is_forgotten),
        cmocka_unit_test(way_that_is_thought_narrow_is_begun_with_gently),
        cmocka_unit_test(low_beginning_looks_for_more_once_it_is_heard),
        cmocka_unit_test(thought_that_is_refuted_is_forgotten),
        cmocka_unit_test(trains_are_told_to_the_check_of_losses),
        cmocka_unit_test(limits_of_the_application_are_kept),
        cmocka_unit_test(estimate_goes_with_the_limit_where_no_capacity_was_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
