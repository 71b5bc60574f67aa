/* Trains of packets through bottlenecks, and what their arrival tells. */
#include "rtp/dispersion.h"

#include "base/limits.h"
#include "sim/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SIZE 1200
#define ESTIMATE_BPS 500000

/* A train of four at four times the estimate each 33 ms, as the pacer sends them, for some seconds:
 * behind a queue served at `rate_bps`, with jitter that keeps the order. */
static struct tacet_dispersion measured(int64_t rate_bps, int64_t jitter_us, int32_t lost_every,
                                        uint64_t seed)
{
    struct tacet_dispersion d = { 0 };
    struct tacet_rng rng;
    int64_t served_us = 0;
    int64_t arrived_us = 0;
    int count = 0;

    tacet_rng_seed(&rng, seed, 0);
    for (int64_t at = 0; at < TACET_S(4); at += TACET_MS(100)) {
        for (int i = 0; i < 4; i++) {
            int64_t sent_us = at + i * SIZE * INT64_C(8000000) / (4 * ESTIMATE_BPS);
            served_us = served_us > sent_us ? served_us : sent_us;
            served_us += SIZE * INT64_C(8000000) / rate_bps;
            int64_t due_us = served_us + TACET_MS(50);
            due_us += jitter_us == 0 ? 0 : (int64_t)tacet_rng_below(&rng, (uint64_t)jitter_us);
            arrived_us = due_us > arrived_us ? due_us : arrived_us;
            count++;
            tacet_dispersion_add(&d,
                                 &(struct tacet_packet_result){
                                     .sent_at_us = sent_us,
                                     .arrived_at_us = arrived_us,
                                     .size = SIZE,
                                     .lost = lost_every > 0 && count % lost_every == 0,
                                 },
                                 ESTIMATE_BPS);
        }
    }
    return d;
}

static void bottleneck_spreads_trains_to_its_rate(void **state)
{
    static const struct {
        int64_t rate_bps;
        int64_t jitter_us;
        int32_t lost_every;
        int64_t least_bps, most_bps;
    } rows[] = {
        { 550000, 0, 0, 549000, 551000 },
        { 550000, 0, 3, 549000, 551000 },
        { 550000, 30000, 0, 480000, 600000 },
        { 550000, 30000, 5, 400000, 650000 },
        /* Never above what was sent. */
        { 20000000, 0, 0, 1990000, 2010000 },
        /* Jitter spreads as well: room is still seen. */
        { 20000000, 20000, 0, 800000, 3000000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct tacet_dispersion d =
                measured(rows[i].rate_bps, rows[i].jitter_us, rows[i].lost_every, seed);
            assert_in_range(tacet_dispersion_bps(&d), rows[i].least_bps, rows[i].most_bps);
        }
    }
}

/* Jitter makes one train faster and the next one slower; a bottleneck does not. */
static void only_what_a_bottleneck_alone_spreads_is_steady(void **state)
{
    static const struct {
        int64_t rate_bps;
        int64_t jitter_us;
        int32_t lost_every;
        bool steady;
    } rows[] = {
        { 550000, 0, 0, true },       { 1500000, 0, 0, true },       { 550000, 0, 3, true },
        { 1500000, 20000, 0, false }, { 20000000, 20000, 0, false },
    };
    const struct tacet_dispersion empty = { 0 };

    (void)state;
    assert_false(tacet_dispersion_is_steady(&empty));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct tacet_dispersion d =
                measured(rows[i].rate_bps, rows[i].jitter_us, rows[i].lost_every, seed);
            assert_int_equal(tacet_dispersion_is_steady(&d), rows[i].steady);
        }
    }
}

/* Three of each train are told of at once, and then the one that was overtaken on the way. */
static void packet_that_is_told_of_late_makes_no_train_faster(void **state)
{
    static const int order[4] = { 0, 2, 3, 1 };
    struct tacet_dispersion d = { 0 };

    (void)state;
    for (int train = 0; train < 20; train++) {
        for (int i = 0; i < 4; i++) {
            int64_t at_us = train * TACET_MS(100);
            tacet_dispersion_add(&d,
                                 &(struct tacet_packet_result){
                                     .sent_at_us = at_us + order[i] * TACET_MS(1),
                                     .arrived_at_us = at_us + order[i] * TACET_MS(16),
                                     .size = SIZE,
                                 },
                                 ESTIMATE_BPS);
        }
    }
    /* Two behind the first in 48 ms: the bytes of the late one are not counted. */
    assert_int_equal(tacet_dispersion_bps(&d), 2 * SIZE * INT64_C(8000000) / TACET_MS(48));
}

static void packets_on_their_own_tell_nothing(void **state)
{
    struct tacet_dispersion d = { 0 };

    (void)state;
    for (int i = 0; i < 100; i++) {
        tacet_dispersion_add(&d,
                             &(struct tacet_packet_result){
                                 .sent_at_us = i * TACET_MS(20),
                                 .arrived_at_us = i * TACET_MS(20),
                                 .size = 200,
                             },
                             ESTIMATE_BPS);
    }
    assert_int_equal(tacet_dispersion_bps(&d), 0);
}

/* Packets at the pace of a small estimate arrive at that pace: there may be room or not. */
static void trains_that_nothing_spreads_show_no_bottleneck(void **state)
{
    static const struct {
        int64_t sent_apart_us;
        int64_t arrived_apart_us;
        bool none;
    } rows[] = { { 8000, 8000, true }, { 8000, 9000, false }, { 4000, 8000, false } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_dispersion d = { 0 };
        for (int64_t n = 0; n < 40; n++) {
            struct tacet_packet_result result = {
                .sent_at_us = TACET_S(1) * (n / 4) + rows[i].sent_apart_us * (n % 4),
                .arrived_at_us = TACET_S(1) * (n / 4) + rows[i].arrived_apart_us * (n % 4),
                .size = SIZE,
            };
            tacet_dispersion_add(&d, &result, ESTIMATE_BPS);
        }
        assert_int_equal(tacet_dispersion_is_none(&d), rows[i].none);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bottleneck_spreads_trains_to_its_rate),
        cmocka_unit_test(only_what_a_bottleneck_alone_spreads_is_steady),
        cmocka_unit_test(trains_that_nothing_spreads_show_no_bottleneck),
        cmocka_unit_test(packet_that_is_told_of_late_makes_no_train_faster),
        cmocka_unit_test(packets_on_their_own_tell_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
