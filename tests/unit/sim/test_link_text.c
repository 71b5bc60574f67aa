/* Settings of links as text. */
#include "sim/link_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void decimals_are_read_exactly(void **state)
{
    static const struct {
        const char *text;
        int decimals;
        int64_t expected; /* -1: refused */
    } rows[] = {
        { "0", 0, 0 },
        { "7", 0, 7 },
        { "007", 0, 7 },
        { "7", 1, 70 },
        { "7.5", 1, 75 },
        { "0.1", 1, 1 },
        { "1.25", 1, -1 },
        { "1.250", 3, 1250 },
        { "1.25", 3, 1250 },
        { "12.5", 3, 12500 },
        { "100.0", 1, 1000 },
        { "1000000", 0, 1000000 },
        { "1000001", 0, -1 },
        { "1000", 3, 1000000 },
        { "1000.001", 3, -1 },
        { "99999999999999999999999", 0, -1 },
        { "99999999999999999999", 9, -1 },
        { "", 0, -1 },
        { ".", 1, -1 },
        { ".5", 1, -1 },
        { "5.", 1, -1 },
        { "1.", 0, -1 },
        { "1.0", 0, -1 },
        { "1.2.3", 3, -1 },
        { "-1", 0, -1 },
        { "+1", 0, -1 },
        { " 1", 0, -1 },
        { "1 ", 0, -1 },
        { "1e3", 0, -1 },
        { "0x10", 0, -1 },
        { "5%", 0, -1 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = -1;
        bool taken = tacet_decimal_parse(rows[i].text, strlen(rows[i].text), rows[i].decimals,
                                         1000000, &value);
        assert_int_equal(taken, rows[i].expected >= 0);
        assert_int_equal(value, rows[i].expected);
    }
}

static void every_setting_lands_in_its_member_and_unit(void **state)
{
    struct tacet_link_config link[2] = { { .down = true }, { 0 } };
    char why[TACET_LINK_WHY_MAX];

    (void)state;
    assert_int_equal(tacet_link_set_line(link,
                                         "loss=2.5 burst=3 delay=12.5 jitter=0.25\treorder=1 "
                                         "duplicate=0.5 rate=500 queue=200:300\r",
                                         why),
                     0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(link[i].loss_permille, 25);
        assert_int_equal(link[i].burst, 3);
        assert_int_equal(link[i].delay_us, 12500);
        assert_int_equal(link[i].jitter_us, 250);
        assert_int_equal(link[i].reorder_permille, 10);
        assert_int_equal(link[i].duplicate_permille, 5);
        assert_int_equal(link[i].rate_bps, 500000);
        assert_int_equal(link[i].queue_us, i == 0 ? 200000 : 300000);
        assert_int_equal(link[i].down, i == 0);
    }
}

static void two_numbers_are_for_the_two_directions(void **state)
{
    struct tacet_link_config link[2] = { { 0 }, { 0 } };

    (void)state;
    assert_int_equal(tacet_link_set(link, "loss", "100:0.1"), 0);
    assert_int_equal(link[0].loss_permille, 1000);
    assert_int_equal(link[1].loss_permille, 1);
    assert_int_equal(tacet_link_set(link, "loss", "7"), 0);
    assert_int_equal(link[0].loss_permille, 70);
    assert_int_equal(link[1].loss_permille, 70);
}

static void what_is_no_setting_changes_nothing(void **state)
{
    static const char *const lines[] = {
        "",
        "  \t ",
        "loss",
        "loss=",
        "=5",
        "los=5",
        "losses=5",
        "Loss=5",
        "loss=101",
        "loss=5%",
        "loss=5:",
        "loss=:5",
        "loss=5:6:7",
        "loss=5:101",
        "loss = 5",
        "burst=0",
        "burst=1.5",
        "burst=1001",
        "delay=60001",
        "jitter=10001",
        "rate=-1",
        "rate=10000001",
        "queue=99999",
        "down=1",
        "delay=5,loss=5",
        "delay=5 loss=5 delay=6",
        "delay=5 x",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct tacet_link_config link[2] = { { .delay_us = 1 }, { .delay_us = 2 } };
        char why[TACET_LINK_WHY_MAX] = "";
        assert_true(tacet_link_set_line(link, lines[i], why) < 0);
        assert_true(strlen(why) > 0);
        assert_int_equal(link[0].delay_us, 1);
        assert_int_equal(link[1].delay_us, 2);
        assert_int_equal(link[0].loss_permille + link[1].loss_permille, 0);
    }
    assert_null(tacet_link_takes("down"));
    assert_non_null(tacet_link_takes("loss"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_read_exactly),
        cmocka_unit_test(every_setting_lands_in_its_member_and_unit),
        cmocka_unit_test(two_numbers_are_for_the_two_directions),
        cmocka_unit_test(what_is_no_setting_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
