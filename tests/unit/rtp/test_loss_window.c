/* What was sent, what arrived, and whether chance explains the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "rtp/loss_window.h"

#define SIZE 1000

/* Packets 10 ms apart: 'x' is lost. */
static void add_all(struct tacet_loss_window *w, int64_t from_us, const char *fates)
{
    for (size_t i = 0; fates[i] != 0; i++) {
        struct tacet_packet_result result = {
            .sent_at_us = from_us + (int64_t)i * TACET_MS(10),
            .size = SIZE,
            .lost = fates[i] == 'x',
        };
        tacet_loss_window_add(w, &result);
    }
}

static void counts_and_rates_are_of_what_was_sent(void **state)
{
    struct tacet_loss_window w = { 0 };

    (void)state;
    assert_int_equal(tacet_loss_window_permille(&w), 0);
    assert_int_equal(tacet_loss_window_sent_bps(&w), 0);
    assert_int_equal(tacet_loss_window_arrived_bps(&w), 0);
    add_all(&w, TACET_S(5), "..x..xx....");
    assert_int_equal(w.sent, 11);
    assert_int_equal(w.lost, 3);
    assert_int_equal(w.runs, 2);
    assert_int_equal(w.longest_us, TACET_MS(10));
    assert_false(w.spoilt);
    assert_int_equal(tacet_loss_window_permille(&w), 272);
    assert_int_equal(tacet_loss_window_sent_bps(&w), 11 * SIZE * 8 * 10);
    assert_int_equal(tacet_loss_window_arrived_bps(&w), 8 * SIZE * 8 * 10);
}

static void a_run_goes_on_into_the_next_window_and_a_long_one_spoils_it(void **state)
{
    struct tacet_loss_window w = { 0 };

    (void)state;
    add_all(&w, TACET_S(5), "..xxx");
    tacet_loss_window_restart(&w);
    assert_int_equal(w.sent, 0);
    assert_int_equal(w.longest_us, 0);
    add_all(&w, TACET_S(5) + TACET_MS(50), "xxx");
    assert_false(w.spoilt);
    assert_int_equal(w.runs, 1);
    add_all(&w, TACET_S(5) + TACET_MS(80), "x.");
    assert_true(w.spoilt);
    assert_int_equal(w.longest_us, TACET_MS(60));
}

static void chance_is_wider_where_losses_come_in_runs(void **state)
{
    static const struct {
        uint32_t sent, lost, runs;
        int32_t expected_permille;
        bool beyond;
    } rows[] = {
        { 0, 0, 0, 0, false },         { 100, 0, 0, 0, false },        { 100, 3, 3, 0, false },
        { 100, 5, 5, 0, true },        { 100, 5, 1, 0, false },        { 100, 20, 20, 200, false },
        { 100, 32, 32, 200, false },   { 100, 34, 34, 200, true },     { 100, 34, 17, 200, false },
        { 1000, 240, 240, 200, true }, { 1000, 160, 160, 200, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_loss_window w = { .sent = rows[i].sent, .lost = rows[i].lost };
        w.runs = rows[i].runs;
        if (tacet_loss_window_beyond_chance(&w, rows[i].expected_permille) != rows[i].beyond) {
            print_error("row %zu\n", i);
        }
        assert_int_equal(tacet_loss_window_beyond_chance(&w, rows[i].expected_permille),
                         rows[i].beyond);
    }
}

static void windows_are_counted_together(void **state)
{
    struct tacet_loss_window all = { 0 };
    struct tacet_loss_window one = { .sent = 50, .lost = 10, .runs = 5 };

    (void)state;
    tacet_loss_window_pool(&all, &one);
    one.lost = 0;
    one.runs = 0;
    tacet_loss_window_pool(&all, &one);
    assert_int_equal(all.sent, 100);
    assert_int_equal(all.runs, 5);
    assert_int_equal(tacet_loss_window_permille(&all), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_rates_are_of_what_was_sent),
        cmocka_unit_test(a_run_goes_on_into_the_next_window_and_a_long_one_spoils_it),
        cmocka_unit_test(chance_is_wider_where_losses_come_in_runs),
        cmocka_unit_test(windows_are_counted_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
