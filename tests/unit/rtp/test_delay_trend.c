/* Queues and jitter, told apart by delays alone. */
#include "rtp/delay_trend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#include "sim/link.h"

#define CLOCK_US INT64_C(-987654321)

struct stream {
    struct tacet_delay_trend trend;
    struct tacet_link link;
    int64_t now;
    int64_t drift_ppm;
    int overuses;
    int64_t first_overuse_us; /* -1: none */
};

static void begin(struct stream *s, const struct tacet_link_config *config, uint64_t seed)
{
    *s = (struct stream){ .first_overuse_us = -1 };
    tacet_delay_trend_init(&s->trend);
    tacet_link_init(&s->link, config, seed, 0);
}

/* Packets of that size and distance; looks every 50 ms. */
static void run(struct stream *s, int64_t for_us, size_t size, int64_t apart_us)
{
    int64_t end = s->now + for_us;

    for (; s->now < end; s->now += apart_us) {
        int64_t at_us[2];
        if (tacet_link_send(&s->link, s->now, size, at_us) > 0) {
            int64_t arrived = at_us[0] + at_us[0] * s->drift_ppm / 1000000 + CLOCK_US;
            tacet_delay_trend_add(&s->trend, s->now, arrived);
        }
        if (s->now % TACET_MS(50) < apart_us) {
            tacet_delay_trend_update(&s->trend);
            s->overuses += s->trend.overuse;
            if (s->trend.overuse && s->first_overuse_us < 0) {
                s->first_overuse_us = s->now;
            }
        }
    }
}

static void jitter_alone_is_no_overuse(void **state)
{
    static const struct {
        int64_t jitter_us;
        int32_t loss_permille;
        int32_t burst;
        int64_t apart_us;
        int most; /* of 1200 looks */
    } rows[] = {
        { 0, 0, 0, 6000, 0 },       { 10000, 0, 0, 6000, 0 },   { 20000, 0, 0, 6000, 1 },
        { 30000, 0, 0, 6000, 6 },   { 20000, 0, 0, 20000, 6 },  { 20000, 200, 0, 6000, 2 },
        { 20000, 200, 3, 6000, 4 }, { 30000, 300, 0, 6000, 6 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int sum = 0;
        for (uint64_t seed = 1; seed <= 10; seed++) {
            struct tacet_link_config config = {
                .delay_us = TACET_MS(50),
                .jitter_us = rows[i].jitter_us,
                .loss_permille = rows[i].loss_permille,
                .burst = rows[i].burst,
            };
            struct stream s;
            begin(&s, &config, seed);
            run(&s, TACET_S(60), 1000, rows[i].apart_us);
            sum += s.overuses;
        }
        if (sum > rows[i].most * 10) {
            print_error("row %zu: %d overuses in ten minutes\n", i, sum);
        }
        assert_true(sum <= rows[i].most * 10);
    }
}

static void growing_queue_is_found_in_time(void **state)
{
    static const struct {
        int64_t jitter_us;
        int64_t rate_bps; /* what is left; 1.37 Mbit/s are sent */
        int64_t within_us;
    } rows[] = {
        { 0, 300000, TACET_MS(150) },     { 0, 1200000, TACET_MS(450) },
        { 20000, 300000, TACET_MS(250) }, { 20000, 1200000, TACET_MS(900) },
        { 30000, 600000, TACET_MS(500) },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct tacet_link_config config = { .delay_us = TACET_MS(50),
                                                .jitter_us = rows[i].jitter_us };
            struct stream s;
            begin(&s, &config, seed);
            run(&s, TACET_S(12), 1000, TACET_MS(6));
            s.first_overuse_us = -1;
            s.link.config.rate_bps = rows[i].rate_bps;
            s.link.config.queue_us = TACET_S(5);
            run(&s, TACET_S(3), 1000, TACET_MS(6));
            assert_in_range(s.first_overuse_us, TACET_S(12), TACET_S(12) + rows[i].within_us);
        }
    }
}

static void standing_queue_stays_a_queue(void **state)
{
    struct tacet_link_config config = { .delay_us = TACET_MS(50) };
    struct stream s;

    (void)state;
    begin(&s, &config, 1);
    run(&s, TACET_S(5), 1000, TACET_MS(6));
    s.link.config.delay_us = TACET_MS(150);
    run(&s, TACET_S(10), 1000, TACET_MS(6));
    assert_in_range(s.trend.queue_us, TACET_MS(99), TACET_MS(101));
    assert_true(s.trend.overuse);
    assert_false(s.trend.calm);
    /* After half a minute it is the way itself that is longer. */
    run(&s, TACET_S(25), 1000, TACET_MS(6));
    assert_in_range(s.trend.queue_us, 0, TACET_MS(1));
    assert_true(s.trend.calm);
}

static void drifting_clock_is_no_queue(void **state)
{
    static const int64_t drifts_ppm[] = { -300, 300 };

    (void)state;
    for (size_t i = 0; i < sizeof(drifts_ppm) / sizeof(drifts_ppm[0]); i++) {
        struct tacet_link_config config = { .delay_us = TACET_MS(50) };
        struct stream s;
        begin(&s, &config, 1);
        s.drift_ppm = drifts_ppm[i];
        run(&s, TACET_S(300), 1000, TACET_MS(10));
        assert_int_equal(s.overuses, 0);
        assert_in_range(s.trend.queue_us, 0, TACET_MS(12));
        assert_true(s.trend.calm);
    }
}

/* Nothing that arrived was without it, but the round trip has told. */
static void queue_that_stood_before_the_first_report_is_seen(void **state)
{
    static const int64_t queues_us[] = { 0, TACET_MS(150) };

    (void)state;
    for (size_t i = 0; i < sizeof(queues_us) / sizeof(queues_us[0]); i++) {
        struct tacet_delay_trend trend;
        tacet_delay_trend_init(&trend);
        tacet_delay_trend_begin_with(&trend, queues_us[i]);
        for (int64_t sent_us = 0; sent_us < TACET_S(1); sent_us += TACET_MS(10)) {
            tacet_delay_trend_add(&trend, sent_us, sent_us + TACET_MS(200));
            tacet_delay_trend_update(&trend);
        }
        assert_int_equal(trend.queue_us, queues_us[i]);
        assert_int_equal(trend.calm, queues_us[i] == 0);
        assert_int_equal(trend.overuse, queues_us[i] > 0);
    }
}

/* A peer may tell of any clock. Undefined behaviour fails here under UBSan. */
static void clock_that_jumps_gives_no_false_slope(void **state)
{
    static const int64_t jumps_us[] = { TACET_S(3600 * 24 * 30), TACET_S(3600LL * 24 * 365 * 100) };

    (void)state;
    for (size_t i = 0; i < sizeof(jumps_us) / sizeof(jumps_us[0]); i++) {
        struct tacet_delay_trend trend;
        int64_t sent_us = 0;
        tacet_delay_trend_init(&trend);
        for (; sent_us < TACET_S(4); sent_us += TACET_MS(10)) {
            int64_t jump_us = sent_us < TACET_S(2) ? 0 : jumps_us[i];
            tacet_delay_trend_add(&trend, sent_us, sent_us + jump_us);
            tacet_delay_trend_update(&trend);
            assert_int_equal(trend.slope_us_per_s, 0);
        }
        tacet_delay_trend_accept(&trend);
        tacet_delay_trend_add(&trend, sent_us, sent_us + jumps_us[i]);
        tacet_delay_trend_update(&trend);
        assert_true(trend.calm);
    }
}

/* The peer's clock may stand anywhere, and pass zero. */
static void queue_is_remembered_whatever_the_clock(void **state)
{
    static const int64_t clocks_us[] = { 0, TACET_S(77), -TACET_S(3), -TACET_S(10), -TACET_S(13) };

    (void)state;
    for (size_t i = 0; i < sizeof(clocks_us) / sizeof(clocks_us[0]); i++) {
        struct tacet_delay_trend trend;
        tacet_delay_trend_init(&trend);
        for (int64_t at = 0; at < TACET_S(20); at += TACET_MS(10)) {
            int64_t queue_us = at < TACET_S(2) ? 0 : TACET_MS(60);
            tacet_delay_trend_add(&trend, at, at + queue_us + clocks_us[i]);
            tacet_delay_trend_update(&trend);
        }
        assert_in_range(trend.queue_us, TACET_MS(59), TACET_MS(60));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jitter_alone_is_no_overuse),
        cmocka_unit_test(growing_queue_is_found_in_time),
        cmocka_unit_test(standing_queue_stays_a_queue),
        cmocka_unit_test(drifting_clock_is_no_queue),
        cmocka_unit_test(queue_that_stood_before_the_first_report_is_seen),
        cmocka_unit_test(queue_is_remembered_whatever_the_clock),
        cmocka_unit_test(clock_that_jumps_gives_no_false_slope),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
