/* Networks that change: the text form. */
#include "sim/schedule.h"

#include "tacet/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct tacet_link_config base[2] = {
    { .delay_us = 50000, .queue_us = 200000 },
    { .delay_us = 50000, .queue_us = 200000 },
};

static int parse(const char *text, struct tacet_schedule *ret, char why[TACET_SCHEDULE_WHY_MAX])
{
    return tacet_schedule_parse(text, strlen(text), base, ret, why);
}

static void rows_hold_what_lines_say_over_what_was_before(void **state)
{
    struct tacet_schedule schedule = { 0 };
    char why[TACET_SCHEDULE_WHY_MAX];

    (void)state;
    assert_int_equal(parse("# a step\n"
                           "\n"
                           "0   rate=2500 queue=100:150\r\n"
                           "20.5 rate=500   # down\n"
                           "  40 rate=2500:800 loss=1\n"
                           "40.000001 delay=60",
                           &schedule, why),
                     0);
    assert_int_equal(schedule.count, 4);
    assert_int_equal(schedule.rows[0].at_us, 0);
    assert_int_equal(schedule.rows[0].link[0].rate_bps, 2500000);
    assert_int_equal(schedule.rows[0].link[1].queue_us, 150000);
    assert_int_equal(schedule.rows[0].link[1].delay_us, 50000);
    assert_int_equal(schedule.rows[1].at_us, 20500000);
    assert_int_equal(schedule.rows[1].link[0].rate_bps, 500000);
    assert_int_equal(schedule.rows[1].link[0].queue_us, 100000);
    assert_int_equal(schedule.rows[2].link[1].rate_bps, 800000);
    assert_int_equal(schedule.rows[3].at_us, 40000001);
    assert_int_equal(schedule.rows[3].link[0].loss_permille, 10);
    assert_int_equal(schedule.rows[3].link[0].delay_us, 60000);
    tacet_schedule_free(&schedule);
    assert_null(schedule.rows);
}

static void errors_name_the_line(void **state)
{
    static const struct {
        const char *text;
        const char *line; /* how the reason begins */
    } rows[] = {
        { "x loss=5\n", "line 1: " },
        { "loss=5\n", "line 1: " },
        { "# one\n\n0 loss=5\n1 lose=5\n", "line 4: " },
        { "0 loss=5\n0 loss=6\n", "line 2: " },
        { "5 loss=5\n4.999999 loss=6\n", "line 2: " },
        { "0\n", "line 1: " },
        { "0 # loss=5\n", "line 1: " },
        { "0 loss=5\n1 loss=5 loss=6\n", "line 2: " },
        { "-1 loss=5\n", "line 1: " },
        { "1,5 loss=5\n", "line 1: " },
        { "604801 loss=5\n", "line 1: " },
        { "", "there is no line" },
        { "# nothing\n\n  \t\n", "there is no line" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tacet_schedule schedule = { 0 };
        char why[TACET_SCHEDULE_WHY_MAX] = "";
        assert_int_equal(parse(rows[i].text, &schedule, why), TACET_ERR_FORMAT);
        assert_int_equal(strncmp(why, rows[i].line, strlen(rows[i].line)), 0);
        assert_null(schedule.rows);
    }
}

static void what_is_no_text_is_refused(void **state)
{
    static const char zero[] = "0 loss=5\0\n";
    struct tacet_schedule schedule = { 0 };
    char why[TACET_SCHEDULE_WHY_MAX] = "";
    char line[2000];

    (void)state;
    assert_int_equal(tacet_schedule_parse(zero, sizeof(zero) - 1, base, &schedule, why),
                     TACET_ERR_FORMAT);
    memset(line, ' ', sizeof(line));
    memcpy(line, "0 loss=5", 8);
    assert_int_equal(tacet_schedule_parse(line, sizeof(line), base, &schedule, why),
                     TACET_ERR_FORMAT);
    /* A comment may be as long as it likes. */
    line[8] = '#';
    assert_int_equal(tacet_schedule_parse(line, sizeof(line), base, &schedule, why), 0);
    tacet_schedule_free(&schedule);
}

static void rows_have_a_bound(void **state)
{
    const size_t lines = TACET_SCHEDULE_ROWS_MAX + 1;
    char *text = malloc(lines * 20);
    struct tacet_schedule schedule = { 0 };
    char why[TACET_SCHEDULE_WHY_MAX] = "";
    size_t size = 0;
    size_t last = 0;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < lines; i++) {
        last = size;
        size += (size_t)snprintf(text + size, 20, "%zu loss=1\n", i);
    }
    assert_int_equal(tacet_schedule_parse(text, size, base, &schedule, why), TACET_ERR_FORMAT);
    assert_int_equal(tacet_schedule_parse(text, last, base, &schedule, why), 0);
    assert_int_equal(schedule.count, TACET_SCHEDULE_ROWS_MAX);
    tacet_schedule_free(&schedule);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hold_what_lines_say_over_what_was_before),
        cmocka_unit_test(errors_name_the_line),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(rows_have_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
