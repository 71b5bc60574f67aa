/* How late frames come: the least transit, and the delay that is worth its while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/lateness.h"

/* So many of a thousand frames, evenly spread, come that late. */
struct late {
    int of_1000;
    int64_t by_us;
};

static void feed(struct tacet_lateness *l, int frames, const struct late *kinds, size_t count)
{
    for (int i = 0; i < frames; i++) {
        int64_t late_us = 0;
        for (size_t k = 0; k < count; k++) {
            int of = kinds[k].of_1000;
            late_us = (i + 1) * of / 1000 != i * of / 1000 ? kinds[k].by_us : late_us;
        }
        tacet_lateness_add(l, 1000000 + late_us);
    }
}

static void delay_covers_what_is_worth_it(void **state)
{
    static const struct {
        struct late kinds[3];
        int64_t target_us;
    } rows[] = {
        { { { 0, 0 } }, 4000 },                       /* a clean path: as it was */
        { { { 2, 30000 } }, 4000 },                   /* a rare straggler: 5 ms are not worth 30 */
        { { { 10, 60000 } }, 4000 },                  /* one in a hundred is worth 25 ms, not 60 */
        { { { 10, 18000 } }, 20000 },                 /* but 18 it is */
        { { { 50, 20000 } }, 22000 },                 /* 5 % come with the next packet */
        { { { 50, 20000 }, { 3, 40000 } }, 22000 },   /* ... and some after two */
        { { { 100, 20000 }, { 10, 40000 } }, 42000 }, /* 10 %: those as well */
        { { { 200, 20000 }, { 40, 40000 }, { 6, 60000 } }, 42000 }, /* 20 % */
        { { { 300, 20000 }, { 90, 40000 }, { 27, 60000 } }, 62000 },
        { { { 100, 150000 } }, 152000 }, /* sent again after a long round trip */
        { { { 100, 300000 } }, 4000 },   /* more than may be waited for */
    };

    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct tacet_lateness l;
        int64_t target_us = 4000;
        tacet_lateness_init(&l);
        for (int i = 0; i < 6; i++) {
            feed(&l, 1000, rows[row].kinds, 3);
            target_us = tacet_lateness_target_us(&l, target_us, 200000);
        }
        assert_int_equal(target_us, rows[row].target_us);
    }
}

static void delay_stays_where_another_is_hardly_better(void **state)
{
    static const struct late kinds[] = { { 10, 20000 } };
    struct tacet_lateness l;

    (void)state;
    tacet_lateness_init(&l);
    feed(&l, 1000, kinds, 1);
    /* 22 ms and nothing concealed, or 2 and one percent: 20 / 4 + 2 against 2 / 4 + 25. */
    assert_int_equal(tacet_lateness_cost_us(&l, 22000), 7000);
    assert_int_equal(tacet_lateness_cost_us(&l, 2000), 25500);
    assert_int_equal(tacet_lateness_target_us(&l, 25000, 200000), 25000);
    assert_int_equal(tacet_lateness_target_us(&l, 25001, 200000), 22000);
    assert_int_equal(tacet_lateness_target_us(&l, 2000, 200000), 22000);
}

static void rises_at_once_and_falls_after_twenty_seconds(void **state)
{
    struct tacet_lateness l;
    int64_t target_us = 4000;
    int frames = 0;

    (void)state;
    tacet_lateness_init(&l);
    feed(&l, 1000, NULL, 0);
    for (; target_us < 60000;
         frames++) { /* every frame is late by 60 ms, now and then one is not */
        tacet_lateness_add(&l, 1000000 + (frames % 20 == 0 ? 0 : 60000));
        target_us = tacet_lateness_target_us(&l, target_us, 200000);
    }
    assert_in_range(frames, 10, 40);
    assert_int_equal(target_us, 62000);
    for (int i = 0; i < 900; i++) {
        tacet_lateness_add(&l, 1000000 + (i % 20 == 0 ? 0 : 60000));
    }
    for (frames = 0; target_us > 4000; frames++) {
        tacet_lateness_add(&l, 1000000);
        target_us = tacet_lateness_target_us(&l, target_us, 200000);
    }
    assert_in_range(frames, 850, 1000);
}

/* With jitter, `frames` come 120 ms late for a queue, and then so many more without. */
static void feed_queue(struct tacet_lateness *l, int frames, int more)
{
    for (int i = 0; i < frames + more; i++) {
        tacet_lateness_add(l, 1000000 + i % 5 * 6000 + (i < frames ? 120000 : 0));
    }
}

static void one_queue_is_forgotten_a_second_after_it(void **state)
{
    struct tacet_lateness l;
    int64_t target_us = 4000;

    (void)state;
    tacet_lateness_init(&l);
    feed_queue(&l, 0, 500);
    target_us = tacet_lateness_target_us(&l, target_us, 200000);
    assert_int_equal(target_us, 26000);
    feed_queue(&l, 60, 1);
    target_us = tacet_lateness_target_us(&l, target_us, 200000);
    assert_int_equal(target_us, 146000);
    feed_queue(&l, 0, 70);
    assert_int_equal(tacet_lateness_target_us(&l, target_us, 200000), 26000);
}

static void queues_that_come_and_go_are_covered(void **state)
{
    struct tacet_lateness l;
    int64_t target_us = 4000;

    (void)state;
    tacet_lateness_init(&l);
    for (int i = 0; i < 10; i++) {
        feed_queue(&l, 90, 10);
    }
    feed_queue(&l, 0, 20);
    target_us = tacet_lateness_target_us(&l, target_us, 200000);
    assert_in_range(target_us, 140000, 146000);
}

static void frames_late_in_a_row_are_a_shift(void **state)
{
    struct tacet_lateness l;

    (void)state;
    tacet_lateness_init(&l);
    tacet_lateness_add(&l, 0);
    assert_int_equal(tacet_lateness_shift_us(&l), 0);
    tacet_lateness_add(&l, 40000);
    assert_int_equal(tacet_lateness_shift_us(&l), 0);
    tacet_lateness_add(&l, 60000);
    assert_int_equal(tacet_lateness_shift_us(&l), 40000);
}

static void first_frames_count_for_more(void **state)
{
    struct tacet_lateness l;

    (void)state;
    tacet_lateness_init(&l);
    for (int i = 0; i < 20; i++) {
        tacet_lateness_add(&l, i == 10 ? 15000 : 0);
    }
    assert_int_equal(tacet_lateness_target_us(&l, 4000, 200000), 16000);
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

/* 100 ms more for good: held against the old path everything is late, but once the old one is
 * forgotten none of it was. */
static void longer_path_is_no_lateness(void **state)
{
    struct tacet_lateness l;

    (void)state;
    tacet_lateness_init(&l);
    feed(&l, 500, NULL, 0);
    for (int i = 0; i < 99; i++) {
        tacet_lateness_add(&l, 1100000);
    }
    assert_int_equal(l.base_us, 1000000);
    assert_int_equal(tacet_lateness_target_us(&l, 4000, 200000), 102000);
    tacet_lateness_add(&l, 1100000);
    assert_int_equal(l.base_us, 1100000);
    assert_int_equal(tacet_lateness_cost_us(&l, 2000), 500);
    assert_int_equal(tacet_lateness_target_us(&l, 102000, 200000), 2000);
}

static void shorter_path_leaves_no_lateness_behind(void **state)
{
    struct tacet_lateness l;

    (void)state;
    tacet_lateness_init(&l);
    feed(&l, 500, NULL, 0);
    tacet_lateness_add(&l, 900000);
    assert_int_equal(l.base_us, 900000);
    assert_int_equal(tacet_lateness_cost_us(&l, 2000), 500);
}

static void lateness_beyond_all_bins_is_held_in_the_last(void **state)
{
    struct tacet_lateness l;

    (void)state;
    tacet_lateness_init(&l);
    tacet_lateness_add(&l, 0);
    for (int i = 0; i < 50; i++) {
        tacet_lateness_add(&l, INT64_C(10000000000));
    }
    assert_int_equal(l.histogram[TACET_LATENESS_BINS - 1], 50);
    assert_int_equal(tacet_lateness_target_us(&l, 4000, 200000), 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delay_covers_what_is_worth_it),
        cmocka_unit_test(delay_stays_where_another_is_hardly_better),
        cmocka_unit_test(rises_at_once_and_falls_after_twenty_seconds),
        cmocka_unit_test(one_queue_is_forgotten_a_second_after_it),
        cmocka_unit_test(queues_that_come_and_go_are_covered),
        cmocka_unit_test(frames_late_in_a_row_are_a_shift),
        cmocka_unit_test(first_frames_count_for_more),
        cmocka_unit_test(longer_path_is_no_lateness),
        cmocka_unit_test(shorter_path_leaves_no_lateness_behind),
        cmocka_unit_test(least_transit_follows_a_longer_path_after_two_seconds),
        cmocka_unit_test(lateness_beyond_all_bins_is_held_in_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
