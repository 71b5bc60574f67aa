/* Virtual time and its heap of events. */
#include "sim/world.h"

#include "sim/rng.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct log {
    struct tacet_world *world;
    size_t count;
    int64_t at_us[2000];
    uint64_t arg[2000];
};

static void record(void *ctx, int64_t now, uint64_t arg)
{
    struct log *log = ctx;

    assert_true(tacet_world_now(log->world) == now);
    log->at_us[log->count] = now;
    log->arg[log->count++] = arg;
}

static void events_run_in_order_of_time_then_of_scheduling(void **state)
{
    static struct log log;
    struct tacet_rng rng;

    (void)state;
    log.count = 0;
    tacet_rng_seed(&rng, 1, 0);
    assert_int_equal(tacet_world_create(100, &log.world), 0);
    for (uint64_t i = 0; i < 2000; i++) {
        int64_t at_us = 100 + (int64_t)tacet_rng_below(&rng, 300);
        assert_int_equal(tacet_world_at(log.world, at_us, record, &log, i), 0);
    }
    while (tacet_world_step(log.world, 1000)) {
    }
    assert_int_equal(log.count, 2000);
    for (size_t i = 1; i < log.count; i++) {
        assert_true(log.at_us[i] >= log.at_us[i - 1]);
        assert_true(log.at_us[i] > log.at_us[i - 1] || log.arg[i] > log.arg[i - 1]);
    }
    tacet_world_free(&log.world);
    assert_null(log.world);
    tacet_world_free(&log.world);
    tacet_world_free(NULL);
}

static void clock_stands_at_the_limit_when_nothing_is_left(void **state)
{
    static struct log log;

    (void)state;
    log.count = 0;
    assert_int_equal(tacet_world_create(0, &log.world), 0);
    assert_int_equal(tacet_world_at(log.world, 50, record, &log, 1), 0);
    assert_int_equal(tacet_world_at(log.world, 51, record, &log, 2), 0);
    assert_true(tacet_world_step(log.world, 50));
    assert_int_equal(tacet_world_now(log.world), 50);
    assert_false(tacet_world_step(log.world, 50));
    assert_int_equal(log.count, 1);
    assert_false(tacet_world_step(log.world, 40));
    assert_int_equal(tacet_world_now(log.world), 50);
    assert_true(tacet_world_step(log.world, 100));
    assert_false(tacet_world_step(log.world, 100));
    assert_int_equal(tacet_world_now(log.world), 100);
    tacet_world_free(&log.world);
}

static void chain(void *ctx, int64_t now, uint64_t arg)
{
    struct log *log = ctx;

    record(ctx, now, arg);
    if (arg > 0) {
        /* In the past: runs now, and after what is already due now. */
        assert_int_equal(tacet_world_at(log->world, now - 10, chain, ctx, arg - 1), 0);
    }
}

static void events_of_the_past_run_at_once(void **state)
{
    static struct log log;

    (void)state;
    log.count = 0;
    assert_int_equal(tacet_world_create(1000, &log.world), 0);
    assert_int_equal(tacet_world_at(log.world, 2000, chain, &log, 2), 0);
    assert_int_equal(tacet_world_at(log.world, 2000, record, &log, 77), 0);
    while (tacet_world_step(log.world, 3000)) {
    }
    static const uint64_t expected[] = { 2, 77, 1, 0 };
    assert_int_equal(log.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(log.arg[i], expected[i]);
        assert_int_equal(log.at_us[i], 2000);
    }
    tacet_world_free(&log.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_run_in_order_of_time_then_of_scheduling),
        cmocka_unit_test(clock_stands_at_the_limit_when_nothing_is_left),
        cmocka_unit_test(events_of_the_past_run_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
