/* Percentiles. */
#include "sim/distribution.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void percentile_is_the_nearest_rank(void **state)
{
    struct tacet_distribution numbers = { 0 };

    (void)state;
    assert_true(tacet_distribution_percentile(&numbers, 50) == 0);
    for (int i = 3000; i > 0; i--) {
        tacet_distribution_add(&numbers, i);
    }
    assert_true(tacet_distribution_percentile(&numbers, 0) == 1);
    assert_true(tacet_distribution_percentile(&numbers, 50) == 1500);
    assert_true(tacet_distribution_percentile(&numbers, 95) == 2850);
    assert_true(tacet_distribution_percentile(&numbers, 100) == 3000);
    tacet_distribution_free(&numbers);
    assert_int_equal(numbers.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentile_is_the_nearest_rank),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
