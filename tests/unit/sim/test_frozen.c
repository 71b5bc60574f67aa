/* How long the picture stood still. */
#include "sim/frozen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SHOWN_MAX 6

static void waits_are_counted_as_defined(void **state)
{
    static const struct {
        int64_t shown_ms[SHOWN_MAX]; /* after dialling; ends with 0 */
        int64_t end_ms;
        int64_t expected_ms;
    } rows[] = {
        { { 0 }, 900, 0 },  /* within the grace */
        { { 0 }, 1001, 1 }, /* nothing was ever shown */
        { { 0 }, 5000, 4000 },
        { { 400, 500, 0 }, 600, 0 },
        { { 1100, 1200, 0 }, 1300, 100 },    /* the wait before the first counts from the grace */
        { { 900, 1050, 1200, 0 }, 1350, 0 }, /* 150 ms are not more than 150 ms */
        { { 900, 1051, 1200, 0 }, 1300, 151 },
        { { 400, 700, 0 }, 800, 300 }, /* a gap counts also in the first second */
        { { 900, 1200, 1300, 1600, 0 }, 1700, 600 },
        { { 900, 1000, 0 }, 1151, 151 }, /* the wait after the last */
        { { 900, 1000, 0 }, 1150, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const int64_t dialled_us = 7000000;
        struct tacet_frozen frozen;
        tacet_frozen_init(&frozen, dialled_us);
        for (size_t n = 0; rows[i].shown_ms[n] > 0; n++) {
            tacet_frozen_on_shown(&frozen, dialled_us + rows[i].shown_ms[n] * 1000);
        }
        int64_t end_us = dialled_us + rows[i].end_ms * 1000;
        assert_int_equal(tacet_frozen_total(&frozen, end_us), rows[i].expected_ms * 1000);
    }
}

static void a_wait_is_seen_while_it_lasts(void **state)
{
    struct tacet_frozen frozen;

    (void)state;
    tacet_frozen_init(&frozen, 0);
    assert_false(tacet_frozen_now(&frozen, 1000000));
    assert_true(tacet_frozen_now(&frozen, 1000001));
    tacet_frozen_on_shown(&frozen, 1100000);
    assert_false(tacet_frozen_now(&frozen, 1250000));
    assert_true(tacet_frozen_now(&frozen, 1250001));
    assert_int_equal(tacet_frozen_total(&frozen, 1250000), 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_are_counted_as_defined),
        cmocka_unit_test(a_wait_is_seen_while_it_lasts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
