/* The loss that encoders are told. */
#include "rtp/repair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The loss that stands behind what was told. */
static int32_t expected_loss(struct tacet_repair *r)
{
    (void)tacet_repair_tell(r);
    return r->told_permille;
}

static void clean_way_has_nothing_to_tell(void **state)
{
    struct tacet_repair r = { 0 };

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_false(tacet_repair_on_report(&r, 0));
    }
    assert_int_equal(tacet_repair_tell(&r), 0);
}

static void loss_is_told_within_a_second_and_forgotten_slowly(void **state)
{
    struct tacet_repair r = { 0 };
    int reports = 0;

    (void)state;
    assert_true(tacet_repair_on_report(&r, 100));
    assert_true(expected_loss(&r) >= 49);
    (void)tacet_repair_on_report(&r, 100);
    (void)tacet_repair_on_report(&r, 100);
    assert_true(expected_loss(&r) >= 85);
    while (expected_loss(&r) >= 20) { /* two reports a second and kind */
        (void)tacet_repair_on_report(&r, 0);
        reports++;
    }
    assert_in_range(reports, 15, 40);
    for (int i = 0; i < 100; i++) {
        (void)tacet_repair_on_report(&r, 0);
    }
    assert_true(expected_loss(&r) < 5);
}

static void reports_that_vary_do_not_tell_each_time(void **state)
{
    struct tacet_repair r = { 0 };
    int told = 0;

    (void)state;
    for (int i = 0; i < 200; i++) { /* about 10 %, as 25 packets show it */
        static const int32_t seen[] = { 120, 80, 40, 160, 80, 120, 0, 80 };
        if (tacet_repair_on_report(&r, seen[i % 8])) {
            int32_t loss = expected_loss(&r);
            told++;
            assert_in_range(loss, 40, 160);
        }
    }
    assert_in_range(told, 1, 120);
}

static void redundancy_grows_with_the_loss_and_leaves_little_of_it(void **state)
{
    static const struct {
        int32_t loss_permille;
        size_t depth;
        int32_t left_max;
    } rows[] = {
        { 0, 0, 0 },   { 4, 0, 4 },   { 10, 1, 1 },   { 50, 1, 3 },      { 100, 2, 1 },
        { 200, 3, 2 }, { 300, 4, 3 }, { 500, 4, 32 }, { 1000, 4, 1000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_repair r = { .loss_q8 = rows[i].loss_permille * 256 };
        assert_int_equal(tacet_repair_red_depth(&r), rows[i].depth);
        assert_in_range(tacet_repair_tell(&r), 0, rows[i].left_max);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_way_has_nothing_to_tell),
        cmocka_unit_test(loss_is_told_within_a_second_and_forgotten_slowly),
        cmocka_unit_test(reports_that_vary_do_not_tell_each_time),
        cmocka_unit_test(redundancy_grows_with_the_loss_and_leaves_little_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
