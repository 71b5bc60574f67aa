/*
 * The estimator against simulated ways (bwe_lab.h); every bound holds for each of its seeds. The
 * cases of RFC 8867, with its own figures, are in test_rfc8867.c.
 */
#include "rtp/bwe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "bwe_lab.h"

#define SEEDS 20

static void both_ways(struct lab_flow_config *flow, int64_t jitter_us, int32_t loss_permille,
                      int32_t burst)
{
    flow->way.jitter_us = flow->back.jitter_us = jitter_us;
    flow->way.loss_permille = flow->back.loss_permille = loss_permille;
    flow->way.burst = flow->back.burst = burst;
}

/* Where there is room, neither jitter nor loss keeps the estimate from what is wanted. */
static void room_is_used_in_spite_of_jitter_and_loss(void **state)
{
    static const struct {
        int64_t jitter_us;
        int32_t loss_permille;
        int32_t burst;
        int64_t mean_bps; /* of all seeds; 1600000 are wanted */
        int64_t each_bps;
    } rows[] = {
        { 0, 0, 0, 1598000, 1598000 },       { 20000, 0, 0, 1580000, 1540000 },
        { 30000, 0, 0, 1580000, 1500000 },   { 20000, 100, 0, 1560000, 1500000 },
        { 20000, 300, 0, 1560000, 1500000 }, { 0, 300, 0, 1560000, 1500000 },
        { 20000, 200, 3, 1585000, 1500000 }, { 30000, 300, 5, 1540000, 950000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t sum = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct lab_config config;
            lab_config_init(&config);
            config.seed = seed;
            config.flows[0].most_bps = 1600000;
            both_ways(&config.flows[0], rows[i].jitter_us, rows[i].loss_permille, rows[i].burst);
            struct lab *lab = lab_create(&config);
            lab_run(lab, TACET_S(32));
            int64_t mean = lab_estimate_mean(lab, 0, TACET_S(2), TACET_S(32));
            sum += mean;
            if (mean < rows[i].each_bps) {
                print_error("row %zu, seed %d: %d\n", i, (int)seed, (int)mean);
            }
            assert_true(mean >= rows[i].each_bps);
            lab_free(lab);
        }
        if (sum / SEEDS < rows[i].mean_bps) {
            print_error("row %zu: mean %d\n", i, (int)(sum / SEEDS));
        }
        assert_true(sum / SEEDS >= rows[i].mean_bps);
    }
}

/* Where nothing jitters trains of packets tell the capacity: it is not looked for by filling the
 * queue. */
static void capacity_that_trains_tell_is_not_exceeded(void **state)
{
    static const int64_t rates_bps[] = { 1000000, 1500000, 2500000 };

    (void)state;
    for (size_t i = 0; i < sizeof(rates_bps) / sizeof(rates_bps[0]); i++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct lab_config config;
            lab_config_init(&config);
            config.seed = seed;
            config.rate_bps[0] = rates_bps[i];
            config.flows[0].most_bps = 2 * rates_bps[i];
            struct lab *lab = lab_create(&config);
            int64_t most_bps = 0;
            for (int64_t at = TACET_S(20); at <= TACET_S(60); at += TACET_MS(100)) {
                lab_run(lab, at);
                int64_t bps = lab_bwe(lab, 0)->estimate_bps;
                most_bps = bps > most_bps ? bps : most_bps;
            }
            int64_t mean_bps = lab_estimate_mean(lab, 0, TACET_S(20), TACET_S(60));
            if (mean_bps * 100 < rates_bps[i] * 90 || most_bps * 100 > rates_bps[i] * 98) {
                print_error("row %zu, seed %d: %d, %d\n", i, (int)seed, (int)mean_bps,
                            (int)most_bps);
            }
            assert_true(mean_bps * 100 >= rates_bps[i] * 90);
            assert_true(most_bps * 100 <= rates_bps[i] * 98);
            lab_free(lab);
        }
    }
}

static void capacity_that_falls_and_returns_is_followed(void **state)
{
    static const struct {
        int64_t jitter_us;
        int64_t back_us; /* above 1500 kbit/s again, so long after the recovery */
    } rows[] = { { 0, TACET_S(5) }, { 20000, TACET_S(9) } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int in_time = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct lab_config config;
            lab_config_init(&config);
            config.seed = seed;
            both_ways(&config.flows[0], rows[i].jitter_us, 0, 0);
            config.steps[0] = (struct lab_step){ TACET_S(20), 0, 500000 };
            config.steps[1] = (struct lab_step){ TACET_S(40), 0, 2500000 };
            struct lab *lab = lab_create(&config);
            lab_run(lab, TACET_S(60));
            assert_true(lab_rate(lab, 0, TACET_S(2), TACET_S(20)) > 2000000);
            assert_true(lab_rate(lab, 0, TACET_S(22), TACET_S(40)) > 400000);
            assert_true(lab_longest_above(lab, 0, 0, TACET_S(20), 2750000) <= TACET_S(1));
            assert_true(lab_longest_above(lab, 0, TACET_S(20), TACET_S(40), 550000) <= TACET_S(1));
            assert_true(lab_latency(lab, 0, 0, TACET_S(60), 50) <= TACET_MS(110));
            assert_true(lab_latency(lab, 0, 0, TACET_S(60), 95) <= TACET_MS(250));
            assert_true(lab_latency(lab, 0, 0, TACET_S(60), 100) <= TACET_MS(700));
            int64_t back_us = lab_reached(lab, 0, TACET_S(40), 1500000) - TACET_S(40);
            assert_true(back_us <= rows[i].back_us);
            in_time += back_us <= TACET_S(5);
            lab_free(lab);
        }
        assert_true(in_time >= SEEDS * 8 / 10);
    }
}

/* The capacity of a radio link that loses a fifth behind its queue is held all the same. */
static void small_capacity_is_held_with_20_percent_loss(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct lab_config config;
        lab_config_init(&config);
        config.seed = seed;
        config.rate_bps[0] = 600000;
        config.flows[0].most_bps = 1600000;
        both_ways(&config.flows[0], seed % 2 == 0 ? 0 : 20000, 200, 0);
        struct lab *lab = lab_create(&config);
        lab_run(lab, TACET_S(60));
        assert_true(lab_rate(lab, 0, TACET_S(3), TACET_S(60)) > 440000);
        assert_true(lab_longest_above(lab, 0, 0, TACET_S(60), 660000) <= TACET_S(1));
        assert_true(lab_latency(lab, 0, TACET_S(2), TACET_S(60), 95) <= TACET_MS(300));
        lab_free(lab);
    }
}

static void assert_shares(struct lab *lab, int flows, int64_t from_us, int64_t to_us,
                          int64_t low_percent, int64_t high_percent)
{
    int64_t sum = 0;

    for (int i = 0; i < flows; i++) {
        sum += lab_rate(lab, i, from_us, to_us);
    }
    for (int i = 0; i < flows; i++) {
        int64_t percent = lab_rate(lab, i, from_us, to_us) * 100 / sum;
        if (percent < low_percent || percent > high_percent) {
            print_error("flow %d: %d percent\n", i, (int)percent);
        }
        assert_in_range(percent, low_percent, high_percent);
    }
}

/* Flows of one kind at one bottleneck; the second may come late, or have a longer way. */
static void two_flows_share_fairly(void **state)
{
    static const struct {
        int64_t jitter_us;
        int64_t delay_us; /* of the second */
        int64_t begin_us;
    } rows[] = {
        { 0, TACET_MS(50), 0 },
        { 20000, TACET_MS(50), 0 },
        { 0, TACET_MS(50), TACET_S(20) },
        { 0, TACET_MS(100), 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct lab_config config;
            lab_config_init(&config);
            config.seed = seed;
            config.flow_count = 2;
            both_ways(&config.flows[0], rows[i].jitter_us, 0, 0);
            both_ways(&config.flows[1], rows[i].jitter_us, 0, 0);
            config.flows[1].begin_us = rows[i].begin_us;
            config.flows[1].way.delay_us = rows[i].delay_us;
            config.flows[1].back.delay_us = rows[i].delay_us;
            struct lab *lab = lab_create(&config);
            int64_t from = rows[i].begin_us + TACET_S(30);
            lab_run(lab, from + TACET_S(60));
            assert_shares(lab, 2, from, from + TACET_S(60), 35, 65);
            assert_true(lab_rate(lab, 0, from, from + TACET_S(60)) +
                            lab_rate(lab, 1, from, from + TACET_S(60)) >
                        2000000);
            lab_free(lab);
        }
    }
}

/* A flow that pauses finds its rate again, and lets go of it meanwhile. */
static void paused_flow_comes_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct lab_config config;
        lab_config_init(&config);
        config.seed = seed;
        config.flow_count = 2;
        config.flows[1].pause_us = TACET_S(40);
        config.flows[1].resume_us = TACET_S(60);
        struct lab *lab = lab_create(&config);
        lab_run(lab, TACET_S(110));
        assert_true(lab_rate(lab, 0, TACET_S(48), TACET_S(60)) > 1800000);
        assert_true(lab_rate(lab, 1, TACET_S(65), TACET_S(80)) > 500000);
        assert_shares(lab, 2, TACET_S(80), TACET_S(110), 30, 70);
        lab_free(lab);
    }
}

/* A way that becomes longer looks like a queue, and what it loses by itself as if that were full:
 * neither goes away when less is sent. */
static void way_that_becomes_longer_and_loses_is_lived_with(void **state)
{
    static const struct {
        int32_t loss_permille;
        int32_t burst;
        int64_t mean_us; /* from 2 s after it on, until 1000 kbit/s are there; of all seeds */
        int64_t each_us;
    } rows[] = {
        { 0, 1, TACET_MS(1200), TACET_MS(2500) }, { 50, 1, TACET_MS(2500), TACET_S(8) },
        { 100, 3, TACET_MS(4000), TACET_S(10) },  { 140, 5, TACET_S(7), TACET_S(15) },
        { 200, 1, TACET_S(8), TACET_S(17) },      { 300, 3, TACET_S(11), TACET_S(25) },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t sum_us = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct lab_config config;
            lab_config_init(&config);
            config.seed = seed;
            config.flows[0].way.delay_us = config.flows[0].back.delay_us = TACET_MS(10);
            config.flows[0].moves_us = TACET_S(10);
            config.flows[0].moved = (struct tacet_link_config){
                .delay_us = TACET_MS(85),
                .loss_permille = rows[i].loss_permille,
                .burst = rows[i].burst,
            };
            struct lab *lab = lab_create(&config);
            lab_run(lab, TACET_S(40));
            int64_t back_us = lab_reached(lab, 0, TACET_S(12), 1000000) - TACET_S(12);
            sum_us += back_us;
            if (back_us > rows[i].each_us) {
                print_error("row %zu, seed %d: %d ms\n", i, (int)seed, (int)(back_us / 1000));
            }
            assert_true(back_us <= rows[i].each_us);
            lab_free(lab);
        }
        if (sum_us / SEEDS > rows[i].mean_us) {
            print_error("row %zu: mean %d ms\n", i, (int)(sum_us / SEEDS / 1000));
        }
        assert_true(sum_us / SEEDS <= rows[i].mean_us);
    }
}

/* The first probe is the first key frame: the wanted rate is there at once. */
static void start_takes_no_time(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct lab_config config;
        lab_config_init(&config);
        config.seed = seed;
        config.rate_bps[0] = 5000000;
        config.flows[0].most_bps = 1600000;
        struct lab *lab = lab_create(&config);
        lab_run(lab, TACET_S(2));
        assert_true(lab_reached(lab, 0, 0, 1500000) <= TACET_MS(400));
        lab_free(lab);
    }
}

/* --- without a laboratory --- */

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
        cmocka_unit_test(room_is_used_in_spite_of_jitter_and_loss),
        cmocka_unit_test(capacity_that_trains_tell_is_not_exceeded),
        cmocka_unit_test(capacity_that_falls_and_returns_is_followed),
        cmocka_unit_test(small_capacity_is_held_with_20_percent_loss),
        cmocka_unit_test(two_flows_share_fairly),
        cmocka_unit_test(paused_flow_comes_back),
        cmocka_unit_test(way_that_becomes_longer_and_loses_is_lived_with),
        cmocka_unit_test(start_takes_no_time),
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
        cmocka_unit_test(limits_of_the_application_are_kept),
        cmocka_unit_test(estimate_goes_with_the_limit_where_no_capacity_was_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
