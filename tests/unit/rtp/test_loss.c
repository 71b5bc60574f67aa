/* The loss on the way: windows, what counts as sudden, and the length of runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp/loss.h"

#include <stdlib.h>

/* Feeds a pattern of '.' (arrived), 'x' (lost) and '?' (unreported), so far apart, from `at`. */
static int64_t feed(struct tacet_loss *l, int64_t at, int64_t apart_us, const char *pattern,
                    int times)
{
    for (int i = 0; i < times; i++) {
        for (const char *c = pattern; *c != '\0'; c++) {
            struct tacet_packet_result r = { .sent_at_us = at };
            r.lost = *c != '.';
            r.unreported = *c == '?';
            tacet_loss_on_results(l, &r, 1);
            at += apart_us;
        }
    }
    return at;
}

static void nothing_known_is_no_loss(void **state)
{
    struct tacet_loss l = { 0 };

    assert_int_equal(tacet_loss_permille(&l), 0);
    assert_int_equal(tacet_loss_long_permille(&l), 0);
    assert_int_equal(tacet_loss_burst_q8(&l), 256);
}

static void share_and_runs_are_those_of_the_pattern(void **state)
{
    static const struct {
        const char *pattern;
        int32_t permille;
        int32_t burst_q8;
    } rows[] = {
        { "..........", 0, 256 },   { ".........x", 100, 256 },  { "....x....x", 200, 256 },
        { "........xx", 200, 512 }, { ".....xxxxx", 500, 1280 }, { ".x....xxx.", 400, 512 },
        { "....x?????", 200, 256 }, { ".?x?x?....", 286, 512 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_loss l = { 0 };
        (void)feed(&l, TACET_S(7), 5000, rows[i].pattern, 280);
        assert_in_range(tacet_loss_permille(&l), rows[i].permille - (rows[i].permille > 0),
                        rows[i].permille + 3);
        assert_in_range(tacet_loss_long_permille(&l), rows[i].permille - (rows[i].permille > 0),
                        rows[i].permille + 1);
        /* The mean goes with the last runs: two of 1 and 3 swing around 2. */
        assert_in_range(tacet_loss_burst_q8(&l), rows[i].burst_q8 - 20, rows[i].burst_q8 + 20);
    }
}

static void loss_is_believed_at_once_and_forgotten_slowly(void **state)
{
    struct tacet_loss l = { 0 };
    int64_t at = feed(&l, 0, 5000, "..........", 200); /* 10 s */

    /* One packet of two hundred a second is nothing. */
    at = feed(&l, at, 5000, "x.........", 1);
    assert_int_equal(tacet_loss_permille(&l), 0);
    at = feed(&l, at, 5000, "x...x...", 25);
    assert_in_range(tacet_loss_permille(&l), 240, 260);
    assert_in_range(tacet_loss_long_permille(&l), 20, 30);
    at = feed(&l, at, 5000, "..........", 40); /* 2 s */
    assert_in_range(tacet_loss_permille(&l), 20, 30);
    at = feed(&l, at, 5000, "..........", 160); /* 8 s more */
    assert_int_equal(tacet_loss_permille(&l), 0);
    (void)at;
}

static void chance_is_not_taken_for_a_change(void **state)
{
    struct tacet_loss l = { 0 };
    int64_t at = 0;
    uint32_t x = 1;
    int32_t worst = 0;

    /* 5 % of 200 packets a second: what is expected hardly ever leaves its surroundings. */
    int outside = 0;
    for (int i = 0; i < 20000; i++) {
        x = x * 1664525 + 1013904223;
        at = feed(&l, at, 5000, x >> 16 < 65536 / 20 ? "x" : ".", 1);
        if (i > 2000) {
            int32_t permille = tacet_loss_permille(&l);
            worst = permille > worst ? permille : worst;
            outside += permille < 30 || permille > 70;
        }
    }
    assert_true(outside * 10 < 18000);
    assert_in_range(worst, 50, 140);
}

static void old_and_out_of_order_packets_do_no_harm(void **state)
{
    struct tacet_loss l = { 0 };

    (void)feed(&l, TACET_S(100), 1000, "....x", 1);
    (void)feed(&l, TACET_S(80), 1000, "xxxxx", 1); /* before all windows */
    assert_int_equal(tacet_loss_long_permille(&l), 200);
    (void)feed(&l, TACET_S(99), 1000, "..........", 1);
    assert_int_equal(tacet_loss_long_permille(&l), 66);
    (void)feed(&l, TACET_S(1000), 1000, ".", 1); /* a long pause: all is old */
    assert_int_equal(tacet_loss_long_permille(&l), 0);
}

static void windows_begin_with_the_clock(void **state)
{
    struct tacet_loss l = { 0 };
    int64_t at = feed(&l, 0, 10000, ".........x", 10);

    (void)feed(&l, at, 10000, "..........", 10);
    assert_int_equal(tacet_loss_long_permille(&l), 50);
}

static void longest_run_counts_up_to_its_bound(void **state)
{
    struct tacet_loss l = { 0 };
    (void)feed(&l, 0, 1000, "x", 1000);
    assert_int_equal(tacet_loss_permille(&l), 1000);
    (void)feed(&l, TACET_S(1), 1000, ".", 1);
    assert_int_equal(tacet_loss_burst_q8(&l), TACET_LOSS_RUN_MAX * 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_known_is_no_loss),
        cmocka_unit_test(share_and_runs_are_those_of_the_pattern),
        cmocka_unit_test(loss_is_believed_at_once_and_forgotten_slowly),
        cmocka_unit_test(chance_is_not_taken_for_a_change),
        cmocka_unit_test(old_and_out_of_order_packets_do_no_harm),
        cmocka_unit_test(windows_begin_with_the_clock),
        cmocka_unit_test(longest_run_counts_up_to_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
