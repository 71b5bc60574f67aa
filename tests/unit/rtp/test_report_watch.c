/* Reports that are late, overdue or missing. */
#include "rtp/report_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define INTERVAL_US TACET_MS(50)
#define ROUND_TRIP_US TACET_MS(100)
#define BPS 1000000

/* A packet and a report of it every 50 ms; returns when the last one came. */
static int64_t run(struct tacet_report_watch *w, int64_t from, int reports)
{
    for (int i = 0; i < reports; i++) {
        from += INTERVAL_US;
        tacet_report_watch_on_results(w, from);
        tacet_report_watch_on_round_trip(w, from, ROUND_TRIP_US, BPS);
        tacet_report_watch_on_sent(w, from);
    }
    return from;
}

static void late_report_makes_a_pause_that_ends(void **state)
{
    static const struct {
        int64_t round_trip_ms;
        int64_t falls_to; /* the estimate, at once; 0: it does not */
        bool pauses;
    } rows[] = {
        { 120, 0, false },
        { 300, 0, true },
        { 300, BPS * 6 / 10, true }, /* the queue's beginning only */
        { 300, BPS * 4 / 10, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_report_watch w;
        tacet_report_watch_init(&w);
        int64_t now = run(&w, TACET_S(1), 100) + INTERVAL_US;
        tacet_report_watch_on_results(&w, now);
        tacet_report_watch_on_round_trip(&w, now, TACET_MS(rows[i].round_trip_ms), BPS);
        if (rows[i].falls_to > 0) {
            tacet_report_watch_on_decrease(&w, now, rows[i].falls_to);
        }
        assert_int_equal(w.pauses, rows[i].pauses);
        if (rows[i].pauses) {
            assert_int_equal(tacet_report_watch_timeout(&w), now + TACET_MS(300));
            tacet_report_watch_on_timeout(&w, now + TACET_MS(300));
        }
        assert_false(w.pauses);
        /* Not again at once. */
        tacet_report_watch_on_round_trip(&w, now + TACET_MS(310), TACET_S(1), BPS);
        assert_int_equal(w.pauses, i == 0);
    }
}

static void overdue_report_holds_for_a_moment_and_seldom(void **state)
{
    struct tacet_report_watch w;

    (void)state;
    tacet_report_watch_init(&w);
    int64_t now = run(&w, TACET_S(1), 100);
    int64_t due = tacet_report_watch_timeout(&w);
    assert_in_range(due - now, INTERVAL_US + TACET_MS(60), INTERVAL_US + TACET_MS(65));
    tacet_report_watch_on_timeout(&w, due - 1);
    assert_int_equal(w.held_until_us, 0);
    tacet_report_watch_on_timeout(&w, due);
    assert_int_equal(w.held_until_us, due + TACET_MS(100));
    now = run(&w, due, 10);
    assert_int_equal(w.held_until_us, 0);
    assert_true(tacet_report_watch_timeout(&w) > now + TACET_MS(500)); /* silence is next */
    now = run(&w, now, 200);
    assert_true(tacet_report_watch_timeout(&w) < now + TACET_MS(130));
}

static void overdue_report_that_was_long_on_its_way_makes_a_pause(void **state)
{
    static const struct {
        bool overdue;
        int64_t round_trip_ms[2]; /* of the two reports that come then */
        bool pauses[2];
        int64_t falls_to; /* the estimate, between them; 0: it does not */
    } rows[] = {
        { true, { 140, 140 }, { true, true }, 0 },
        { true, { 140, 110 }, { true, false }, 0 },
        { true, { 110, 300 }, { false, false }, 0 }, /* not again so soon after a decrease */
        { true, { 110, 140 }, { false, false }, 0 }, /* the first one came in time: all is well */
        { false, { 140, 140 }, { false, false }, 0 },
        { true, { 120, 140 }, { false, false }, 0 },
        { true, { 140, 140 }, { true, true }, BPS * 6 / 10 },
        { true, { 140, 140 }, { true, false }, BPS * 4 / 10 }, /* which does what it was for */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_report_watch w;
        tacet_report_watch_init(&w);
        int64_t now = run(&w, TACET_S(1), 100);
        tacet_report_watch_on_decrease(&w, now, BPS * 9 / 10); /* a little, for another reason */
        if (rows[i].overdue) {
            now = tacet_report_watch_timeout(&w);
            tacet_report_watch_on_timeout(&w, now);
            assert_true(w.held_until_us > now);
        }
        for (int k = 0; k < 2; k++) {
            now += TACET_MS(20);
            tacet_report_watch_on_results(&w, now);
            tacet_report_watch_on_round_trip(&w, now, TACET_MS(rows[i].round_trip_ms[k]), BPS);
            assert_int_equal(w.pauses, rows[i].pauses[k]);
            if (k == 0 && rows[i].falls_to > 0) {
                tacet_report_watch_on_decrease(&w, now, rows[i].falls_to);
            }
        }
    }
}

static void way_that_has_become_longer_pauses_once(void **state)
{
    struct tacet_report_watch w;
    int64_t paused_us = 0;

    (void)state;
    tacet_report_watch_init(&w);
    (void)run(&w, TACET_S(1), 100);
    int64_t now = tacet_report_watch_timeout(&w);
    tacet_report_watch_on_timeout(&w, now);
    for (int64_t end = now + TACET_S(5); now < end; now += INTERVAL_US) {
        tacet_report_watch_on_results(&w, now);
        tacet_report_watch_on_round_trip(&w, now, ROUND_TRIP_US + TACET_MS(40), BPS);
        tacet_report_watch_on_sent(&w, now);
        paused_us += w.pauses ? INTERVAL_US : 0;
    }
    assert_in_range(paused_us, TACET_MS(50), TACET_MS(300));
}

static void silence_lowers_what_is_sent_step_by_step(void **state)
{
    struct tacet_report_watch w;
    int steps = 0;

    (void)state;
    tacet_report_watch_init(&w);
    int64_t now = run(&w, TACET_S(1), 100);
    while (tacet_report_watch_timeout(&w) < TACET_S(60)) {
        tacet_report_watch_on_timeout(&w, tacet_report_watch_timeout(&w));
        assert_true(++steps < 20);
    }
    assert_in_range(w.held_permille, 10, 20);
    (void)run(&w, now + TACET_S(60), 1);
    assert_int_equal(w.held_permille, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_report_makes_a_pause_that_ends),
        cmocka_unit_test(overdue_report_holds_for_a_moment_and_seldom),
        cmocka_unit_test(overdue_report_that_was_long_on_its_way_makes_a_pause),
        cmocka_unit_test(way_that_has_become_longer_pauses_once),
        cmocka_unit_test(silence_lowers_what_is_sent_step_by_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
