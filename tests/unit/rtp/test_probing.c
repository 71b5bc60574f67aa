/* When the way is probed, and how fast. */
#include "rtp/probing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define SIZE 1200
#define ESTIMATE_BPS 500000
#define MOST_BPS 5000000
#define ROUND_TRIP_US TACET_MS(100)

static const struct tacet_dispersion unknown = { 0 };

/* Trains that arrive at that rate, and left four times faster. */
static struct tacet_dispersion trains_at(int64_t bps)
{
    return (struct tacet_dispersion){
        .bytes = 50000,
        .span_us = INT64_C(50000) * 8000000 / bps,
        .sent_span_us = INT64_C(50000) * 2000000 / bps,
    };
}

/* One probe, all of which arrives as fast as `capacity_bps` lets it; returns when it has ended. */
static int64_t probe(struct tacet_probing *p, int64_t now, int64_t capacity_bps,
                     enum tacet_probe_outcome *ret_outcome)
{
    int64_t bps = 0;
    int64_t free_at = 0;

    tacet_probing_begin(p, now, ESTIMATE_BPS, MOST_BPS, 0);
    for (int64_t rate_bps = p->probe.rate_bps; tacet_probe_left(&p->probe) > 0;) {
        struct tacet_packet_result result = { .sent_at_us = now, .size = SIZE };
        result.probe = tacet_probe_on_sent(&p->probe, now, SIZE);
        free_at = (free_at > now ? free_at : now) + INT64_C(8000000) * SIZE / capacity_bps;
        result.arrived_at_us = free_at;
        tacet_probe_add(&p->probe, &result);
        now += INT64_C(8000000) * SIZE / rate_bps;
    }
    *ret_outcome = tacet_probing_update(p, now, ROUND_TRIP_US, 0, &bps);
    return now;
}

/* The first time from `now` on, in steps of 10 ms. */
static int64_t due_at(const struct tacet_probing *p, int64_t now,
                      const struct tacet_dispersion *trains)
{
    while (!tacet_probing_is_due(p, now, ESTIMATE_BPS, trains)) {
        now += TACET_MS(10);
        assert_true(now < TACET_S(100));
    }
    return now;
}

static void rate_is_told_by_what_became_of_the_last(void **state)
{
    static const struct {
        int32_t begun;
        bool succeeded;
        int64_t estimate_bps, most_bps, noise_us;
        int64_t rate_bps, bytes;
    } rows[] = {
        { 0, false, 500000, MOST_BPS, 0, 1500000, 11250 },
        { 1, false, 500000, MOST_BPS, 0, 1000000, 7500 },
        { 3, true, 500000, MOST_BPS, 0, 1000000, 7500 },
        { 3, false, 1000000, MOST_BPS, 0, 1500000, 11250 },
        { 3, false, 1000000, MOST_BPS, TACET_MS(10), 1500000, 22500 }, /* outlasts the jitter */
        { 3, false, 1000000, MOST_BPS, TACET_S(1), 1500000, 28125 },
        { 3, false, 1000000, 1200000, 0, 1380000, 10350 },
        { 3, false, 20000, MOST_BPS, 0, 100000, 5000 }, /* no slower, nor shorter */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_probing p;
        tacet_probing_init(&p, 0);
        p.begun = rows[i].begun;
        p.succeeded = rows[i].succeeded;
        tacet_probing_begin(&p, 0, rows[i].estimate_bps, rows[i].most_bps, rows[i].noise_us);
        assert_int_equal(p.probe.rate_bps, rows[i].rate_bps);
        assert_int_equal(p.probe.bytes, rows[i].bytes);
        assert_int_equal(p.begun, rows[i].begun < 3 ? rows[i].begun + 1 : 3);
        assert_false(tacet_probing_is_due(&p, TACET_S(50), ESTIMATE_BPS, &unknown));
    }
}

static int64_t next_rate_bps(struct tacet_probing p)
{
    tacet_probing_begin(&p, TACET_S(50), ESTIMATE_BPS, MOST_BPS, 0);
    return p.probe.rate_bps;
}

static void rate_is_high_only_behind_one_that_was_taken(void **state)
{
    struct tacet_probing p;
    enum tacet_probe_outcome outcome;

    (void)state;
    tacet_probing_init(&p, 0);
    p.begun = 3;
    for (int turn = 0; turn < 2; turn++) {
        int64_t now = probe(&p, TACET_S(5), 10000000, &outcome);
        assert_int_equal(outcome, TACET_PROBE_THROUGH);
        assert_int_equal(next_rate_bps(p), 150 * ESTIMATE_BPS / 100);
        tacet_probing_on_success(&p, now, ROUND_TRIP_US);
        assert_int_equal(next_rate_bps(p), 200 * ESTIMATE_BPS / 100);
    }
}

/* Nothing is heard of it: it is given up when a report of it is overdue. */
static void silence_is_waited_for(void **state)
{
    struct tacet_probing p;
    int64_t bps;

    (void)state;
    tacet_probing_init(&p, 0);
    tacet_probing_begin(&p, TACET_S(5), ESTIMATE_BPS, MOST_BPS, 0);
    while (tacet_probe_left(&p.probe) > 0) {
        (void)tacet_probe_on_sent(&p.probe, TACET_S(5), SIZE);
    }
    assert_int_equal(tacet_probing_update(&p, TACET_S(5) + TACET_MS(390), ROUND_TRIP_US, 0, &bps),
                     TACET_PROBE_OPEN);
    assert_int_equal(tacet_probing_update(&p, TACET_S(5) + TACET_MS(410), ROUND_TRIP_US, 0, &bps),
                     TACET_PROBE_FAILED);
    assert_int_equal(due_at(&p, 0, &unknown), TACET_S(5) + TACET_MS(610));
}

static void next_one_comes_by_what_tells_of_room(void **state)
{
    const struct tacet_dispersion room = trains_at(800000);
    const struct tacet_dispersion none = trains_at(550000);
    const struct {
        int32_t begun;
        bool success, decrease, put_off, hasten;
        const struct tacet_dispersion *trains;
        int64_t after_ms;
    } rows[] = {
        { 0, false, false, false, false, &none, 200 }, /* at the start nothing needs to tell */
        { 2, false, false, false, false, &unknown, 2500 },
        { 3, false, false, false, false, &room, 2500 },
        { 3, false, false, false, false, &none, 8000 },
        { 3, true, false, false, false, &none, 100 },
        { 3, true, false, true, false, &none, 8000 },
        { 3, true, true, false, false, &room, 2000 },
        { 3, false, true, false, true, &none, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_probing p;
        enum tacet_probe_outcome outcome;
        tacet_probing_init(&p, 0);
        p.begun = rows[i].begun;
        int64_t now = probe(&p, TACET_S(5), 10000000, &outcome);
        assert_int_equal(outcome, TACET_PROBE_THROUGH);
        if (rows[i].success) {
            tacet_probing_on_success(&p, now, ROUND_TRIP_US);
        }
        if (rows[i].decrease) {
            tacet_probing_on_decrease(&p, now);
        }
        if (rows[i].put_off) {
            tacet_probing_put_off(&p, now);
        }
        if (rows[i].hasten) {
            tacet_probing_hasten(&p, now);
        }
        assert_int_equal((due_at(&p, now, rows[i].trains) - now) / 1000, rows[i].after_ms);
    }
}

static void who_has_a_guess_already_waits_with_the_first(void **state)
{
    const struct tacet_dispersion none = trains_at(550000);
    struct tacet_probing p;

    (void)state;
    tacet_probing_init(&p, TACET_S(1));
    assert_int_equal(due_at(&p, TACET_S(1), &unknown), TACET_S(1));
    tacet_probing_begin_late(&p, TACET_S(1));
    assert_int_equal(due_at(&p, TACET_S(1), &unknown), TACET_MS(3500));
    tacet_probing_put_off(&p, TACET_S(1));
    assert_int_equal(due_at(&p, TACET_S(1), &none), TACET_S(9));
}

/* The first is then as the second else: no more than twice the estimate. */
static void low_beginning_is_no_reason_to_begin_high(void **state)
{
    struct tacet_probing p;

    (void)state;
    tacet_probing_init(&p, TACET_S(1));
    tacet_probing_begin_heard(&p);
    tacet_probing_begin(&p, TACET_S(1), 120000, MOST_BPS, 0);
    assert_int_equal(p.probe.rate_bps, 240000);
    /* Nor is one that fails the last of the beginning. */
    tacet_probing_begin(&p, TACET_S(2), 120000, MOST_BPS, 0);
    assert_int_equal(p.probe.rate_bps, 240000);
}

static void probe_excuses_a_short_queue_for_a_moment(void **state)
{
    struct tacet_probing p;
    enum tacet_probe_outcome outcome;

    (void)state;
    tacet_probing_init(&p, TACET_S(1));
    assert_false(tacet_probing_excuses(&p, TACET_S(1), 0));
    tacet_probing_begin(&p, TACET_S(1), ESTIMATE_BPS, MOST_BPS, 0);
    assert_true(tacet_probing_excuses(&p, TACET_S(1), TACET_MS(60)));
    assert_false(tacet_probing_excuses(&p, TACET_S(1), TACET_MS(80)));
    int64_t now = probe(&p, TACET_S(2), 600000, &outcome);
    assert_int_equal(outcome, TACET_PROBE_LIMITED);
    assert_true(tacet_probing_excuses(&p, now + TACET_MS(390), TACET_MS(60)));
    assert_false(tacet_probing_excuses(&p, now + TACET_MS(410), TACET_MS(60)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_is_told_by_what_became_of_the_last),
        cmocka_unit_test(rate_is_high_only_behind_one_that_was_taken),
        cmocka_unit_test(silence_is_waited_for),
        cmocka_unit_test(next_one_comes_by_what_tells_of_room),
        cmocka_unit_test(who_has_a_guess_already_waits_with_the_first),
        cmocka_unit_test(low_beginning_is_no_reason_to_begin_high),
        cmocka_unit_test(probe_excuses_a_short_queue_for_a_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
