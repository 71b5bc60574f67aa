/* The replay window: a table of counters in the order in which they come. */
#include "base/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool accept(struct tacet_replay *r, uint64_t counter)
{
    bool fresh = tacet_replay_check(r, counter);

    if (fresh) {
        tacet_replay_commit(r, counter);
    }
    return fresh;
}

static void counters_are_accepted_once_and_within_the_window(void **state)
{
    enum { W = TACET_REPLAY_WINDOW };
    static const struct {
        uint64_t counter;
        bool expected;
    } rows[] = {
        { 0, true },
        { 0, false },
        { 1, true },
        { 1, false },
        { 9, true },
        { 8, true },
        { 7, true },
        { 7, false },
        { 5, true },
        { W, true },
        { W - 1, true },
        { W - 1, false },
        { 2, true },
        { 2, false },
        { 1, false },
        { W + 16, true },
        { 3, false },
        { 16, false },
        { 17, true },
        { 17, false },
        { 4 * W, true },
        { 3 * W, false },
        { 3 * W + 1, true },
        { 4 * W - W / 2, true },
        { 4 * W - W / 2, false },
        { 4 * W, false },
        { 4 * W + 1, true },
        { 0, false },
        { UINT64_MAX, false },
        { UINT64_MAX - 1, true },
        { UINT64_MAX - 1, false },
        { UINT64_MAX - 2, true },
        { UINT64_MAX - W, true },
        { UINT64_MAX - W - 1, false },
        { UINT64_MAX, false },
        { 0, false },
    };
    struct tacet_replay r = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(accept(&r, rows[i].counter), rows[i].expected);
    }
}

static void check_alone_changes_nothing(void **state)
{
    struct tacet_replay r = { 0 };

    (void)state;
    assert_true(tacet_replay_check(&r, 5000));
    assert_true(tacet_replay_check(&r, 5000));
    assert_true(accept(&r, 1));
    assert_true(accept(&r, 5000));
    assert_false(tacet_replay_check(&r, 5000));
}

static void whole_window_in_reverse_is_accepted_once(void **state)
{
    struct tacet_replay r = { 0 };

    (void)state;
    assert_true(accept(&r, 9999));
    for (uint64_t c = 9998; c > 9999 - TACET_REPLAY_WINDOW; c--) {
        assert_true(accept(&r, c));
    }
    assert_false(accept(&r, 9999 - TACET_REPLAY_WINDOW));
    for (uint64_t c = 9999 - TACET_REPLAY_WINDOW; c <= 9999; c++) {
        assert_false(accept(&r, c));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_accepted_once_and_within_the_window),
        cmocka_unit_test(check_alone_changes_nothing),
        cmocka_unit_test(whole_window_in_reverse_is_accepted_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
