/* Captures remembered. */
#include "sim/capture_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void capture_is_found_by_its_timestamp_until_it_is_forgotten(void **state)
{
    static struct tacet_capture_log log;
    int64_t at_us = -1;
    uint64_t index = 99;

    (void)state;
    assert_false(tacet_capture_find(&log, 0, &at_us, &index));
    assert_int_equal(at_us, -1);
    for (uint32_t i = 0; i < TACET_CAPTURES + 10; i++) {
        assert_int_equal(tacet_capture_add(&log, 0xffffff00 + i * 960, 1000 + i), i);
    }
    assert_true(tacet_capture_find(&log, 0xffffff00 + 10 * 960, &at_us, &index));
    assert_int_equal(at_us, 1010);
    assert_int_equal(index, 10);
    assert_false(tacet_capture_find(&log, 0xffffff00 + 9 * 960, &at_us, &index));
    assert_false(tacet_capture_find(&log, 0xffffff01, &at_us, &index));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capture_is_found_by_its_timestamp_until_it_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
