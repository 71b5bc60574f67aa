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

/* Pictures that need little leave the estimate far above what is sent. Where the way falls below
 * even that, the queue is theirs, and what gets through tells what it carries. */
static void fall_below_the_little_that_is_sent_is_followed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct lab_config config;
        lab_config_init(&config);
        config.seed = seed;
        both_ways(&config.flows[0], seed % 2 == 0 ? 0 : 10000, 0, 0);
        config.flows[0].content_bps = 650000;
        config.steps[0] = (struct lab_step){ TACET_S(20), 0, 500000 };
        struct lab *lab = lab_create(&config);
        lab_run(lab, TACET_S(40));
        assert_true(lab_estimate_mean(lab, 0, TACET_S(15), TACET_S(20)) > 2000000);
        assert_true(lab_longest_above(lab, 0, TACET_S(20), TACET_S(40), 550000) <= TACET_S(1));
        assert_true(lab_estimate_mean(lab, 0, TACET_MS(21200), TACET_S(22)) <= 500000);
        assert_true(lab_rate(lab, 0, TACET_S(22), TACET_S(40)) > 400000);
        assert_true(lab_latency(lab, 0, TACET_S(20), TACET_S(40), 95) <= TACET_MS(200));
        lab_free(lab);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_used_in_spite_of_jitter_and_loss),
        cmocka_unit_test(capacity_that_trains_tell_is_not_exceeded),
        cmocka_unit_test(capacity_that_falls_and_returns_is_followed),
        cmocka_unit_test(fall_below_the_little_that_is_sent_is_followed),
        cmocka_unit_test(small_capacity_is_held_with_20_percent_loss),
        cmocka_unit_test(two_flows_share_fairly),
        cmocka_unit_test(paused_flow_comes_back),
        cmocka_unit_test(way_that_becomes_longer_and_loses_is_lived_with),
        cmocka_unit_test(start_takes_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
