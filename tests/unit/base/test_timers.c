/* Named timers. */
#include "base/timers.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void nothing_runs_at_first(void **state)
{
    struct tacet_timers t;
    enum tacet_timer which = TACET_TIMER_PLI;

    (void)state;
    tacet_timers_init(&t);
    assert_true(tacet_timers_next(&t, &which) == INT64_MAX);
    assert_int_equal(which, TACET_TIMER_COUNT);
    for (int i = 0; i < TACET_TIMER_COUNT; i++) {
        assert_false(tacet_timers_running(&t, (enum tacet_timer)i));
        assert_false(tacet_timers_take(&t, (enum tacet_timer)i, INT64_MAX - 1));
    }
}

static void earliest_timer_is_next(void **state)
{
    struct tacet_timers t;
    enum tacet_timer which;

    (void)state;
    tacet_timers_init(&t);
    tacet_timers_set(&t, TACET_TIMER_REPORT, 300);
    tacet_timers_set(&t, TACET_TIMER_CONTROL, 200);
    tacet_timers_set(&t, TACET_TIMER_LINGER, 400);
    assert_true(tacet_timers_next(&t, &which) == 200);
    assert_int_equal(which, TACET_TIMER_CONTROL);
    tacet_timers_stop(&t, TACET_TIMER_CONTROL);
    assert_true(tacet_timers_next(&t, NULL) == 300);
}

static void timer_is_due_at_its_time_and_only_once(void **state)
{
    struct tacet_timers t;

    (void)state;
    tacet_timers_init(&t);
    tacet_timers_set(&t, TACET_TIMER_PLI, 100);
    assert_false(tacet_timers_take(&t, TACET_TIMER_PLI, 99));
    assert_true(tacet_timers_running(&t, TACET_TIMER_PLI));
    assert_true(tacet_timers_take(&t, TACET_TIMER_PLI, 100));
    assert_false(tacet_timers_running(&t, TACET_TIMER_PLI));
    assert_false(tacet_timers_take(&t, TACET_TIMER_PLI, 100));
}

static void earlier_never_puts_off(void **state)
{
    struct tacet_timers t;

    (void)state;
    tacet_timers_init(&t);
    tacet_timers_set_earlier(&t, TACET_TIMER_KEEPALIVE, 100);
    tacet_timers_set_earlier(&t, TACET_TIMER_KEEPALIVE, 200);
    assert_true(tacet_timers_next(&t, NULL) == 100);
    tacet_timers_set_earlier(&t, TACET_TIMER_KEEPALIVE, 50);
    assert_true(tacet_timers_next(&t, NULL) == 50);
    tacet_timers_set(&t, TACET_TIMER_KEEPALIVE, 300);
    assert_true(tacet_timers_next(&t, NULL) == 300);
}

static void every_timer_has_a_name_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(tacet_timer_string(TACET_TIMER_COUNT), "none");
    assert_string_equal(tacet_timer_string(TACET_TIMER_GIVE_UP), "give-up");
    for (int i = 0; i < TACET_TIMER_COUNT; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(tacet_timer_string((enum tacet_timer)i),
                                    tacet_timer_string((enum tacet_timer)j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_runs_at_first),
        cmocka_unit_test(earliest_timer_is_next),
        cmocka_unit_test(timer_is_due_at_its_time_and_only_once),
        cmocka_unit_test(earlier_never_puts_off),
        cmocka_unit_test(every_timer_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
