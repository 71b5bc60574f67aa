/* How late frames come: the least transit, and what covers nearly all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/lateness.h"

static void cover_leaves_out_two_or_one_in_a_hundred(void **state)
{
    static const struct {
        int frames; /* one of them in `every` is 52 ms late, the others on time */
        int every;
        int64_t cover_us;
    } rows[] = {
        { 2, 1, 0 },                            /* two frames tell nothing */
        { 100, 50, 5000 },                      /* two */
        { 100, 33, 55000 }, { 500, 100, 5000 }, /* five in five hundred */
        { 500, 80, 55000 }, { 5000, 100, 5000 }, { 5000, 80, 55000 },
    };

    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct tacet_lateness l;
        tacet_lateness_init(&l);
        for (int i = 0; i < rows[row].frames; i++) {
            tacet_lateness_add(&l, 1000000 + ((i + 1) % rows[row].every == 0 ? 52000 : 0));
        }
        assert_int_equal(tacet_lateness_cover_us(&l), rows[row].cover_us);
    }
}

static void old_lateness_is_forgotten_after_ten_seconds(void **state)
{
    struct tacet_lateness l;

    (void)state;
    tacet_lateness_init(&l);
    for (int i = 0; i < 200; i++) {
        tacet_lateness_add(&l, i % 2 * 150000);
    }
    assert_int_equal(tacet_lateness_cover_us(&l), 155000);
    for (int i = 0; i < 390; i++) {
        tacet_lateness_add(&l, 0);
    }
    assert_int_equal(tacet_lateness_cover_us(&l), 155000);
    for (int i = 0; i < 110; i++) {
        tacet_lateness_add(&l, 0);
    }
    assert_int_equal(tacet_lateness_cover_us(&l), 5000);
}

static void least_transit_follows_a_longer_path_after_two_seconds(void **state)
{
    struct tacet_lateness l;

    (void)state;
    tacet_lateness_init(&l);
    for (int i = 0; i < 1000; i++) {
        tacet_lateness_add(&l, i < 500 ? -70000 : 30000);
        assert_int_equal(l.base_us, i < 599 ? -70000 : 30000);
    }
    tacet_lateness_add(&l, -80000); /* shorter: at once */
    assert_int_equal(l.base_us, -80000);
    tacet_lateness_rebase(&l);
    tacet_lateness_add(&l, 500000);
    assert_int_equal(l.base_us, 500000);
}

static void lateness_beyond_all_bins_is_held_in_the_last(void **state)
{
    struct tacet_lateness l;

    (void)state;
    tacet_lateness_init(&l);
    tacet_lateness_add(&l, 0);
    for (int i = 0; i < 20; i++) {
        tacet_lateness_add(&l, INT64_C(10000000000));
    }
    assert_int_equal(tacet_lateness_cover_us(&l), TACET_LATENESS_BINS * TACET_LATENESS_BIN_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cover_leaves_out_two_or_one_in_a_hundred),
        cmocka_unit_test(old_lateness_is_forgotten_after_ten_seconds),
        cmocka_unit_test(least_transit_follows_a_longer_path_after_two_seconds),
        cmocka_unit_test(lateness_beyond_all_bins_is_held_in_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
