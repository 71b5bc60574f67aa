/* One direction of a simulated network. */
#include "sim/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PACKETS = 100000 };

struct tally {
    int lost;
    int doubled;
    int runs; /* of lost packets */
    int out_of_order;
    int64_t delay_min_us;
    int64_t delay_max_us;
};

/* Offers PACKETS packets of 100 bytes, one each . */
static struct tally offer(const struct tacet_link_config *config, int64_t gap_us)
{
    struct tally t = { .delay_min_us = INT64_MAX, .delay_max_us = INT64_MIN };
    struct tacet_link link;
    bool lost_before = false;
    int64_t highest = 0;

    tacet_link_init(&link, config, 42, 0);
    for (int i = 0; i < PACKETS; i++) {
        int64_t now = i * gap_us;
        int64_t at_us[2];
        int copies = tacet_link_send(&link, now, 100, at_us);
        t.lost += copies == 0;
        t.runs += copies == 0 && !lost_before;
        t.doubled += copies == 2;
        lost_before = copies == 0;
        if (copies == 0) {
            continue;
        }
        t.out_of_order += at_us[0] < highest;
        highest = at_us[0] > highest ? at_us[0] : highest;
        t.delay_min_us = at_us[0] - now < t.delay_min_us ? at_us[0] - now : t.delay_min_us;
        t.delay_max_us = at_us[0] - now > t.delay_max_us ? at_us[0] - now : t.delay_max_us;
        assert_true(copies == 1 || at_us[1] > at_us[0]);
    }
    assert_int_equal(link.sent, PACKETS);
    assert_int_equal(link.lost + link.queued_out, t.lost);
    return t;
}

static void perfect_link_only_delays(void **state)
{
    struct tally t = offer(&(struct tacet_link_config){ .delay_us = 5000 }, 1000);

    (void)state;
    assert_int_equal(t.lost + t.doubled + t.out_of_order, 0);
    assert_int_equal(t.delay_min_us, 5000);
    assert_int_equal(t.delay_max_us, 5000);
}

static void jitter_spreads_around_the_delay_and_keeps_the_order(void **state)
{
    struct tally t =
        offer(&(struct tacet_link_config){ .delay_us = 50000, .jitter_us = 20000 }, 20000);

    (void)state;
    assert_int_equal(t.out_of_order, 0);
    assert_in_range(t.delay_min_us, 30000, 30100);
    assert_in_range(t.delay_max_us, 69900, 70000);
}

static void independent_loss_has_its_share_and_short_runs(void **state)
{
    struct tally t = offer(&(struct tacet_link_config){ .loss_permille = 100 }, 1000);

    (void)state;
    assert_in_range(t.lost, 9700, 10300);
    /* Mean length of a run 1 / (1 - 0.1). */
    assert_in_range(t.lost * 1000 / t.runs, 1080, 1140);
}

static void burst_loss_has_the_same_share_in_longer_runs(void **state)
{
    struct tally t = offer(&(struct tacet_link_config){ .loss_permille = 100, .burst = 5 }, 1000);

    (void)state;
    assert_in_range(t.lost, 9200, 10800);
    assert_in_range(t.lost * 1000 / t.runs, 4700, 5300);
}

static void loss_of_all_and_a_link_that_is_down_let_nothing_through(void **state)
{
    (void)state;
    assert_int_equal(offer(&(struct tacet_link_config){ .loss_permille = 1000 }, 1).lost, PACKETS);
    assert_int_equal(
        offer(&(struct tacet_link_config){ .loss_permille = 1000, .burst = 3 }, 1).lost, PACKETS);
    assert_int_equal(offer(&(struct tacet_link_config){ .down = true }, 1).lost, PACKETS);
}

static void duplicates_have_their_share(void **state)
{
    struct tally t = offer(&(struct tacet_link_config){ .duplicate_permille = 200 }, 1000);

    (void)state;
    assert_int_equal(t.lost, 0);
    assert_in_range(t.doubled, 19600, 20400);
}

static void reordered_packets_are_held_back_and_hold_nobody(void **state)
{
    struct tally t =
        offer(&(struct tacet_link_config){ .delay_us = 5000, .reorder_permille = 50 }, 10000);

    (void)state;
    /* Held 20 ms, overtaken by the next two, of which some are held themselves. */
    assert_in_range(t.out_of_order, 4400, 5100);
    assert_int_equal(t.delay_min_us, 5000);
    assert_int_equal(t.delay_max_us, 25000);
}

static void bottleneck_serves_at_its_rate_and_drops_at_the_tail(void **state)
{
    /* 128 bytes with headers at 1.024 Mbit/s take 1 ms; twice as much is offered. */
    struct tacet_link_config config = { .rate_bps = 1024000, .queue_us = 50000 };
    struct tally t = offer(&config, 500);

    (void)state;
    assert_in_range(t.lost, PACKETS / 2 - 100, PACKETS / 2 + 100);
    assert_int_equal(t.out_of_order, 0);
    assert_int_equal(t.delay_min_us, 1000);
    assert_in_range(t.delay_max_us, 50000, 51000);
}

static void fate_of_a_packet_does_not_depend_on_other_purposes(void **state)
{
    struct tacet_link_config plain = { .loss_permille = 200 };
    struct tacet_link_config wild = {
        .loss_permille = 200, .jitter_us = 5000, .duplicate_permille = 300, .reorder_permille = 100
    };
    struct tacet_link a, b;

    (void)state;
    tacet_link_init(&a, &plain, 9, 1);
    tacet_link_init(&b, &wild, 9, 1);
    for (int i = 0; i < 1000; i++) {
        int64_t at_us[2];
        int copies = tacet_link_send(&a, i * 1000, 100, at_us);
        assert_int_equal(copies > 0, tacet_link_send(&b, i * 1000, 999, at_us) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(perfect_link_only_delays),
        cmocka_unit_test(jitter_spreads_around_the_delay_and_keeps_the_order),
        cmocka_unit_test(independent_loss_has_its_share_and_short_runs),
        cmocka_unit_test(burst_loss_has_the_same_share_in_longer_runs),
        cmocka_unit_test(loss_of_all_and_a_link_that_is_down_let_nothing_through),
        cmocka_unit_test(duplicates_have_their_share),
        cmocka_unit_test(reordered_packets_are_held_back_and_hold_nobody),
        cmocka_unit_test(bottleneck_serves_at_its_rate_and_drops_at_the_tail),
        cmocka_unit_test(fate_of_a_packet_does_not_depend_on_other_purposes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
