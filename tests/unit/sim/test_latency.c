/* Captures remembered, and percentiles. */
#include "sim/latency.h"

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

static void percentile_is_the_nearest_rank(void **state)
{
    struct tacet_latencies latencies = { 0 };

    (void)state;
    assert_int_equal(tacet_latencies_percentile(&latencies, 50), 0);
    for (int64_t i = 3000; i > 0; i--) {
        tacet_latencies_add(&latencies, i);
    }
    assert_int_equal(tacet_latencies_percentile(&latencies, 0), 1);
    assert_int_equal(tacet_latencies_percentile(&latencies, 50), 1500);
    assert_int_equal(tacet_latencies_percentile(&latencies, 95), 2850);
    assert_int_equal(tacet_latencies_percentile(&latencies, 100), 3000);
    tacet_latencies_free(&latencies);
    assert_int_equal(latencies.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capture_is_found_by_its_timestamp_until_it_is_forgotten),
        cmocka_unit_test(percentile_is_the_nearest_rank),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
